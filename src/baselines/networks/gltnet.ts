/**
 * @file GLT-Net: patches of three sizes around a pixel become one grid of tokens; a transformer and a small
 * convolutional head judge them together, and a decoder that must draw the patches again keeps the tokens honest.
 *
 * Written from facts about the published code. Patches of P/3, 2P/3 and P are cut from one patch. What the attention over
 * places finds, numbers between 0 and 1, is itself the map of the tokens; the position of the token of the class is added
 * to all tokens.
 *
 * Deviations: bands are clipped to where nearly all values lie before they are scaled to the range 0 to 1. Patches are
 * mirrored at the border without repeating the pixel at the border, which the published ones repeat. Batch normalisations
 * that the scales share have statistics of each scale in prediction, too; the published ones mix them. More than two
 * sources are more branches, in equal shares at the start. The last epoch counts, not the best on test; published are 500
 * epochs, for the MUUFL scene 200.
 *
 * 407 186 parameters for 64 + 2 bands and 11 classes, 402 658 for 63 + 1 and 6, 567 079 for 144 + 1 and 15. The published
 * code has 458 276, 453 748 and 618 169: 51 090 more, convolutions that skip layers, which it never uses.
 *
 * @see Ding, Lu, Fu, Li, Ma 2022, "Global-local transformer network for HSI and LiDAR data joint classification", IEEE
 * Transactions on Geoscience and Remote Sensing 60; sizes and training as in Ding-Kexin/IEEE_TGRS_GLT-Net
 */
