/**
 * @file A simulated scene, physically plausible and the same for the same seed: for tests, demonstrations and teaching.
 * No source alone tells its eight classes apart: flat roofs and roads may be of the same material, crowns and meadows
 * have nearly the same spectrum, fields and bare soil the same height, water and shadow are both dark.
 */
import { ConfigError, childKey, keyOf } from "../../tensor/index.ts";
import type { Georeference, Raster } from "../raster.ts";
import type { LandCoverClass, Scene, Source } from "../scene.ts";
import { simulateSource } from "../spectral-response.ts";
import { cellsPerPixel } from "./footprint.ts";
import { layOut } from "./landscape.ts";
import { illuminate } from "./light.ts";
import { planLandscape } from "./plan.ts";
import { dominantCover, laserScanner, radarImage, spectrometer, wavelengthsNm } from "./sensors.ts";

/** Sources that a simulated scene can have. */
export const simulatedSources = ["hsi", "lidar", "sar", "pan", "rgb", "msi"] as const;
export type SimulatedSource = (typeof simulatedSources)[number];

export interface SimulationOptions {
  /** Integer from 0. @default 0 */
  readonly seed?: number;
  /** Rows, 16 to 2048. @default 128 */
  readonly height?: number;
  /** Columns, 16 to 2048. @default 128 */
  readonly width?: number;
  /** @default ["hsi", "lidar", "sar"] */
  readonly sources?: readonly SimulatedSource[];
}

const pixelSizeM = 2;

const classes: readonly LandCoverClass[] = [
  { name: "crop", color: [222, 190, 60], code: 1 },
  { name: "grass", color: [140, 200, 90], code: 2 },
  { name: "tree", color: [30, 105, 50], code: 3 },
  { name: "bare soil", color: [150, 105, 65], code: 4 },
  { name: "water", color: [50, 110, 200], code: 5 },
  { name: "road", color: [130, 130, 135], code: 6 },
  { name: "building", color: [200, 70, 60], code: 7 },
  { name: "shadow", color: [45, 40, 70], code: 8 },
];

/** WGS 84 / UTM zone 32N, as GDAL writes it into a GeoTIFF. */
function georeference(): Georeference {
  const name = "WGS 84 / UTM zone 32N";
  const geographic = "WGS 84";
  const keys = [
    [1024, 0, 1, 1], // GTModelType: projected
    [1025, 0, 1, 1], // GTRasterType: pixel is area
    [1026, 34737, name.length + 1, 0], // GTCitation
    [2049, 34737, geographic.length + 1, name.length + 1], // GeogCitation
    [2054, 0, 1, 9102], // GeogAngularUnits: degree
    [3072, 0, 1, 32632], // ProjectedCSType
    [3076, 0, 1, 9001], // ProjLinearUnits: metre
  ];
  return {
    transform: [456_320, pixelSizeM, 0, 5_428_740, 0, -pixelSizeM],
    crs: {
      epsg: 32632,
      name,
      wkt: null,
      geoKeys: { directory: [1, 1, 0, keys.length, ...keys.flat()], doubles: [], ascii: `${name}|${geographic}|` },
    },
  };
}

function checked({ seed = 0, height = 128, width = 128, sources = ["hsi", "lidar", "sar"] }: SimulationOptions) {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ConfigError("simulate.seed", `expected an integer ≥ 0; got ${seed}`, seed);
  }
  for (const [name, length] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (!Number.isInteger(length) || length < 16 || length > 2048) {
      throw new ConfigError(`simulate.${name}`, `expected an integer from 16 to 2048; got ${length}`, length);
    }
  }
  if (sources.length === 0) throw new ConfigError("simulate.sources", "expected at least one; got none", sources);
  for (const [at, name] of sources.entries()) {
    if (!simulatedSources.includes(name)) {
      throw new ConfigError(`simulate.sources[${at}]`, `expected one of ${simulatedSources.join(", ")}; got "${name}"`);
    }
    if (sources.indexOf(name) < at) {
      throw new ConfigError(`simulate.sources[${at}]`, `expected every source once; got "${name}" again`, name);
    }
  }
  return { seed, height, width, sources };
}

/**
 * A simulated scene of 2 m pixels with eight classes, labelled wherever one of them covers 60 % of a pixel.
 *
 * - `hsi`: reflectance, 64 bands from 400 to 1000 nm
 * - `lidar`: height above ground, m
 * - `sar`: backscatter VV and VH, dB, four looks
 * - `pan`, `rgb`, `msi`: from the spectrometer by {@link simulateSource}
 *
 * @throws ConfigError if an option is out of its range
 */
export function simulateScene(options: SimulationOptions = {}): Scene {
  const { seed, height, width, sources } = checked(options);
  const grid = { height, width };
  const key = childKey(keyOf(seed), "simulate");
  const plan = planLandscape(childKey(key, "plan"), height * pixelSizeM, width * pixelSizeM);
  const rows = height * cellsPerPixel;
  const cols = width * cellsPerPixel;
  const land = layOut(childKey(key, "landscape"), plan, rows, cols, pixelSizeM / cellsPerPixel);
  const light = illuminate(land, plan.sun);
  const place = georeference();
  const rasterOf = (
    data: Float32Array,
    names: readonly string[] | null,
    wavelengths: readonly number[] | null,
  ): Raster => ({
    ...grid,
    bands: data.length / (height * width),
    data,
    valid: null,
    bandNames: names,
    wavelengthsNm: wavelengths,
    georeference: place,
    nodata: null,
    categories: null,
  });
  const sensed = (name: SimulatedSource, data: Float32Array, names: readonly string[]): Source => ({
    name,
    kind: name,
    raster: rasterOf(data, names, name === "hsi" ? wavelengthsNm : null),
  });
  // Each sensor has noise of its own, whichever others are asked for.
  const bandNames = wavelengthsNm.map((nm) => `${nm} nm`);
  const hsi = sources.some((name) => name !== "lidar" && name !== "sar")
    ? sensed("hsi", spectrometer(childKey(key, "hsi"), land, light, grid), bandNames)
    : null;
  const made = sources.map((name): Source => {
    if (name === "hsi") return hsi!;
    if (name === "lidar") return sensed(name, laserScanner(childKey(key, name), land, grid), ["height"]);
    if (name === "sar") return sensed(name, radarImage(childKey(key, name), land, grid), ["VV", "VH"]);
    return simulateSource(hsi!, name);
  });
  const labels = { data: dominantCover(light, land, grid), classes };
  return {
    name: `simulated-${seed}`,
    ...grid,
    sources: made,
    labels,
    georeference: place,
    valid: null,
    plots: null,
    notes: [],
  };
}
