/**
 * @file Sal²RN: a spatial and a spectral branch for the source with the most bands, a branch of convolutions for each
 * other source; each branch decides on its own, and weights let through what stands out.
 *
 * Written from facts about the published code. The spatial branch sees 48 principal components of the bands, not whitened.
 * Its gate is the mean over all but the last two rows and columns of a map framed with zeros, as an accident of the
 * published padding; what is computed there is computed here.
 *
 * Deviations: the decision is the mean of the branches' logits. The published one weighs them, class by class, by how
 * often each branch is right on training pixels; as all are nearly always right there, that is about the mean. Bands are
 * clipped to where nearly all values lie before they are scaled to the range 0 to 1. Patches are mirrored at the border
 * without repeating the pixel at the border, which the published ones repeat. Convolutions over one place are linear
 * layers. More than two sources are more branches, each with its own loss. The last epoch counts, not the best on test.
 *
 * 907 749 parameters for 63 + 1 bands and 6 classes. The published code has 908 325: 576 more, which it never uses.
 *
 * @see Li, Liu, Song et al. 2023, "Sal²RN: A spatial-spectral salient reinforcement network for hyperspectral and LiDAR
 * data fusion classification", IEEE Transactions on Geoscience and Remote Sensing 61; sizes and training as in
 * lyz123-xidian/TGRS-Sal2RN
 */
import {
  type BatchNorm,
  batchNorm,
  constantRate,
  crossEntropy,
  dropout,
  initBatchNorm,
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
  concat,
  dims,
  type Key,
  max,
  maxPool,
  mean,
  mul,
  relu,
  reshape,
  sigmoid,
  slice,
  sub,
  type Tensor,
} from "../../tensor/index.ts";
import { adam, type Patches, type PatchNetwork, type Task } from "../network/network.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

/** How the two sides of the spatial branch are weighed against each other. */
interface Fusion {
  readonly plain: Unit;
  readonly dilated: Unit;
  readonly gate: Unit;
}

interface Spatial {
  /** One a stage, of windows that lie side by side. */
  readonly plain: readonly Unit[];
  /** One a stage, of windows that reach further. */
  readonly dilated: readonly Unit[];
  readonly fusion: Fusion;
  readonly hidden: readonly Linear[];
  readonly out: Linear;
}

/** Linear layer, then batch normalisation. */
interface LinearUnit {
  readonly linear: Linear;
  readonly norm: BatchNorm;
}

interface Spectral {
  /** Before the weights of the bands. */
  readonly norm: BatchNorm;
  readonly gate: LinearUnit;
  readonly hidden: readonly LinearUnit[];
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

/** Most components that the spatial branch sees. */
const most = 48;
const widths = { spatial: [16, 32, 64], hidden: [512, 256], spectral: 64, other: [32, 64, 128] } as const;
/** Of the dilated side, stage by stage: maps are as large as those of the plain side. */
const reach: readonly ConvolutionOptions[] = [
  { dilation: 1, padding: 0 },
  { dilation: 2, padding: 1 },
  { dilation: 5, padding: 4 },
];
const dropped = { hidden: 0.4, other: 0.5 };
/** How much the losses of the branches of the first source count; those of the others count 1. */
const ownShare = 0.01;

function initUnits(key: Key, inputs: number, outputs: readonly number[]): Unit[] {
  return outputs.map((count, at) => initUnit(childKey(key, at), at === 0 ? inputs : outputs[at - 1]!, count, [3, 3]));
}

function initLinears(key: Key, inputs: number, outputs: readonly number[]): Linear[] {
  return outputs.map((count, at) => initLinear(childKey(key, at), at === 0 ? inputs : outputs[at - 1]!, count));
}

const normed = (layer: Linear): LinearUnit => ({ linear: layer, norm: initBatchNorm(layer.bias.shape[0]!) });

/** Side of what is left of a patch: three windows of 3 × 3, one of 2 × 2. */
const spatialSide = (patch: number): number => patch - 7;
/** Side after three halvings, rounded down. */
const otherSide = (patch: number): number => Math.floor(patch / 8);

const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, -1]);
const all = <Weights>(layers: unknown): readonly Weights[] => layers as readonly Weights[];
const leaky = (x: Tensor): Tensor => max(x, mul(x, 0.2));

function linearUnit({ linear: layer, norm }: Symbolic<LinearUnit>, x: Tensor, pass: Pass): Tensor {
  return batchNorm(norm, linear(layer, x), pass);
}

/** Both sides as one, g·p + (1 − g)·q, with a weight g for each channel. @param a,b  `[B, C, P, P]` */
function fused(weights: Symbolic<Fusion>, a: Tensor, b: Tensor, pass: Pass): Tensor {
  const { B, C, P } = dims("sides", a, "B C P P");
  const p = relu(unit(weights.dilated, a, pass, { padding: 1 }));
  const q = relu(unit(weights.plain, b, pass, { padding: 1 }));
  const framed = relu(unit(weights.gate, concat([p, q], 1), pass, { padding: 1 })); // [B, C, P + 2, P + 2]
  const gate = sigmoid(mean(slice(framed, [0, 0, 0, 0], [B, C, P, P]), [2, 3]));
  return add(mul(gate, p), mul(sub(1, gate), q));
}

