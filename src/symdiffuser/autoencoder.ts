/**
 * @file Stage 0: a ViT-based autoencoder that turns the many bands of a source into a few latent channels. As a
 * variational one, its encoder gives a normal distribution a channel, held near the standard normal one.
 */
import {
  type BatchSpec,
  type Block,
  block,
  initBlock,
  initLinear,
  initTable,
  type Linear,
  linear,
  meanSquaredError,
  microBatches,
  type Stage,
  type Symbolic,
  tokenMean,
} from "../nn/index.ts";
import { gatherPixels, type Image, tilePixels } from "../scene/index.ts";
import {
  add,
  childKey,
  exp,
  type Key,
  layerNorm,
  max,
  min,
  mul,
  type NdArray,
  normal,
  slice,
  sub,
  type Tensor,
  uniform,
  zeros,
} from "../tensor/index.ts";
import type { LatentOptions } from "./options.ts";

/** A small ViT from one number of channels to another, token by token. */
interface Vit {
  readonly in: Linear;
  /** `[N, width]` */
  readonly position: NdArray<"f32">;
  readonly blocks: readonly Block[];
  readonly out: Linear;
}

export interface Autoencoder {
  /** `L → C`; `L → 2C` of a variational one: means, then logarithms of variances. */
  readonly encoder: Vit;
  /** `C → L` */
  readonly decoder: Vit;
}

const width = 64;
const heads = 4;
const depth = 1;

function initVit(key: Key, inputs: number, outputs: number, tokens: number): Vit {
  return {
    in: initLinear(childKey(key, "in"), inputs, width),
    position: initTable(childKey(key, "position"), [tokens, width]),
    blocks: Array.from({ length: depth }, (_, at) => initBlock(childKey(key, at), width, 2)),
    out: initLinear(childKey(key, "out"), width, outputs),
  };
}

/** @param x `[B, N, in]` @returns `[B, N, out]` */
function vit(weights: Symbolic<Vit>, x: Tensor): Tensor {
  let tokens = add(linear(weights.in, x), weights.position);
  for (const layer of weights.blocks) tokens = block(layer, tokens, heads);
  return linear(weights.out, layerNorm(tokens));
}

/**
 * @param bands     `L`
 * @param channels  latent channels `C`
 * @param patch     side of a tile
 */
export function initAutoencoder(
  key: Key,
  bands: number,
  channels: number,
  patch: number,
  isVariational: boolean,
): Autoencoder {
  return {
    encoder: initVit(childKey(key, "encoder"), bands, isVariational ? 2 * channels : channels, patch * patch),
    decoder: initVit(childKey(key, "decoder"), channels, bands, patch * patch),
  };
}

/** What the encoder says of each channel of the latent, `[B, N, C]` each. */
interface Posterior {
  readonly mean: Tensor;
  /** Null where the latent is the mean itself. */
  readonly logVariance: Tensor | null;
}

/** Bounds of the logarithm of a variance: its exponential stays finite. */
const [leastLog, mostLog] = [-30, 20];

function posterior({ encoder, decoder }: Symbolic<Autoencoder>, x: Tensor): Posterior {
  const given = vit(encoder, x);
  const C = decoder.in.weight.shape[0]!;
  const [B, N, both] = given.shape as [number, number, number];
  if (both === C) return { mean: given, logVariance: null };
  return {
    mean: slice(given, [0, 0, 0], [B, N, C]),
    logVariance: min(max(slice(given, [0, 0, C], [B, N, both]), leastLog), mostLog),
  };
}

/** Bands → latent, of a variational autoencoder the mean. @param x `[B, N, L]` @returns `[B, N, C]` */
export function encode(weights: Symbolic<Autoencoder>, x: Tensor): Tensor {
  return posterior(weights, x).mean;
}

/** Latent → bands. @param z `[B, N, C]` @returns `[B, N, L]` */
export function decode({ decoder }: Symbolic<Autoencoder>, z: Tensor): Tensor {
  return vit(decoder, z);
}

/**
 * Mean squared error of the bands + λ·(mean square of the latent), which keeps it near 0 without shaping it; of a
 * variational autoencoder, with z = μ + σ·ε, + λ·(mean divergence ½(μ² + σ² − 1 − log σ²) from the standard normal).
 *
 * @param x       `[B, N, L]`
 * @param valid   1 where a token is valid, `[B, N]`; null where all are
 * @param noise   ε, `[B, N, C]`, of a variational autoencoder; null of another
 * @param weight  λ
 * @see Kingma & Welling 2014, section 3
 */
export function autoencoderLoss(
  weights: Symbolic<Autoencoder>,
  x: Tensor,
  valid: Tensor | null,
  noise: Tensor | null,
  weight: number,
): Tensor {
  const { mean: z, logVariance } = posterior(weights, x);
  const square = mul(z, z);
  const drawn = logVariance && noise ? add(z, mul(exp(mul(logVariance, 0.5)), noise)) : z;
  const error = meanSquaredError(decode(weights, drawn), x, valid);
  const penalty = logVariance ? mul(sub(add(square, exp(logVariance)), add(logVariance, 1)), 0.5) : square;
  return add(error, mul(tokenMean(penalty, valid), weight));
}

/** Label-free training on all tiles, with {@link autoencoderLoss}. */
export function autoencoderStage(
  name: string,
  key: Key,
  image: Image,
  valid: Uint8Array | null,
  parameters: Autoencoder,
  patch: number,
  { steps, penalty }: LatentOptions,
): Stage<Autoencoder, BatchSpec> {
  const size = 8;
  const tokens = patch * patch;
  const channels = parameters.decoder.in.weight.shape[0]!;
  const isVariational = parameters.encoder.out.weight.shape[1] !== channels;
  const batch: BatchSpec = {
    x: { shape: [size, tokens, image.channels], dtype: "f32" },
    ...(isVariational ? { noise: { shape: [size, tokens, channels], dtype: "f32" } } : {}),
    ...(valid ? { valid: { shape: [size, tokens], dtype: "f32" } } : {}),
  };
  return {
    name,
    parameters,
    batch,
    loss: (weights, { x, valid: counted, noise }) =>
      autoencoderLoss(weights, x!, counted ?? null, noise ?? null, penalty),
    batches: (step) => {
      const own = childKey(key, step);
      const draws = uniform(own, [size, 3]).data;
      const pixels = new Int32Array(size * tokens);
      for (let tile = 0; tile < size; tile++) {
        const [down, right, turn] = draws.subarray(tile * 3, tile * 3 + 3) as unknown as [number, number, number];
        const row = Math.floor(down * Math.max(1, image.height - patch + 1));
        const col = Math.floor(right * Math.max(1, image.width - patch + 1));
        tilePixels(image, { row, col, symmetry: Math.floor(turn * 8) }, patch, pixels, tile * tokens);
      }
      const arrays: Record<string, NdArray> = { x: zeros(batch["x"]!.shape) };
      gatherPixels(image, pixels, arrays["x"]!.data as Float32Array);
      if (isVariational) arrays["noise"] = normal(childKey(own, "noise"), batch["noise"]!.shape);
      if (valid) {
        const mask = zeros([size, tokens]);
        for (const [at, pixel] of pixels.entries()) mask.data[at] = valid[pixel]!;
        arrays["valid"] = mask;
      }
      return arrays;
    },
    schedule: { rate: 2e-3, steps, warmUp: 0.05, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay: 0.01, clipNorm: 1 },
    averageDecay: null,
    microBatches: microBatches(size),
  };
}
