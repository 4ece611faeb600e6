/**
 * @file ExViT: every pixel of a patch is a token; a transformer for each source, then one over the tokens of all sources.
 *
 * 239 914 parameters for 144 + 1 bands and 15 classes, 240 408 for 180 + 4 and 7, as the published code has. More than two
 * sources are more branches.
 *
 * Deviations: attention weights are not dropped, other activations are, as published. The last epoch counts, not the best
 * on test.
 *
 * @see Yao, Zhang, Li, Hong, Chanussot 2023, "Extended vision transformer (ExViT) for land use and land cover
 * classification: A multimodal deep learning framework", IEEE Transactions on Geoscience and Remote Sensing 61; sizes and
 * training as in jingyao16/ExViT
 */
import {
  type BatchNorm,
  batchNorm,
  type Convolution,
  convolution,
  dropout,
  droppingRate,
  initBatchNorm,
  initConvolution,
  initLayerNorm,
  initLinear,
  initMlp,
  initTable,
  type LayerNorm,
  type Linear,
  linear,
  type Mlp,
  type Pass,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import {
  add,
  attend,
  childKey,
  concat,
  dims,
  gelu,
  type Key,
  matMul,
  type NdArray,
  reshape,
  softmax,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import { adam, type PatchNetwork } from "../network/network.ts";

/** A convolution of each channel alone, then one of each pixel alone. */
interface Separable {
  readonly depthwise: Convolution;
  readonly pointwise: Convolution;
  readonly norm: BatchNorm;
}

/** A layer of a transformer, normalised before each part. */
interface Layer {
  readonly before: LayerNorm;
  /** `[C, C]` */
  readonly query: NdArray<"f32">;
  /** `[C, C]` */
  readonly key: NdArray<"f32">;
  /** `[C, C]` */
  readonly value: NdArray<"f32">;
  readonly out: Linear;
  readonly between: LayerNorm;
  readonly mlp: Mlp;
}

/** What is a source's own. */
interface Branch {
  readonly convolutions: readonly Separable[];
  readonly embedding: Linear;
  readonly layers: readonly Layer[];
}

/** A linear layer of normalised tokens. */
interface Head {
  readonly norm: LayerNorm;
  readonly out: Linear;
}

interface ExViT {
  /** One a source. */
  readonly branches: readonly Branch[];
  /** Of the pixels of a patch, the same for all sources, `[P², C]`. */
  readonly positions: NdArray<"f32">;
  readonly joint: readonly Layer[];
  /** How much a token counts. */
  readonly pool: Head;
  readonly head: Head;
}

const widths = [16, 32, 64] as const;
const channels = 64;
const heads = 4;
const hidden = 32;
const dropped = 0.1;
/** Layers of each source, and of all together. */
const depth = { own: 4, joint: 2 } as const;

function initSeparable(key: Key, inputs: number, outputs: number): Separable {
  return {
    depthwise: initConvolution(childKey(key, "depthwise"), inputs, inputs, [3, 3], inputs),
    pointwise: initConvolution(childKey(key, "pointwise"), inputs, outputs, [1, 1]),
    norm: initBatchNorm(outputs),
  };
}

function separable({ depthwise, pointwise, norm }: Symbolic<Separable>, x: Tensor, pass: Pass): Tensor {
  const alone = convolution(depthwise, x, { padding: 1, groups: x.shape[1]! });
  return gelu(batchNorm(norm, convolution(pointwise, alone), pass));
}

function initLayers(key: Key, count: number): Layer[] {
  return Array.from({ length: count }, (_, at) => {
    const own = childKey(key, at);
    const matrix = (name: string): NdArray<"f32"> => initLinear(childKey(own, name), channels, channels).weight;
    return {
      before: initLayerNorm(channels),
      query: matrix("query"),
      key: matrix("key"),
      value: matrix("value"),
      out: initLinear(childKey(own, "out"), channels, channels),
      between: initLayerNorm(channels),
      mlp: initMlp(childKey(own, "mlp"), channels, hidden, channels),
    };
  });
}

/** x with some of its numbers taken away in training. */
const thinned = (x: Tensor, pass: Pass): Tensor => dropout(x, pass.mask(x.shape, dropped));

/** What each token takes from all, `[B, N, C]`. */
function attended({ query, key, value, out }: Symbolic<Layer>, x: Tensor): Tensor {
  const { B, N, C } = dims("tokens", x, "B N C");
  const perHead = (matrix: Tensor): Tensor =>
    transpose(reshape(matMul(x, matrix), [B, N, heads, C / heads]), [0, 2, 1, 3]);
  const taken = attend(perHead(query), perHead(key), perHead(value)); // [B, G, N, D]
  return linear(out, reshape(transpose(taken, [0, 2, 1, 3]), [B, N, C]));
}

function layers(all: Symbolic<readonly Layer[]>, tokens: Tensor, pass: Pass): Tensor {
  return (all as readonly Symbolic<Layer>[]).reduce((x, weights) => {
    const mixed = add(x, thinned(attended(weights, scaledLayerNorm(weights.before, x)), pass));
    const wide = thinned(gelu(linear(weights.mlp.in, scaledLayerNorm(weights.between, mixed))), pass);
    return add(mixed, thinned(linear(weights.mlp.out, wide), pass));
  }, tokens);
}

/** The tokens of a source, `[B, P², C]`. @param x `[B, L, P, P]` */
function tokensOf(branch: Symbolic<Branch>, positions: Tensor, x: Tensor, pass: Pass): Tensor {
  const { B } = dims("patches", x, "B L P P");
  const maps = (branch.convolutions as readonly Symbolic<Separable>[]).reduce((h, one) => separable(one, h, pass), x);
  const pixels = transpose(reshape(maps, [B, channels, -1]), [0, 2, 1]);
  return layers(branch.layers, thinned(add(linear(branch.embedding, pixels), positions), pass), pass);
}

function initHead(key: Key, outputs: number): Head {
  return { norm: initLayerNorm(channels), out: initLinear(key, channels, outputs) };
}

function headOf({ norm, out }: Symbolic<Head>, x: Tensor): Tensor {
  return linear(out, scaledLayerNorm(norm, x));
}

/** The network. */
export const exvit: PatchNetwork<ExViT> = {
  name: "exvit",
  title: "ExViT",
  paper: "Yao et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 16],
  recipe: { patch: 13, epochs: 500, batch: 64, rate: 5e-4, schedule: droppingRate(0.04, 0.9), adamw: adam },
  prepare: () => ({ kind: "unit" }),
  init: (key, { sources, classes, patch }) => ({
    branches: sources.map((source, at) => {
      const own = childKey(childKey(key, "branch"), at);
      return {
        convolutions: widths.map((width, step) =>
          initSeparable(childKey(childKey(own, "convolution"), step), widths[step - 1] ?? source.channels, width),
        ),
        embedding: initLinear(childKey(own, "embedding"), channels, channels),
        layers: initLayers(childKey(own, "layer"), depth.own),
      };
    }),
    positions: initTable(childKey(key, "positions"), [patch * patch, channels]),
    joint: initLayers(childKey(key, "joint"), depth.joint),
    pool: initHead(childKey(key, "pool"), 1),
    head: initHead(childKey(key, "head"), classes),
  }),
  logits: ({ branches, positions, joint, pool, head }, { patches }, pass) => {
    const each = patches.map((x, at) => tokensOf(branches[at] as Symbolic<Branch>, positions, x, pass));
    const tokens = layers(joint, concat(each, 1), pass);
    const { B, N, C } = dims("tokens", tokens, "B N C");
    const shares = softmax(reshape(headOf(pool, tokens), [B, 1, N]));
    return headOf(head, reshape(matMul(shares, tokens), [B, C]));
  },
};
