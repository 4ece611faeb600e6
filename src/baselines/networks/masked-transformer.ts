/**
 * @file The transformers of SS-MAE: one that encodes tokens, and one that fills in, from features of the tokens that are
 * seen, those that were hidden.
 *
 * @see He et al. 2022, "Masked autoencoders are scalable vision learners", and Lin et al. 2023, named in ss-mae.ts
 */
import {
  initLayerNorm,
  type LayerNorm,
  type Linear,
  linear,
  type Mlp,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import {
  add,
  attend,
  broadcastTo,
  childKey,
  concat,
  constant,
  dims,
  gelu,
  type Key,
  mul,
  type NdArray,
  ndarray,
  reshape,
  slice,
  split,
  sub,
  sum,
  type Tensor,
  transpose,
  uniform,
  zeros,
} from "../../tensor/index.ts";

/** A layer of a transformer, normalised before each part. */
interface Layer {
  readonly before: LayerNorm;
  /** `[C, 3·G·D]` */
  readonly all: Linear;
  readonly out: Linear;
  readonly between: LayerNorm;
  readonly mlp: Mlp;
  /** Gives what hidden channels of the mlp are multiplied with; none in decoders. */
  readonly gates: readonly Linear[];
}

/** From tokens of pixels or of bands to features of each. */
export interface Encoder {
  readonly embedding: Linear;
  /** The token before all others, `[1, 1, C]`. */
  readonly first: NdArray<"f32">;
  readonly layers: readonly Layer[];
}

/** From features of the tokens that are seen to the others. */
export interface Decoder {
  readonly embedding: Linear;
  /** From a grey token to features that stand for one that is hidden. */
  readonly hidden: Linear;
  readonly layers: readonly Layer[];
  readonly out: Linear;
  /** Of each token that was found, and what then makes it a token. */
  readonly norm: LayerNorm;
  readonly last: Linear;
}

/** Sizes of encoders and decoders. */
export interface TransformerSizes {
  /** C, channels of tokens. */
  readonly width: number;
  /** G. */
  readonly heads: number;
  /** D. */
  readonly headWidth: number;
  readonly depth: number;
}

const mlpRatio = 4;
/** Of a grey token, all its numbers. */
const grey = 127 / 255;

/** Uniform in ±√(6/(in + out)), without bias. @see Glorot, Bengio 2010, eq. 16 */
function initXavier(key: Key, inputs: number, outputs: number): Linear {
  const bound = Math.sqrt(6 / (inputs + outputs));
  return { weight: uniform(key, [inputs, outputs], -bound, bound), bias: zeros([outputs]) };
}

function initLayers(key: Key, { width, heads, headWidth, depth }: TransformerSizes, isGated: boolean): Layer[] {
  const hidden = mlpRatio * width;
  return Array.from({ length: depth }, (_, at) => {
    const fresh = (name: string, inputs: number, outputs: number): Linear =>
      initXavier(childKey(childKey(key, at), name), inputs, outputs);
    return {
      before: initLayerNorm(width),
      all: fresh("all", width, 3 * heads * headWidth),
      out: fresh("out", heads * headWidth, width),
      between: initLayerNorm(width),
      mlp: { in: fresh("in", width, hidden), out: fresh("mlp", hidden, width) },
      gates: isGated ? [fresh("gate", width, hidden)] : [],
    };
  });
}

/** @param hidden  added to how alike a token is to others, `[B, 1, 1, N]`; null where all tokens are seen */
function layers(all: Symbolic<readonly Layer[]>, tokens: Tensor, headWidth: number, hidden: Tensor | null): Tensor {
  const { B, N } = dims("tokens", tokens, "B N C");
  return (all as readonly Symbolic<Layer>[]).reduce((x, weights) => {
    const parts = reshape(linear(weights.all, scaledLayerNorm(weights.before, x)), [B, N, 3, -1, headWidth]);
    const [q, k, v] = split(parts, 2, [1, 1, 1]).map((part) =>
      transpose(reshape(part, [B, N, -1, headWidth]), [0, 2, 1, 3]),
    ) as [Tensor, Tensor, Tensor]; // [B, G, N, D]
    const taken = reshape(transpose(attend(q, k, v, hidden), [0, 2, 1, 3]), [B, N, -1]);
    const mixed = add(x, linear(weights.out, taken));
    const own = scaledLayerNorm(weights.between, mixed);
    const wide = (weights.gates as readonly Symbolic<Linear>[]).reduce(
      (h, gate) => mul(h, linear(gate, own)),
      gelu(linear(weights.mlp.in, own)),
    );
    return add(mixed, linear(weights.mlp.out, wide));
  }, tokens);
}

/** Sine and cosine, in turn, of places 0, 1 … at wavelengths from 2π to 20 000π, `[1, N, C]`. @see Vaswani et al. 2017, 3.5 */
function waves(count: number, width: number): Tensor {
  const values = Float32Array.from({ length: count * width }, (_, at) => {
    const [place, channel] = [Math.floor(at / width), at % width];
    const angle = place / 10_000 ** ((2 * Math.floor(channel / 2)) / width);
    return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return constant(ndarray(values, [1, count, width]));
}

/** @param inputs  length of a token */
export function initEncoder(key: Key, inputs: number, sizes: TransformerSizes): Encoder {
  return {
    embedding: initXavier(childKey(key, "embedding"), inputs, sizes.width),
    first: zeros([1, 1, sizes.width]),
    layers: initLayers(childKey(key, "layers"), sizes, true),
  };
}

/** @param outputs  length of a token */
export function initDecoder(key: Key, outputs: number, sizes: TransformerSizes): Decoder {
  const { width } = sizes;
  return {
    embedding: initXavier(childKey(key, "embedding"), width, width),
    hidden: initXavier(childKey(key, "hidden"), outputs, width),
    layers: initLayers(childKey(key, "layers"), sizes, false),
    out: initXavier(childKey(key, "out"), width, outputs),
    norm: initLayerNorm(outputs),
    last: initXavier(childKey(key, "last"), outputs, outputs),
  };
}

/**
 * Features of the first token and all others, `[B, 1 + N, C]`.
 *
 * @param norm    after the last layer
 * @param tokens  `[B, N, T]`
 * @param hidden  1 at tokens that nothing is taken from, as if they were not there, `[B, N, 1]`; null where there are none
 */
export function encoded(
  weights: Symbolic<Encoder>,
  norm: Symbolic<LayerNorm>,
  tokens: Tensor,
  headWidth: number,
  hidden: Tensor | null,
): Tensor {
  const { B, N } = dims("tokens", tokens, "B N T");
  const embedded = linear(weights.embedding, tokens);
  const C = embedded.shape[2]!;
  const all = add(concat([broadcastTo(weights.first, [B, 1, C]), embedded], 1), waves(1 + N, C));
  const away = hidden && concat([constant(zeros([B, 1, 1, 1])), mul(reshape(hidden, [B, 1, 1, N]), -1e9)], 3);
  return scaledLayerNorm(norm, layers(weights.layers, all, headWidth, away));
}

/**
 * Squared error of hidden tokens, once decoded, `[]`: a mean over all tokens, seen ones being right.
 *
 * @param features  of the encoder, `[B, 1 + N, C]`
 * @param tokens    `[B, N, T]`
 * @param hidden    1 at tokens to fill in, else 0, `[B, N, 1]`
 */
export function hiddenError(
  weights: Symbolic<Decoder>,
  features: Tensor,
  tokens: Tensor,
  headWidth: number,
  hidden: Tensor,
): Tensor {
  const { B, N, T } = dims("tokens", tokens, "B N T");
  const seen = linear(weights.embedding, features);
  const C = seen.shape[2]!;
  const [first, others] = split(seen, 1, [1, N]) as [Tensor, Tensor];
  const stand = linear(weights.hidden, constant(ndarray(new Float32Array(T).fill(grey), [1, 1, T])));
  const filled = add(mul(others, sub(1, hidden)), mul(stand, hidden));
  const decoded = layers(weights.layers, add(concat([first, filled], 1), waves(1 + N, C)), headWidth, null);
  const found = linear(weights.out, slice(decoded, [0, 1, 0], [B, 1 + N, C]));
  const away = sub(linear(weights.last, scaledLayerNorm(weights.norm, found)), tokens);
  return mul(reshape(sum(mul(mul(away, away), hidden)), []), 1 / (B * N * T));
}
