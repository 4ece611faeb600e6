/**
 * @file SS-MAE: two transformers learn, without labels, to fill in what was hidden of the pixels and of the bands of
 * patches; then they and a small network of convolutions learn the classes.
 *
 * Written from facts about the published code. Bands are scaled together, not one by one; convolutions see 30 principal
 * components of them, not whitened. The layer normalisation that both transformers end with is followed by a mean over
 * channels: as long as its scale is fresh, their features are 0.
 *
 * Deviations, of both trainings: the rate rises over the first 5 of 300 epochs; the published code divides by the patches
 * of a batch in place of the steps of an epoch, so that its rate jumps, or rises far beyond the highest one. Weights alone
 * decay, not biases, scales and first tokens. Bands are clipped to where nearly all values lie before they are scaled. Of
 * a first source of fewer than 30 bands, the first convolution makes 30 maps of the components that there are. Where there
 * are three sources, the bands of the second and third lie side by side. The last epoch counts, not the best on test.
 *
 * Deviations, of the first training: the second goes on from what it learned, which in the published code is switched off.
 * It sees 50 000 pixels once; published is far longer. A token is hidden by chance with probability 0.3, in each patch
 * others; published are 30 %, rounded up, the same in a whole batch. By slips, published bands are compared with a reshaped
 * mixture of all bands, and of what stands for hidden pixels six numbers are used, each of them repeated; here a band is
 * compared with itself and all numbers are used. What is added to a variance is 1e-5 everywhere, published 1e-12 for the
 * tokens that are found.
 *
 * 4 818 465 parameters for 244 + 4 bands and 8 classes, 4 788 981 for 180 + 4 and 7, 4 778 325 for 144 + 8 and 15. The
 * published code has 4 951 849, 4 922 108 and 4 911 204, of them 133 384, 133 127 and 135 183, a head of 131 328 and 257 a
 * class, that it never uses; of the 8 bands, its convolutions see 4, which are 2304 fewer. The first training has 7 797 573
 * for 244 + 4 bands, the published one 7 875 735: 78 162 more, which it never uses.
 *
 * @see Lin, Gao, Shi, Dong, Du 2023, "SS-MAE: Spatial-spectral masked autoencoder for multisource remote sensing image
 * classification", IEEE Transactions on Geoscience and Remote Sensing 61; sizes and training as in summitgao/SS-MAE
 */
