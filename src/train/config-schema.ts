/** @file The keys of a run's configuration: their types, ranges, defaults and meanings. All else about keys is made from here. */
import { z } from "zod";
import { baselines } from "../baselines/index.ts";
import {
  type SimulatedKind,
  type SimulatedSource,
  type SourceKind,
  simulatedKinds,
  simulatedSources,
  sourceKinds,
  splitRules,
} from "../scene/index.ts";
import {
  backbones,
  calibrations,
  modes,
  noiseSchedules,
  type SymDiffuserOptions,
  small,
} from "../symdiffuser/index.ts";
import { type DeviceChoice, deviceChoices } from "../tensor/index.ts";
import { choice, files, group, integer, list, path, share, text } from "./config-values.ts";
import { classText, features, finetuning, head, latent, network, pretraining } from "./method-schema.ts";

/** Sets of defaults for the method's options, by name. */
export const presets: Readonly<Record<PresetName, SymDiffuserOptions>> = { small };
/** Names of the presets. */
export const presetNames = ["small"] as const;
export type PresetName = (typeof presetNames)[number];

/** One source's files. */
export interface SourceConfig {
  /** Absolute once resolved; `file.mat#field` for a field of a file; bands of several files side by side. */
  readonly file: readonly string[];
  /** Null: guessed from names and bands. */
  readonly kind: SourceKind | null;
  /** 0-based; null: all that have data. */
  readonly bands: readonly number[] | null;
  /** Null: what the file declares. */
  readonly nodata: number | null;
  /** In nm: one a band, or the first and the last band's; null: what the file says. */
  readonly wavelengths: readonly number[] | null;
  /** The sensor that is simulated from the files' bands; null: none. */
  readonly simulate: SimulatedKind | null;
}

export interface ClassConfig {
  readonly name: string | null;
  /** `#rrggbb`. */
  readonly color: string | null;
}

export interface LabelsConfig {
  readonly file: readonly string[];
  /** Attribute of vector labels; null: the only one. */
  readonly field: string | null;
  /** Whether vector labels cover every pixel they touch, not only those whose centre they hold. */
  readonly allTouched: boolean;
  /** Table with more attributes of vector labels, joined by the column they share; null: none. */
  readonly join: string | null;
  /** Null: the file's nodata value, 0 and negative values. */
  readonly unlabelled: readonly number[] | null;
  /** Classes of fewer labelled pixels are left out. */
  readonly minPixels: number;
  /** By code. */
  readonly classes: Readonly<Record<string, ClassConfig>>;
}

/** A scene from files. */
export interface FileSceneConfig {
  /** By name, in the order of the file. */
  readonly sources: Readonly<Record<string, SourceConfig>>;
  readonly labels: LabelsConfig;
  /** The source whose grid is that of the scene, or `labels`; null: labels if every source fits them, else the first source. */
  readonly grid: string | null;
}

/** A scene that is simulated. */
export interface SimulatedSceneConfig {
  readonly simulate: {
    readonly seed: number;
    readonly height: number;
    readonly width: number;
    readonly sources: readonly SimulatedSource[];
  };
}

export interface SplitConfig {
  /** As `parseSplitRule` reads it. */
  readonly rule: string;
  /** Most training pixels of a class; null: all. */
  readonly perClass: number | null;
  readonly seed: number;
  /** Share of the training pixels set aside. */
  readonly validation: number;
}

/** The method that this program is made for, beside those that it is compared with. */
export const ownMethod = "symdiffuser";
/** All methods. */
export const methodNames: readonly [string, ...string[]] = [ownMethod, ...baselines.keys()];

/** Everything that settles a run. */
export interface RunConfig extends SymDiffuserOptions {
  readonly name: string;
  readonly preset: PresetName;
  readonly scene: FileSceneConfig | SimulatedSceneConfig;
  readonly split: SplitConfig;
  readonly seed: number;
  /** What is trained. */
  readonly method: string;
  /** Times that a compared network sees each training pixel; null: as published. */
  readonly epochs: number | null;
  /** Names of baselines to train on the same split. */
  readonly baselines: readonly string[];
  /** 0 = as many as the machine has cores. */
  readonly threads: number;
  readonly device: DeviceChoice;
  /** Folder of the run; absolute once resolved. */
  readonly out: string;
  /** Steps between two writings of a stage's state. */
  readonly checkpointEvery: number;
}

const source = group({
  file: files().describe(
    "Raster file, or several whose bands are put side by side; FILE#FIELD for one array of a file that holds several; * in a path: a scene of many plots, one for each file found",
  ),
  kind: choice(sourceKinds).nullable().default(null).describe("Kind of sensor; null: guessed from names and bands"),
  bands: list(integer(0))
    .min(1, "at least one band")
    .nullable()
    .default(null)
    .describe("Bands to use, 0-based, in this order; null: every band that has data"),
  nodata: z
    .number("a number")
    .nullable()
    .default(null)
    .describe("Value that means missing; null: the one that the file declares"),
  wavelengths: list(z.number("a number > 0").gt(0, "a number > 0"))
    .min(1, "at least one wavelength")
    .nullable()
    .default(null)
    .describe("Wavelengths of the bands in nm: one a band, or the first and the last; null: those that the file names"),
  simulate: choice(simulatedKinds)
    .nullable()
    .default(null)
    .describe("Sensor to simulate from the bands of the file, which need wavelengths; null: none"),
}).meta({ shorthand: "file" });

