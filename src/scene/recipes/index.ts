/** @file Published scenes: what they hold, how to get them, and how to train on them. */
export { type Checked, checkFolder, type Verdict } from "./check.ts";
export { needsPreparing, preparedFiles, recipeConfiguration, usedSources } from "./configuration.ts";
export { type Download, type DownloadOptions, download, type Fetched } from "./download.ts";
export { type Prepared, prepareScene } from "./prepare.ts";
export type { Layout, Recipe, RecipeClass, RecipeFile, RecipeSource, Truth } from "./recipe.ts";
export { layoutOf, recipeOf, recipes } from "./table.ts";
export { unpack } from "./unpack.ts";
