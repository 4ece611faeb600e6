/**
 * @file A layer that mixes local self-attention with convolution, both of the same queries, keys and values.
 *
 * @see Pan et al. 2022, "On the integration of self-attention and convolution" (ACmix)
 */
import {
  type Convolution,
  convolution,
  initConvolution,
  initLinear,
  type Linear,
  linear,
  type Symbolic,
} from "../../nn/index.ts";
import {
  add,
  attend,
  childKey,
  concat,
  constant,
  conv,
  dims,
  type Key,
  mul,
  type NdArray,
  ndarray,
  reshape,
  sub,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";

/** Sides of the window of attention, and of that of convolution, in pixels. */
const [attended, convolved] = [7, 3];

export interface Mixture {
  readonly query: Convolution;
  readonly key: Convolution;
  readonly value: Convolution;
  /** Of row and column, −1 to 1, taken from the keys of every head. */
  readonly position: Linear;
  /** From the heads of queries, keys and values to one map for each pixel of a window, `[9, 3G, 1, 1]`. */
  readonly maps: NdArray<"f32">;
  /** How the maps of a window are moved and summed, `[C, 9, 3, 3]`. */
  readonly moves: NdArray<"f32">;
  /** How much attention counts, and convolution, `[1]` each. */
  readonly attentionRate: NdArray<"f32">;
  readonly convolutionRate: NdArray<"f32">;
}

export function initMixture(key: Key, channels: number, heads: number): Mixture {
  const pixels = convolved ** 2;
  const layer = (name: string): Convolution => initConvolution(childKey(key, name), channels, channels, [1, 1]);
  // The map of each pixel of the window starts with a move by where that pixel lies.
  const moves = Float32Array.from({ length: channels * pixels * pixels }, (_, at) =>
    Math.floor(at / pixels) % pixels === at % pixels ? 1 : 0,
  );
  return {
    query: layer("query"),
    key: layer("key"),
    value: layer("value"),
    position: initLinear(childKey(key, "position"), 2, channels / heads),
    maps: initConvolution(childKey(key, "maps"), 3 * heads, pixels, [1, 1]).weight,
    moves: ndarray(moves, [channels, pixels, convolved, convolved]),
    attentionRate: ndarray([0.5], [1]),
    convolutionRate: ndarray([0.5], [1]),
  };
}

/** Row and column of each pixel of a square, −1 to 1, `[side², 2]`. */
function positions(side: number): NdArray<"f32"> {
  const along = (at: number): number => (side === 1 ? 0 : (2 * at) / (side - 1) - 1);
  const all = Array.from({ length: side * side }, (_, at) => [along(at % side), along(Math.floor(at / side))]);
  return ndarray(all.flat(), [side * side, 2]);
}

/**
 * Added to the logits of attention, so that a pixel sees those of its window: the log of how often it sees each, as the
 * window is mirrored at the border, `[1, 1, side², side²]`.
 */
function windowMask(side: number): NdArray<"f32"> {
  const half = (attended - 1) / 2;
  const last = side - 1;
  const mirrored = (at: number): number => last - Math.abs(last - Math.abs(at));
  const counts = new Float32Array(side ** 4);
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) {
      for (let down = -half; down <= half; down++) {
        for (let right = -half; right <= half; right++) {
          counts[(row * side + col) * side * side + mirrored(row + down) * side + mirrored(col + right)]! += 1;
        }
      }
    }
  }
  return ndarray(
    counts.map((count) => (count === 0 ? -1e9 : Math.log(count))),
    [1, 1, side ** 2, side ** 2],
  );
}

/**
 * Attention of each pixel to the 7 × 7 around it, plus a convolution of 3 × 3.
 *
 * @param x  a square of at least 4 pixels a side, `[B, C, P, P]`
 * @returns  `[B, C, P, P]`
 */
export function mixture(weights: Symbolic<Mixture>, x: Tensor, heads: number): Tensor {
  const { B, C, P } = dims("x", x, "B C P P");
  const [D, N] = [C / heads, P * P];
  const parts = [weights.query, weights.key, weights.value].map((layer) =>
    reshape(convolution(layer, x), [B, heads, D, N]),
  );
  const [q, k, v] = parts.map((part) => transpose(part, [0, 1, 3, 2])) as [Tensor, Tensor, Tensor]; // [B, G, N, D]
  // Position enters a logit as that of the pixel less that of the key; the former is the same for all keys of a pixel.
  const position = reshape(linear(weights.position, constant(positions(P))), [1, 1, N, D]);
  const seen = attend(q, sub(k, position), v, constant(windowMask(P)));
  const byAttention = reshape(transpose(seen, [0, 1, 3, 2]), [B, C, P, P]);
  const maps = conv(concat(parts, 1), weights.maps); // [B, 9, D, N]
  const flat = reshape(transpose(maps, [0, 2, 1, 3]), [B, -1, P, P]);
  const byConvolution = conv(flat, weights.moves, { padding: (convolved - 1) / 2, groups: D });
  return add(mul(byAttention, weights.attentionRate), mul(byConvolution, weights.convolutionRate));
}
