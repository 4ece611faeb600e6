/** @file What a recipe says of a published scene: what it holds, in which files it is passed on, and where to get it. */
import type { SourceKind } from "../scene.ts";
import type { SimulatedKind } from "../spectral-response.ts";
import type { Download } from "./download.ts";

/** One source of a published scene. */
export interface RecipeSource {
  readonly name: string;
  readonly kind: SourceKind;
  /** Bands of its files; null where copies of the scene differ. */
  readonly bands: number | null;
  /** Those to use, 0-based, where not all. */
  readonly select?: readonly number[];
  /** First and last centre in nm, where the files do not tell them. */
  readonly wavelengthsNm?: readonly [number, number];
  /** Rows and columns, where they are not those of the scene. */
  readonly size?: readonly [number, number];
}

/** A class, with the pixels that were published; null where none were. */
export interface RecipeClass {
  readonly code: number;
  readonly name: string;
  /** `#rrggbb`. */
  readonly color: string;
  readonly total: number | null;
  readonly train: number | null;
  readonly test: number | null;
}

/**
 * A file of a layout, relative to its folder: `GT_Trento.mat`, `scene.mat#hsi.Data`, `HSI/*.tif`; names that differ
 * between copies are put side by side with `|`.
 */
export type RecipeFile = string;

/** Where labels and split are. */
export interface Truth {
  /** Codes of all labelled pixels; null: they are those of both masks. */
  readonly labels: readonly RecipeFile[] | null;
  /** Pixels that train; null: no split was published. */
  readonly train: RecipeFile | null;
  /** Pixels that test; null: all labelled ones that do not train. */
  readonly test: RecipeFile | null;
  /** Whether train and test are lists `[N, 2]` of rows and columns, 0-based, instead of masks `[H, W]`. */
  readonly areIndices?: true;
  /** Attribute of polygons that holds the class, and the table that it is in. */
  readonly attribute?: { readonly field: string; readonly join: RecipeFile };
}

/** A way in which the scene's files are passed on. */
export interface Layout {
  readonly name: string;
  readonly title: string;
  /** Files of the sources that it has, whose bands are put side by side. */
  readonly sources: Readonly<Record<string, readonly RecipeFile[]>>;
  readonly truth: Truth;
}

/** A published scene. */
export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly height: number;
  readonly width: number;
  /** Null where it is not in metres. */
  readonly pixelSizeM: number | null;
  readonly sources: readonly RecipeSource[];
  /** Sensors to simulate from the source `hsi`, after the published method or for want of others. */
  readonly simulated: readonly SimulatedKind[];
  /** Names of the sources of its configuration, simulated ones among them. */
  readonly use: readonly string[];
  readonly classes: readonly RecipeClass[];
  /** Codes that mean no label; null: 0, nodata and negative ones. */
  readonly unlabelled: readonly number[] | null;
  /** Rule of the split for layouts that have none. */
  readonly split: string;
  /** The first is the one to prefer. */
  readonly layouts: readonly Layout[];
  readonly citation: string;
  readonly licence: string;
  /** How people get the files. */
  readonly where: readonly string[];
  /** Files that may be had by a direct link. */
  readonly downloads: readonly Download[];
  /** What one should know before trusting a number. */
  readonly notes: readonly string[];
}

/** Classes with codes 1, 2, …: name, colour, pixels that train and test, as published. */
export function splitClasses(rows: readonly (readonly [string, string, number, number])[]): RecipeClass[] {
  return rows.map(([name, color, train, test], at) => ({
    code: at + 1,
    name,
    color,
    total: train + test,
    train,
    test,
  }));
}

/** Classes without a published split: code, name, colour, labelled pixels. */
export function labelledClasses(rows: readonly (readonly [number, string, string, number | null])[]): RecipeClass[] {
  return rows.map(([code, name, color, total]) => ({ code, name, color, total, train: null, test: null }));
}
