/** @file Stage 2: heads learn from the features of training pixels, and give every pixel its class probabilities. */
import {
  type BatchSpec,
  crossEntropy,
  dropout,
  dropoutMask,
  microBatches,
  packParameters,
  type Stage,
  type Symbolic,
  symbolicParameters,
} from "../nn/index.ts";
import {
  type Compute,
  childKey,
  compileLanes,
  constant,
  type Graph,
  inLanes,
  type Key,
  mul,
  type NdArray,
  ndarray,
  permutation,
  reshape,
  type Spec,
  slice,
  sub,
  type Tensor,
  trace,
  zeros,
} from "../tensor/index.ts";
import { pooled } from "./disagreement.ts";
import { type FeatureShape, featureCount, seenShape, viewSize } from "./feature-shape.ts";
import { type Head, head, initHead, type TokenGroup } from "./head.ts";
import type { SymDiffuserModel } from "./model.ts";
import type { HeadOptions } from "./options.ts";
import { joinTrees } from "./trees.ts";

/** Mean and 1/deviation of each feature over the scene, `[F]` each. */
export interface FeatureScale {
  readonly mean: NdArray<"f32">;
  readonly inverse: NdArray<"f32">;
}

/** Fitted on a sample of the scene's pixels, without labels. @param rows `[n, F]` */
export function fitFeatureScale(rows: Float32Array, size: number): FeatureScale {
  const count = rows.length / size;
  const [sum, squares] = [new Float64Array(size), new Float64Array(size)];
  for (let at = 0; at < rows.length; at++) {
    const value = rows[at]!;
    sum[at % size]! += value;
    squares[at % size]! += value * value;
  }
  const mean = Float32Array.from(sum, (total) => total / count);
  const inverse = Float32Array.from(squares, (total, at) => {
    const variance = total / count - (sum[at]! / count) ** 2;
    return variance > 1e-12 ? 1 / Math.sqrt(variance) : 0;
  });
  return { mean: ndarray(mean, [size]), inverse: ndarray(inverse, [size]) };
}

/** Standardised features, `[n, F]`. */
function standardised(rows: Tensor, { mean, inverse }: FeatureScale): Tensor {
  return mul(sub(rows, constant(mean)), constant(inverse));
}

/**
 * Features as tokens: `[n, F]` to one token for each view of each step and source, `[n, V·M, C]`, and of the latents, `[n, V, L]`.
 *
 * @param seen  what is wanted of them, see {@link seenShape}
 */
function asTokens(rows: Tensor, shape: FeatureShape, seen: FeatureShape): Tensor[] {
  const { views, tokens, channels, latents } = shape;
  const n = rows.shape[0]!;
  const size = viewSize(shape);
  const split = tokens * channels;
  const all = reshape(rows, [n, views, size]);
  return [
    ...(seen.tokens > 0 ? [reshape(slice(all, [0, 0, 0], [n, views, split]), [n, views * tokens, channels])] : []),
    ...(latents > 0 ? [slice(all, [0, 0, split], [n, views, size])] : []),
  ];
}

/** The tokens that {@link asTokens} makes of what is seen. */
function tokenGroups({ views, tokens, channels, latents }: FeatureShape): TokenGroup[] {
  return [
    ...(tokens > 0 ? [{ tokens: views * tokens, channels }] : []),
    ...(latents > 0 ? [{ tokens: views, channels: latents }] : []),
  ];
}

/** A head with fresh parameters. @param seen  see {@link seenShape} */
export function freshHead(key: Key, seen: FeatureShape, classes: number, options: HeadOptions): Head {
  return initHead(key, tokenGroups(seen), classes, options);
}

/** By class, what a pixel must count so that all classes that are there count the same; mean 1 over the pixels. */
export function classWeights(classOf: Int32Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const index of classOf) counts[index]!++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? classOf.length / (present * count) : 0));
}

/** Training pixels in one step; more are drawn anew at every step. */
const largestBatch = 1024;

/**
 * The training of one head.
 *
 * @param rows     features of the training pixels, `[n, F]`
 * @param classOf  class index of each, 0 … K − 1
 * @param seen     what it sees of the features, see {@link seenShape}
 */
