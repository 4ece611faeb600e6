/** @file What can be asked for: a training with its map and report, a map, an evaluation. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Metrics, percent, renderReport, splitTable, type Uncertainty } from "../evaluate/index.ts";
import {
  type Classifier,
  isOfPlots,
  openScene,
  openSceneWindows,
  type PartClassifier,
  type Progress,
  readSplit,
  type Scene,
  type SceneOutline,
  type SceneWindows,
  type Split,
  sceneWindows,
} from "../scene/index.ts";
import { type SymDiffuserModel, symDiffuserClassifier } from "../symdiffuser/index.ts";
import {
  type ChosenDevice,
  chooseDevice,
  DataError,
  type DeviceChoice,
  StoppedError,
  writeAtomically,
} from "../tensor/index.ts";
import {
  configText,
  openRun,
  openRunScene,
  type RunConfig,
  readRunSplit,
  runFiles,
  sourceOptions,
  trainRun,
} from "../train/index.ts";
import { type MapFiles, mapWriter, usualFiles, writeMap } from "./files.ts";
import { type LandCoverMap, mapParts, mapScene } from "./map.ts";
import { formatMetrics } from "./metrics-file.ts";
import type { Origin } from "./origin.ts";
import { metricsOf, type Outcome, reportOf } from "./report.ts";
import { writeSplitFiles, writeSplitPolygons } from "./split-files.ts";
import {
  listened,
  noUncertainty,
  type UncertaintyOptions,
  type UncertaintyRule,
  uncertaintyOf,
  uncertaintyRule,
  usualLabelSets,
} from "./uncertainty.ts";

/** Progress of a named task, or a sentence worth knowing. */
export type JobEvent =
  | {
      readonly kind: "task";
      readonly task: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly detail?: string;
    }
  | { readonly kind: "note"; readonly text: string };

export interface JobHooks {
  onEvent(event: JobEvent): void;
  /** Ends the job with a StoppedError, its state saved. */
  readonly stop: AbortSignal;
}

/** Plain data, so that it can be sent to a worker. */
export type Job =
  | {
      readonly job: "train";
      readonly config: RunConfig;
      readonly resume: boolean;
      readonly overwrite: boolean;
      readonly command: string;
    }
  | {
      readonly job: "map";
      readonly run: string;
      /** Files of another scene by source; null for the run's own scene. */
      readonly sources: Readonly<Record<string, readonly string[]>> | null;
      /** Folder of the results; null for `map/` in the run's folder. */
      readonly out: string | null;
      /** @default the usual files alone */
      readonly files?: MapFiles;
      /** @default none */
      readonly uncertainty?: UncertaintyOptions;
      readonly threads: number;
      /** @default cpu */
      readonly device?: DeviceChoice;
    }
  | {
      readonly job: "evaluate";
      readonly run: string;
      /** Label file on the run's grid instead of the run's own. */
      readonly labels: string | null;
      /** Split file instead of the run's own. */
      readonly split: string | null;
      /** @default label sets at a coverage of 0.9, where the model has what they need */
      readonly uncertainty?: UncertaintyOptions;
      /** Folder of the results; null for `evaluation/` in the run's folder. */
      readonly out: string | null;
      readonly threads: number;
      /** @default cpu */
      readonly device?: DeviceChoice;
    };

export interface JobResult {
  readonly folder: string;
  readonly files: readonly string[];
  readonly metrics: Metrics | null;
}

/** How a job in a worker is told of, and stopped. */
export interface JobControl {
  readonly onEvent: (event: JobEvent) => void;
  readonly isStopped: () => boolean;
}

type JobOf<Kind extends Job["job"]> = Extract<Job, { readonly job: Kind }>;

/** Write the numbers and the report of an outcome; returns the numbers and the files' paths. */
async function writeOutcome(
  folder: string,
  outcome: Outcome,
): Promise<{ readonly metrics: Metrics; readonly files: string[] }> {
  const metrics = metricsOf(outcome);
  const text = new TextEncoder();
  const [numbers, report] = [join(folder, "metrics.json"), join(folder, "report.html")];
  await writeAtomically(report, text.encode(renderReport(reportOf(outcome, metrics))));
  await writeAtomically(numbers, text.encode(formatMetrics(metrics)));
  return { metrics, files: [report, numbers] };
}

function tellDevice({ onEvent }: JobControl, { note }: ChosenDevice): void {
  if (note !== null) onEvent({ kind: "note", text: note });
}

/** The device of a job, told of. */
async function deviceOf(choice: DeviceChoice = "cpu", threads: number, control: JobControl) {
  const chosen = await chooseDevice(choice, threads);
  tellDevice(control, chosen);
  return chosen.device;
}

