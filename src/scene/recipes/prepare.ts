/** @file Labels and split that a layout holds in no file of their own, made from those it has. */
import type { Raster } from "../raster.ts";
import type { Split } from "../split.ts";
import { needsPreparing } from "./configuration.ts";
import type { FoundLayout } from "./found.ts";
import { readTruth, type SceneTruth } from "./truth.ts";

/** What is to be written beside the files of a layout; null where it needs none. */
export interface Prepared {
  readonly labels: Raster | null;
  readonly split: Split | null;
  /** Grid of both. */
  readonly height: number;
  readonly width: number;
}

/**
 * Labels and split of a layout as files of this program.
 *
 * @param folder  that the layout was found in
 * @throws as {@link readTruth}
 */
export async function prepareScene(found: FoundLayout, folder: string): Promise<Prepared | null> {
  const { labels, split } = needsPreparing(found.layout);
  if (!labels && !split) return null;
  const file = found.layout.truth.labels?.[0];
  const location = file === undefined ? null : found.locations.get(file)![0]!;
  const truth = await readTruth(found, folder, location);
  const { height, width } = truth;
  return { height, width, labels: labels ? labelRaster(truth, found) : null, split: split ? splitOf(truth) : null };
}

function labelRaster({ height, width, codes }: SceneTruth, { recipe }: FoundLayout): Raster {
  return {
    ...{ height, width, bands: 1, data: Uint8Array.from(codes, (code) => (Number.isNaN(code) ? 0 : code)) },
    ...{ valid: null, bandNames: ["land cover"], wavelengthsNm: null, georeference: null, nodata: 0 },
    categories: recipe.classes.map(({ code, name, color }) => ({
      value: code,
      name,
      color: [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as [number, number, number],
    })),
  };
}

function splitOf({ codes, train, test }: SceneTruth): Split {
  const pixels = (mask: Uint8Array): Int32Array =>
    Int32Array.from(codes.keys()).filter((pixel) => mask[pixel] === 1 && !Number.isNaN(codes[pixel]!));
  return {
    rule: "published masks",
    seed: 0,
    train: pixels(train!),
    validation: new Int32Array(0),
    test: pixels(test!),
  };
}
