/** @file The table of recipes. A new scene is one new entry. */
import { ConfigError } from "../../tensor/index.ts";
import { augsburg } from "./augsburg.ts";
import { berlin } from "./berlin.ts";
import { houston2013 } from "./houston2013.ts";
import { muufl } from "./muufl.ts";
import type { Layout, Recipe } from "./recipe.ts";
import { samples } from "./samples.ts";
import { trento } from "./trento.ts";

/** All recipes by name: first the scenes of published comparisons, then samples. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(
  [houston2013, trento, muufl, augsburg, berlin, ...samples].map((recipe) => [recipe.name, recipe]),
);

/** @throws ConfigError if there is none of that name */
export function recipeOf(name: string): Recipe {
  const recipe = recipes.get(name.toLowerCase());
  if (recipe !== undefined) return recipe;
  throw new ConfigError("recipe", `expected one of ${[...recipes.keys()].join(", ")}; got "${name}"`, name);
}

/** A layout by name; null is the one to prefer. @throws ConfigError if there is none of that name */
export function layoutOf({ name, layouts }: Recipe, wanted: string | null): Layout {
  const layout = wanted === null ? layouts[0] : layouts.find((one) => one.name === wanted);
  if (layout !== undefined) return layout;
  const known = layouts.map((one) => one.name).join(", ");
  throw new ConfigError(`layout of ${name}`, `expected one of ${known}; got "${wanted}"`, wanted);
}
