/** @file A folder held against a recipe: which files are there, and whether sizes and counts are the published ones. */
import { posix } from "node:path";
import { DataError, SymdiffuserError } from "../../tensor/index.ts";
import { readRaster } from "../readers.ts";
import { alternatives, type FoundLayout, foundLayouts } from "./found.ts";
import type { Recipe, RecipeClass, RecipeSource } from "./recipe.ts";
import { codeCounts, readTruth } from "./truth.ts";

/** What is to be said of one part of a layout. */
export interface Verdict {
  /** `hsi`, `labels`, `train`, `test`. */
  readonly part: string;
  readonly files: readonly string[];
  /** `missing`: not there; `wrong`: not as published; `unread`: cannot be read. */
  readonly state: "ok" | "missing" | "wrong" | "unread";
  /** What was found, or what is wrong. */
  readonly text: string;
}

export interface Checked extends FoundLayout {
  readonly verdicts: readonly Verdict[];
  /** Whether all that its configuration needs is there and as published. */
  readonly isUsable: boolean;
}

/** Layouts that are read in order to tell scenes with equal file names apart. */
const mostTried = 6;

/**
 * The likeliest layout in a folder, with a verdict on each of its parts. Files of the same names are told apart by
 * their sizes.
 *
 * @throws DataError if no file of any layout is there
 */
export async function checkFolder(folder: string, recipes: Iterable<Recipe>): Promise<Checked> {
  const all = [...recipes];
  const found = foundLayouts(folder, all);
  if (found.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new DataError(
      folder,
      `expected files of ${names}; got none of their names — try symdiffuser recipe show NAME`,
    );
  }
  let best: Checked | null = null;
  for (const one of found.slice(0, mostTried)) {
    const checked = await checkLayout(one, folder);
    const score = ({ verdicts }: Checked): number =>
      verdicts.reduce((sum, { state }) => sum + (state === "ok" ? 1 : -1), 0);
    if (best === null || score(checked) > score(best)) best = checked;
    if (checked.verdicts.every(({ state }) => state === "ok")) return checked;
  }
  return best!;
}

async function checkLayout(found: FoundLayout, folder: string): Promise<Checked> {
  const { recipe, layout } = found;
  const verdicts: Verdict[] = [];
  for (const source of recipe.sources) {
    if (!Object.hasOwn(layout.sources, source.name)) continue;
    verdicts.push(await checkSource(source, found, folder));
  }
  verdicts.push(...(await checkTruth(found, folder)));
  const needed = new Set([...recipe.use, "labels", "train", "test"]);
  const isUsable = verdicts.every(({ part, state }) => state === "ok" || !needed.has(part));
  return { ...found, verdicts, isUsable };
}

function missingVerdict(part: string, files: readonly string[], found: FoundLayout): Verdict | null {
  const missing = files.filter((file) => found.locations.get(file)!.length === 0);
  if (missing.length === 0) return null;
  const names = missing.map((file) => alternatives(file).join(" or ")).join(", ");
  return { part, files: missing, state: "missing", text: `expected ${names}; got none of that name` };
}

async function attempt(part: string, files: readonly string[], check: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await check();
  } catch (fault) {
    if (!(fault instanceof SymdiffuserError)) throw fault;
    return { part, files, state: fault instanceof DataError ? "wrong" : "unread", text: fault.message };
  }
}

async function checkSource(source: RecipeSource, found: FoundLayout, folder: string): Promise<Verdict> {
  const files = found.layout.sources[source.name]!;
  const missing = missingVerdict(source.name, files, found);
  if (missing !== null) return missing;
  const locations = files.flatMap((file) => found.locations.get(file)!);
  const [height, width] = source.size ?? [found.recipe.height, found.recipe.width];
  const isPlots = files.some((file) => file.includes("*"));
  return attempt(source.name, locations, async () => {
    let bands = 0;
    // Plots are alike: the first speaks for all.
    for (const location of isPlots ? locations.slice(0, 1) : locations) {
      const raster = await readRaster(posix.join(folder, location));
      bands += raster.bands;
      if (raster.height === height && raster.width === width) continue;
      const got = `${raster.height} × ${raster.width}`;
      return {
        part: source.name,
        files: [location],
        state: "wrong",
        text: `expected ${height} × ${width} pixels; got ${got}`,
      };
    }
    const size = `${height} × ${width} × ${bands}`;
    if (source.bands !== null && bands !== source.bands) {
      return {
        part: source.name,
        files: locations,
        state: "wrong",
        text: `expected ${source.bands} bands; got ${size}`,
      };
    }
    const text = isPlots ? `${locations.length} files, the first of ${size}` : size;
    return { part: source.name, files: locations, state: "ok", text };
  });
}

