/** @file `symdiffuser recipe`: published scenes: listed, as configurations, checked, made ready, fetched. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { encodeGeoTiff, formatTable } from "../evaluate/index.ts";
import {
  type Checked,
  checkFolder,
  layoutOf,
  needsPreparing,
  prepareScene,
  type Recipe,
  recipeConfiguration,
  recipeOf,
  recipes,
  writeSplit,
} from "../scene/index.ts";
import { ConfigError, UnsupportedError, writeAtomically } from "../tensor/index.ts";
import { addCommonFlags, type CommonFlags, type Context, type Define, flag, printJson } from "./command.ts";
import { fetchFiles } from "./fetch.ts";
import { commandText } from "./job.ts";
import { recipeText } from "./recipe-text.ts";
import { UsageError } from "./usage-error.ts";

interface RecipeFlags extends CommonFlags {
  readonly recipe?: string;
  readonly layout?: string;
  readonly sources?: readonly string[];
  readonly out?: string;
  readonly overwrite?: true;
}

type Action = (what: string, flags: RecipeFlags, context: Context) => void | Promise<void>;

const list: Action = (_, flags, { out }) => {
  if (flags.json) {
    for (const recipe of recipes.values()) printJson(out, recipe);
    return;
  }
  const rows = Array.from(recipes.values(), (recipe) => [
    recipe.name,
    `${recipe.height} × ${recipe.width}`,
    recipe.classes.length === 0 ? "–" : String(recipe.classes.length),
    [...recipe.sources.map(({ name }) => name)].join(", "),
    recipe.classes.some(({ train }) => train !== null) ? "published" : "–",
    recipe.downloads.length > 0 ? "recipe fetch" : "by hand",
  ]);
  out.write(formatTable(["Recipe", "Pixels", "Classes", "Sources", "Split", "Files"], rows));
  out.write(`\nWhat a scene is and how to get it: ${commandText(["recipe", "show", "NAME"])}\n`);
};

const show: Action = (name, flags, { out }) => {
  const recipe = recipeOf(name);
  const layout = layoutOf(recipe, flags.layout ?? null);
  const configuration = recipeConfiguration(recipe, layout, flags.sources);
  if (flags.json) printJson(out, recipe);
  else out.write(recipeText(recipe, layout, configuration));
};

function wantedRecipes({ recipe }: RecipeFlags): readonly Recipe[] {
  return recipe === undefined ? [...recipes.values()] : [recipeOf(recipe)];
}

function checkedText({ recipe, layout, verdicts, isUsable }: Checked, folder: string): string {
  const lines = verdicts.map(({ part, files, state, text }) => {
    const where = files.length > 3 ? `${files.slice(0, 2).join(", ")} … (${files.length} files)` : files.join(", ");
    return `  ${state.padEnd(7)}  ${part}: ${state === "missing" ? text : [where, text].filter(Boolean).join(" — ")}\n`;
  });
  const prepare = needsPreparing(layout);
  const next = prepare.labels || prepare.split ? "its labels and split have to be written" : "ready";
  const end = isUsable
    ? `${next}; a configuration: ${commandText(["recipe", "prepare", folder, "--recipe", recipe.name])}\n`
    : "not ready: see above\n";
  return `${folder}: ${recipe.name}, layout ${layout.name} (${layout.title})\n${lines.join("")}${end}`;
}

const check: Action = async (folder, flags, { out, setExit }) => {
  const checked = await checkFolder(folder, wantedRecipes(flags));
  const { recipe, layout, verdicts, isUsable } = checked;
  if (flags.json) printJson(out, { folder, recipe: recipe.name, layout: layout.name, isUsable, verdicts });
  else out.write(checkedText(checked, folder));
  if (!isUsable) setExit(1);
};

const prepare: Action = async (folder, flags, context) => {
  const checked = await checkFolder(folder, wantedRecipes(flags));
  const { recipe, layout, locations, isUsable } = checked;
  if (!isUsable && !flags.json) context.err.write(checkedText(checked, folder));
  const names = ["labels.tif", "split.json", `${recipe.name}.yaml`] as const;
  const paths = names.map((name) => join(folder, name)) as [string, string, string];
  const prepared = await prepareScene(checked, folder);
  const writes = [prepared?.labels != null, prepared?.split != null, true];
  const written = paths.filter((_, at) => writes[at]);
  const taken = flags.overwrite ? undefined : written.find((path) => existsSync(path));
  if (taken !== undefined) throw new ConfigError(taken, "expected no such file yet; got one — try --overwrite", taken);
  const locate = (file: string): string => {
    const found = locations.get(file)!;
    const pattern = found.length > 1 ? file.split("|").find((one) => one.includes("*")) : undefined;
    return pattern?.trim() ?? found[0] ?? file.split("|")[0]!.trim();
  };
  const configuration = recipeConfiguration(recipe, layout, flags.sources, locate);
  if (prepared?.labels) await writeAtomically(paths[0], encodeGeoTiff(prepared.labels));
  if (prepared?.split) writeSplit(paths[1], prepared.split, prepared);
  await writeAtomically(paths[2], recipeText(recipe, layout, configuration));
  if (flags.json) printJson(context.out, { kind: "result", folder, recipe: recipe.name, files: written });
  else {
    const lines = written.map((path) => `  ${path}\n`).join("");
    context.out.write(`Wrote\n${lines}Train on it with: ${commandText(["train", paths[2]])}\n`);
  }
};

/** Fetch all files of a recipe. @param allowLocal  for tests */
export async function fetchRecipe(
  { name, downloads, licence, where }: Pick<Recipe, "name" | "downloads" | "licence" | "where">,
  flags: RecipeFlags,
  context: Context,
  allowLocal = false,
): Promise<void> {
  if (downloads.length === 0) {
    throw new UnsupportedError(`fetching ${name}`, `its licence: ${licence}; get it by hand: ${where.join("; ")}`);
  }
  const folder = flags.out ?? name;
  const told = await fetchFiles(downloads, folder, flags, context, allowLocal);
  if (flags.json) return;
  const next = commandText(["recipe", "check", folder, "--recipe", name]);
  context.out.write(`${told.join("")}${next} tells what is there\n`);
}

