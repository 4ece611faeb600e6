/**
 * @file S²ENet: two branches of convolutions; each source enhances the other before they are joined. The published code
 * makes 3312 parameters more that it never uses.
 *
 * @see Fang, Li, Li 2022, "S²ENet: Spatial-spectral cross-modal enhancement network for classification of hyperspectral
 * and LiDAR data", IEEE Geoscience and Remote Sensing Letters 19
 */
import {
  type Convolution,
  cosineRate,
  initConvolution,
  initLinear,
  type Linear,
  linear,
  type Pass,
  type Symbolic,
} from "../../nn/index.ts";
import {
  childKey,
  concat,
  dims,
  type Key,
  matMul,
  mean,
  mul,
  relu,
  reshape,
  sigmoid,
  type Tensor,
} from "../../tensor/index.ts";
import { adam, flips, type PatchNetwork } from "../network/network.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

/** How the pixels, or channels, of two sources are alike, summed up to one number each. */
interface Enhancement {
  /** Of the source that is enhanced. */
  readonly own: Unit;
  readonly other: Unit;
  /** Affinities to one number, `[places of the other, 1]`. */
  readonly reduce: Convolution["weight"];
}

interface S2ENet {
  readonly first: readonly Unit[];
  readonly second: readonly Unit[];
  readonly spatial: Enhancement;
  readonly spectral: Enhancement;
  readonly fusion: Unit;
  readonly out: Linear;
}

/** Channels of the three convolutions of each branch. */
const widths = { first: [128, 64, 32], second: [8, 16, 32] } as const;
const last = 32;

function initBranch(key: Key, bands: number, outputs: readonly number[]): Unit[] {
  return outputs.map((count, at) => initUnit(childKey(key, at), at === 0 ? bands : outputs[at - 1]!, count, [3, 3]));
}

function branch(units: Symbolic<readonly Unit[]>, x: Tensor, pass: Pass): Tensor {
  return (units as readonly Symbolic<Unit>[]).reduce((h, one) => relu(unit(one, h, pass, { padding: 1 })), x);
}

function initEnhancement(key: Key, channels: number, places: number): Enhancement {
  // The weights of a convolution over one place, whose inputs are the places of the other source.
  const { weight } = initConvolution(childKey(key, "reduce"), places, 1, [1]);
  return {
    own: initUnit(childKey(key, "own"), last, channels, [1, 1]),
    other: initUnit(childKey(key, "other"), last, channels, [1, 1]),
    reduce: { ...weight, shape: [places, 1] },
  };
}

/** Sigmoid of a projection, `[B, C, P²]`. */
function projected(weights: Symbolic<Unit>, x: Tensor, pass: Pass): Tensor {
  const y = sigmoid(unit(weights, x, pass));
  return reshape(y, [y.shape[0]!, y.shape[1]!, -1]);
}

/** x with each pixel weighted by its affinity to the pixels of the other source. */
function spatiallyEnhanced({ own, other, reduce }: Symbolic<Enhancement>, x: Tensor, y: Tensor, pass: Pass): Tensor {
  const { B, H, W } = dims("x", x, "B C H W");
  const a = projected(own, x, pass);
  const b = projected(other, y, pass);
  const affinity = matMul(a, b, { transposeA: true }); // [B, own pixels, other pixels]
  return mul(x, reshape(matMul(affinity, reduce), [B, 1, H, W]));
}

/** x with each channel weighted by its affinity to the channels of the other source. */
function spectrallyEnhanced({ own, other, reduce }: Symbolic<Enhancement>, x: Tensor, y: Tensor, pass: Pass): Tensor {
  const { B, C } = dims("x", x, "B C H W");
  const a = projected(own, x, pass);
  const b = projected(other, y, pass);
  const affinity = matMul(a, b, { transposeB: true }); // [B, own channels, other channels]
  return mul(x, reshape(matMul(affinity, reduce), [B, C, 1, 1]));
}

/** The network. */
export const s2enet: PatchNetwork<S2ENet> = {
  name: "s2enet",
  title: "S²ENet",
  paper: "Fang, Li, Li 2022, IEEE Geoscience and Remote Sensing Letters 19",
  sources: [2, 2],
  recipe: { patch: 7, epochs: 128, batch: 64, rate: 1e-3, schedule: cosineRate, adamw: adam, symmetries: flips },
  prepare: () => ({ kind: "unit" }),
  init: (key, { sources: [first, second], classes, patch }) => ({
    first: initBranch(childKey(key, "first"), first!.channels, widths.first),
    second: initBranch(childKey(key, "second"), second!.channels, widths.second),
    spatial: initEnhancement(childKey(key, "spatial"), last / 2, patch * patch),
    spectral: initEnhancement(childKey(key, "spectral"), last, last),
    fusion: initUnit(childKey(key, "fusion"), 2 * last, last, [1, 1]),
    out: initLinear(childKey(key, "out"), last, classes),
  }),
  logits: (weights, { patches: [x, y] }, pass) => {
    const a = branch(weights.first, x!, pass);
    const b = branch(weights.second, y!, pass);
    const both = concat(
      [spatiallyEnhanced(weights.spatial, a, b, pass), spectrallyEnhanced(weights.spectral, b, a, pass)],
      1,
    );
    const fused = relu(unit(weights.fusion, both, pass));
    return linear(weights.out, reshape(mean(fused, [2, 3]), [-1, last]));
  },
};
