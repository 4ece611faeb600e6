/**
 * @file A plain network of the kind that fusion papers compare with: for each source two convolutions, their features at
 * the pixel and over the patch joined, two linear layers. Takes any number of sources.
 */
import { cosineRate, dropout, initLinear, type Linear, linear, type Pass, type Symbolic } from "../../nn/index.ts";
import { childKey, concat, dims, mean, relu, reshape, slice, type Tensor } from "../../tensor/index.ts";
import { adam, type PatchNetwork } from "../network/network.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

interface TwoBranchCnn {
  /** Two layers for each source. */
  readonly branches: readonly (readonly Unit[])[];
  readonly hidden: Linear;
  readonly out: Linear;
}

const channels = 48;
const hiddenWidth = 64;
const dropped = 0.3;

/** Features of a source: those of the middle 3 × 3 pixels and those of the whole patch, both averaged, `[B, 2C]`. */
function branch(layers: readonly Symbolic<Unit>[], x: Tensor, pass: Pass): Tensor {
  const features = layers.reduce((h, layer) => relu(unit(layer, h, pass, { padding: 1 })), x);
  const { B, C, H, W } = dims("features", features, "B C H W");
  const [row, col] = [Math.floor(H / 2) - 1, Math.floor(W / 2) - 1];
  const middle = slice(features, [0, 0, row, col], [B, C, row + 3, col + 3]);
  return reshape(concat([mean(middle, [2, 3]), mean(features, [2, 3])], 1), [B, 2 * C]);
}

/** The network. */
export const twoBranchCnn: PatchNetwork<TwoBranchCnn> = {
  name: "cnn",
  title: "Two-branch CNN",
  paper: "a plain reference, not published",
  sources: [1, 16],
  recipe: {
    patch: 11,
    epochs: 128,
    batch: 48,
    rate: 1e-3,
    schedule: cosineRate,
    adamw: { ...adam, weightDecay: 0.01 },
    symmetries: [0, 1, 2, 3, 4, 5, 6, 7],
  },
  prepare: () => ({ kind: "standard" }),
  init: (key, { sources, classes }) => ({
    branches: sources.map((source, at) => {
      const own = childKey(childKey(key, "branch"), at);
      return [
        initUnit(childKey(own, 0), source.channels, channels, [3, 3]),
        initUnit(childKey(own, 1), channels, channels, [3, 3]),
      ];
    }),
    hidden: initLinear(childKey(key, "hidden"), sources.length * 2 * channels, hiddenWidth),
    out: initLinear(childKey(key, "out"), hiddenWidth, classes),
  }),
  logits: ({ branches, hidden, out }, { patches }, pass) => {
    const each = patches.map((x, at) => branch(branches[at] as readonly Symbolic<Unit>[], x, pass));
    const joined = relu(linear(hidden, concat(each, 1)));
    return linear(out, dropout(joined, pass.mask(joined.shape, dropped)));
  },
};
