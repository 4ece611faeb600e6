/**
 * @file Sal²RN: a spatial and a spectral branch for the source with the most bands, a branch of convolutions for each
 * other source; each branch decides, and gates let through what stands out.
 *
 * Written from a description. It leaves open, and here was chosen: kernels of 3 × 3 without padding, and a maximum over
 * 2 × 2 at a stride of 1, which give the 1024 features of the spatial branch; gates x·σ(α·x) that start at α = 1; ReLU
 * between the layers over the spectrum; that the loss of the first source is of both its branches together.
 *
 * Deviations: the branches' decisions are added, where the published network weighs them by how often each is right on
 * training pixels. A learned projection takes the place of the 48 principal components that the spatial branch sees.
 * Convolutions over one place are linear layers. More than two sources are more branches. The last epoch counts, not the
 * best on test.
 *
 * Bands are scaled to the range 0 to 1, as published.
 *
 * 823 741 parameters for 63 + 1 bands and 6 classes, 3024 of them the projection; the published code has 908 325. The
 * 84 584 that are missing are unexplained: no choice of kernels from 1 to 7, of biases and of batch normalisations in
 * the parts named above gives them.
 *
 * @see Li, Liu, Song et al. 2023, "Sal²RN: A spatial-spectral salient reinforcement network for hyperspectral and LiDAR
 * data fusion classification", IEEE Transactions on Geoscience and Remote Sensing 61; sizes and training as in
 * lyz123-xidian/TGRS-Sal2RN
 */
import {
  constantRate,
  crossEntropy,
  dropout,
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
  childKey,
  conv,
  type Key,
  maxPool,
  mean,
  mul,
  type NdArray,
  ndarray,
  relu,
  reshape,
  sigmoid,
  type Tensor,
} from "../../tensor/index.ts";
import { adam, type Patches, type PatchNetwork } from "../network/network.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

interface Spatial {
  /** From bands to fewer, `[48, C, 1, 1]`. */
  readonly reduce: NdArray<"f32">;
  readonly plain: readonly Unit[];
  readonly dilated: readonly Unit[];
  /** α of the gate, `[1]`. */
  readonly gate: NdArray<"f32">;
  readonly hidden: readonly Linear[];
  readonly out: Linear;
}

interface Spectral {
  readonly gate: NdArray<"f32">;
  readonly hidden: readonly Linear[];
  readonly out: Linear;
}

interface Other {
  readonly units: readonly Unit[];
  readonly out: Linear;
}

interface Sal2rn {
  readonly spatial: Spatial;
  readonly spectral: Spectral;
  readonly others: readonly Other[];
}

/** Most channels that the spatial branch sees. */
const most = 48;
const widths = { spatial: [16, 32, 64], hidden: [512, 256], spectral: 64, other: [32, 64, 128] } as const;
const dropped = { hidden: 0.4, other: 0.5 };
/** How much the losses of single branches count. */
const branchShare = 0.01;

function initUnits(key: Key, inputs: number, outputs: readonly number[]): Unit[] {
  return outputs.map((count, at) => initUnit(childKey(key, at), at === 0 ? inputs : outputs[at - 1]!, count, [3, 3]));
}

function initLinears(key: Key, inputs: number, outputs: readonly number[]): Linear[] {
  return outputs.map((count, at) => initLinear(childKey(key, at), at === 0 ? inputs : outputs[at - 1]!, count));
}

const initGate = (): NdArray<"f32"> => ndarray([1], [1]);

/** Side of what is left of a patch: three windows of 3 × 3, one of 2 × 2. */
const spatialSide = (patch: number): number => patch - 7;
/** Side after three halvings, rounded down. */
const otherSide = (patch: number): number => Math.floor(patch / 8);

/** x·σ(α·x): what stands out stays, the rest is damped. */
function gated(alpha: Tensor, x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, reshape(alpha, [])))); // α counts for all of x
}

const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, -1]);
const all = <Weights>(layers: unknown): readonly Weights[] => layers as readonly Weights[];