const tell =
  ({ onEvent }: JobControl, task: string, unit: string): Progress =>
  (done, total) =>
    onEvent({ kind: "task", task, done, total, unit });

async function train({ config, resume, overwrite, command }: JobOf<"train">, control: JobControl): Promise<JobResult> {
  const folder = config.out;
  const run = await trainRun(
    config,
    folder,
    { resume, overwrite },
    {
      onTask: (task, done, total, unit, detail) =>
        control.onEvent({ kind: "task", task, done, total, unit, ...(detail === undefined ? {} : { detail }) }),
      isStopped: control.isStopped,
      onOpened: (scene, split, device) => {
        tellDevice(control, device);
        const plots = scene.plots === null ? [] : [`${scene.plots.length} plots`];
        for (const text of [...plots, ...scene.notes, splitTable(split, scene.labels!)])
          control.onEvent({ kind: "note", text });
      },
    },
  );
  const { scene, split, model, timingsSeconds } = run;
  const { classes } = model;
  const start = performance.now();
  const { map, uncertainty } = await tested(run.classifier, model, scene, split, undefined, control);
  timingsSeconds["map"] = (performance.now() - start) / 1e3;
  const baselines = new Map<string, LandCoverMap>();
  for (const [name, baseline] of run.baselines) {
    const from = performance.now();
    baselines.set(name, await mapScene(baseline, scene, classes.length, tell(control, `${name} map`, "row")));
    timingsSeconds[name]! += (performance.now() - from) / 1e3;
  }
  const origin = originOf(sceneWindows(scene), config, run.classifier.name);
  const files = [
    ...(await writeMap(folder, origin, classes, map)),
    ...(await writeSplitFiles(folder, origin, scene.labels!, split)),
    ...(await writeSplitPolygons(folder, scene, split)),
  ];
  const written = await writeOutcome(folder, {
    scene,
    split,
    classes,
    map,
    uncertainty,
    baselines,
    curves: run.curves,
    timingsSeconds,
    device: run.device,
    seed: config.seed,
    patch: config.network.patch,
    configuration: configText(config),
    command,
  });
  return { folder, files: [...files, ...written.files, join(folder, "model.safetensors")], metrics: written.metrics };
}

/** The map of a scene, and how uncertain it is on the test pixels of a split. */
async function tested(
  classifier: Classifier,
  model: SymDiffuserModel,
  scene: Scene,
  { test }: Split,
  asked: UncertaintyOptions | undefined,
  control: JobControl,
): Promise<{ readonly map: LandCoverMap; readonly uncertainty: Uncertainty | null }> {
  const K = model.classes.length;
  const usual = { ...noUncertainty, labelSets: usualLabelSets, abstain: "sets" } as const;
  const options = asked ?? (model.calibration === null ? null : usual);
  const rule = options && uncertaintyRule(options, model);
  const truth = scene.labels!.data;
  const known = rule === null ? new Int32Array(0) : test.filter((pixel) => truth[pixel] !== 0);
  const heard = listened(classifier, known, K);
  const map = await mapScene(heard.classifier, scene, K, tell(control, "map", "row"));
  const classOf = Int32Array.from(known, (pixel) => truth[pixel]! - 1);
  return { map, uncertainty: rule && uncertaintyOf(model, rule, heard.probabilities, classOf) };
}

function originOf(scene: SceneOutline, config: RunConfig, method: string): Origin {
  return { scene, method, isSimulated: "simulate" in config.scene };
}

/** Files of the same sources as the run's, as a scene without labels. */
async function otherScene(
  config: RunConfig,
  files: Readonly<Record<string, readonly string[]>>,
): Promise<SceneWindows> {
  const known = "simulate" in config.scene ? {} : config.scene.sources;
  const sources = Object.entries(files).map(([name, file]) => {
    const own = known[name];
    return own === undefined ? { name, file } : sourceOptions(name, { ...own, file });
  });
  const options = { name: config.name, sources };
  return isOfPlots(options) ? sceneWindows(await openScene(options)) : openSceneWindows(options);
}

