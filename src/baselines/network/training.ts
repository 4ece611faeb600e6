/** @file The training of a patch network: epochs over the patches around training pixels. */
import {
  type BatchSpec,
  type ChannelStatistics,
  crossEntropy,
  dropoutMask,
  estimatingPass,
  microBatches,
  type Parameters,
  type Pass,
  packParameters,
  pooledStatistics,
  type Stage,
  symbolicParameters,
  trainingPass,
  wholeBatch,
} from "../../nn/index.ts";
import type { Image } from "../../scene/index.ts";
import {
  type Arrays,
  add,
  type Compute,
  childKey,
  compileLanes,
  constant,
  integers,
  type Key,
  mul,
  type NdArray,
  permutation,
  reshape,
  type Shape,
  type Spec,
  sum,
  type Tensor,
  trace,
  zeros,
} from "../../tensor/index.ts";
import type { Examples, Loss, PatchNetwork, Recipe, Task } from "./network.ts";
import { cutPatches, patchSpecs, patchTensors } from "./patches.ts";

/** What a network learns from. */
export interface Lessons {
  /** One a source, prepared. */
  readonly images: readonly Image[];
  readonly pixels: Int32Array;
  /** Class of each, 0 … K − 1. */
  readonly classOf: Int32Array;
}

/** What a network asks of its passes. */
interface Asked {
  readonly masks: readonly { readonly shape: Shape; readonly rate: number }[];
  /** Channels of each batch normalisation. Where there are any, patches of a batch see each other. */
  readonly norms: readonly number[];
}

/** What is learned. */
export interface Learner<P extends Parameters> {
  /** Of the stage. */
  readonly name: string;
  readonly init: (key: Key, task: Task) => P;
  readonly loss: Loss<P>;
}

/** The cross-entropy of what gives logits. */
function entropyOf<Weights>(logits: (weights: Weights, examples: Examples, pass: Pass, task: Task) => Tensor) {
  return (weights: Weights, examples: Examples, pass: Pass, task: Task): Tensor =>
    crossEntropy(logits(weights, examples, pass, task), examples.oneHot);
}

/** A network that learns classes, by its own loss or by cross-entropy. @param taken  what an earlier training gave */
export function classifying<P extends Parameters>(
  network: PatchNetwork<P>,
  taken: (fresh: P) => P = (fresh) => fresh,
): Learner<P> {
  const { name, init, logits, loss = entropyOf(logits) } = network;
  return { name, init: (key, task) => taken(init(key, task)), loss };
}

/** ½λ Σ w² over all parameters. */
function penaltyOf(weights: unknown, factor: number): Tensor {
  const leaves = (tree: object): Tensor[] =>
    "node" in tree ? [tree as Tensor] : Object.values(tree).flatMap((child: object) => leaves(child));
  const squares = leaves(weights as object).map((leaf) => reshape(sum(mul(leaf, leaf)), []));
  return mul(
    squares.reduce((a, b) => add(a, b)),
    factor / 2,
  );
}

/** The loss of a batch in training, `mask.<i>` of which are the masks that the network asks for. */
function trainingLoss<Weights>(
  lossOf: (weights: Weights, examples: Examples, pass: Pass, task: Task) => Tensor,
  examplesOf: (inputs: Readonly<Record<string, Tensor>>) => Examples,
  task: Task,
  penalty: number,
): (weights: Weights, inputs: Readonly<Record<string, Tensor>>) => Tensor {
  return (weights, inputs) => {
    let next = 0;
    const pass = trainingPass(() => inputs[`mask.${next++}`]!);
    const loss = lossOf(weights, examplesOf(inputs), pass, task);
    return penalty === 0 ? loss : add(loss, penaltyOf(weights, penalty));
  };
}

/** Share of each class in the training pixels, `[K]`. */
function sharesOf(classOf: Int32Array, classes: number): NdArray<"f32"> {
  const shares = zeros([classes]);
  for (const at of classOf) shares.data[at]! += 1 / classOf.length;
  return shares;
}

/** Pixels in the order of training: each epoch in one of its own. */
function shuffled(key: Key, count: number): (position: number) => number {
  let epoch = -1;
  let order: Int32Array = new Int32Array(0);
  return (position) => {
    const now = Math.floor(position / count);
    if (now !== epoch) {
      epoch = now;
      order = permutation(childKey(key, epoch), count);
    }
    return order[position % count]!;
  };
}

