/**
 * @file GLT-Net: patches of three sizes around a pixel become one grid of tokens; a transformer and a small
 * convolutional head judge them together, and a decoder that must draw the patches again keeps the tokens honest.
 *
 * Written from a description. Patches of P/3, 2P/3 and P are cut from one patch. The description leaves open, and here was
 * chosen: equal shares λ of the sources at the start; attention over places by a 7 × 7 convolution of the mean and the
 * maximum over channels, one for all scales; ReLU after the grouped 3 × 3 convolution that merges them; a convolutional
 * head of one 3 × 3 convolution to 32 channels, batch normalisation, ReLU and the mean over places; in the decoder a
 * learned position, and for each scale two 3 × 3 convolutions, 64 channels between them; the errors of the scales averaged,
 * and counted as much as the cross-entropy.
 *
 * Deviations: sources are scaled to the range 0 to 1, as no preparation is known; the decoder's maps are enlarged by
 * repetition. More than two sources are more branches. The last epoch counts, not the best on test; published are 500
 * epochs, for the MUUFL scene 200.
 *
 * 404 211 parameters for 64 + 2 bands and 11 classes, 399 683 for 63 + 1 and 6, 564 104 for 144 + 1 and 15; the published
 * code has 458 276, 453 748 and 618 169. Of the difference, 51 090 are convolutions that skip layers, which it makes and
 * never uses. The other 2975 are the same on all three scenes, so that they lie in what depends neither on bands nor on
 * classes, as the attention over places or the middle of the decoder; they are unexplained.
 *
 * @see Ding, Lu, Fu, Li, Ma 2022, "Global-local transformer network for HSI and LiDAR data joint classification", IEEE
 * Transactions on Geoscience and Remote Sensing 60; sizes and training as in Ding-Kexin/IEEE_TGRS_GLT-Net
 */
import {
  type Convolution,
  convolution,
  crossEntropy,
  droppingRate,
  initConvolution,
  initLayerNorm,
  initLinear,
  initTable,
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
  dims,
  type Key,
  maximum,
  maxPool,
  mean,
  mul,
  type NdArray,
  ndarray,
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
  /** `[1, N, C]` */
  readonly position: NdArray<"f32">;
  readonly blocks: readonly NarrowBlock[];
  /** Two a scale: to features, to the bands of all sources. */
  readonly scales: readonly { readonly features: Convolution; readonly bands: Convolution }[];
}

interface GltNet {
  /** Two a source, the same for all scales. */
  readonly sources: readonly (readonly Unit[])[];
  /** λ of each source, `[S]`. */
  readonly share: NdArray<"f32">;
  /** Places of each scale to those of the tokens. */
  readonly places: readonly Linear[];
  readonly attention: Convolution;
  readonly merge: Convolution;
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

const active = (weights: Symbolic<Unit>, x: Tensor, pass: Pass): Tensor => relu(unit(weights, x, pass, { padding: 1 }));

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
      const [first, second] = all<Symbolic<Unit>>(weights.sources[source]) as [Symbolic<Unit>, Symbolic<Unit>];
      const features = maxPool(active(second, active(first, x, pass), pass), 2);
      return mul(features, reshape(shares[source]!, []));
    })
    .reduce((a, b) => add(a, b));
  return linear(weights.places[at] as Symbolic<Linear>, reshape(joined, [joined.shape[0]!, width, -1]));
}

/** One map of three, each weighted place by place; every channel is merged from its own three. `[B, C, H, W]` */
function merged({ attention, merge }: Symbolic<GltNet>, scales: readonly Tensor[], side: number): Tensor {
  const weighted = scales.map((flat) => {
    const x = reshape(flat, [-1, width, side, side]);
    const seen = concat([mean(x, [1]), maximum(x, [1])], 1);
    return mul(x, sigmoid(convolution(attention, seen, { padding: 3 })));
  });
  const B = weighted[0]!.shape[0]!;
  const interleaved = concat(
    weighted.map((x) => reshape(x, [B, width, 1, side, side])),
    2,
  );
  const together = reshape(interleaved, [B, 3 * width, side, side]);
  return relu(convolution(merge, together, { padding: 1, groups: width }));
}

