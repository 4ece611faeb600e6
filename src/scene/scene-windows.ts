/** @file A scene that is read part by part: its sources on one grid, without labels, whatever its size. */
import { ConfigError, DataError } from "../tensor/index.ts";
import { fileStem } from "./location.ts";
import { checkNames, checkValid, gridOf, nowhereTogether, type SceneOptions } from "./open.ts";
import { type PlacedWindows, placedWindows, withoutData } from "./place.ts";
import { isPattern } from "./plots.ts";
import type { Scene, Source, SourceKind } from "./scene.ts";
import { filesOf, openSource, type SourceWindows } from "./source.ts";
import { bothValid, countValid } from "./validity.ts";
import { cutRaster, cutValid, isWhole, partPlace, type Rectangle, searched } from "./windows.ts";

/** What is known of a scene without its pixels. */
export interface SceneOutline extends Pick<Scene, "name" | "height" | "width" | "georeference" | "plots" | "notes"> {
  readonly sources: readonly { readonly name: string; readonly kind: SourceKind; readonly bands: number }[];
}

/** An open scene. */
export interface SceneWindows extends SceneOutline {
  /** A part of the scene as a scene of its own, without labels; null where no pixel of it is valid in every source. */
  read(part: Rectangle): Promise<Scene | null>;
  /** For a scene of which nothing could be read. @throws DataError that tells which source has no data there, if one has none */
  refuseEmpty(): Promise<never>;
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
    refuseEmpty: async () => {
      checkValid(name, sources, scene.valid, height * width);
      throw nowhereTogether(name);
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
    const isAnyValid = (one: Pick<SourceWindows["raster"], "height" | "width" | "hasData" | "read">) =>
      searched(one, ({ valid, height, width }) => countValid(valid, height * width) > 0);
    const refuseEmpty = async (): Promise<never> => {
      for (const [at, { name, raster }] of opened.entries()) {
        if (await isAnyValid({ ...grid, ...placed[at]! })) continue;
        if (await isAnyValid(raster)) throw withoutData(raster, grid, name);
        throw new DataError(name, "expected pixels with data in every band; got none");
      }
      throw nowhereTogether(name);
    };
    return {
      ...known,
      ...grid,
      sources: opened.map(({ name, kind, raster }) => ({ name, kind, bands: raster.bands })),
      ...{ read, refuseEmpty, close },
    };
  } catch (fault) {
    await close();
    throw fault;
  }
}