/** Logits of the spatial branch, `[B, K]`. @param x  components */
function spatialLogits({ plain, dilated, fusion, ...own }: Symbolic<Spatial>, x: Tensor, pass: Pass): Tensor {
  const stages = all<Symbolic<Unit>>(plain);
  let [seen, near, far] = [x, x, x];
  for (const [at, stage] of stages.entries()) {
    far = relu(unit(all<Symbolic<Unit>>(dilated)[at]!, seen, pass, reach[at]!));
    near = relu(unit(stage, seen, pass));
    seen = add(far, near);
  }
  const features = all<Symbolic<Linear>>(own.hidden).reduce(
    (h, one) => {
      const y = relu(linear(one, h));
      return dropout(y, pass.mask(y.shape, dropped.hidden));
    },
    flat(maxPool(fused(fusion, far, near, pass), 2, { stride: 1 })),
  );
  return linear(own.out, features);
}

/** Logits of the spectral branch, `[B, K]`. @param spectrum  mean of each band, `[B, L]` */
function spectralLogits({ norm, gate, hidden, out }: Symbolic<Spectral>, spectrum: Tensor, pass: Pass): Tensor {
  const weighed = mul(linearUnit(gate, relu(batchNorm(norm, spectrum, pass)), pass), spectrum);
  return linear(
    out,
    all<Symbolic<LinearUnit>>(hidden).reduce((h, one) => leaky(linearUnit(one, h, pass)), weighed),
  );
}

function otherLogits({ units, out }: Symbolic<Other>, x: Tensor, pass: Pass): Tensor {
  const features = all<Symbolic<Unit>>(units).reduce((h, one) => {
    const y = maxPool(relu(unit(one, h, pass, { padding: 1 })), 2);
    return dropout(y, pass.mask(y.shape, dropped.other));
  }, x);
  return linear(out, flat(features));
}

/** Logits of the spatial branch, of the spectral one, then of each other source. */
function decisions(
  { spatial, spectral, others }: Symbolic<Sal2rn>,
  { patches: [first, ...rest] }: Patches,
  pass: Pass,
  { sources }: Task,
): readonly Tensor[] {
  const { B, C, P } = dims("first", first!, "B C P P");
  const { bands } = sources[0]!;
  // Of whole patches: a mean over a slice depends, in its last bit, on where the slice begins.
  const means = flat(mean(first!, [2, 3]));
  return [
    spatialLogits(spatial, slice(first!, [0, bands, 0, 0], [B, C, P, P]), pass),
    spectralLogits(spectral, slice(means, [0, 0], [B, bands]), pass),
    ...rest.map((x, at) => otherLogits(all<Symbolic<Other>>(others)[at]!, x, pass)),
  ];
}

const together = (parts: readonly Tensor[]): Tensor => parts.reduce((a, b) => add(a, b));

/** The network. */
export const sal2rn: PatchNetwork<Sal2rn> = {
  name: "sal2rn",
  title: "Sal²RN",
  paper: "Li, Liu, Song et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 16],
  recipe: { patch: 11, epochs: 250, batch: 64, rate: 1e-3, schedule: constantRate, adamw: adam },
  prepare: (_, at) => (at === 0 ? { kind: "unit", components: most } : { kind: "unit" }),
  init: (key, { sources: [first, ...others], classes, patch }) => {
    const { bands, channels } = first!;
    const components = channels - bands;
    const { spatial, hidden, spectral, other } = widths;
    const last = spatial.at(-1)!;
    const under = (...path: (string | number)[]): Key => path.reduce<Key>(childKey, key);
    return {
      spatial: {
        plain: initUnits(under("plain"), components, spatial),
        dilated: initUnits(under("dilated"), components, spatial),
        fusion: {
          plain: initUnit(under("fusion", "plain"), last, last, [3, 3]),
          dilated: initUnit(under("fusion", "dilated"), last, last, [3, 3]),
          gate: initUnit(under("fusion", "gate"), 2 * last, last, [1, 1]),
        },
        hidden: initLinears(under("hidden"), last * spatialSide(patch) ** 2, hidden),
        out: initLinear(under("out"), hidden.at(-1)!, classes),
      },
      spectral: {
        norm: initBatchNorm(bands),
        gate: normed(initLinear(under("spectral", "gate"), bands, bands)),
        hidden: initLinears(under("spectral"), bands, [spectral, bands]).map(normed),
        out: initLinear(under("spectral", "out"), bands, classes),
      },
      others: others.map(({ channels: count }, at) => ({
        units: initUnits(under("other", at), count, other),
        out: initLinear(under("other", at, "out"), other.at(-1)! * otherSide(patch) ** 2, classes),
      })),
    };
  },
  logits: (weights, examples, pass, task) => {
    const parts = decisions(weights, examples, pass, task);
    return mul(together(parts), 1 / parts.length);
  },
  loss: (weights, examples, pass, task) => {
    const [spatial, spectral, ...others] = decisions(weights, examples, pass, task).map((one) =>
      crossEntropy(one, examples.oneHot),
    ) as [Tensor, Tensor, ...Tensor[]];
    return add(mul(add(spatial, spectral), ownShare), together(others));
  },
};
