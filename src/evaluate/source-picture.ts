/** @file Previews of sources, as a person expects to see that sensor: true colour, grey, heights, radar composite. */
import type { Raster, SourceKind } from "../scene/index.ts";
import { newPicture, type Picture } from "./canvas.ts";
import { type ColorMap, colorAt, grey, viridis } from "./color-map.ts";

/** Wavelengths of red, green and blue in nm, and how far from them a band may lie to stand for them. */
const trueColorNm = [640, 550, 460] as const;
const toleranceNm = 50;

/** Values below and above these shares of the pixels are shown as darkest and brightest. */
const darkest = 0.02;
const brightest = 0.98;

/** One channel of a preview: numbers `[h, w]`, NaN where invalid. */
type Channel = Float32Array;

/**
 * Picture of a source, invalid pixels transparent. A large scene is shrunk by averaging whole blocks of pixels.
 *
 * @param maximumSide  longest side of the picture in pixels
 */
export function sourcePicture(raster: Raster, kind: SourceKind, maximumSide = 1024): Picture {
  const step = Math.ceil(Math.max(raster.height, raster.width) / maximumSide);
  const bands = bandsToShow(raster, kind);
  const channels = bands.map((band) => shrunkBand(raster, band, step));
  const shown = kind === "sar" ? radarChannels(channels) : channels;
  const height = Math.ceil(raster.height / step);
  const width = Math.ceil(raster.width / step);
  return shown.length === 1
    ? colored(shown[0]!, height, width, kind === "lidar" || kind === "dem" ? viridis : grey)
    : composite(shown, height, width);
}

/** The bands that a preview shows: three for red, green and blue, two for radar, or one. */
export function bandsToShow(raster: Raster, kind: SourceKind): number[] {
  const { bands, wavelengthsNm } = raster;
  if (kind === "sar") return bands >= 2 ? [0, 1] : [0];
  if (kind === "lidar" || kind === "dem" || kind === "pan" || bands < 3) return [0];
  if (kind === "rgb") return [0, 1, 2];
  const trueColor = wavelengthsNm === null ? null : nearestBands(wavelengthsNm);
  return trueColor ?? [Math.floor((bands * 5) / 6), Math.floor(bands / 2), Math.floor(bands / 6)];
}

function nearestBands(wavelengthsNm: readonly number[]): number[] | null {
  const found = trueColorNm.map((wanted) => {
    const distances = wavelengthsNm.map((wavelength) => Math.abs(wavelength - wanted));
    const nearest = distances.indexOf(Math.min(...distances));
    return distances[nearest]! <= toleranceNm ? nearest : null;
  });
  return found.every((band) => band !== null) && new Set(found).size === 3 ? found : null;
}

/** Mean of the valid values in each block of `step`² pixels. */
function shrunkBand({ height, width, bands, data, valid }: Raster, band: number, step: number): Channel {
  const rows = Math.ceil(height / step);
  const cols = Math.ceil(width / step);
  const sums = new Float64Array(rows * cols);
  const counts = new Uint32Array(rows * cols);
  for (let row = 0; row < height; row++) {
    const blockRow = Math.floor(row / step) * cols;
    for (let col = 0; col < width; col++) {
      const pixel = row * width + col;
      const value = data[pixel * bands + band]!;
      if (!Number.isFinite(value) || (valid !== null && valid[pixel] === 0)) continue;
      const block = blockRow + Math.floor(col / step);
      sums[block]! += value;
      counts[block]!++;
    }
  }
  return Float32Array.from(sums, (sum, block) => (counts[block] === 0 ? Number.NaN : sum / counts[block]!));
}

/** Backscatter in decibels, and of two polarisations (VV, VH) the composite VV, VH, VV − VH. */
function radarChannels(channels: readonly Channel[]): Channel[] {
  const decibels = channels.map((channel) => {
    const isLinear = !channel.some((value) => value < 0); // decibels of land lie below 0
    return isLinear ? channel.map((value) => (value > 0 ? 10 * Math.log10(value) : Number.NaN)) : channel;
  });
  const [first, second] = decibels;
  return second === undefined ? decibels : [first!, second, first!.map((value, pixel) => value - second[pixel]!)];
}

function colored(channel: Channel, height: number, width: number, map: ColorMap): Picture {
  const picture = newPicture(height, width);
  stretched(channel).forEach((value, pixel) => {
    if (!Number.isNaN(value)) picture.data.set([...colorAt(map, value), 255], pixel * 4);
  });
  return picture;
}

function composite(channels: readonly Channel[], height: number, width: number): Picture {
  const picture = newPicture(height, width);
  const [red, green, blue] = channels.map(stretched);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const values = [red![pixel]!, green![pixel]!, blue![pixel]!];
    if (values.some(Number.isNaN)) continue;
    picture.data.set([...values.map((value) => Math.round(value * 255)), 255], pixel * 4);
  }
  return picture;
}

/** Values between the dark and bright percentile as 0…1, NaN kept; a constant band is 0.5. */
function stretched(channel: Channel): Channel {
  const sorted = channel.filter((value) => !Number.isNaN(value)).sort();
  const low = sorted[Math.floor((sorted.length - 1) * darkest)] ?? 0;
  const high = sorted[Math.ceil((sorted.length - 1) * brightest)] ?? 0;
  return channel.map((value) => {
    if (Number.isNaN(value)) return value;
    return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
  });
}
