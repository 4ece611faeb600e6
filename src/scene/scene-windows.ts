/** @file A scene that is read part by part: its sources on one grid, without labels, whatever its size. */
import { ConfigError } from "../tensor/index.ts";
import { fileStem } from "./location.ts";
import { checkNames, gridOf, type SceneOptions } from "./open.ts";
import { type PlacedWindows, placedWindows } from "./place.ts";
import { isPattern } from "./plots.ts";
import type { Scene, Source, SourceKind } from "./scene.ts";
import { filesOf, openSource, type SourceWindows } from "./source.ts";
import { bothValid } from "./validity.ts";
import { cutRaster, cutValid, isWhole, partPlace, type Rectangle } from "./windows.ts";

/** What is known of a scene without its pixels. */
export interface SceneOutline extends Pick<Scene, "name" | "height" | "width" | "georeference" | "plots" | "notes"> {
  readonly sources: readonly { readonly name: string; readonly kind: SourceKind; readonly bands: number }[];
}

/** An open scene. */
export interface SceneWindows extends SceneOutline {
  /** A part of the scene as a scene of its own, without labels; null where no pixel of it is valid in every source. */
  read(part: Rectangle): Promise<Scene | null>;
  close(): Promise<void>;
}

/** A scene in memory as one that is read part by part. */
export function sceneWindows(scene: Scene): SceneWindows {
  const { name, height, width, georeference, plots, notes, sources } = scene;
  return {
    ...{ name, height, width, georeference, plots, notes },
    sources: sources.map(({ name, kind, raster }) => ({ name, kind, bands: raster.bands })),
    read: async (part) => {
      if (isWhole(scene, part)) return scene;
      const valid = cutValid(scene.valid, width, part);
      if (valid !== null && !valid.includes(1)) return null;
      return {
        ...scene,
        ...{ height: part.height, width: part.width, georeference: partPlace(georeference, part), valid },
        ...{ labels: null, plots: null },
        sources: sources.map((source) => ({ ...source, raster: cutRaster(source.raster, part) })),
      };
    },
    close: async () => {},
  };
}

/** Whether a scene has many plots: its files are given by a `*`. */
export function isOfPlots({ sources }: Pick<SceneOptions, "sources">): boolean {
  return sources.flatMap(filesOf).some(isPattern);
}

/**
 * Open the sources of a scene of one place, to be read part by part.
 *
 * @param options  its labels are left
 * @throws DataError if grids cannot be brought together
 * @throws ConfigError for names given twice, and bands or fields that are not there
 * @throws FormatError, UnsupportedError as the readers do
 */
export async function openSceneWindows(options: SceneOptions): Promise<SceneWindows> {
  checkNames(options.sources);
  if (isOfPlots(options)) throw new ConfigError("sources", "expected files of one place; got a * in their names");
  const opened: SourceWindows[] = [];
  const close = async (): Promise<void> => {
    for (const { raster } of opened) await raster.close();
  };
  try {
    for (const [at, source] of options.sources.entries()) opened.push(await openSource(source, `sources[${at}]`));
    const grid = gridOf(opened, null, options);
    const placed: PlacedWindows[] = [];
    for (const { name, kind, raster } of opened) placed.push(await placedWindows(raster, grid, name, kind));
    const name = options.name ?? fileStem(filesOf(options.sources[0]!)[0]!);
    const known = { name, plots: null, notes: placed.flatMap(({ note }) => note ?? []) };
    const read = async (part: Rectangle): Promise<Scene | null> => {
      if (!placed.every((one) => one.hasData(part))) return null;
      let valid: Uint8Array | null = null;
      const sources: Source[] = [];
      for (const [at, { name, kind }] of opened.entries()) {
        const raster = await placed[at]!.read(part);
        valid = bothValid(valid, raster.valid);
        if (valid !== null && !valid.includes(1)) return null;
        sources.push({ name, kind, raster });
      }
      const { height, width } = part;
      return {
        ...known,
        height,
        width,
        georeference: partPlace(grid.georeference, part),
        sources,
        labels: null,
        valid,
      };
    };
    return {
      ...known,
      ...grid,
      sources: opened.map(({ name, kind, raster }) => ({ name, kind, bands: raster.bands })),
      read,
      close,
    };
  } catch (fault) {
    await close();
    throw fault;
  }
}