export function headStage(
  name: string,
  key: Key,
  rows: Float32Array,
  classOf: Int32Array,
  classes: number,
  scale: FeatureScale,
  shape: FeatureShape,
  seen: FeatureShape,
  options: HeadOptions,
): Stage<Head, BatchSpec> {
  const { steps, rate, weightDecay, labelSmoothing, balanced } = options;
  const size = featureCount(shape);
  const count = Math.min(classOf.length, largestBatch);
  const maskShape = [count, size];
  const batch: BatchSpec = {
    rows: { shape: [count, size], dtype: "f32" },
    oneHot: { shape: [count, classes], dtype: "f32" },
    ...(balanced ? { weight: { shape: [count], dtype: "f32" } } : {}),
    ...(options.dropout > 0 ? { mask: { shape: maskShape, dtype: "f32" } } : {}),
  };
  const weightOf = classWeights(classOf, classes);
  const gathered = (order: Int32Array): Record<string, NdArray> => {
    const [features, oneHot, weight] = [zeros([count, size]), zeros([count, classes]), zeros([count])];
    for (const [to, from] of order.subarray(0, count).entries()) {
      features.data.set(rows.subarray(from * size, (from + 1) * size), to * size);
      oneHot.data[to * classes + classOf[from]!] = 1;
      weight.data[to] = weightOf[classOf[from]!]!;
    }
    return { rows: features, oneHot, ...(balanced ? { weight } : {}) };
  };
  const all = classOf.length <= largestBatch ? gathered(Int32Array.from(classOf.keys())) : null;
  return {
    name,
    parameters: freshHead(childKey(key, "start"), seen, classes, options),
    batch,
    loss: (weights: Symbolic<Head>, inputs) => {
      const known = dropout(standardised(inputs["rows"]!, scale), inputs["mask"] ?? null);
      const logits = head(weights, asTokens(known, shape, seen));
      return crossEntropy(logits, inputs["oneHot"]!, labelSmoothing, inputs["weight"] ?? null);
    },
    batches: (step) => ({
      ...(all ?? gathered(permutation(childKey(childKey(key, "order"), step), classOf.length))),
      ...(options.dropout > 0
        ? { mask: dropoutMask(childKey(childKey(key, "dropout"), step), maskShape, options.dropout) }
        : {}),
    }),
    schedule: { rate, steps, warmUp: 0, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay, clipNorm: 1 },
    averageDecay: null,
    microBatches: microBatches(count),
  };
}

/** Pixels classified in one run: so few that what is computed of them stays in a core's second-level cache. */
const pixelsPerRun = 128;

/** What heads say of pixels. */
export interface Classified {
  /** The weighted mean of their class probabilities and those of the trees, `[n, K]`. */
  readonly probabilities: Float32Array;
  /** `[n]`, in nats, see `pooled`; 0 of a single head. */
  readonly disagreement: Float32Array;
}

/** Heads at work. */
export interface FusionProgram {
  /** @param rows `[n, F]` */
  classify(rows: Float32Array): Promise<Classified>;
  release(): Promise<void>;
}

/** All heads as one graph, their parameters its constants: input `rows` `[n, F]`, outputs as of {@link pooled}. */
export function fusionGraph(
  heads: readonly Head[],
  scale: FeatureScale,
  shape: FeatureShape,
  options: Pick<HeadOptions, "latentShare">,
): { readonly graph: Graph; readonly constants: Readonly<Record<string, NdArray>> } {
  const specs: Record<string, Spec> = { rows: { shape: [pixelsPerRun, featureCount(shape)], dtype: "f32" } };
  const constants: Record<string, NdArray> = {};
  for (const [at, weights] of heads.entries()) {
    const vector = packParameters(weights);
    specs[`head.${at}`] = { shape: vector.shape, dtype: "f32" };
    constants[`head.${at}`] = vector;
  }
  const graph = trace(specs, (inputs) => {
    const known = standardised(inputs["rows"]!, scale);
    const logits = heads.map((like, at) => {
      const seen = seenShape(shape, at, heads.length, options);
      return head(symbolicParameters(like, inputs[`head.${at}`]!), asTokens(known, shape, seen));
    });
    return { ...pooled(logits) };
  });
  return { graph, constants };
}

/** Compile all heads into one program. @param trees  that have a say, too */
export async function fusionProgram(
  { heads, trees }: Pick<SymDiffuserModel, "heads" | "trees">,
  options: Pick<HeadOptions, "treeShare" | "latentShare">,
  scale: FeatureScale,
  shape: FeatureShape,
  classes: number,
  { threads, device }: Compute,
): Promise<FusionProgram> {
  const size = featureCount(shape);
  const { graph, constants } = fusionGraph(heads, scale, shape, options);
  const program = await compileLanes(graph, { threads, device, constants });
  const buffers = Array.from({ length: program.lanes + 1 }, () => ({
    rows: zeros([pixelsPerRun, size]),
    probabilities: zeros([pixelsPerRun, classes]),
    disagreement: zeros([pixelsPerRun]),
  }));
  return {
    release: () => program.release(),
    classify: async (rows) => {
      const count = rows.length / size;
      const result = { probabilities: new Float32Array(count * classes), disagreement: new Float32Array(count) };
      await inLanes(Math.ceil(count / pixelsPerRun), buffers.length, async (run, slot) => {
        const { rows: feed, ...into } = buffers[slot]!;
        const first = run * pixelsPerRun;
        const here = Math.min(pixelsPerRun, count - first);
        feed.data.set(rows.subarray(first * size, (first + here) * size));
        await program.run({ rows: feed }, into);
        result.probabilities.set(into.probabilities.data.subarray(0, here * classes), first * classes);
        result.disagreement.set(into.disagreement.data.subarray(0, here), first);
      });
      joinTrees(result.probabilities, rows, count, trees, options);
      return result;
    },
  };
}