type Part = "total" | "train" | "test";

async function checkTruth(found: FoundLayout, folder: string): Promise<Verdict[]> {
  const { labels, train, test, attribute } = found.layout.truth;
  const given: (readonly [string, readonly string[]])[] = [
    ["labels", [...(labels ?? []), ...(attribute ? [attribute.join] : [])]],
    ["train", train === null ? [] : [train]],
    ["test", test === null ? [] : [test]],
  ];
  const missing = given.map(([part, files]) => missingVerdict(part, files, found)).filter((one) => one !== null);
  if (missing.length > 0) return missing;
  const locations = new Map(
    given.map(([part, files]) => [part, files.flatMap((file) => found.locations.get(file)!)] as const),
  );
  if (attribute !== undefined) {
    const files = locations.get("labels")!;
    return [{ part: "labels", files, state: "ok", text: `polygons, class in "${attribute.field}"; not counted` }];
  }
  const parts: readonly Part[] = train === null ? ["total"] : ["total", "train", "test"];
  const counts = new Map(parts.map((part) => [part, new Map<number, number>()]));
  const read = await attempt("labels", [...locations.values()].flat(), async () => {
    for (const label of labels === null ? [null] : locations.get("labels")!) {
      const truth = await readTruth(found, folder, label);
      const { height, width } = found.recipe;
      if (truth.height !== height || truth.width !== width) {
        throw new DataError(
          label ?? train!,
          `expected ${height} × ${width} pixels; got ${truth.height} × ${truth.width}`,
        );
      }
      const masks = { total: null, train: truth.train, test: truth.test };
      for (const part of parts) add(counts.get(part)!, codeCounts(truth, masks[part]));
    }
    return { part: "labels", files: [], state: "ok", text: "" };
  });
  if (read.state !== "ok") return [read];
  return parts.map((part) => {
    const name = part === "total" ? "labels" : part;
    const files = locations.get(name)!;
    return { part: name, files, ...compared(counts.get(part)!, found.recipe.classes, part) };
  });
}

function add(into: Map<number, number>, counts: ReadonlyMap<number, number>): void {
  for (const [code, pixels] of counts) into.set(code, (into.get(code) ?? 0) + pixels);
}

const mostNamed = 3;

/** Counts of pixels against the published ones; where none were published, anything goes. */
function compared(
  counts: ReadonlyMap<number, number>,
  classes: readonly RecipeClass[],
  part: Part,
): Pick<Verdict, "state" | "text"> {
  const sum = [...counts.values()].reduce((a, b) => a + b, 0);
  const published = classes.filter((one) => one[part] !== null);
  const known = new Set(classes.map(({ code }) => code));
  const strange = [...counts.keys()].filter((code) => !known.has(code)).sort((a, b) => a - b);
  const faults = [
    ...published
      .filter((one) => (counts.get(one.code) ?? 0) !== one[part])
      .map((one) => `${one.name} ${counts.get(one.code) ?? 0} instead of ${one[part]}`),
    ...strange.map((code) => `${counts.get(code)} of code ${code}, which is no class`),
  ];
  if (faults.length === 0) {
    return { state: "ok", text: `${sum} pixels${published.length > 0 ? ", each class as published" : ""}` };
  }
  const expected = published.reduce((total, one) => total + one[part]!, 0);
  const more = faults.length > mostNamed ? `, ${faults.length - mostNamed} more` : "";
  const what = published.length > 0 ? `expected ${expected} pixels as published` : "expected known classes";
  return { state: "wrong", text: `${what}; got ${sum}: ${faults.slice(0, mostNamed).join(", ")}${more}` };
}