const labelledClass = group({
  name: text().nullable().default(null).describe("Name of the class; null: the one in the label file, else its code"),
  color: z
    .string("a colour as #rrggbb")
    .regex(/^#[0-9a-fA-F]{6}$/, "a colour as #rrggbb")
    .nullable()
    .default(null)
    .describe("Colour on maps, #rrggbb; null: the one in the label file, else one that stands out"),
}).meta({ shorthand: "name" });

const labels = group({
  file: files().describe(
    "Raster of class codes, or polygons and points (GeoPackage, Shapefile, GeoJSON, CSV); FILE#LAYER for one of several layers",
  ),
  field: text()
    .nullable()
    .default(null)
    .describe("Attribute of polygons and points that holds the class; null: the only one"),
  allTouched: z
    .boolean("true or false")
    .default(false)
    .describe("Whether polygons cover every pixel they touch, not only those whose centre they hold"),
  join: path()
    .nullable()
    .default(null)
    .describe("CSV table with more attributes of polygons and points, by the column that both have; null: none"),
  unlabelled: list(z.number("a number"))
    .nullable()
    .default(null)
    .describe("Codes that mean no label; null: the file's nodata value, 0 and every negative value"),
  minPixels: integer(1).default(1).describe("Classes of fewer labelled pixels are left out"),
  classes: z
    .record(z.string().regex(/^-?\d+$/, "a class code"), labelledClass, "keys with values")
    .prefault({})
    .meta({ each: "code", description: "Names and colours of classes, by their code in the label file" }),
}).meta({ shorthand: "file" });

const fileScene = group({
  sources: z
    .record(
      z.string().regex(/^\p{L}[\p{L}\p{N}_-]*$/u, "a name of letters, digits, _ and -"),
      source,
      "keys with values",
    )
    .meta({ each: "name", description: "Sources of the scene by name, two or more, on one grid" }),
  labels: labels.describe("Ground truth to learn from and to test on"),
  grid: text()
    .nullable()
    .default(null)
    .describe(
      "Source whose grid all others are put on, or labels; null: labels, where they are a raster that every source fits, else the first source",
    ),
});

const simulatedScene = group({
  simulate: group({
    seed: integer(0).default(0).describe("Seed of the simulated scene"),
    height: integer(16, 2048).default(128).describe("Its rows"),
    width: integer(16, 2048).default(128).describe("Its columns"),
    sources: list(choice(simulatedSources)).default(["hsi", "lidar", "sar"]).describe("Its sensors"),
  }).describe("A scene made by the program, for trying it out"),
});

const split = group({
  rule: z
    .string("a split rule")
    .default("blocks:28")
    .describe(`Which pixels train and which test: ${splitRules.join(", ")}`),
  perClass: integer(1)
    .nullable()
    .default(null)
    .describe("Most training pixels of a class, drawn from those of the rule; null: all"),
  seed: integer(0).default(0).describe("Seed of the split"),
  validation: share().default(0).describe("Share of the training pixels of each class set aside for validation"),
}).prefault({});

/** The schema of a configuration with all shorthands written out; see `resolveConfig`. */
export const configSchema: z.ZodType<RunConfig> = group({
  name: text().describe("Name of the run; by default that of the configuration file or of the first source"),
  preset: choice(presetNames).default("small").describe("Defaults of the method's options"),
  scene: z.union([fileScene, simulatedScene]).describe("What to classify: sources and labels, or simulate"),
  split: split.describe("Which labelled pixels train, validate and test"),
  seed: integer(0).default(0).describe("Seed of all random choices but those of the split and a simulated scene"),
  method: choice(methodNames)
    .default(ownMethod)
    .describe(`What is trained: ${ownMethod}, or instead of it a method that it is compared with`),
  epochs: integer(1)
    .nullable()
    .default(null)
    .describe("Times that a compared network sees each training pixel; null: as published"),
  baselines: list(choice([...baselines.keys()]))
    .default([])
    .describe("Methods to train on the same split for comparison"),
  threads: integer(0).default(0).describe("Threads to compute with; 0: as many as the machine has cores"),
  device: choice(deviceChoices)
    .default("cpu")
    .describe("Where to compute: cpu, webgpu (any GPU), cuda (NVIDIA, Linux), auto (webgpu if faster in a short test)"),
  out: path().describe("Folder of the run; by default runs/NAME in the current folder"),
  checkpointEvery: integer(1).default(50).describe("Training steps between two writings of the state to resume from"),
  mode: choice(modes)
    .default(small.mode)
    .describe("dense: tiles cover the scene, features are stitched; centre: one tile a pixel, as in the paper"),
  backbone: choice(backbones)
    .default(small.backbone)
    .describe(
      "frozen: the denoisers stay as pre-trained; finetune: they learn on with the labels; probe-finetune: after a head has learned alone; scratch: with the labels only, from random weights",
    ),
  latent: latent.describe("Stage 0: how a source becomes a latent"),
  network: network.describe("The coupled denoisers"),
  text: classText.describe("Text of the classes, which condition injection (network.tci) shows the denoisers"),
  schedule: choice(noiseSchedules).default(small.schedule).describe("Noise schedule"),
  pretraining: pretraining.describe("Stage 1: training of the denoisers"),
  finetuning: finetuning.describe("Training of the denoisers with labels, where backbone is not frozen"),
  features: features.describe("What is read from the denoisers"),
  head: head.describe("Stage 2: the classifier on the features"),
  smoothing: integer(1)
    .default(small.smoothing)
    .describe("Odd side of the window over which class probabilities are averaged; 1: not at all"),
  calibration: choice(calibrations)
    .default(small.calibration)
    .describe(
      "temperature: probabilities are scaled so that they mean what they say, as held-out training pixels tell; none: left as they are, and no label sets",
    ),
});
