/**
 * @file SepDGConv: one residual network over the bands of all sources, in which each convolution learns into which
 * groups its channels fall; sources that fall into different groups are kept apart.
 *
 * Written from a description. It leaves open, and here was chosen: gates that start open, at 0.1, which is an ordinary
 * ResNet-18; a gate for each halving of a convolution's inputs, whose outputs beyond as many see what their neighbours see;
 * the first convolution, whose inputs are no power of two, has none; the straight-through gradient is that of the gate
 * itself; class weights 1 − share are divided by their mean over the batch; rates drop to a tenth. Nothing is added to the
 * loss for gates, as in the published code, which computes such a term and does not use it.
 *
 * Deviations: bands have mean 0 and deviation 1, as no preparation is known. Defaults are those of the MUUFL scene; for
 * Berlin, patches of 17, batches of 64 and a rate of 0.001 are published. Published scores of MUUFL are on all labels, those
 * of training among them; here they are not. Any number of sources lie side by side.
 *
 * 11 379 861 parameters for 64 + 2 bands and 11 classes, 11 949 074 for 244 + 4 and 8, 11 747 857 for 180 + 4 and 7; the
 * published code has 11.38, 11.95 and 11.75 million.
 *
 * @see Yang, Zhu, Qu et al. 2022, "Single-stream CNN with learnable architecture for multisource remote sensing data",
 * IEEE Transactions on Geoscience and Remote Sensing 60; Zhang et al. 2019, "Differentiable learning-to-group channels
 * via groupable convolutional neural networks", ICCV; sizes and training as in
 * yyyyangyi/CNNs-for-Multi-Source-Remote-Sensing-Data-Fusion
 */
import {
  type BatchNorm,
  batchNorm,
  constantRate,
  crossEntropy,
  initBatchNorm,
  initConvolution,
  initLinear,
  type Linear,
  linear,
  type Pass,
  type Symbolic,
} from "../../nn/index.ts";
import {
  add,
  type ConvolutionOptions,
  cast,
  childKey,
  concat,
  constant,
  conv,
  dims,
  div,
  greater,
  type Key,
  log,
  maxPool,
  mean,
  mul,
  type NdArray,
  ndarray,
  pow,
  relu,
  reshape,
  split,
  sub,
  sum,
  type Tensor,
} from "../../tensor/index.ts";
import { type Patches, type PatchNetwork, sgd } from "../network/network.ts";

/** Convolution without bias, then batch normalisation. */
interface Unit {
  readonly weight: NdArray<"f32">;
  readonly norm: BatchNorm;
}

interface GroupedUnit extends Unit {
  /** One for each time that the channels can be halved: above 0 the halves are connected, `[log₂ C]`. */
  readonly gates: NdArray<"f32">;
}

/** Two convolutions, and one for the way past them where it changes shape. */
interface Block {
  readonly units: readonly GroupedUnit[];
  readonly past: readonly GroupedUnit[];
}

interface SepDgConv {
  readonly stem: Unit;
  readonly blocks: readonly Block[];
  readonly out: Linear;
}

/** Blocks of each width. */
const blocksAWidth = 2;
const firstGate = 0.1;

const all = <Weights>(layers: unknown): readonly Weights[] => layers as readonly Weights[];

function initUnit(key: Key, inputs: number, outputs: number, side: number): Unit {
  return { weight: initConvolution(key, inputs, outputs, [side, side]).weight, norm: initBatchNorm(outputs) };
}

function initGrouped(key: Key, inputs: number, outputs: number, side: number): GroupedUnit {
  const count = Math.round(Math.log2(inputs));
  return { ...initUnit(key, inputs, outputs, side), gates: ndarray(new Float32Array(count).fill(firstGate), [count]) };
}

function initBlock(key: Key, inputs: number, outputs: number): Block {
  return {
    units: [initGrouped(childKey(key, 0), inputs, outputs, 3), initGrouped(childKey(key, 1), outputs, outputs, 3)],
    past: inputs === outputs ? [] : [initGrouped(childKey(key, "past"), inputs, outputs, 1)],
  };
}

/** 1 where x > 0, else 0; with the gradient of x. */
function opened(x: Tensor): Tensor {
  // No gradient flows to an exponent: the logarithm of the power is x as a constant.
  return add(cast(greater(x, 0), "f32"), sub(x, log(pow(Math.E, x))));
}

