/**
 * @file Broad-band images from hyperspectral ones: the spectral responses of a panchromatic, a colour and a
 * multispectral sensor as weights over the bands of a spectrometer.
 *
 * PAN: mean of the bands from 450 to 700 nm. RGB: the bands nearest to 640, 550 and 460 nm. MSI: eight Gaussian
 * responses (coastal blue to near infrared), by full width at half maximum.
 */
import { DataError } from "../tensor/index.ts";
import type { Source } from "./scene.ts";

/** Sensors that can be simulated from a hyperspectral source. */
export const simulatedKinds = ["pan", "rgb", "msi"] as const;
export type SimulatedKind = (typeof simulatedKinds)[number];

/** One band of a sensor, as weights over the bands of a spectrometer. */
export interface SpectralResponse {
  readonly name: string;
  readonly centreNm: number;
  /** `[L]`, sum 1. */
  readonly weights: Float64Array;
}

/** How one band gathers light. */
interface Design {
  readonly name: string;
  readonly centreNm: number;
  readonly gather: "mean" | "nearest" | "gaussian";
  /** Full width of the range, or full width at half maximum. */
  readonly widthNm: number;
}

function msi(name: string, centreNm: number, widthNm: number): Design {
  return { name, centreNm, gather: "gaussian", widthNm };
}

const designs: { readonly [kind in SimulatedKind]: readonly Design[] } = {
  pan: [{ name: "pan", centreNm: 575, gather: "mean", widthNm: 250 }],
  rgb: [
    { name: "red", centreNm: 640, gather: "nearest", widthNm: 40 },
    { name: "green", centreNm: 550, gather: "nearest", widthNm: 40 },
    { name: "blue", centreNm: 460, gather: "nearest", widthNm: 40 },
  ],
  msi: [
    msi("coastal", 427, 50),
    msi("blue", 478, 60),
    msi("green", 546, 70),
    msi("yellow", 608, 40),
    msi("red", 659, 60),
    msi("red edge", 724, 40),
    msi("near infrared 1", 833, 125),
    msi("near infrared 2", 949, 180),
  ],
};

function weightOf({ centreNm, gather, widthNm }: Design, nm: number, nearest: number): number {
  const away = Math.abs(nm - centreNm);
  switch (gather) {
    case "mean":
      return away <= widthNm / 2 ? 1 : 0;
    case "nearest":
      return nm === nearest ? 1 : 0;
    case "gaussian":
      return 2 ** -((away / (widthNm / 2)) ** 2);
  }
}

/**
 * The responses of a sensor over the bands of a spectrometer.
 *
 * @param wavelengthsNm  centres of the spectrometer's bands
 * @throws DataError if a band of the sensor lies where the spectrometer has none
 */
export function spectralResponses(kind: SimulatedKind, wavelengthsNm: readonly number[]): SpectralResponse[] {
  return designs[kind].map((design) => {
    const { name, centreNm, widthNm } = design;
    const nearest = wavelengthsNm.reduce(
      (best, nm) => (Math.abs(nm - centreNm) < Math.abs(best - centreNm) ? nm : best),
      Number.POSITIVE_INFINITY,
    );
    if (!(Math.abs(nearest - centreNm) <= widthNm / 2)) {
      const got = wavelengthsNm.length === 0 ? "no bands" : `the nearest at ${nearest} nm`;
      throw new DataError(kind, `expected a band within ${widthNm / 2} nm of ${centreNm} nm for "${name}"; got ${got}`);
    }
    const weights = Float64Array.from(wavelengthsNm, (nm) => weightOf(design, nm, nearest));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { name, centreNm, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * A panchromatic, colour or multispectral source as it would look beside a hyperspectral one.
 *
 * @param hsi  with wavelengths
 * @returns    `f32` on the same grid, with the same missing pixels, which are 0
 * @throws DataError if the wavelengths are not known or do not reach far enough
 */
export function simulateSource(hsi: Source, kind: SimulatedKind, name: string = kind): Source {
  const { height, width, bands, data, valid, wavelengthsNm, georeference } = hsi.raster;
  if (wavelengthsNm === null) {
    throw new DataError(hsi.name, `expected wavelengths to simulate "${kind}" from; got none`);
  }
  const responses = spectralResponses(kind, wavelengthsNm);
  const into = new Float32Array(height * width * responses.length);
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (valid !== null && valid[pixel] === 0) continue;
    for (const [at, { weights }] of responses.entries()) {
      let sum = 0;
      for (let band = 0; band < bands; band++) sum += weights[band]! * data[pixel * bands + band]!;
      into[pixel * responses.length + at] = sum;
    }
  }
  return {
    name,
    kind,
    raster: {
      height,
      width,
      bands: responses.length,
      data: into,
      valid,
      bandNames: responses.map((response) => response.name),
      wavelengthsNm: responses.map(({ centreNm }) => centreNm),
      georeference,
      nodata: null,
      categories: null,
    },
  };
}
