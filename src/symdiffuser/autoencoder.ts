/** @file Stage 0: a ViT-based autoencoder that turns the many bands of a source into a few latent channels. */
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
} from "../nn/index.ts";
import { gatherPixels, type Image, tilePixels } from "../scene/index.ts";
import {
  add,
  childKey,
  type Key,
  layerNorm,
  mean,
  mul,
  type NdArray,
  reshape,
  type Tensor,
  uniform,
  zeros,
} from "../tensor/index.ts";

/** A small ViT from one number of channels to another, token by token. */
interface Vit {
  readonly in: Linear;
  /** `[N, width]` */
  readonly position: NdArray<"f32">;
  readonly blocks: readonly Block[];
  readonly out: Linear;
}

export interface Autoencoder {
  readonly encoder: Vit;
  readonly decoder: Vit;
}

const width = 64;
const heads = 4;
const depth = 1;
/** Weight of the mean square of the latent: keeps it near 0 without shaping it. */
const penalty = 1e-4;

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
export function initAutoencoder(key: Key, bands: number, channels: number, patch: number): Autoencoder {
  return {
    encoder: initVit(childKey(key, "encoder"), bands, channels, patch * patch),
    decoder: initVit(childKey(key, "decoder"), channels, bands, patch * patch),
  };
}

/** Bands → latent. @param x `[B, N, L]` @returns `[B, N, C]` */
export function encode({ encoder }: Symbolic<Autoencoder>, x: Tensor): Tensor {
  return vit(encoder, x);
}

/** Latent → bands. @param z `[B, N, C]` @returns `[B, N, L]` */
export function decode({ decoder }: Symbolic<Autoencoder>, z: Tensor): Tensor {
  return vit(decoder, z);
}

/** Label-free training on all tiles: mean squared error of the bands + a small mean square of the latent. */
export function autoencoderStage(
  name: string,
  key: Key,
  image: Image,
  valid: Uint8Array | null,
  parameters: Autoencoder,
  patch: number,
  steps: number,
): Stage<Autoencoder, BatchSpec> {
  const size = 8;
  const tokens = patch * patch;
  const batch: BatchSpec = {
    x: { shape: [size, tokens, image.channels], dtype: "f32" },
    ...(valid ? { valid: { shape: [size, tokens], dtype: "f32" } } : {}),
  };
  return {
    name,
    parameters,
    batch,
    loss: (weights, inputs) => {
      const x = inputs["x"]!;
      const z = encode(weights, x);
      const error = meanSquaredError(decode(weights, z), x, inputs["valid"] ?? null);
      return add(error, mul(reshape(mean(mul(z, z)), []), penalty));
    },
    batches: (step) => {
      const draws = uniform(childKey(key, step), [size, 3]).data;
      const pixels = new Int32Array(size * tokens);
      for (let tile = 0; tile < size; tile++) {
        const [down, right, turn] = draws.subarray(tile * 3, tile * 3 + 3) as unknown as [number, number, number];
        const row = Math.floor(down * Math.max(1, image.height - patch + 1));
        const col = Math.floor(right * Math.max(1, image.width - patch + 1));
        tilePixels(image, { row, col, symmetry: Math.floor(turn * 8) }, patch, pixels, tile * tokens);
      }
      const x = zeros(batch["x"]!.shape);
      gatherPixels(image, pixels, x.data);
      if (!valid) return { x };
      const mask = zeros([size, tokens]);
      for (const [at, pixel] of pixels.entries()) mask.data[at] = valid[pixel]!;
      return { x, valid: mask };
    },
    schedule: { rate: 2e-3, steps, warmUp: 0.05, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay: 0.01, clipNorm: 1 },
    averageDecay: null,
    microBatches: microBatches(size),
  };
}
