/** @file U-ViT: a transformer over tokens with a time token and long skips from early to late blocks. */
import { type Block, block, initBlock, initLinear, type Linear, linear, type Symbolic } from "../nn/index.ts";
import {
  add,
  childKey,
  concat,
  constant,
  dims,
  gather,
  type Key,
  layerNorm,
  type NdArray,
  ndarray,
  reshape,
  silu,
  slice,
  type Tensor,
} from "../tensor/index.ts";

export interface Uvit {
  readonly time: { readonly in: Linear; readonly out: Linear };
  /** The first `n` blocks, whose outputs are kept. */
  readonly in: readonly Block[];
  readonly mid: Block;
  /** The last `n` blocks. */
  readonly out: readonly Block[];
  /** One before each of the last blocks: concatenated tokens `2C → C`. */
  readonly skip: readonly Linear[];
  /** Tokens → estimate. */
  readonly head: Linear;
}

/** Sizes of the network. */
export interface UvitSize {
  /** Channels `C` of a token. @default 64 */
  readonly width: number;
  /** `n`: the network has 2n + 1 blocks. @default 1 */
  readonly skips: number;
  /** @default 4 */
  readonly heads: number;
  /** @default 2 */
  readonly mlpRatio: number;
}

/** @param outputs  channels of the estimate */
export function initUvit(key: Key, { width, skips, mlpRatio }: UvitSize, outputs: number): Uvit {
  const blocks = (name: string): Block[] =>
    Array.from({ length: skips }, (_, at) => initBlock(childKey(key, `${name}.${at}`), width, mlpRatio));
  const layer = (name: string, from: number, to: number): Linear => initLinear(childKey(key, name), from, to);
  return {
    time: { in: layer("time.in", width, width), out: layer("time.out", width, width) },
    in: blocks("in"),
    mid: initBlock(childKey(key, "mid"), width, mlpRatio),
    out: blocks("out"),
    skip: Array.from({ length: skips }, (_, at) => layer(`skip.${at}`, 2 * width, width)),
    head: layer("head", width, outputs),
  };
}

/**
 * Sinusoidal embedding of every step, by step + 1: row 0 is the clean latent, all zeros.
 *
 * @returns `[T + 1, C]`: cosines, then sines, of (t + 1)·10000^(−2i/C)
 * @see Vaswani et al. 2017, section 3.5
 */
export function timeTable(steps: number, width: number): NdArray<"f32"> {
  const half = width / 2;
  const table = new Float32Array((steps + 1) * width);
  for (let row = 1; row <= steps; row++) {
    for (let i = 0; i < half; i++) {
      const angle = row * Math.exp((-Math.log(10000) * i) / half);
      table[row * width + i] = Math.cos(angle);
      table[row * width + half + i] = Math.sin(angle);
    }
  }
  return ndarray(table, [steps + 1, width]);
}

/**
 * Denoise tokens.
 *
 * @param x      fused tokens, `[B, N, C]`
 * @param t      step, `i32 [B]`, −1 for clean
 * @param steps  `T`
 * @returns      `features`: normalised tokens of the last block, `[B, N, C]`; `estimate`, `[B, N, outputs]`
 * @see Bao et al. 2023, "All are worth words"
 */
export function uvit(
  weights: Symbolic<Uvit>,
  x: Tensor,
  t: Tensor,
  heads: number,
  steps: number,
): { readonly features: Tensor; readonly estimate: Tensor } {
  const { B, N, C } = dims("x", x, "B N C");
  const embedded = gather(constant(timeTable(steps, C)), add(t, 1));
  const time = linear(weights.time.out, silu(linear(weights.time.in, embedded)));
  let tokens = concat([reshape(time, [B, 1, C]), x], 1);
  const kept: Tensor[] = [];
  for (const early of weights.in) {
    tokens = block(early, tokens, heads);
    kept.push(tokens);
  }
  tokens = block(weights.mid, tokens, heads);
  for (const [at, late] of weights.out.entries()) {
    tokens = linear(weights.skip[at]!, concat([tokens, kept.pop()!], -1));
    tokens = block(late, tokens, heads);
  }
  const features = layerNorm(slice(tokens, [0, 1, 0], [B, N + 1, C]));
  return { features, estimate: linear(weights.head, features) };
}
