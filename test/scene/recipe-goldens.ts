/** @file The small scenes that `scripts/golden/recipes.py` wrote, and recipes scaled down to them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Recipe, recipeOf } from "../../src/scene/index.ts";

export const recipeFolder: string = fileURLToPath(new URL("../golden/recipes/", import.meta.url));

/** One entry of recipes.json. */
export interface RecipeGolden {
  readonly recipe: string;
  readonly layout: string;
  readonly folder: string;
  readonly height: number;
  readonly width: number;
  readonly bands: Readonly<Record<string, number>>;
  /** By code: all labelled pixels, those that train, those that test. */
  readonly classes: Readonly<Record<string, readonly [number, number | null, number | null]>>;
}

export const recipeGoldens = JSON.parse(readFileSync(`${recipeFolder}recipes.json`, "utf8")) as readonly RecipeGolden[];

/** The recipe with the sizes and counts of a small scene. */
export function scaled({ recipe, height, width, bands, classes }: RecipeGolden): Recipe {
  const whole = recipeOf(recipe);
  return {
    ...whole,
    ...{ height, width },
    sources: whole.sources.map((one) => ({ ...one, bands: one.bands === null ? null : bands[one.name]! })),
    classes: whole.classes.map((one) => {
      const [total, train, test] = classes[one.code]!;
      return { ...one, total, train, test };
    }),
  };
}
