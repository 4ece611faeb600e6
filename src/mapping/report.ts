/** @file A trained run and its map, as scores and as a report. */
import {
  classPicture,
  confidencePicture,
  confusion,
  encodePng,
  type Metrics,
  mcnemar,
  type NamedScores,
  namedScoresOf,
  type ReportData,
  type ReportStage,
  sourcePicture,
  splitCounts,
  splitPicture,
  type Uncertainty,
} from "../evaluate/index.ts";
import { type LandCoverClass, leakage, type Scene, type Split } from "../scene/index.ts";
import type { LandCoverMap } from "./map.ts";
import { versions } from "./versions.ts";

/** What there is to report. */
export interface Outcome {
  /** Name of the method in tables. @default "SymDiffuser" */
  readonly title?: string;
  readonly scene: Scene;
  /** What a model made up of it, and how; none, if not told. */
  readonly generated?: string;
  readonly split: Split;
  /** Classes of the model, in order. */
  readonly classes: readonly LandCoverClass[];
  readonly map: LandCoverMap;
  /** How far its probabilities can be trusted, where that is known. */
  readonly uncertainty?: Uncertainty | null;
  /** Maps of the baselines, by name. */
  readonly baselines: ReadonlyMap<string, LandCoverMap>;
  /** Loss of every step, by stage. */
  readonly curves: ReadonlyMap<string, Float32Array>;
  readonly timingsSeconds: Readonly<Record<string, number>>;
  /** Where it was computed: cpu, webgpu, cuda. */
  readonly device: string;
  readonly seed: number;
  /** Numbers that were learned, of a method that is compared; null where none are counted. */
  readonly parameters?: number | null;
  /** Pixels around a pixel that one tile of the model can see. */
  readonly patch: number;
  /** The resolved configuration as YAML. */
  readonly configuration: string;
  readonly command: string;
}

/** Scores of a map on the test pixels. */
export function scoreMap(
  { labels }: LandCoverMap,
  scene: Scene,
  { test }: Split,
  classes: readonly LandCoverClass[],
): NamedScores {
  const names = classes.map(({ name }) => name);
  return namedScoresOf(confusion(scene.labels!.data, labels, classes.length, test), names);
}

/** The numbers of a run. Every labelled test pixel counts once. */
export function metricsOf(outcome: Outcome): Metrics {
  const { scene, split, classes, map, uncertainty = null, baselines, seed, patch, timingsSeconds, device } = outcome;
  const own = scoreMap(map, scene, split, classes);
  const { overallAccuracy, averageAccuracy, kappa } = own;
  return {
    ...own,
    ...(outcome.title === undefined ? {} : { method: outcome.title }),
    leakage: leakage(split, scene.height, scene.width, Math.floor(patch / 2)),
    split: {
      rule: split.rule,
      seed: split.seed,
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
    },
    seeds: [seed],
    perSeed: [{ seed, overallAccuracy, averageAccuracy, kappa }],
    ...(uncertainty === null ? {} : { uncertainty }),
    baselines: Object.fromEntries(
      [...baselines].map(([name, other]) => [name, scoreMap(other, scene, split, classes)]),
    ),
    timingsSeconds,
    mapPixels: scene.valid === null ? scene.height * scene.width : scene.valid.reduce((sum, one) => sum + one, 0),
    ...(outcome.parameters === undefined ? {} : { parameters: outcome.parameters }),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    device,
    versions: versions(),
  };
}

/** Longest side of the small pictures of a report, in pixels. */
const previewSide = 512;

/** Curves of stages whose names share what stands before the first dot lie in one chart: `head.0`, `head.1` … */
function stagesOf(curves: Outcome["curves"]): ReportStage[] {
  const groups = new Map<string, ReportStage["curves"][number][]>();
  for (const [name, losses] of curves) {
    const group = name.split(".")[0]!;
    // Heads of folds are like those of the model.
    if (group === "calibration") continue;
    const steps = Array.from(losses, (_, step) => step + 1);
    groups.set(group, [...(groups.get(group) ?? []), { name, steps, values: [...losses] }]);
  }
  return [...groups].map(([name, members]) => ({ name, curves: members }));
}

/** Everything that a report shows of a run. */
export function reportOf(outcome: Outcome, metrics: Metrics): ReportData {
  const { scene, split, classes, map, baselines, patch } = outcome;
  const { height, width, labels } = scene;
  const colors = classes.map(({ color }) => color);
  const truth = labels!.data;
  const plots = scene.plots === null ? "" : ` in ${scene.plots.length} plots`;
  const size = `${height} × ${width} pixels${plots}`;
  const picture = (data: ArrayLike<number>): Uint8Array =>
    encodePng(classPicture({ height, width, data }, colors, previewSide));
  return {
    title: scene.name,
    notes: scene.notes.map(({ text }) => text),
    ...(outcome.generated === undefined ? {} : { generated: outcome.generated }),
    summary: `${scene.sources.map(({ name, raster }) => `${name} (${raster.bands})`).join(" + ")}, ${size}, ${classes.length} classes`,
    classes,
    methods: [
      { name: metrics.method ?? "SymDiffuser", scores: metrics },
      ...[...baselines].map(([name, other]) => ({
        name,
        scores: metrics.baselines[name]!,
        mcnemar: mcnemar(truth, map.labels, other.labels, split.test),
      })),
    ],
    split: {
      rule: split.rule,
      seed: split.seed,
      leakage: metrics.leakage,
      patchSide: patch,
      perClass: splitCounts(split, { data: truth, classes }),
      picture: encodePng(splitPicture(split, height, width, previewSide)),
    },
    sources: scene.sources.map(({ name, kind, raster }) => ({
      title: name,
      caption: `${kind}, ${raster.bands} band${raster.bands === 1 ? "" : "s"}`,
      png: encodePng(sourcePicture(raster, kind, previewSide)),
    })),
    groundTruth: picture(truth),
    map: picture(map.labels),
    ...(outcome.uncertainty == null ? {} : { uncertainty: outcome.uncertainty }),
    confidence: encodePng(confidencePicture({ height, width, data: map.confidence }, previewSide)),
    stages: stagesOf(outcome.curves),
    configuration: outcome.configuration,
    timingsSeconds: metrics.timingsSeconds,
    peakMemoryBytes: metrics.peakMemoryBytes,
    device: outcome.device,
    versions: metrics.versions,
    command: outcome.command,
    date: new Date().toISOString().slice(0, 10),
  };
}
