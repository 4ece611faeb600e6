/** @file A scene: aligned sources, labels and a georeference, whatever the files were. */
import type { Color, Georeference, Raster } from "./raster.ts";

/** What kind of sensor a source comes from; settles defaults of normalisation and preview. */
export const sourceKinds = ["hsi", "msi", "rgb", "pan", "sar", "lidar", "dem", "other"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** One sensor's raster on the grid of the scene. */
export interface Source {
  /** The user's name for it, as in `--source s2=FILE`. */
  readonly name: string;
  readonly kind: SourceKind;
  /** `[H, W, L]` on the grid of the scene. */
  readonly raster: Raster;
}

/** A land-cover class. */
export interface LandCoverClass {
  readonly name: string;
  readonly color: Color;
  /** Its value in the user's label file; maps are written with these values. */
  readonly code: number;
}

/** Ground truth on the grid of the scene. */
export interface Labels {
  /** `[H, W]`: 0 = unlabelled, k = `classes[k − 1]`. */
  readonly data: Uint16Array;
  readonly classes: readonly LandCoverClass[];
}

/** One of the plots that a scene is made of: a rectangle of its grid. */
export interface Plot {
  /** The name of its file of the first source, without folder and extension. */
  readonly name: string;
  /** Its upper-left pixel in the scene. */
  readonly row: number;
  readonly col: number;
  readonly height: number;
  readonly width: number;
  readonly georeference: Georeference | null;
}

/** What was done to a file to bring it on the scene's grid, or what of it is left out. */
export interface SceneNote {
  /** A sentence. */
  readonly text: string;
  /** Whether pixels of a source were interpolated between others. */
  readonly isInterpolated: boolean;
}

/** Aligned sources `[H, W, L]`, labels and a georeference. */
export interface Scene {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  /** At least one; all on the same grid. */
  readonly sources: readonly Source[];
  readonly labels: Labels | null;
  readonly georeference: Georeference | null;
  /** `[H, W]`, 1 where every source is valid; null where that is every pixel. */
  readonly valid: Uint8Array | null;
  /** Plots that lie side by side on the grid, with gaps without data; null where the scene is one place. */
  readonly plots: readonly Plot[] | null;
  /** What was done to bring the files on one grid. */
  readonly notes: readonly SceneNote[];
}
