/** @file What three sensors make of a landscape: imaging spectrometer, laser scanner, imaging radar. */
import { childKey, type Key, normal, uniform } from "../../tensor/index.ts";
import { cellsPerPixel, footprint, gather } from "./footprint.ts";
import { cover, type Landscape } from "./landscape.ts";
import { type Light, obstacles } from "./light.ts";
import { smoothField } from "./noise.ts";
import type { Beam } from "./plan.ts";
import { materialNames, materialSpectra, skyShare } from "./spectra.ts";

interface PixelGrid {
  readonly height: number;
  readonly width: number;
}

/** Centres of the spectrometer's 64 bands. */
export const wavelengthsNm: readonly number[] = Array.from(
  { length: 64 },
  (_, band) => Math.round((400 + (600 * band) / 63) * 10) / 10,
);

/** Noise of reflectance: lowest in the middle of the detector's range, several times that at its ends. */
function noiseLevel(nm: number): number {
  return 0.006 * (1 + 3 * Math.exp(-(nm - 400) / 35) + 4 * Math.exp((nm - 1000) / 45));
}

/**
 * Reflectance as if all were fully lit, `f32 [H, W, 64]`: mixed linearly in the footprint, direct light and blue sky
 * light apart, with a slow gradient over the scene and noise.
 */
export function spectrometer(key: Key, land: Landscape, light: Light, { height, width }: PixelGrid): Float32Array {
  const bands = wavelengthsNm.length;
  const spectra = materialSpectra(wavelengthsNm);
  const sky = wavelengthsNm.map(skyShare);
  const levels = wavelengthsNm.map(noiseLevel);
  const ends = materialNames.length * 2;
  const point = footprint(0.4);
  const noise = normal(childKey(key, "noise"), [height, width, bands]).data;
  const tilt = normal(childKey(key, "tilt"), [height, width]).data;
  const gradient = smoothField(childKey(key, "gradient"), height, width, Math.max(height, width) * 0.7);
  const sunlit = new Float64Array(ends);
  const skylit = new Float64Array(ends);
  const seen = new Int32Array(ends);
  const into = new Float32Array(height * width * bands);
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let col = 0; col < width; col++, pixel++) {
      sunlit.fill(0);
      skylit.fill(0);
      gather(point, row, col, land.rows, land.cols, (cell, weight) => {
        const end = land.material[cell]! * 2;
        const amount = weight * land.brightness[cell]!;
        const state = land.state[cell]!;
        const direct = light.direct[cell]!;
        // In a shadow a part of the sky is hidden as well.
        const open = 0.75 + 0.25 * Math.min(1, direct);
        sunlit[end]! += amount * (1 - state) * direct;
        sunlit[end + 1]! += amount * state * direct;
        skylit[end]! += amount * (1 - state) * open;
        skylit[end + 1]! += amount * state * open;
      });
      const level = 1 + 0.06 * gradient[pixel]!;
      let present = 0;
      for (let end = 0; end < ends; end++) if (skylit[end]! > 0) seen[present++] = end;
      for (let band = 0; band < bands; band++) {
        let direct = 0;
        let diffuse = 0;
        for (let at = 0; at < present; at++) {
          const end = seen[at]!;
          const reflectance = spectra[end * bands + band]!;
          direct += sunlit[end]! * reflectance;
          diffuse += skylit[end]! * reflectance;
        }
        const colour = 1 + 0.03 * tilt[pixel]! * ((wavelengthsNm[band]! - 700) / 300);
        const clean = level * colour * (direct * (1 - sky[band]!) + diffuse * sky[band]!);
        into[pixel * bands + band] = clean + noise[pixel * bands + band]! * (levels[band]! + 0.02 * clean);
      }
    }
  }
  return into;
}

/** Height above ground in metres, `f32 [H, W, 1]`: a little blurred, with noise. */
export function laserScanner(key: Key, land: Landscape, { height, width }: PixelGrid): Float32Array {
  const point = footprint(0.35);
  const noise = normal(key, [height, width]).data;
  const into = new Float32Array(height * width);
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let col = 0; col < width; col++, pixel++) {
      let sum = 0;
      gather(point, row, col, land.rows, land.cols, (cell, weight) => {
        sum += weight * land.heightM[cell]!;
      });
      into[pixel] = sum + 0.08 * noise[pixel]!;
    }
  }
  return into;
}

