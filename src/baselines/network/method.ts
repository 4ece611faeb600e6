/** @file A patch network as a method: fitted on a scene, saved, loaded, and asked for maps. */
import { z } from "zod";
import { countParameters, loadParameters, namedParameters, type Parameters } from "../../nn/index.ts";
import {
  cutValid,
  type Image,
  type LandCoverClass,
  type Progress,
  type Rectangle,
  type Scene,
  sourceKinds,
  sourcesOf,
} from "../../scene/index.ts";
import {
  type Arrays,
  arrayOf,
  type Checkpoint,
  type Compute,
  ConfigError,
  childKey,
  keyOf,
} from "../../tensor/index.ts";
import { type FittedMethod, type Method, predictions } from "../method.ts";
import { fromMethodCheckpoint, methodCheckpoint, normalisationSchema } from "../saved.ts";
import { trainingClasses } from "../training-classes.ts";
import type { PatchNetwork, Task } from "./network.ts";
import { type NetworkProgram, networkProgram, type TrainedNetwork } from "./prediction.ts";
import { fitPreparation, type Prepared, preparedImage } from "./prepare.ts";
import { classifying, estimateStatistics, networkStage, noStatistics } from "./training.ts";

/** Everything that prediction needs. */
interface Model<P extends Parameters> extends TrainedNetwork<P> {
  readonly seed: number;
  readonly classes: readonly LandCoverClass[];
  /** In the order of the task's sources. */
  readonly prepared: readonly Prepared[];
}

const savedSchema = z.object({
  patch: z.int().min(1).max(255),
  sources: z
    .array(
      z.object({
        name: z.string(),
        kind: z.enum(sourceKinds),
        bands: z.int().min(1),
        channels: z.int().min(1),
        normalisation: normalisationSchema,
      }),
    )
    .min(1),
});

/** Refuse a scene with more or fewer sources than a network was made for. */
function requireSources(
  { title, sources: [fewest, most] }: Pick<PatchNetwork, "title" | "sources">,
  { sources }: Scene,
): void {
  const count = sources.length;
  if (count >= fewest && count <= most) return;
  const range = fewest === most ? `${fewest} sources` : `${fewest} to ${most} sources`;
  const names = sources.map(({ name }) => name).join(", ");
  throw new ConfigError("method", `expected ${range}, as ${title} was made for; got ${count}: ${names}`, count);
}

/** A method from a network. */
export function definePatchNetwork<P extends Parameters>(network: PatchNetwork<P>): Method {
  const { name, title, paper, recipe } = network;
  return {
    ...{ name, title, paper, patch: recipe.patch, epochs: recipe.epochs },
    async fit(scene, split, { seed = 0, epochs, runStage, ...compute }) {
      const { classOf, classes } = trainingClasses(scene, split);
      requireSources(network, scene);
      // Stable: of two sources with as many bands, the first of the scene stays the first.
      const ordered = [...scene.sources].sort((a, b) => b.raster.bands - a.raster.bands);
      const prepared = ordered.map((source, at) => {
        const { kind, raster } = source;
        const preparation = network.prepare({ name: source.name, kind, bands: raster.bands }, at);
        return fitPreparation(source, scene.valid, preparation);
      });
      const images = ordered.map((source, at) => preparedImage(source, prepared[at]!));
      const task: Task = {
        sources: prepared.map(({ source }) => source),
        classes: classes.length,
        patch: recipe.patch,
      };
      const key = childKey(keyOf(seed), name);
      const lessons = { images, pixels: split.train, classOf };
      const wanted = epochs ?? recipe.epochs;
      const share = wanted / recipe.epochs;
      const taken = await network.pretraining?.({ name, task, key, images, valid: scene.valid, share, runStage });
      const learner = classifying(network, taken);
      const stage = networkStage(learner, task, key, lessons, { ...recipe, epochs: wanted });
      const parameters = await runStage(stage);
      const statistics = await estimateStatistics(network, task, parameters, stage, split.train.length, compute);
      return fitted(network, { task, parameters, statistics, seed, classes, prepared }, compute);
    },
    load: (checkpoint, file, compute) =>
      fromMethodCheckpoint(name, savedSchema, checkpoint, file, ({ seed, classes, own: { patch, sources } }) => {
        const { arrays } = checkpoint;
        const prepared = sources.map(({ normalisation, ...source }): Prepared => {
          const part = (what: string) => arrayOf(checkpoint, file, `source.${source.name}.${what}`, "f32");
          const isWhitened = Object.hasOwn(arrays, `source.${source.name}.projection`);
          const whitening = isWhitened ? { mean: part("mean"), projection: part("projection") } : null;
          return { source, normalisation, whitening };
        });
        const task: Task = { sources: prepared.map(({ source }) => source), classes: classes.length, patch };
        const like = network.init({ high: 0, low: 0 }, task);
        const statistics = loadParameters(noStatistics(network, task, like), arrays, "statistics.");
        const parameters = loadParameters(like, arrays, "network.");
        return fitted(network, { task, parameters, statistics, seed, classes, prepared }, compute);
      }),
  };
}

