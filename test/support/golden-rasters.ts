/** @file The pixels that `scripts/golden/rasters.py` and `matlab.py` wrote, as a formula of row, column and band. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RasterData } from "../../src/scene/index.ts";

export const goldenFolder: string = fileURLToPath(new URL("../golden/rasters/", import.meta.url));

/** One entry of tif.json or mat.json. */
export interface Golden {
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly [number, number, number];
  readonly className?: string;
  readonly epsg?: number | null;
  readonly transform?: readonly number[] | null;
  readonly nodata?: number | "nan";
  readonly holes?: readonly (readonly [number, number])[];
  /** Scale and offset, one pair a band. */
  readonly scales?: readonly (readonly [number, number])[];
  readonly wavelengths?: readonly number[];
  readonly names?: readonly string[];
  readonly categories?: readonly (readonly [number, string, readonly number[]])[];
}

export function goldens(list: "tif.json" | "mat.json"): Golden[] {
  return JSON.parse(readFileSync(goldenFolder + list, "utf8")) as Golden[];
}

/** What the types hold in place n, and the array they are read into. */
const types: { readonly [dtype: string]: readonly [(n: number) => number, new (size: number) => RasterData] } = {
  u8: [(n) => n, Uint8Array],
  i8: [(n) => n - 125, Int8Array],
  u16: [(n) => n * 257, Uint16Array],
  i16: [(n) => n * 200 - 25000, Int16Array],
  u32: [(n) => n * 17000000, Uint32Array],
  i32: [(n) => n * 17000000 - 2100000000, Int32Array],
  i64: [(n) => n * 17000000000 - 2100000000000, Float64Array],
  u64: [(n) => n * 17000000000, Float64Array],
  f32: [(n) => n / 4 - 30, Float32Array],
  f64: [(n) => n / 3, Float64Array],
  u1: [(n) => n % 2, Uint8Array],
  u4: [(n) => n % 16, Uint8Array],
  u12: [(n) => n * 16, Uint16Array],
  f16: [(n) => n / 4 - 30, Float32Array],
  double: [(n) => n, Float64Array],
};

/** The array a golden raster must be read into, `[H, W, L]`. */
export function goldenPixels({ dtype, shape: [height, width, bands], className }: Golden): RasterData {
  const [value, Own] = types[dtype]!;
  const Holder = className === undefined ? Own : types[className]![1];
  const data = new Holder(height * width * bands);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      for (let band = 0; band < bands; band++) data[at++] = value((31 * row + 7 * col + 3 * band) % 251);
    }
  }
  return data;
}