/** The stage that trains. @param recipe  its epochs perhaps others than published */
export function networkStage<P extends Parameters>(
  { name, init, loss: lossOf }: Learner<P>,
  task: Task,
  key: Key,
  { images, pixels, classOf }: Lessons,
  recipe: Omit<Recipe, "patch">,
): Stage<P, BatchSpec> {
  const { sources, classes, patch } = task;
  const { epochs, rate, schedule, adamw, penalty = 0, symmetries = [0] } = recipe;
  const size = Math.min(recipe.batch, pixels.length);
  const parameters = init(childKey(key, "start"), task);
  const shares = sharesOf(classOf, classes);
  const specs: Record<string, Spec> = {
    ...patchSpecs(
      sources.map(({ channels }) => channels),
      size,
      patch,
    ),
    oneHot: { shape: [size, classes], dtype: "f32" },
  };
  const examplesOf = (inputs: Readonly<Record<string, Tensor>>): Examples => ({
    patches: patchTensors(inputs, sources.length, patch),
    oneHot: inputs["oneHot"]!,
    shares: constant(shares),
  });
  const { masks, norms } = whatIsAsked(parameters, specs, (inputs, pass) =>
    lossOf(symbolicParameters(parameters, inputs["parameters"]!), examplesOf(inputs), pass, task),
  );
  for (const [at, { shape }] of masks.entries()) specs[`mask.${at}`] = { shape, dtype: "f32" };
  const pick = shuffled(childKey(key, "order"), pixels.length);
  const places = new Int32Array(size * patch * patch);
  return {
    name,
    parameters,
    batch: specs,
    loss: trainingLoss(lossOf, examplesOf, task, penalty),
    batches: (step) => {
      const picked = Int32Array.from({ length: size }, (_, at) => pick(step * size + at));
      const arrays: Record<string, NdArray> = Object.fromEntries(
        Object.entries(specs).map(([name, { shape }]) => [name, zeros(name.startsWith("mask.") ? [0] : shape)]),
      );
      for (const [at, one] of picked.entries()) arrays["oneHot"]!.data[at * classes + classOf[one]!] = 1;
      const drawn = integers(childKey(childKey(key, "symmetry"), step), [size], symmetries.length).data;
      const centres = picked.map((one) => pixels[one]!);
      cutPatches(
        images,
        centres,
        drawn.map((one) => symmetries[one]!),
        patch,
        places,
        arrays,
      );
      for (const [at, { shape, rate: dropped }] of masks.entries()) {
        arrays[`mask.${at}`] = dropoutMask(childKey(childKey(childKey(key, "mask"), at), step), shape, dropped);
      }
      return arrays;
    },
    schedule: { ...schedule, rate, steps: Math.max(1, Math.ceil((epochs * pixels.length) / size)) },
    adamw,
    averageDecay: null,
    microBatches: norms.length > 0 ? wholeBatch : microBatches(size),
  };
}

/** Trace a network once, to see what it asks for. @param body  its inputs are those of `specs`, and `parameters` */
function whatIsAsked(
  parameters: Parameters,
  specs: Readonly<Record<string, Spec>>,
  body: (inputs: Readonly<Record<string, Tensor>>, pass: Pass) => Tensor,
): Asked {
  const masks: { shape: Shape; rate: number }[] = [];
  const norms: number[] = [];
  const plain = trainingPass((shape, rate) => {
    masks.push({ shape, rate });
    return constant(zeros(shape));
  });
  const pass: Pass = {
    ...plain,
    statistics: (x) => {
      norms.push(x.shape[1]!);
      return plain.statistics(x);
    },
  };
  const vector: Spec = { shape: packParameters(parameters).shape, dtype: "f32" };
  trace({ ...specs, parameters: vector }, (inputs: Readonly<Record<string, Tensor>>) => ({
    result: body(inputs, pass),
  }));
  return { masks, norms };
}

/** Statistics of each batch normalisation of a network, all 0: how many there are, and of how many channels. */
export function noStatistics<P extends Parameters>(
  network: PatchNetwork<P>,
  task: Task,
  parameters: P,
): ChannelStatistics[] {
  const { sources, patch } = task;
  const specs = patchSpecs(
    sources.map(({ channels }) => channels),
    1,
    patch,
  );
  const { norms } = whatIsAsked(parameters, specs, (inputs, pass) => {
    const examples = { patches: patchTensors(inputs, sources.length, patch) };
    return network.logits(symbolicParameters(parameters, inputs["parameters"]!), examples, pass, task);
  });
  return norms.map((channels) => ({ mean: zeros([channels]), variance: zeros([channels]) }));
}

/** Most batches on which statistics are estimated. */
const estimatedOn = 100;

/**
 * Statistics of each batch normalisation for prediction, over the batches of the last epoch.
 *
 * @param parameters  trained
 */
export async function estimateStatistics<P extends Parameters>(
  network: PatchNetwork<P>,
  task: Task,
  parameters: P,
  { batch, batches, schedule }: Stage<P, BatchSpec>,
  pixels: number,
  { threads, device }: Compute,
): Promise<ChannelStatistics[]> {
  const own = Object.fromEntries(Object.entries(batch).filter(([name]) => name.startsWith("patch.")));
  const vector = packParameters(parameters);
  const seen: ChannelStatistics<Tensor>[] = [];
  const graph = trace(
    { ...own, parameters: vector as Spec },
    (inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
      const patches = patchTensors(inputs, task.sources.length, task.patch);
      network.logits(symbolicParameters(parameters, inputs["parameters"]!), { patches }, estimatingPass(seen), task);
      return Object.fromEntries(
        seen.flatMap(({ mean, variance }, at) => [
          [`${at}.mean`, mean],
          [`${at}.variance`, variance],
        ]),
      );
    },
  );
  if (seen.length === 0) return [];
  const program = await compileLanes(graph, { threads, device, constants: { parameters: vector } });
  const size = batch["oneHot"]!.shape[0]!;
  const count = Math.min(estimatedOn, schedule.steps, Math.ceil(pixels / size));
  const found: Record<string, NdArray>[] = [];
  for (let step = schedule.steps - count; step < schedule.steps; step++) {
    const all: Arrays = batches(step);
    found.push(await program.run(Object.fromEntries(Object.keys(own).map((name) => [name, all[name]!]))));
  }
  await program.release();
  const read = (arrays: Arrays, name: string): NdArray<"f32"> => arrays[name] as NdArray<"f32">;
  return seen.map((_, at) =>
    pooledStatistics(found.map((one) => ({ mean: read(one, `${at}.mean`), variance: read(one, `${at}.variance`) }))),
  );
}