/** Tokens behind that of the class, `[B, 1 + N, C]`, and their map before the transformer, `[B, C, H, W]`. */
function encoded(weights: Symbolic<GltNet>, { patches }: Patches, pass: Pass): { tokens: Tensor; map: Tensor } {
  const sides = sidesOf(patches[0]!.shape[2]!);
  const scales = sides.map((side, at) => {
    const parts = patches.map((x) => middle(x, side));
    return scale(weights, parts, at, pass);
  });
  const map = merged(weights, scales, sides[0]);
  const B = map.shape[0]!;
  const grid = transpose(reshape(map, [B, width, -1]), [0, 2, 1]);
  const start = add(concat([broadcastTo(weights.classToken, [B, 1, width]), grid], 1), weights.position);
  return { tokens: narrow(all<Symbolic<NarrowBlock>>(weights.blocks), start, encoderSizes, pass), map };
}

function judged(weights: Symbolic<GltNet>, { tokens, map }: ReturnType<typeof encoded>, pass: Pass): Tensor {
  const B = tokens.shape[0]!;
  const [forGlobal, forLocal] = split(weights.trust, 0, [1, 1]).map((part) => reshape(part, [])) as [Tensor, Tensor];
  const classToken = reshape(slice(tokens, [0, 0, 0], [B, 1, width]), [B, width]);
  const seen = linear(weights.out, scaledLayerNorm(weights.norm, classToken));
  const local = reshape(mean(active(weights.local, map, pass), [2, 3]), [B, slim]);
  return add(mul(seen, forGlobal), mul(softmax(linear(weights.localOut, local)), forLocal));
}

/** Each pixel of a map so many times along both axes. */
function enlarged(x: Tensor, times: number): Tensor {
  const { B, C, H, W } = dims("map", x, "B C H W");
  const repeated = broadcastTo(reshape(x, [B, C, H, 1, W, 1]), [B, C, H, times, W, times]);
  return reshape(repeated, [B, C, H * times, W * times]);
}

/** How far the patches drawn from the tokens are from those that were seen, `[]`. */
function drawnError({ decoder }: Symbolic<GltNet>, tokens: Tensor, { patches }: Patches, pass: Pass): Tensor {
  const { B, N, C } = dims("tokens", tokens, "B N C");
  const start = add(linear(decoder.in, slice(tokens, [0, 1, 0], [B, N, C])), decoder.position);
  const found = narrow(all<Symbolic<NarrowBlock>>(decoder.blocks), start, decoderSizes, pass);
  const seen = concat(patches, 1);
  const sides = sidesOf(seen.shape[2]!);
  const map = reshape(transpose(found, [0, 2, 1]), [B, slim, sides[0], sides[0]]);
  const errors = sides.map((side, at) => {
    const { features, bands } = all<Symbolic<Decoder["scales"][number]>>(decoder.scales)[at]!;
    const wide = relu(convolution(features, enlarged(map, side / sides[0]), { padding: 1 }));
    return meanSquaredError(convolution(bands, wide, { padding: 1 }), middle(seen, side));
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
      sources: sources.map(({ channels }, at) => [
        initUnit(under("source", at, 0), channels, slim, [3, 3]),
        initUnit(under("source", at, 1), slim, width, [3, 3]),
      ]),
      share: ndarray(
        sources.map(() => 1 / sources.length),
        [sources.length],
      ),
      places: sides.map((side, at) => initLinear(under("places", at), Math.floor(side / 2) ** 2, places)),
      attention: initConvolution(under("attention"), 2, 1, [7, 7]),
      merge: initConvolution(under("merge"), 3 * width, width, [3, 3], width),
      classToken: initTable(under("classToken"), [1, 1, width]),
      position: initTable(under("position"), [1, 1 + places, width]),
      blocks: initNarrow(under("blocks"), encoderSizes),
      norm: initLayerNorm(width),
      out: initLinear(under("out"), width, classes),
      local: initUnit(under("local"), width, slim, [3, 3]),
      localOut: initLinear(under("localOut"), slim, classes),
      trust: ndarray([0.5, 0.5], [2]),
      decoder: {
        in: initLinear(under("decoder", "in"), width, slim),
        position: initTable(under("decoder", "position"), [1, places, slim]),
        blocks: initNarrow(under("decoder"), decoderSizes),
        scales: sides.map((_, at) => ({
          features: initConvolution(under("features", at), slim, width, [3, 3]),
          bands: initConvolution(under("bands", at), width, bands, [3, 3]),
        })),
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
