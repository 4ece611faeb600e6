/** @file What can be asked for, done: a training with its map and report, a map, an evaluation, generated sources. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type GeoTiffFile,
  type Metrics,
  percent,
  renderReport,
  splitTable,
  type Uncertainty,
} from "../evaluate/index.ts";
import {
  type Classifier,
  type PartClassifier,
  type Progress,
  readSplit,
  type Scene,
  type SceneWindows,
  type Split,
  sceneWindows,
} from "../scene/index.ts";
import { type GenerationOptions, generatingClassifier } from "../symdiffuser/index.ts";
import { DataError, StoppedError, writeAtomically } from "../tensor/index.ts";
import {
  configText,
  openRun,
  openRunScene,
  readRunSplit,
  runFiles,
  type StoredRun,
  symDiffuserOf,
  trainRun,
} from "../train/index.ts";
import { consistency } from "./consistency.ts";
import { type MapFiles, mapWriter, usualFiles, writeMap } from "./files.ts";
import { alternatives, generatedFile, generatedText, generatedTitle, prepared } from "./generation.ts";
import type { Job, JobControl, JobOf, JobResult } from "./jobs.ts";
import { type LandCoverMap, mapParts, mapScene } from "./map.ts";
import { formatMetrics } from "./metrics-file.ts";
import { deviceOf, openWork, originOf, stoppable, tell, tellDevice } from "./open-work.ts";
import type { Origin } from "./origin.ts";
import { otherScene } from "./other-scene.ts";
import { metricsOf, type Outcome, reportOf } from "./report.ts";
import { writeSplitFiles, writeSplitPolygons } from "./split-files.ts";
import { translate } from "./translate.ts";
import {
  type Judged,
  listened,
  noUncertainty,
  type UncertaintyOptions,
  type UncertaintyRule,
  uncertaintyOf,
  uncertaintyRule,
  usualLabelSets,
} from "./uncertainty.ts";

export type { Job, JobControl, JobEvent, JobHooks, JobResult } from "./jobs.ts";

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
        for (const text of [...plots, ...scene.notes.map(({ text }) => text), splitTable(split, scene.labels!)])
          control.onEvent({ kind: "note", text });
      },
    },
  );
  const { scene, split, classes, timingsSeconds } = run;
  const start = performance.now();
  const { map, uncertainty } = await tested(run.classifier, judged(run), scene, split, undefined, control);
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
    title: run.title,
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
    patch: run.patch,
    configuration: configText(config),
    command,
  });
  return { folder, files: [...files, ...written.files, join(folder, "model.safetensors")], metrics: written.metrics };
}

/** What is asked of a model for the uncertainty of its map. */
function judged({ model, classes }: Pick<StoredRun, "model" | "classes">): Judged {
  return model ?? { classes, calibration: null, heads: [] };
}

