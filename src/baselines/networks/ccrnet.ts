/**
 * @file CCR-Net: the features of two sources, one behind the other in either order, become a short code, from which
 * those of the opposite order must be drawn again: each source has to tell of the other.
 *
 * Written from a description. It leaves open, and here was chosen: a second convolution of 3 × 3, and halvings that
 * round up, 7 to 4 to 2, which give the 128 features of a source; ReLU after each halving; one set of linear layers for
 * both orders, whose logits are averaged; batch normalisation and ReLU after each of them, but for the last: without it
 * the penalty keeps them from learning; one linear layer from the code back to all features, whose errors in both orders
 * are averaged and whose gradient reaches the features that are drawn, too; no penalty on biases and normalisations.
 *
 * 67 359 parameters for 144 + 1 bands and 15 classes, 70 239 for 144 + 21, 72 711 for 180 + 4 and 7. Of the network itself
 * no number is known; variants of its kind have 79 959 to 133 415 for 180 + 4. Deviations: bands are scaled to the range
 * 0 to 1, as no preparation is known. The last epoch counts, not the best on test.
 *
 * @see Wu, Hong, Chanussot 2022, "Convolutional neural networks for multimodal remote sensing data classification", IEEE
 * Transactions on Geoscience and Remote Sensing 60; Hong et al. 2021, "More diverse means better", the same 59; sizes and
 * training as in danfenghong/IEEE_TGRS_CCR-Net
 */
import {
  type BatchNorm,
  batchNorm,
  crossEntropy,
  droppingRate,
  initBatchNorm,
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
  type Key,
  maxPool,
  mean,
  mul,
  relu,
  reshape,
  sum,
  type Tensor,
} from "../../tensor/index.ts";
import { adam, type Patches, type PatchNetwork } from "../network/network.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

/** A linear layer, then batch normalisation. */
interface Dense {
  readonly linear: Linear;
  readonly norm: BatchNorm;
}

interface CcrNet {
  /** Two a source. */
  readonly sources: readonly (readonly Unit[])[];
  /** From the features of both sources to the code. */
  readonly code: Dense;
  readonly hidden: readonly Dense[];
  readonly out: Linear;
  /** From the code to the features of both sources, in the other order. */
  readonly crossed: Linear;
}

const widths = { maps: [16, 32], code: 64, hidden: [32, 32] } as const;
const crossedShare = 0.1;
const penalty = 0.1;

const all = <Weights>(layers: unknown): readonly Weights[] => layers as readonly Weights[];

function dense(weights: Symbolic<Dense>, x: Tensor, pass: Pass): Tensor {
  return relu(batchNorm(weights.norm, linear(weights.linear, x), pass));
}

/** Features of one source, `[B, F]`. @param patch  `[B, L, P, P]` */
function featuresOf(units: unknown, patch: Tensor, pass: Pass): Tensor {
  const map = all<Symbolic<Unit>>(units).reduce(
    (x, one) => relu(maxPool(unit(one, x, pass, { padding: 1 }), 2, { padding: x.shape[2]! % 2 })),
    patch,
  );
  return reshape(map, [map.shape[0]!, -1]);
}

/** Codes of both sources, of all patches in the one order and then of all in the other. */
interface Seen {
  /** `[2B, C]` */
  readonly codes: Tensor;
  /** What is to be drawn from them, `[2B, 2F]`. */
  readonly wanted: Tensor;
}

function seen({ sources, code }: Symbolic<CcrNet>, { patches }: Patches, pass: Pass): Seen {
  const [first, second] = patches.map((x, at) => featuresOf(sources[at], x, pass)) as [Tensor, Tensor];
  const [own, crossed] = [concat([first, second], 1), concat([second, first], 1)];
  return { codes: dense(code, concat([own, crossed], 0), pass), wanted: concat([crossed, own], 0) };
}

/** Class logits, `[B, K]`. */
function judged({ hidden, out }: Symbolic<CcrNet>, { codes }: Seen, pass: Pass): Tensor {
  const last = all<Symbolic<Dense>>(hidden).reduce((x, one) => dense(one, x, pass), codes);
  const logits = linear(out, last);
  const [B, K] = [logits.shape[0]! / 2, logits.shape[1]!];
  return reshape(mean(reshape(logits, [2, B, K]), [0]), [B, K]);
}

/** ½ Σ w² over what multiplies, without biases, `[]`. */
function squares({ sources, code, hidden, out, crossed }: Symbolic<CcrNet>): Tensor {
  const units = all<readonly Symbolic<Unit>[]>(sources).flat();
  const layers = [code, ...all<Symbolic<Dense>>(hidden)];
  const weights = [
    ...units.map(({ convolution }) => convolution.weight),
    ...layers.map(({ linear: { weight } }) => weight),
    out.weight,
    crossed.weight,
  ];
  return weights.map((weight) => mul(reshape(sum(mul(weight, weight)), []), 0.5)).reduce((a, b) => add(a, b));
}

/** Side of what is left of a patch. */
const sideOf = (patch: number): number => widths.maps.reduce((side) => Math.ceil(side / 2), patch);

function initDense(key: Key, inputs: number, outputs: number): Dense {
  return { linear: initLinear(key, inputs, outputs), norm: initBatchNorm(outputs) };
}

/** The network. */
export const ccrnet: PatchNetwork<CcrNet> = {
  name: "ccrnet",
  title: "CCR-Net",
  paper: "Wu, Hong, Chanussot 2022, IEEE Transactions on Geoscience and Remote Sensing 60",
  sources: [2, 2],
  recipe: {
    ...{ patch: 7, epochs: 200, batch: 32, rate: 1e-3 },
    ...{ schedule: droppingRate(30 / 200, 0.5), adamw: adam },
  },
  prepare: () => ({ kind: "unit" }),
  init: (key, { sources, classes, patch }) => {
    const { maps, code, hidden } = widths;
    const features = sources.length * maps.at(-1)! * sideOf(patch) ** 2;
    return {
      sources: sources.map(({ channels }, at) => {
        const own = childKey(childKey(key, "source"), at);
        return maps.map((outputs, layer) =>
          initUnit(childKey(own, layer), maps[layer - 1] ?? channels, outputs, [3, 3]),
        );
      }),
      code: initDense(childKey(key, "code"), features, code),
      hidden: hidden.map((outputs, at) =>
        initDense(childKey(childKey(key, "hidden"), at), hidden[at - 1] ?? code, outputs),
      ),
      out: initLinear(childKey(key, "out"), hidden.at(-1)!, classes),
      crossed: initLinear(childKey(key, "crossed"), code, features),
    };
  },
  logits: (weights, patches, pass) => judged(weights, seen(weights, patches, pass), pass),
  loss: (weights, examples, pass) => {
    const found = seen(weights, examples, pass);
    const right = crossEntropy(judged(weights, found, pass), examples.oneHot);
    const drawn = meanSquaredError(linear(weights.crossed, found.codes), found.wanted);
    return add(add(right, mul(drawn, crossedShare)), mul(squares(weights), penalty));
  },
};
