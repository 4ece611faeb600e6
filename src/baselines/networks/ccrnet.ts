/**
 * @file CCR-Net: the features of two sources, joined, pass an encoder, whose first code must be able to tell them in the
 * other order. Houston 2013 (144 and 1 bands, 15 classes): 67 871 parameters; the published code makes 40 224 more that no
 * class and no reconstruction depends on.
 *
 * Deviations: patches are mirrored at the border of the scene; the last epoch counts (published: the best on test pixels).
 *
 * @see Wu, Hong, Chanussot 2022, "Convolutional neural networks for multimodal remote sensing data classification", IEEE
 * Transactions on Geoscience and Remote Sensing 60
 */
import {
  type BatchNorm,
  batchNorm,
  type Convolution,
  convolution,
  crossEntropy,
  droppingRate,
  initBatchNorm,
  initConvolution,
  initLinear,
  type Linear,
  linear,
  meanSquaredError,
  type Pass,
  type Symbolic,
} from "../../nn/index.ts";
import {
  add,
  childKey,
  concat,
  dims,
  type Key,
  maxPool,
  mul,
  pad,
  relu,
  reshape,
  sum,
  type Tensor,
} from "../../tensor/index.ts";
import { adam, type PatchNetwork } from "../network/network.ts";

/** Convolution, batch normalisation, pooling, ReLU. */
interface Layer {
  readonly convolution: Convolution;
  readonly norm: BatchNorm;
}

/** Linear layer, batch normalisation, ReLU. */
interface Dense {
  readonly linear: Linear;
  readonly norm: BatchNorm;
}

interface CcrNet {
  /** Two layers for each source. */
  readonly branches: readonly (readonly Layer[])[];
  readonly encoder: readonly Dense[];
  /** From the code of the encoder's first layer. */
  readonly decoder: Dense;
  readonly out: Linear;
}

/** Channels of the convolutions, and of the encoder's layers. */
const channels = [16, 32] as const;
const codes = [64, 32, 32] as const;
/** How much reconstruction counts, and ½Σ w² over matrices and convolutions. */
const [reconstruction, decay] = [0.1, 0.1];

function initBranch(key: Key, bands: number): Layer[] {
  return channels.map((count, at) => ({
    convolution: initConvolution(childKey(key, at), at === 0 ? bands : channels[at - 1]!, count, [3, 3]),
    norm: initBatchNorm(count),
  }));
}

function initDense(key: Key, inputs: number, outputs: number): Dense {
  return { linear: initLinear(key, inputs, outputs), norm: initBatchNorm(outputs) };
}

function dense(weights: Symbolic<Dense>, x: Tensor, pass: Pass): Tensor {
  return relu(batchNorm(weights.norm, linear(weights.linear, x), pass));
}

/** Features of a source, `[B, F]`: each layer halves the sides, rounded up. */
function branch(layers: readonly Symbolic<Layer>[], x: Tensor, pass: Pass): Tensor {
  const features = layers.reduce((h, layer) => {
    const y = relu(batchNorm(layer.norm, convolution(layer.convolution, h, { padding: 1 }), pass));
    const { P } = dims("y", y, "B C P P");
    // Zeros beyond the border are never more than what is rectified.
    return maxPool(pad(y, [0, 0, 0, 0], [0, 0, P % 2, P % 2]), 2);
  }, x);
  return reshape(features, [x.shape[0]!, -1]);
}

/** Features of each source, `[B, F]`; the code of both, `[B, 64]`; class logits, `[B, K]`. */
function seen(
  weights: Symbolic<CcrNet>,
  patches: readonly Tensor[],
  pass: Pass,
): { readonly features: readonly [Tensor, Tensor]; readonly code: Tensor; readonly logits: Tensor } {
  const branches = weights.branches as readonly (readonly Symbolic<Layer>[])[];
  const [first, ...others] = weights.encoder as readonly [Symbolic<Dense>, ...Symbolic<Dense>[]];
  const features = patches.map((patch, at) => branch(branches[at]!, patch, pass)) as [Tensor, Tensor];
  const code = dense(first, concat(features, 1), pass);
  return {
    features,
    code,
    logits: linear(
      weights.out,
      others.reduce((h, layer) => dense(layer, h, pass), code),
    ),
  };
}

/** ½Σ w² of matrices and convolutions. */
function halfSquares({ branches, encoder, decoder, out }: Symbolic<CcrNet>): Tensor {
  const convolutions = (branches as readonly (readonly Symbolic<Layer>[])[]).flat().map((layer) => layer.convolution);
  const encoders = (encoder as readonly Symbolic<Dense>[]).map((layer) => layer.linear);
  const layers = [...convolutions, ...encoders, decoder.linear, out];
  const squares = layers.map(({ weight }) => reshape(sum(mul(weight, weight)), []));
  return mul(
    squares.reduce((a, b) => add(a, b)),
    0.5,
  );
}

/** The network. */
export const ccrnet: PatchNetwork<CcrNet> = {
  name: "ccrnet",
  title: "CCR-Net",
  paper: "Wu, Hong, Chanussot 2022, IEEE Transactions on Geoscience and Remote Sensing 60",
  sources: [2, 2],
  recipe: { patch: 7, epochs: 200, batch: 32, rate: 1e-3, schedule: droppingRate(30 / 200, 0.5), adamw: adam },
  prepare: () => ({ kind: "unit" }),
  init: (key, { sources, classes, patch }) => {
    const features = 2 * channels[1] * Math.ceil(patch / 4) ** 2;
    return {
      branches: sources.map((source, at) => initBranch(childKey(childKey(key, "branch"), at), source.channels)),
      encoder: codes.map((count, at) =>
        initDense(childKey(childKey(key, "encoder"), at), at === 0 ? features : codes[at - 1]!, count),
      ),
      decoder: initDense(childKey(key, "decoder"), codes[0], features),
      out: initLinear(childKey(key, "out"), codes[2], classes),
    };
  },
  logits: (weights, { patches }, pass) => seen(weights, patches, pass).logits,
  loss: (weights, { patches, oneHot }, pass) => {
    const {
      features: [x, y],
      code,
      logits,
    } = seen(weights, patches, pass);
    const told = meanSquaredError(dense(weights.decoder, code, pass), concat([y, x], 1));
    const kept = add(mul(told, reconstruction), mul(halfSquares(weights), decay));
    return add(crossEntropy(logits, oneHot), kept);
  },
};