function checkpointOf<P extends Parameters>(
  name: string,
  { task, parameters, statistics, seed, classes, prepared }: Model<P>,
  about: Readonly<Record<string, string>>,
): Checkpoint {
  const under = (prefix: string, tree: Parameters): Arrays =>
    Object.fromEntries([...namedParameters(tree)].map(([path, array]) => [`${prefix}.${path}`, array]));
  const whitenings = prepared.map(({ source, whitening }) =>
    whitening === null ? {} : under(`source.${source.name}`, whitening),
  );
  const arrays = Object.assign({}, under("network", parameters), under("statistics", statistics), ...whitenings);
  const sources = prepared.map(({ source, normalisation }) => ({ ...source, normalisation }));
  return methodCheckpoint(name, { seed, classes, own: { patch: task.patch, sources } }, arrays, about);
}

function fitted<P extends Parameters>(network: PatchNetwork<P>, model: Model<P>, compute: Compute): FittedMethod {
  const { task, classes, prepared, seed } = model;
  const K = classes.length;
  const reach = Math.ceil(task.patch / 2);
  const known = prepared.map(({ source: { name, bands } }) => ({ source: name, bands }));
  // Rows are often asked for one part after the other of the same scene.
  const held = new WeakMap<Scene, readonly Image[]>();
  let program: Promise<NetworkProgram> | undefined;

  const check: FittedMethod["check"] = (scene) => void sourcesOf(scene, known);
  const imagesOf = (scene: Scene): readonly Image[] => {
    const bands = scene.sources.map(({ name, raster }) => ({ name, bands: raster.bands }));
    const found = sourcesOf({ name: scene.name, sources: bands }, known);
    const images = held.get(scene) ?? found.map((source, at) => preparedImage(scene.sources[source]!, prepared[at]!));
    held.set(scene, images);
    return images;
  };
  const classify = async (scene: Scene, part: Rectangle, progress: Progress): Promise<Float32Array> => {
    const images = imagesOf(scene);
    const valid = cutValid(scene.valid, scene.width, part);
    const all = Int32Array.from({ length: part.height * part.width }, (_, at) => at);
    const asked = valid === null ? all : all.filter((at) => valid[at] !== 0);
    const inScene = (at: number): number =>
      (part.row + Math.floor(at / part.width)) * scene.width + part.col + (at % part.width);
    program ??= networkProgram(network, model, compute);
    const { classify: run } = await program;
    const found = await run(images, asked.map(inScene), progress);
    // Of a pixel without data nothing is known.
    const result = new Float32Array(all.length * K).fill(1 / K);
    for (const [from, at] of asked.entries()) result.set(found.subarray(from * K, (from + 1) * K), at * K);
    return result;
  };

  return {
    ...{ name: network.name, classes, seed, parameters: countParameters(model.parameters), check },
    bytesPerPixel: 4 * task.sources.reduce((sum, { bands, channels }) => sum + bands + channels, K),
    ...predictions(reach, classify),
    checkpoint: (about = {}) => checkpointOf(network.name, model, about),
  };
}