/** The map of a scene, and how uncertain it is on the test pixels of a split. */
async function tested(
  classifier: Classifier,
  model: Judged,
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

async function map(job: JobOf<"map">, control: JobControl): Promise<JobResult> {
  const { run, sources, out, files = usualFiles, uncertainty = noUncertainty, threads } = job;
  const generation = job.generation ?? null;
  const device = await deviceOf(job.device, threads, control);
  const stored = await openRun(run);
  const { config, classes } = stored;
  const rule = uncertaintyRule(uncertainty, judged(stored));
  // The run's own scene was in memory for its training, and is so again.
  const own = sources === null ? await openRunScene(config) : null;
  const given = own && generation ? prepared(own, generation) : own;
  const scene = sources === null ? sceneWindows(given!) : await otherScene(config, run, sources, generation);
  let flags: GeoTiffFile | null = null;
  try {
    const splitFile = join(run, runFiles.split);
    const split = own !== null && existsSync(splitFile) ? readSplit(splitFile, own) : null;
    const work = { threads, device, progress: () => () => {} };
    const onGenerated: GenerationOptions["onGenerated"] = (part, generated) => flags?.write(part, generated);
    const classifier =
      generation === null
        ? stored.classifier(work)
        : generatingClassifier(
            symDiffuserOf(stored, "do without a source"),
            { without: generation.without, fill: generation.sampling, onGenerated },
            work,
          );
    classifier.check(scene);
    if (own === null) for (const { text } of scene.notes) control.onEvent({ kind: "note", text });
    const folder = out ?? join(run, "map");
    await mkdir(folder, { recursive: true });
    const origin = {
      ...originOf(scene, config, classifier.name, own !== null),
      ...(generation !== null && {
        generated: generatedText(generation),
        title: `${scene.name}: ${generatedTitle(generation)}`,
      }),
    };
    if (generation !== null) {
      flags = generatedFile(folder, origin, symDiffuserOf(stored, "do without a source"));
      control.onEvent({ kind: "note", text: generatedText(generation) });
    }
    const written = await writeParts(classifier, scene, folder, origin, classes, files, rule, control);
    await flags?.finish();
    if (flags !== null) written.push(flags.file);
    // The folder of a run has the split that it was trained with.
    if (!existsSync(join(folder, runFiles.split))) {
      written.push(...(await writeSplitPolygons(folder, own ?? { ...scene, labels: null }, split)));
    }
    return { folder, files: written, metrics: null };
  } finally {
    flags?.abandon();
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
  {
    run,
    labels,
    split: splitFile,
    uncertainty: asked,
    generation,
    out,
    threads,
    command,
    device: choice,
  }: JobOf<"evaluate">,
  control: JobControl,
): Promise<JobResult> {
  const device = await deviceOf(choice, threads, control);
  const stored = await openRun(run);
  const { config, classes } = stored;
  if (labels !== null && "simulate" in config.scene) {
    throw new DataError(config.name, "expected a run on files to give it other labels; got a simulated scene");
  }
  const described =
    "simulate" in config.scene || labels === null
      ? config.scene
      : { ...config.scene, labels: { ...config.scene.labels, file: [labels] } };
  const scene = relabelled(await openRunScene({ ...config, scene: described }), classes);
  const split: Split = splitFile === null ? readRunSplit(run) : readSplit(splitFile, scene);
  const work = { threads, device, progress: (task: string) => stoppable(control, tell(control, task, "tile")) };
  const start = performance.now();
  let result: Pick<Outcome, "map" | "uncertainty">;
  let baselines: Outcome["baselines"] = new Map();
  if (generation === undefined)
    result = await tested(stored.classifier(work), judged(stored), scene, split, asked, control);
  else {
    const model = symDiffuserOf(stored, "do without a source");
    const { without, sampling: fill } = generation;
    const generating = generatingClassifier(model, { without, fill }, work);
    result = await tested(generating, model, prepared(scene, generation), split, asked, control);
    const progress = (task: string): Progress => tell(control, task, "part");
    baselines = await alternatives(model, scene, split, generation, work, progress);
    control.onEvent({ kind: "note", text: generatedText(generation) });
  }
  const folder = out ?? join(run, ["evaluation", ...(generation ? ["without", ...generation.without] : [])].join("-"));
  await mkdir(folder, { recursive: true });
  const { metrics, files } = await writeOutcome(folder, {
    scene,
    title: generation === undefined ? stored.title : `${stored.title}, ${generatedTitle(generation)}`,
    ...(generation === undefined ? {} : { generated: generatedText(generation) }),
    split,
    classes,
    ...result,
    baselines,
    curves: new Map(),
    timingsSeconds: { map: (performance.now() - start) / 1e3 },
    device,
    seed: stored.seed,
    patch: stored.patch,
    configuration: configText(config),
    command,
  });
  return { folder, files, metrics };
}

async function translation(job: JobOf<"translate">, control: JobControl): Promise<JobResult> {
  const work = await openWork(job, "translation", control);
  return { folder: work.folder, ...(await translate(job.options, work)), metrics: null };
}

async function consistencyOf(job: JobOf<"consistency">, control: JobControl): Promise<JobResult> {
  const work = await openWork(job, "consistency", control);
  return { folder: work.folder, ...(await consistency(job.options, work)), metrics: null };
}

const kinds: { readonly [Kind in Job["job"]]: (job: JobOf<Kind>, control: JobControl) => Promise<JobResult> } = {
  train,
  map,
  evaluate,
  translate: translation,
  consistency: consistencyOf,
};

/** Do a job in this thread. */
export function doJob(job: Job, control: JobControl): Promise<JobResult> {
  return (kinds[job.job] as (job: Job, control: JobControl) => Promise<JobResult>)(job, control);
}