/**
 * Which inputs an output sees: the Kronecker product of a factor for each gate, all ones where it is open and the
 * identity where it is shut, `[O, C]`. Outputs beyond as many as inputs are the finest division: neighbours see the same.
 */
function connections(gates: Tensor, outputs: number): Tensor {
  const K = gates.shape[0]!;
  const same = constant(ndarray([1, 0, 0, 1], [2, 2]));
  const other = constant(ndarray([0, 1, 1, 0], [2, 2]));
  let found = constant(ndarray([1], [1, 1]));
  for (const gate of split(opened(gates), 0, new Array<number>(K).fill(1))) {
    const size = found.shape[0]!;
    const factor = reshape(add(same, mul(other, gate)), [1, 2, 1, 2]);
    found = reshape(mul(reshape(found, [size, 1, size, 1]), factor), [2 * size, 2 * size]);
  }
  const inputs = 2 ** K;
  const copies = constant(ndarray(new Float32Array(outputs / inputs).fill(1), [1, outputs / inputs, 1]));
  return reshape(mul(reshape(found, [inputs, 1, inputs]), copies), [outputs, inputs]);
}

function unit({ weight, norm }: Symbolic<Unit>, x: Tensor, options: ConvolutionOptions, pass: Pass): Tensor {
  return batchNorm(norm, conv(x, weight, options), pass);
}

function grouped({ gates, ...own }: Symbolic<GroupedUnit>, x: Tensor, stride: number, pass: Pass): Tensor {
  const { O, C, side } = dims("weight", own.weight, "O C side side");
  const weight = mul(own.weight, reshape(connections(gates, O), [O, C, 1, 1]));
  return unit({ ...own, weight }, x, { stride, padding: (side - 1) / 2 }, pass);
}

function block(weights: Symbolic<Block>, x: Tensor, pass: Pass): Tensor {
  const [first, second] = all<Symbolic<GroupedUnit>>(weights.units) as [Symbolic<GroupedUnit>, Symbolic<GroupedUnit>];
  const past = all<Symbolic<GroupedUnit>>(weights.past)[0];
  const stride = past ? 2 : 1;
  const y = grouped(second, relu(grouped(first, x, stride, pass)), 1, pass);
  return relu(add(y, past ? grouped(past, x, stride, pass) : x));
}

/** Class logits, `[B, K]`. */
function logits({ stem, blocks, out }: Symbolic<SepDgConv>, { patches }: Patches, pass: Pass): Tensor {
  const first = relu(unit(stem, concat(patches, 1), { stride: 2, padding: 3 }, pass));
  const start = maxPool(first, 3, { stride: 2, padding: 1 });
  const last = all<Symbolic<Block>>(blocks).reduce((h, one) => block(one, h, pass), start);
  return linear(out, reshape(mean(last, [2, 3]), [last.shape[0]!, -1]));
}

/** The network. @param width  channels of the first blocks, a power of two; those of the last are eight times as many */
export function sepDgConvOf(width: number): PatchNetwork<SepDgConv> {
  const widths = [1, 2, 4, 8].flatMap((factor) => new Array<number>(blocksAWidth).fill(factor * width));
  return {
    name: "sepdgconv",
    title: "SepDGConv",
    paper: "Yang, Zhu, Qu et al. 2022, IEEE Transactions on Geoscience and Remote Sensing 60",
    sources: [1, 16],
    recipe: {
      ...{ patch: 11, epochs: 300, batch: 48, rate: 0.02, adamw: sgd(0.9) },
      schedule: { ...constantRate, drops: { at: [200 / 300, 240 / 300], factor: 0.1 } },
    },
    prepare: () => ({ kind: "standard" }),
    init: (key, { sources, classes }) => {
      const bands = sources.reduce((total, { channels }) => total + channels, 0);
      return {
        stem: initUnit(childKey(key, "stem"), bands, width, 7),
        blocks: widths.map((outputs, at) => initBlock(childKey(key, at), widths[at - 1] ?? width, outputs)),
        out: initLinear(childKey(key, "out"), widths.at(-1)!, classes),
      };
    },
    logits,
    loss: (weights, examples, pass) => {
      const { oneHot, shares } = examples;
      const rarity = reshape(sum(mul(oneHot, sub(1, shares)), [1]), [-1]);
      return crossEntropy(logits(weights, examples, pass), oneHot, 0, div(rarity, mean(rarity)));
    },
  };
}

/** The network as published. */
export const sepdgconv: PatchNetwork<SepDgConv> = sepDgConvOf(64);
