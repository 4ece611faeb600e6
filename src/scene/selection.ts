/** @file The bands of a raster that are used, and which of its pixels then hold data. */
import { ConfigError } from "../tensor/index.ts";
import type { Raster, RasterData } from "./raster.ts";
import { bothValid, validity } from "./validity.ts";

export interface Selection {
  /** 0-based, in this order. @default every band that has data somewhere */
  readonly bands?: readonly number[];
  /** @default the file's */
  readonly nodata?: number;
}

/**
 * The raster with the chosen bands only, its validity settled anew for them. Without a choice, bands that hold no data
 * anywhere (water vapour bands of spectrometers) are dropped, for they would make every pixel invalid.
 *
 * @param path  of the selection in the configuration, for messages
 */
export function selected(raster: Raster, selection: Selection, path: string): Raster {
  const nodata = selection.nodata ?? raster.nodata;
  const isSameNodata = Object.is(nodata, raster.nodata);
  const bands = selection.bands ?? bandsWithData([raster], nodata);
  checkBands(bands, raster.bands, path);
  const isWhole = bands.length === raster.bands && bands.every((band, at) => band === at);
  if (isWhole && isSameNodata) return raster;
  const data = isWhole ? raster.data : picked(raster, bands);
  const pick = <T>(values: readonly T[] | null) => values && bands.map((band) => values[band]!);
  return {
    ...raster,
    ...{ bands: bands.length, data, nodata },
    valid: bothValid(validity(data, bands.length, nodata), hiddenByFile(raster)),
    bandNames: pick(raster.bandNames),
    wavelengthsNm: pick(raster.wavelengthsNm),
  };
}

/** Does the band hold data at any pixel? */
export function hasBand(raster: Raster, band: number, nodata: number | null = raster.nodata): boolean {
  const { data, bands, valid } = raster;
  if (valid === null && Object.is(nodata, raster.nodata)) return true;
  const missing = nodata !== null && data instanceof Float32Array ? Math.fround(nodata) : nodata;
  for (let at = band; at < data.length; at += bands) {
    if (Number.isFinite(data[at]) && data[at] !== missing) return true;
  }
  return false;
}

/**
 * Bands that hold data somewhere in one of several rasters of the same bands; every band if none does: the fault is then
 * told of the whole source.
 *
 * @param nodata  @default each raster's own
 */
export function bandsWithData(rasters: readonly Raster[], nodata?: number | null): readonly number[] {
  const all = Array.from({ length: rasters[0]!.bands }, (_, band) => band);
  const used = all.filter((band) => rasters.some((raster) => hasBand(raster, band, nodata)));
  return used.length === 0 ? all : used;
}

function checkBands(bands: readonly number[], count: number, path: string): void {
  if (bands.length === 0) throw new ConfigError(`${path}.bands`, "expected at least one band; got none", bands);
  for (const band of bands) {
    if (Number.isInteger(band) && band >= 0 && band < count) continue;
    throw new ConfigError(`${path}.bands`, `expected bands from 0 to ${count - 1}; got ${band}`, band);
  }
  if (new Set(bands).size < bands.length) {
    throw new ConfigError(`${path}.bands`, `expected every band once; got ${bands.join(", ")}`, bands);
  }
}

function picked({ data, bands: count }: Raster, bands: readonly number[]): RasterData {
  const pixels = data.length / count;
  const out = new (data.constructor as new (length: number) => RasterData)(pixels * bands.length);
  for (let pixel = 0, to = 0; pixel < pixels; pixel++) {
    for (const band of bands) out[to++] = data[pixel * count + band]!;
  }
  return out;
}

/** Pixels that the file masks although their numbers look good: 0 there, 1 elsewhere. */
function hiddenByFile(raster: Raster): Uint8Array | null {
  if (raster.valid === null) return null;
  const byNumbers = validity(raster.data, raster.bands, raster.nodata);
  const mask = raster.valid.map((valid, pixel) =>
    valid === 0 && (byNumbers === null || byNumbers[pixel] === 1) ? 0 : 1,
  );
  return mask.every((one) => one === 1) ? null : mask;
}