import {
  type Convolution,
  convolution,
  crossEntropy,
  dropout,
  droppingRate,
  initConvolution,
  initLayerNorm,
  initLinear,
  type LayerNorm,
  type Linear,
  linear,
  meanSquaredError,
  type Pass,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import {
  add,
  broadcastTo,
  childKey,
  concat,
  conv,
  dims,
  type Key,
  maximum,
  maxPool,
  mean,
  mul,
  type NdArray,
  ndarray,
  normal,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  split,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import { adam, type Patches, type PatchNetwork } from "../network/network.ts";
import { initNarrow, type NarrowBlock, type NarrowSizes, narrow } from "./narrow-transformer.ts";
import { initUnit, type Unit, unit } from "./unit.ts";

interface Decoder {
  readonly in: Linear;
  /** `[1, 1 + N, C]` */
  readonly position: NdArray<"f32">;
  readonly blocks: readonly NarrowBlock[];
  readonly out: Linear;
  /** One a scale, to the bands of all sources. */
  readonly bands: readonly Convolution[];
}

interface Branch {
  /** The same for all scales. */
  readonly first: Unit;
  /** One a scale. */
  readonly second: readonly Unit[];
}

interface GltNet {
  readonly sources: readonly Branch[];
  /** λ of each source, `[S]`. */
  readonly share: NdArray<"f32">;
  /** Places of each scale to those of the tokens. */
  readonly places: readonly Linear[];
  /** From mean and maximum over scales to one map, `[1, 2, 7, 7]`. */
  readonly attention: NdArray<"f32">;
  /** `[1, 1, C]` */
  readonly classToken: NdArray<"f32">;
  /** `[1, 1 + N, C]` */
  readonly position: NdArray<"f32">;
  readonly blocks: readonly NarrowBlock[];
  readonly norm: LayerNorm;
  readonly out: Linear;
  readonly local: Unit;
  readonly localOut: Linear;
  /** How much transformer and convolutional head count, `[2]`. */
  readonly trust: NdArray<"f32">;
  readonly decoder: Decoder;
}

const encoderSizes: NarrowSizes = { channels: 64, depth: 5, heads: 4, headWidth: 16, hidden: 8, dropped: 0.1 };
const decoderSizes: NarrowSizes = { ...encoderSizes, channels: 32 };
const [width, slim] = [encoderSizes.channels, decoderSizes.channels];

/** Sides of the patches of a pixel, the smallest first; it is also the side of the grid of tokens. */
const sidesOf = (patch: number): [number, number, number] => [patch / 3, (2 * patch) / 3, patch];

const all = <Weights>(layers: unknown): readonly Weights[] => layers as readonly Weights[];

function active(weights: Symbolic<Unit>, x: Tensor, pass: Pass, padding: number): Tensor {
  return relu(unit(weights, x, pass, { padding }));
}

/** The part of a patch around its pixel, `[B, C, side, side]`. */
function middle(x: Tensor, side: number): Tensor {
  const { B, C, P } = dims("patch", x, "B C P P");
  const first = (P - side) / 2;
  return slice(x, [0, 0, first, first], [B, C, first + side, first + side]);
}

/** A scale of all sources on the grid of tokens, `[B, C, N]`. */
function scale(weights: Symbolic<GltNet>, patches: readonly Tensor[], at: number, pass: Pass): Tensor {
  const shares = split(weights.share, 0, new Array<number>(patches.length).fill(1));
  const joined = patches
    .map((x, source) => {
      const { first, second } = all<Symbolic<Branch>>(weights.sources)[source]!;
      const features = active(all<Symbolic<Unit>>(second)[at]!, active(first, x, pass, 1), pass, 1);
      return mul(maxPool(features, 2), reshape(shares[source]!, []));
    })
    .reduce((a, b) => add(a, b));
  return linear(weights.places[at] as Symbolic<Linear>, reshape(joined, [joined.shape[0]!, width, -1]));
}

/** What stands out where, over the scales: each channel on its own, all with the same window. `[B, C, H, W]` */
function attended({ attention }: Symbolic<GltNet>, scales: readonly Tensor[], side: number): Tensor {
  const apart = concat(
    scales.map((flat) => reshape(flat, [-1, 1, side, side])),
    1,
  ); // [B·C, scales, H, W]
  const seen = concat([mean(apart, [1]), maximum(apart, [1])], 1);
  return reshape(sigmoid(conv(seen, attention, { padding: 3 })), [-1, width, side, side]);
}

/** Tokens behind that of the class, `[B, 1 + N, C]`, and their map before the transformer, `[B, C, H, W]`. */
function encoded(weights: Symbolic<GltNet>, { patches }: Patches, pass: Pass): { tokens: Tensor; map: Tensor } {
  const sides = sidesOf(patches[0]!.shape[2]!);
  const scales = sides.map((side, at) => {
    const parts = patches.map((x) => middle(x, side));
    return scale(weights, parts, at, pass);
  });
  const map = attended(weights, scales, sides[0]);
  const grid = transpose(reshape(map, [-1, width, sides[0] ** 2]), [0, 2, 1]);
  const { B, N } = dims("grid", grid, "B N C");
  const [first, others] = split(weights.position, 1, [1, N]) as [Tensor, Tensor];
  const behind = concat([broadcastTo(weights.classToken, [B, 1, width]), add(grid, others)], 1);
  const placed = add(behind, first);
  const start = dropout(placed, pass.mask(placed.shape, encoderSizes.dropped));
  return { tokens: narrow(all<Symbolic<NarrowBlock>>(weights.blocks), start, encoderSizes, pass), map };
}

function judged(weights: Symbolic<GltNet>, { tokens, map }: ReturnType<typeof encoded>, pass: Pass): Tensor {
  const B = tokens.shape[0]!;
  const [forGlobal, forLocal] = split(weights.trust, 0, [1, 1]).map((part) => reshape(part, [])) as [Tensor, Tensor];
  const classToken = reshape(slice(tokens, [0, 0, 0], [B, 1, width]), [B, width]);
  const seen = linear(weights.out, scaledLayerNorm(weights.norm, classToken));
  const local = reshape(mean(active(weights.local, map, pass, 0), [2, 3]), [B, slim]);
  return add(mul(seen, forGlobal), mul(softmax(linear(weights.localOut, local)), forLocal));
}

/** Each pixel of a map so many times along both axes. */
function enlarged(x: Tensor, times: number): Tensor {
  const { B, C, H, W } = dims("map", x, "B C H W");
  const repeated = broadcastTo(reshape(x, [B, C, H, 1, W, 1]), [B, C, H, times, W, times]);
  return reshape(repeated, [B, C, H * times, W * times]);
}

/** How far the patches drawn from the tokens are from those that were seen, `[]`: each source and scale counts the same. */
function drawnError({ decoder }: Symbolic<GltNet>, tokens: Tensor, { patches }: Patches, pass: Pass): Tensor {
  const { B, N } = dims("tokens", tokens, "B N C");
  const start = add(linear(decoder.in, tokens), decoder.position);
  const found = linear(decoder.out, narrow(all<Symbolic<NarrowBlock>>(decoder.blocks), start, decoderSizes, pass));
  const sides = sidesOf(patches[0]!.shape[2]!);
  const behind = slice(found, [0, 1, 0], [B, N, width]);
  const map = reshape(transpose(behind, [0, 2, 1]), [B, width, sides[0], sides[0]]);
  const bands = patches.map((x) => x.shape[1]!);
  const errors = sides.flatMap((side, at) => {
    const weights = decoder.bands[at] as Symbolic<Convolution>;
    const drawn = sigmoid(convolution(weights, enlarged(map, side / sides[0]), { padding: 1 }));
    return split(drawn, 1, bands).map((one, source) => meanSquaredError(one, middle(patches[source]!, side)));
  });
  return mul(
    errors.reduce((a, b) => add(a, b)),
    1 / errors.length,
  );
}

/** The network. */
export const gltnet: PatchNetwork<GltNet> = {
  name: "gltnet",
  title: "GLT-Net",
  paper: "Ding, Lu, Fu, Li, Ma 2022, IEEE Transactions on Geoscience and Remote Sensing 60",
  sources: [2, 16],
  recipe: { patch: 24, epochs: 500, batch: 64, rate: 5e-4, schedule: droppingRate(0.1, 0.9), adamw: adam },
  prepare: () => ({ kind: "unit" }),
  init: (key, { sources, classes, patch }) => {
    const under = (...path: (string | number)[]): Key => path.reduce<Key>(childKey, key);
    const sides = sidesOf(patch);
    const places = sides[0] ** 2;
    const bands = sources.reduce((total, { channels }) => total + channels, 0);
    return {
      sources: sources.map(({ channels }, at) => ({
        first: initUnit(under("source", at), channels, slim, [3, 3]),
        second: sides.map((_, own) => initUnit(under("source", at, own), slim, width, [3, 3])),
      })),
      share: ndarray(
        sources.map(() => 1 / sources.length),
        [sources.length],
      ),
      places: sides.map((side, at) => initLinear(under("places", at), Math.floor(side / 2) ** 2, places)),
      attention: initConvolution(under("attention"), 2, 1, [7, 7]).weight,
      classToken: normal(under("classToken"), [1, 1, width]),
      position: normal(under("position"), [1, 1 + places, width]),
      blocks: initNarrow(under("blocks"), encoderSizes),
      norm: initLayerNorm(width),
      out: initLinear(under("out"), width, classes),
      local: initUnit(under("local"), width, slim, [1, 1]),
      localOut: initLinear(under("localOut"), slim, classes),
      trust: ndarray([0.5, 0.5], [2]),
      decoder: {
        in: initLinear(under("decoder", "in"), width, slim),
        position: normal(under("decoder", "position"), [1, 1 + places, slim]),
        blocks: initNarrow(under("decoder"), decoderSizes),
        out: initLinear(under("decoder", "out"), slim, width),
        bands: sides.map((_, at) => initConvolution(under("bands", at), width, bands, [3, 3])),
      },
    };
  },
  logits: (weights, examples, pass) => judged(weights, encoded(weights, examples, pass), pass),
  loss: (weights, examples, pass) => {
    const found = encoded(weights, examples, pass);
    const error = drawnError(weights, found.tokens, examples, pass);
    return add(crossEntropy(judged(weights, found, pass), examples.oneHot), error);
  },
};