const actions: ReadonlyMap<string, { readonly word: string | null; readonly act: Action }> = new Map([
  ["list", { word: null, act: list }],
  ["show", { word: "the name of a recipe", act: show }],
  ["check", { word: "a folder", act: check }],
  ["prepare", { word: "a folder", act: prepare }],
  [
    "fetch",
    { word: "the name of a recipe", act: (name, flags, context) => fetchRecipe(recipeOf(name), flags, context) },
  ],
]);

export const define: Define = (command, context) => {
  command.addOption(flag("--recipe <name>", "the scene that a folder holds (default: told from its files)"));
  command.addOption(flag("--layout <name>", "show: way in which the files are passed on (default: the first)"));
  command.addOption(
    flag("--sources <list>", "show, prepare: sources to use; pan, rgb, msi are simulated from hsi").argParser((text) =>
      text.split(",").map((one) => one.trim()),
    ),
  );
  command.addOption(flag("--out <dir>", "fetch: folder for the files (default: the recipe's name)"));
  command.addOption(flag("--overwrite", "prepare: write over files that are there"));
  addCommonFlags(command);
  command.action(async (word: string, what: string | undefined, flags: RecipeFlags) => {
    const action = actions.get(word);
    if (action === undefined) {
      throw new UsageError("recipe", `expected one of ${[...actions.keys()].join(", ")}; got "${word}"`);
    }
    if ((action.word === null) !== (what === undefined)) {
      const expected = action.word ?? "nothing";
      throw new UsageError("recipe", `expected ${expected} after ${word}; got ${what ?? "nothing"}`);
    }
    await action.act(what ?? "", flags, context);
  });
};