async function map(
  { run, sources, out, files = usualFiles, uncertainty = noUncertainty, threads, device: choice }: JobOf<"map">,
  control: JobControl,
): Promise<JobResult> {
  const device = await deviceOf(choice, threads, control);
  const { config, model } = await openRun(run);
  const rule = uncertaintyRule(uncertainty, model);
  // The run's own scene was in memory for its training, and is so again.
  const own = sources === null ? await openRunScene(config) : null;
  const scene = sources === null ? sceneWindows(own!) : await otherScene(config, sources);
  try {
    const splitFile = join(run, runFiles.split);
    const split = own !== null && existsSync(splitFile) ? readSplit(splitFile, own) : null;
    const classifier = symDiffuserClassifier(model, { threads, device, progress: () => () => {} });
    classifier.check(scene);
    const folder = out ?? join(run, "map");
    await mkdir(folder, { recursive: true });
    const origin = { ...originOf(scene, config, classifier.name), ...(own === null && { isSimulated: false }) };
    const written = await writeParts(classifier, scene, folder, origin, model.classes, files, rule, control);
    // The folder of a run has the split that it was trained with.
    if (!existsSync(join(folder, runFiles.split))) {
      written.push(...(await writeSplitPolygons(folder, own ?? { ...scene, labels: null }, split)));
    }
    return { folder, files: written, metrics: null };
  } finally {
    await scene.close();
  }
}

/** Classify a scene part by part into the files of a map. */
async function writeParts(
  classifier: PartClassifier,
  scene: SceneWindows,
  folder: string,
  origin: Origin,
  classes: Outcome["classes"],
  files: MapFiles,
  rule: UncertaintyRule,
  control: JobControl,
): Promise<string[]> {
  const writer = mapWriter(folder, origin, classes, files, rule);
  const report = tell(control, "map", "pixel");
  try {
    await mapParts(classifier, scene, {
      classes: classes.length,
      keepProbabilities: files.probabilities || rule.entropy || rule.labelSets !== null,
      write: writer.write,
      progress: (done, total) => {
        if (control.isStopped()) throw new StoppedError("stopped before the map was written");
        report(done, total);
      },
    });
    if (rule.abstain !== null) {
      const counts = writer.counts();
      const known = counts.slice(1).reduce((sum, count) => sum + count, 0);
      const text = `no class for ${percent(counts[classes.length + 1]! / known)} % of the pixels: abstain`;
      control.onEvent({ kind: "note", text });
    }
    return await writer.finish();
  } finally {
    writer.abandon();
  }
}

/** The labels of a scene, numbered as the classes of a model. @throws DataError for a class that the model does not know */
function relabelled(scene: Scene, classes: Outcome["classes"]): Scene {
  if (!scene.labels) throw new DataError(scene.name, "expected labels to evaluate with; got none");
  const numbers = scene.labels.classes.map(({ code, name }) => {
    const at = classes.findIndex((known) => known.code === code);
    if (at < 0) {
      const known = classes.map((entry) => entry.code).join(", ");
      throw new DataError(`class ${name}`, `expected a code of the model, ${known}; got ${code}`);
    }
    return at + 1;
  });
  const data = scene.labels.data.map((label) => (label === 0 ? 0 : numbers[label - 1]!));
  return { ...scene, labels: { data, classes } };
}

async function evaluate(
  { run, labels, split: splitFile, uncertainty: asked, out, threads, device: choice }: JobOf<"evaluate">,
  control: JobControl,
): Promise<JobResult> {
  const device = await deviceOf(choice, threads, control);
  const { config, model } = await openRun(run);
  if (labels !== null && "simulate" in config.scene) {
    throw new DataError(config.name, "expected a run on files to give it other labels; got a simulated scene");
  }
  const described =
    "simulate" in config.scene || labels === null
      ? config.scene
      : { ...config.scene, labels: { ...config.scene.labels, file: [labels] } };
  const scene = relabelled(await openRunScene({ ...config, scene: described }), model.classes);
  const split: Split = splitFile === null ? readRunSplit(run) : readSplit(splitFile, scene);
  const classifier = symDiffuserClassifier(model, { threads, device, progress: (task) => tell(control, task, "tile") });
  const start = performance.now();
  const result = await tested(classifier, model, scene, split, asked, control);
  const folder = out ?? join(run, "evaluation");
  await mkdir(folder, { recursive: true });
  const { metrics, files } = await writeOutcome(folder, {
    scene,
    split,
    classes: model.classes,
    ...result,
    baselines: new Map(),
    curves: new Map(),
    timingsSeconds: { map: (performance.now() - start) / 1e3 },
    device,
    seed: model.seed,
    patch: config.network.patch,
    configuration: configText(config),
    command: `symdiffuser evaluate ${run}`,
  });
  return { folder, files, metrics };
}

const kinds: { readonly [Kind in Job["job"]]: (job: JobOf<Kind>, control: JobControl) => Promise<JobResult> } = {
  train,
  map,
  evaluate,
};

/** Do a job in this thread. */
export function doJob(job: Job, control: JobControl): Promise<JobResult> {
  return (kinds[job.job] as (job: Job, control: JobControl) => Promise<JobResult>)(job, control);
}