/** Logits of the spatial branch, `[B, K]`. */
function spatialLogits(
  { reduce, plain, dilated, gate, hidden, out }: Symbolic<Spatial>,
  x: Tensor,
  pass: Pass,
): Tensor {
  const seen = conv(x, reduce);
  const chain = (units: unknown, options: ConvolutionOptions): Tensor =>
    all<Symbolic<Unit>>(units).reduce((h, one) => relu(unit(one, h, pass, options)), seen);
  const joined = gated(gate, add(chain(plain, {}), chain(dilated, { dilation: 2, padding: 1 })));
  const features = all<Symbolic<Linear>>(hidden).reduce(
    (h, one) => {
      const y = relu(linear(one, h));
      return dropout(y, pass.mask(y.shape, dropped.hidden));
    },
    flat(maxPool(joined, 2, { stride: 1 })),
  );
  return linear(out, features);
}

/** Logits of the spectral branch, `[B, K]`. */
function spectralLogits({ gate, hidden, out }: Symbolic<Spectral>, x: Tensor): Tensor {
  const spectrum = gated(gate, flat(mean(x, [2, 3])));
  return linear(
    out,
    all<Symbolic<Linear>>(hidden).reduce((h, one) => relu(linear(one, h)), spectrum),
  );
}

function otherLogits({ units, out }: Symbolic<Other>, x: Tensor, pass: Pass): Tensor {
  const features = all<Symbolic<Unit>>(units).reduce((h, one) => {
    const y = maxPool(relu(unit(one, h, pass, { padding: 1 })), 2);
    return dropout(y, pass.mask(y.shape, dropped.other));
  }, x);
  return linear(out, flat(features));
}

/** Logits of the first source, then of each other source. */
function decisions({ spatial, spectral, others }: Symbolic<Sal2rn>, { patches }: Patches, pass: Pass): Tensor[] {
  const [first, ...rest] = patches as [Tensor, ...Tensor[]];
  const own = add(spatialLogits(spatial, first, pass), spectralLogits(spectral, first));
  return [own, ...rest.map((x, at) => otherLogits(all<Symbolic<Other>>(others)[at]!, x, pass))];
}

const together = (logits: readonly Tensor[]): Tensor => logits.reduce((a, b) => add(a, b));

/** The network. */
export const sal2rn: PatchNetwork<Sal2rn> = {
  name: "sal2rn",
  title: "Sal²RN",
  paper: "Li, Liu, Song et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 16],
  recipe: { patch: 11, epochs: 250, batch: 64, rate: 1e-3, schedule: constantRate, adamw: adam },
  prepare: () => ({ kind: "unit" }),
  init: (key, { sources: [first, ...others], classes, patch }) => {
    const bands = first!.channels;
    const seen = Math.min(bands, most);
    const { spatial, hidden, spectral, other } = widths;
    const under = (...path: (string | number)[]): Key => path.reduce<Key>(childKey, key);
    return {
      spatial: {
        reduce: initConvolution(under("reduce"), bands, seen, [1, 1]).weight,
        plain: initUnits(under("plain"), seen, spatial),
        dilated: initUnits(under("dilated"), seen, spatial),
        gate: initGate(),
        hidden: initLinears(under("hidden"), spatial.at(-1)! * spatialSide(patch) ** 2, hidden),
        out: initLinear(under("out"), hidden.at(-1)!, classes),
      },
      spectral: {
        gate: initGate(),
        hidden: initLinears(under("spectral"), bands, [spectral, bands]),
        out: initLinear(under("spectral", "out"), bands, classes),
      },
      others: others.map(({ channels }, at) => ({
        units: initUnits(under("other", at), channels, other),
        out: initLinear(under("other", at, "out"), other.at(-1)! * otherSide(patch) ** 2, classes),
      })),
    };
  },
  logits: (weights, examples, pass) => together(decisions(weights, examples, pass)),
  loss: (weights, examples, pass) => {
    const logits = decisions(weights, examples, pass);
    const single = logits.map((one) => mul(crossEntropy(one, examples.oneHot), branchShare));
    return add(crossEntropy(together(logits), examples.oneHot), together(single));
  },
};
