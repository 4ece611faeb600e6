/** @file Which files of a recipe's layouts are in a folder. */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { posix } from "node:path";
import { ConfigError } from "../../tensor/index.ts";
import type { Layout, Recipe, RecipeFile } from "./recipe.ts";

/** A layout, some or all of whose files are in a folder. */
export interface FoundLayout {
  readonly recipe: Recipe;
  readonly layout: Layout;
  /** Locations relative to the folder that was searched, with `/`; empty where there is none. Several for a `*`. */
  readonly locations: ReadonlyMap<RecipeFile, readonly string[]>;
  readonly missing: number;
}

/** The alternatives of a file, the one to prefer first. */
export function alternatives(file: RecipeFile): readonly string[] {
  return file.split("|").map((one) => one.trim());
}

/** All files of a layout, each once. */
export function layoutFiles({ sources, truth }: Layout): readonly RecipeFile[] {
  const { labels, train, test, attribute } = truth;
  const ofTruth = [...(labels ?? []), train, test, attribute?.join].filter((one) => typeof one === "string");
  return [...new Set([...Object.values(sources).flat(), ...ofTruth])];
}

const deepest = 4;
const mostFolders = 2000;

/** A folder and those below it, as relative paths, the nearest first. */
function foldersIn(root: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const queue = [""];
  for (let at = 0; at < queue.length && at < mostFolders; at++) {
    const folder = queue[at]!;
    const entries = entriesOf(posix.join(root, folder), folder === "");
    const names: string[] = [];
    for (const entry of entries) {
      const isFolder = entry.isDirectory();
      if (!isFolder) names.push(entry.name);
      else if (folder.split("/").length < deepest) queue.push(posix.join(folder, entry.name));
    }
    found.set(folder, names);
  }
  return found;
}

function entriesOf(folder: string, isRoot: boolean): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    // A folder that may not be read holds nothing for us.
    if (!isRoot) return [];
    const error = new ConfigError(folder, `expected a folder; got ${whatIs(folder, cause as Error)}`, folder);
    error.cause = cause;
    throw error;
  }
}

function whatIs(path: string, cause: Error): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "nothing of that name" : found.isDirectory() ? cause.message : "a file";
}

/** Locations of the first alternative that is there; upper and lower case do not count. */
function located(file: RecipeFile, base: string, folders: ReadonlyMap<string, readonly string[]>): readonly string[] {
  for (const one of alternatives(file)) {
    const [path, field] = one.split("#") as [string, string?];
    const folder = posix.join(base, posix.dirname(path));
    const names = folders.get(folder === "." ? "" : folder) ?? [];
    const pattern = posix
      .basename(path)
      .split("*")
      .map((part) => part.replace(/[\\^$.+?()[\]{}]/g, "\\$&"));
    const expression = new RegExp(`^${pattern.join(".*")}$`, "i");
    const found = names.filter((name) => expression.test(name));
    if (found.length === 0) continue;
    return found.map((name) => posix.join(folder, name) + (field === undefined ? "" : `#${field}`));
  }
  return [];
}

/**
 * Layouts of which at least one file is in a folder or below it, the likeliest first: whole ones, then those with most
 * files. Each layout stands once, in the folder that holds most of it.
 *
 * @throws ConfigError if there is no such folder
 */
export function foundLayouts(folder: string, recipes: Iterable<Recipe>): FoundLayout[] {
  const folders = foldersIn(folder);
  const found: FoundLayout[] = [];
  for (const recipe of recipes) {
    for (const layout of recipe.layouts) {
      const files = layoutFiles(layout);
      let best: FoundLayout | null = null;
      for (const base of folders.keys()) {
        const locations = new Map(files.map((file) => [file, located(file, base, folders)]));
        const missing = files.filter((file) => locations.get(file)!.length === 0).length;
        if (missing < files.length && (best === null || missing < best.missing)) {
          best = { recipe, layout, locations, missing };
        }
      }
      if (best !== null) found.push(best);
    }
  }
  const here = (one: FoundLayout): number => one.locations.size - one.missing;
  return found.sort((a, b) => Number(a.missing > 0) - Number(b.missing > 0) || here(b) - here(a));
}