/** Backscatter in dB of VV and VH on open ground, by cover number. */
const backscatterDb: readonly (readonly [number, number])[] = [
  [0, 0],
  [-11, -17],
  [-13.5, -20.5],
  [-9, -13.5],
  [-12.5, -21.5],
  [-22, -30],
  [-18.5, -26.5],
  [-8.5, -18],
];

/** The radar looks from the east, at 38° to the vertical. */
const radar: Beam = { azimuth: Math.PI / 2, elevation: (52 * Math.PI) / 180 };
const looks = 4;
/** Noise-equivalent backscatter, as power. */
const noiseFloor = 10 ** -3.1;

const power = (decibels: number): number => 10 ** (decibels / 10);

/** Whether a cell of open ground lies before a wall that sends the beam back to the radar. */
function beforeWall(land: Landscape, cell: number): boolean {
  const { cols, heightM, cover: covers } = land;
  if (covers[cell] === cover.building || covers[cell] === cover.tree) return false;
  const col = cell % cols;
  for (let step = 1; step <= 2 && step <= col; step++) {
    if (covers[cell - step] === cover.building && heightM[cell - step]! > 2) return true;
  }
  return false;
}

/** Backscattered power of each cell in VV and VH, `f32 [rows · cols, 2]`. */
function backscatter(key: Key, land: Landscape): Float32Array {
  const hidden = obstacles(land, radar);
  const rough = smoothField(key, land.rows, land.cols, 10 / land.cellM);
  const into = new Float32Array(hidden.length * 2);
  for (let cell = 0; cell < hidden.length; cell++) {
    const kind = land.cover[cell]!;
    const [vv, vh] = backscatterDb[kind]!;
    const state = land.state[cell]!;
    // Moisture and roughness of soil, growth of plants, material of roofs.
    const change = 3 * (state - 0.5) + (kind === cover.building ? 5 * (share(state * 13) - 0.5) : 1.5 * rough[cell]!);
    const shaded = hidden[cell] === cover.building ? 0.05 : hidden[cell] === cover.tree ? 0.4 : 1;
    const isWall = beforeWall(land, cell);
    into[cell * 2] = shaded * power(vv + change) + (isWall ? 1.6 : 0);
    into[cell * 2 + 1] = shaded * power(vh + change) + (isWall ? 0.08 : 0);
  }
  return into;
}

const share = (value: number): number => value - Math.floor(value);

/** Backscatter in dB of VV and VH, `f32 [H, W, 2]`, with the speckle of four looks. */
export function radarImage(key: Key, land: Landscape, { height, width }: PixelGrid): Float32Array {
  const scattered = backscatter(childKey(key, "roughness"), land);
  const point = footprint(0.45);
  const draws = uniform(childKey(key, "speckle"), [height, width, 2, looks]).data;
  const into = new Float32Array(height * width * 2);
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let col = 0; col < width; col++, pixel++) {
      const sums = [0, 0];
      gather(point, row, col, land.rows, land.cols, (cell, weight) => {
        sums[0]! += weight * scattered[cell * 2]!;
        sums[1]! += weight * scattered[cell * 2 + 1]!;
      });
      for (let channel = 0; channel < 2; channel++) {
        // A mean of exponential numbers: speckle follows the gamma distribution.
        let speckle = 0;
        for (let look = 0; look < looks; look++) {
          speckle -= Math.log(1 - draws[(pixel * 2 + channel) * looks + look]!) / looks;
        }
        into[pixel * 2 + channel] = 10 * Math.log10((sums[channel]! + noiseFloor) * Math.max(1e-4, speckle));
      }
    }
  }
  return into;
}

/** The class that covers most of a pixel's square; 0 where it covers less than 60 % of it. */
export function dominantCover(light: Light, land: Landscape, { height, width }: PixelGrid): Uint16Array {
  const labels = new Uint16Array(height * width);
  const counts = new Int32Array(9);
  const cells = cellsPerPixel * cellsPerPixel;
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let col = 0; col < width; col++, pixel++) {
      counts.fill(0);
      for (let k = 0; k < cells; k++) {
        const r = row * cellsPerPixel + Math.floor(k / cellsPerPixel);
        counts[light.cover[r * land.cols + col * cellsPerPixel + (k % cellsPerPixel)]!]!++;
      }
      const most = Math.max(...counts);
      labels[pixel] = most >= 0.6 * cells ? counts.indexOf(most) : 0;
    }
  }
  return labels;
}