import {
  batchNorm,
  constantRate,
  convolution,
  initLayerNorm,
  initLinear,
  type LayerNorm,
  type Linear,
  linear,
  type Pass,
  type Symbolic,
} from "../../nn/index.ts";
import {
  add,
  childKey,
  concat,
  dims,
  gelu,
  type Key,
  mean,
  min,
  mul,
  relu,
  reshape,
  slice,
  sub,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import { adam, type PatchNetwork, type Pretraining, type Recipe, type Task } from "../network/network.ts";
import { definePretraining, type PretrainingPlan } from "../network/pretraining.ts";
import {
  type Decoder,
  type Encoder,
  encoded,
  hiddenError,
  initDecoder,
  initEncoder,
  type TransformerSizes,
} from "./masked-transformer.ts";
import { initUnit, type Unit } from "./unit.ts";

/** The encoders, one whose tokens are pixels, one whose tokens are bands. */
interface Encoders {
  readonly pixels: Encoder;
  readonly bands: Encoder;
  /** What both end with. */
  readonly norm: LayerNorm;
}

/** A convolution along the components, then two over one place: to twice as many channels, and from there to fewer. */
interface Stage {
  readonly cube: Unit;
  readonly wide: Unit;
  readonly narrow: Unit;
}

interface SsMae extends Encoders {
  readonly components: Unit;
  readonly stages: readonly Stage[];
  /** Of all sources but the first. */
  readonly others: readonly Unit[];
  /** Maps of both to one number for each feature of the transformers. */
  readonly joined: Linear;
  readonly out: Linear;
}

interface Autoencoder extends Encoders {
  readonly ofPixels: Decoder;
  readonly ofBands: Decoder;
}

/** Sizes of the network. */
export interface SsMaeSizes extends TransformerSizes {
  /** Components that convolutions see, more than 12. */
  readonly components: number;
}

const published: SsMaeSizes = { width: 256, heads: 8, headWidth: 32, depth: 2, components: 30 };
const hiddenShare = 0.3;
/** Kernels along the components, and what they give. */
const spectral = [
  { window: 9, outputs: 4 },
  { window: 7, outputs: 8 },
  { window: 5, outputs: 16 },
] as const;
const channels = { first: 128, others: 64 } as const;
/** How much the transformers count beside the convolutions. */
const transformers = 3;

/** Bands of all sources. */
const bandsOf = ({ sources }: Task): number => sources.reduce((total, { bands }) => total + bands, 0);

function initEncoders(key: Key, task: Task, sizes: SsMaeSizes): Encoders {
  return {
    pixels: initEncoder(childKey(key, "pixels"), bandsOf(task), sizes),
    bands: initEncoder(childKey(key, "bands"), task.patch ** 2, sizes),
    norm: initLayerNorm(sizes.width),
  };
}

function initStages(key: Key, components: number): Stage[] {
  let depth = components;
  return spectral.map(({ window, outputs }, at) => {
    const own = childKey(key, at);
    depth -= window - 3; // one place is added at either end
    const maps = outputs * depth;
    return {
      cube: initUnit(childKey(own, "cube"), spectral[at - 1]?.outputs ?? 1, outputs, [window, 3, 3]),
      wide: initUnit(childKey(own, "wide"), maps, 2 * maps, [1, 1]),
      narrow: initUnit(childKey(own, "narrow"), 2 * maps, at === spectral.length - 1 ? channels.first : maps, [1, 1]),
    };
  });
}

/** Bands of the first source and components behind them, apart. */
function apart(x: Tensor, { sources }: Task): readonly [Tensor, Tensor] {
  const { B, C, P } = dims("first", x, "B C P P");
  const { bands } = sources[0]!;
  return [slice(x, [0, 0, 0, 0], [B, bands, P, P]), slice(x, [0, bands, 0, 0], [B, C, P, P])];
}

/** Patches of all sources as tokens that are bands, `[B, L, P²]`. */
function bandTokens([first, ...others]: readonly Tensor[], task: Task): Tensor {
  const all = concat([apart(first!, task)[0], ...others], 1);
  const { B, L } = dims("bands", all, "B L P P");
  return reshape(all, [B, L, -1]);
}

/** The convolution, activated, then normalised. */
function unit(
  { convolution: weights, norm }: Symbolic<Unit>,
  x: Tensor,
  activation: (x: Tensor) => Tensor,
  pass: Pass,
  padding = 0,
): Tensor {
  return batchNorm(norm, activation(convolution(weights, x, { padding })), pass);
}

/** Features of the convolutions, as many as the transformers have, `[B, …]`. @param components  of the first source */
function convolved(weights: Symbolic<SsMae>, components: Tensor, others: readonly Tensor[], pass: Pass): Tensor {
  const { B, P } = dims("components", components, "B C P P");
  const flat = (x: Tensor): Tensor => reshape(x, [B, -1, P, P]);
  const stages = weights.stages as readonly Symbolic<Stage>[];
  const first = stages.reduce(
    (x, { cube, wide, narrow }, at) => {
      const maps = spectral[at - 1]?.outputs ?? 1;
      const along = unit(cube, reshape(x, [B, maps, -1, P, P]), gelu, pass, 1);
      const all = unit(wide, flat(along), (y) => y, pass);
      return unit(narrow, all, at === stages.length - 1 ? relu : gelu, pass);
    },
    unit(weights.components, components, gelu, pass),
  );
  const second = (weights.others as readonly Symbolic<Unit>[]).reduce(
    (h, one) => unit(one, h, relu, pass, 1),
    concat(others, 1),
  );
  // Averaged before the 1 × 1 convolution, which is the same as after it.
  return linear(weights.joined, reshape(mean(concat([first, second], 1), [2, 3]), [B, -1]));
}

const recipe: Recipe = {
  ...{ patch: 7, epochs: 300, batch: 128, rate: 1e-4 },
  schedule: { ...constantRate, warmUp: 5 / 300, drops: { at: [0.6, 0.8], factor: 0.1 } },
  adamw: { ...adam, betas: [0.9, 0.95], weightDecay: 0.05 },
  // As it is every other time, else left and right or up and down, never both.
  symmetries: [0, 0, 1, 2],
};

/** What is learned without labels. */
export function autoencoderOf(
  sizes: SsMaeSizes = published,
): Pick<PretrainingPlan<SsMae, Autoencoder>, "init" | "loss"> {
  return {
    init: (key, task) => ({
      ...initEncoders(key, task, sizes),
      ofPixels: initDecoder(childKey(key, "ofPixels"), bandsOf(task), sizes),
      ofBands: initDecoder(childKey(key, "ofBands"), task.patch ** 2, sizes),
    }),
    loss: ({ pixels, bands, norm, ofPixels, ofBands }, { patches }, pass, task) => {
      const { headWidth } = sizes;
      const error = (encoder: Symbolic<Encoder>, decoder: Symbolic<Decoder>, tokens: Tensor): Tensor => {
        const { B, N } = dims("tokens", tokens, "B N T");
        const hidden = sub(1, min(pass.mask([B, N, 1], hiddenShare)!, 1));
        const features = encoded(encoder, norm, tokens, headWidth, hidden);
        return hiddenError(decoder, features, tokens, headWidth, hidden);
      };
      const tokens = bandTokens(patches, task);
      return add(error(pixels, ofPixels, transpose(tokens, [0, 2, 1])), error(bands, ofBands, tokens));
    },
  };
}

function pretrainingOf(sizes: SsMaeSizes): Pretraining<SsMae> {
  return definePretraining<SsMae, Autoencoder>({
    ...autoencoderOf(sizes),
    recipe: { ...recipe, epochs: 1 },
    pixels: 50_000,
    taken: (fresh, { pixels, bands, norm }) => ({ ...fresh, pixels, bands, norm }),
  });
}

/** The network in other sizes. */
export function ssMaeOf(sizes: SsMaeSizes): PatchNetwork<SsMae> {
  return {
    name: "ss-mae",
    title: "SS-MAE",
    paper: "Lin et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
    sources: [2, 16],
    recipe,
    prepare: (_, at) => ({ kind: "unit", range: "source", components: at === 0 ? sizes.components : 0 }),
    pretraining: pretrainingOf(sizes),
    init: (key, task) => {
      const [first] = task.sources as [Task["sources"][number]];
      const features = task.patch ** 2 + bandsOf(task) + 2;
      return {
        ...initEncoders(key, task, sizes),
        components: initUnit(childKey(key, "components"), first.channels - first.bands, sizes.components, [1, 1]),
        stages: initStages(childKey(key, "stages"), sizes.components),
        others: [bandsOf(task) - first.bands, channels.others, channels.others].map((inputs, at) =>
          initUnit(childKey(childKey(key, "others"), at), inputs, channels.others, [3, 3]),
        ),
        joined: initLinear(childKey(key, "joined"), channels.first + channels.others, features),
        out: initLinear(childKey(key, "out"), features, task.classes),
      };
    },
    logits: (weights, { patches }, pass, task) => {
      const tokens = bandTokens(patches, task);
      const averaged = (encoder: Symbolic<Encoder>, x: Tensor): Tensor =>
        reshape(mean(encoded(encoder, weights.norm, x, sizes.headWidth, null), [2]), [x.shape[0]!, -1]);
      const features = concat(
        [averaged(weights.pixels, transpose(tokens, [0, 2, 1])), averaged(weights.bands, tokens)],
        1,
      );
      const [first, ...others] = patches as [Tensor, ...Tensor[]];
      const local = convolved(weights, apart(first, task)[1], others, pass);
      return linear(weights.out, add(mul(features, transformers), local));
    },
  };
}

/** The network as published. */
export const ssMae: PatchNetwork<SsMae> = ssMaeOf(published);
