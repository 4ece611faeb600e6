/**
 * @file DSTD: two streams of tokens ask each other what they have in common; with the sign of the question turned, each
 * keeps what is its own. Gates put the common and the specific features of all layers together.
 *
 * 421 683 parameters for 144 + 8 bands and 15 classes at any patch, as the published network has.
 *
 * Written from a description. Deviations: patches of 8 × 8 pixels, not 32 × 32, of which a batch takes a processor sixty
 * times as long; both sources are on one grid (published: a panchromatic image of finer pixels); bands have mean 0 and
 * deviation 1. Where the description leaves parts open, they were chosen so that the number of parameters is the
 * published one: gates have no biases, attention has no output layer, the features of a stream share one pooling. The
 * specific features of both streams are summed before they enter a gate, all five cross-entropies count the same, and the
 * common features of a pixel are drawn together, the specific ones apart. The published code lost its position embeddings
 * (there are none here) and took one stream's attention for the other's common features (not here). The last epoch counts.
 *
 * @see Xu, Zhu, Jiao, Zhao, Li, Hou, Ren, Ma 2023, "A dual-stream transformer with diff-attention for multisource remote
 * sensing classification", IEEE Transactions on Geoscience and Remote Sensing 61; sizes and training as in
 * blackkiring/DSTD. Gates: Arevalo et al. 2017, "Gated multimodal units for information fusion". Tokens and pooling:
 * Hassani et al. 2021, "Escaping the big data paradigm with compact transformers".
 */
import {
  type BatchNorm,
  batchNorm,
  crossEntropy,
  droppingRate,
  initBatchNorm,
  initConvolution,
  initLayerNorm,
  initLinear,
  initMlp,
  type LayerNorm,
  type Linear,
  linear,
  type Mlp,
  mlp,
  type Pass,
  type Symbolic,
  scaledLayerNorm,
} from "../../nn/index.ts";
import {
  add,
  attend,
  childKey,
  concat,
  conv,
  dims,
  div,
  type Key,
  matMul,
  maximum,
  maxPool,
  mean,
  mul,
  type NdArray,
  neg,
  relu,
  reshape,
  sigmoid,
  softmax,
  split,
  sqrt,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
} from "../../tensor/index.ts";
import { adam, type Patches, type PatchNetwork } from "../network/network.ts";

type Weight = NdArray<"f32">;

interface Tokenizer {
  readonly first: Weight;
  readonly second: Weight;
  readonly norm: BatchNorm;
}

/** A stream's part of a layer. */
interface Block {
  readonly before: LayerNorm;
  /** Question to the other stream, question, key, value: `[C, 4C]`. */
  readonly asking: Weight;
  readonly after: LayerNorm;
  readonly mlp: Mlp;
}

interface Layer {
  readonly first: Block;
  readonly second: Block;
  /** Which channels of the first stream ask. */
  readonly squeeze: Weight;
  readonly excite: Weight;
  /** Which pixels of the second stream ask: of their mean and largest channel, `[1, 2, 7, 7]`. */
  readonly places: Weight;
}

/** A gated unit of two inputs. */
interface Gate {
  /** `[C, C]` each. */
  readonly values: readonly Weight[];
  /** Of both inputs, how much of each value: `[2C, 2C]`. */
  readonly shares: Weight;
}

interface Dstd {
  readonly tokens: readonly Tokenizer[];
  readonly layers: readonly Layer[];
  /** Of the common features of either stream. */
  readonly commonNorms: readonly LayerNorm[];
  readonly commonGate: Gate;
  /** From the last layer to the first. */
  readonly norms: readonly LayerNorm[];
  readonly gates: readonly Gate[];
  /** Of all features together, and of those of a stream. */
  readonly pools: readonly Linear[];
  /** Of all together; common to both streams, first and second; specific, first and second. */
  readonly heads: readonly Linear[];
}

const channels = 64;
const depth = 3;
const attentionHeads = 2;
const squeezed = 16;
const window = 7;

const weightOf = (key: Key, inputs: number, outputs: number): Weight => initLinear(key, inputs, outputs).weight;

const kernelOf = (key: Key, inputs: number, outputs: number, side: number): Weight =>
  initConvolution(key, inputs, outputs, [side, side]).weight;

function initTokenizer(key: Key, bands: number): Tokenizer {
  return {
    first: kernelOf(childKey(key, "first"), bands, channels, 3),
    second: kernelOf(childKey(key, "second"), channels, channels, 3),
    norm: initBatchNorm(channels),
  };
}

/** One feature a 2 × 2 pixels, `[B, C, P/2, P/2]`. */
function featuresOf({ first, second, norm }: Symbolic<Tokenizer>, x: Tensor, pass: Pass): Tensor {
  const features = relu(conv(relu(conv(x, first, { padding: 1 })), second, { padding: 1 }));
  return maxPool(batchNorm(norm, features, pass), 3, { stride: 2, padding: 1 });
}

function initBlock(key: Key): Block {
  return {
    before: initLayerNorm(channels),
    asking: weightOf(childKey(key, "asking"), channels, 4 * channels),
    after: initLayerNorm(channels),
    mlp: initMlp(childKey(key, "mlp"), channels, channels, channels),
  };
}

function initLayer(key: Key): Layer {
  return {
    first: initBlock(childKey(key, "first")),
    second: initBlock(childKey(key, "second")),
    squeeze: weightOf(childKey(key, "squeeze"), channels, squeezed),
    excite: weightOf(childKey(key, "excite"), squeezed, channels),
    places: kernelOf(childKey(key, "places"), 2, 1, window),
  };
}

function initGate(key: Key): Gate {
  return {
    values: [0, 1].map((at) => weightOf(childKey(childKey(key, "values"), at), channels, channels)),
    shares: weightOf(childKey(key, "shares"), 2 * channels, 2 * channels),
  };
}

const parts = (x: Tensor, count: number): readonly Tensor[] =>
  split(x, x.shape.length - 1, new Array<number>(count).fill(channels));

/** softmax(Q·Kᵀ/√D)·V of both heads, `[B, N, C]`. */
function answers(query: Tensor, key: Tensor, value: Tensor): Tensor {
  const { B, N, C } = dims("query", query, "B N C");
  const apart = (x: Tensor): Tensor => transpose(reshape(x, [B, N, attentionHeads, C / attentionHeads]), [0, 2, 1, 3]); // [B, G, N, D]
  return reshape(transpose(attend(apart(query), apart(key), apart(value)), [0, 2, 1, 3]), [B, N, C]);
}

/** Questions, weighted channel by channel. @see Hu et al. 2018 */
function withChannels({ squeeze, excite }: Symbolic<Layer>, query: Tensor): Tensor {
  return mul(query, sigmoid(matMul(relu(matMul(mean(query, [1]), squeeze)), excite)));
}

/** Questions, weighted pixel by pixel. @see Woo et al. 2018 */
function withPlaces({ places }: Symbolic<Layer>, query: Tensor): Tensor {
  const { B, N } = dims("query", query, "B N C");
  const side = Math.round(Math.sqrt(N));
  const seen = reshape(transpose(concat([mean(query, [2]), maximum(query, [2])], 2), [0, 2, 1]), [B, 2, side, side]);
  return mul(query, reshape(sigmoid(conv(seen, places, { padding: (window - 1) / 2 })), [B, N, 1]));
}

/** What a layer finds in each stream, `[B, N, C]`. */
interface Found {
  /** The tokens of the next layer. */
  readonly specific: readonly Tensor[];
  readonly common: readonly Tensor[];
}

function layer(weights: Symbolic<Layer>, tokens: readonly Tensor[]): Found {
  const blocks = [weights.first, weights.second];
  const asked = tokens.map((x, at) => parts(matMul(scaledLayerNorm(blocks[at]!.before, x), blocks[at]!.asking), 4));
  return {
    specific: tokens.map((x, at) => {
      const [, q, k, v] = asked[at] as readonly [Tensor, Tensor, Tensor, Tensor];
      const own = answers((at === 0 ? withChannels : withPlaces)(weights, q), k, v);
      const h = add(x, add(own, answers(neg(asked[1 - at]![1]!), k, v)));
      return add(h, mlp(blocks[at]!.mlp, scaledLayerNorm(blocks[at]!.after, h)));
    }),
    common: asked.map(([, , k, v], at) => answers(asked[1 - at]![0]!, k!, v!)),
  };
}

/** Two features as one, `[B, N, C]`. */
function gated({ values, shares }: Symbolic<Gate>, x: Tensor, y: Tensor): Tensor {
  const taken = parts(sigmoid(matMul(concat([x, y], 2), shares)), 2);
  const [a, b] = [x, y].map((one, at) => mul(taken[at]!, tanh(matMul(one, values[at] as Tensor)))) as [Tensor, Tensor];
  return add(a, b);
}

/** Mean of tokens with weights that they bring themselves, `[B, C]`. */
function pooled(weights: Symbolic<Linear>, x: Tensor): Tensor {
  const { B, C } = dims("tokens", x, "B N C");
  const shares = softmax(transpose(linear(weights, x), [0, 2, 1])); // [B, 1, N]
  return reshape(matMul(shares, x), [B, C]);
}

/** All features together, then those of a stream, in the order of {@link Dstd.heads}: `[B, C]` each. */
function summaries(weights: Symbolic<Dstd>, { patches }: Patches, pass: Pass): readonly Tensor[] {
  let tokens: readonly Tensor[] = patches.map((patch, at) => {
    const features = featuresOf(weights.tokens[at]!, patch, pass);
    const { B, C } = dims("features", features, "B C H W");
    return transpose(reshape(features, [B, C, -1]), [0, 2, 1]); // [B, N, C]
  });
  const found: Found[] = [];
  for (const one of weights.layers) {
    found.unshift(layer(one, tokens));
    tokens = found[0]!.specific;
  }
  const [x, y] = found[0]!.common.map((one, at) => scaledLayerNorm(weights.commonNorms[at]!, one)) as [Tensor, Tensor];
  const fused = found.reduce(
    (h, { specific }, at) => {
      return gated(weights.gates[at]!, scaledLayerNorm(weights.norms[at]!, h), add(specific[0]!, specific[1]!));
    },
    gated(weights.commonGate, x, y),
  );
  const [ofAll, ofStream] = weights.pools as readonly [Symbolic<Linear>, Symbolic<Linear>];
  return [pooled(ofAll, fused), ...[x, y, ...found[0]!.specific].map((one) => pooled(ofStream, one))];
}

/** Cosine of the angle between rows, `[B, 1]`. */
function cosine(a: Tensor, b: Tensor): Tensor {
  const length = (x: Tensor): Tensor => sqrt(add(sum(mul(x, x), [1]), 1e-12));
  return div(sum(mul(a, b), [1]), mul(length(a), length(b)));
}

/** The network. */
export const dstd: PatchNetwork<Dstd> = {
  name: "dstd",
  title: "DSTD",
  paper: "Xu et al. 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  sources: [2, 2],
  recipe: { patch: 8, epochs: 30, batch: 128, rate: 1.2e-3, schedule: droppingRate(0.5, 0.1), adamw: adam },
  prepare: () => ({ kind: "standard" }),
  init: (key, { sources, classes }) => {
    const some = <Made>(name: string, count: number, make: (key: Key) => Made): Made[] =>
      Array.from({ length: count }, (_, at) => make(childKey(childKey(key, name), at)));
    return {
      tokens: sources.map((source, at) => initTokenizer(childKey(childKey(key, "tokens"), at), source.channels)),
      layers: some("layers", depth, initLayer),
      commonNorms: some("commonNorms", 2, () => initLayerNorm(channels)),
      commonGate: initGate(childKey(key, "commonGate")),
      norms: some("norms", depth, () => initLayerNorm(channels)),
      gates: some("gates", depth, initGate),
      pools: some("pools", 2, (own) => initLinear(own, channels, 1)),
      heads: some("heads", 5, (own) => initLinear(own, channels, classes)),
    };
  },
  logits: (weights, examples, pass) => linear(weights.heads[0]!, summaries(weights, examples, pass)[0]!),
  loss: (weights, examples, pass) => {
    const found = summaries(weights, examples, pass);
    const [, x, y, ownX, ownY] = found as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const apart = mean(add(sub(1, cosine(x, y)), relu(cosine(ownX, ownY))));
    return found
      .map((one, at) => crossEntropy(linear(weights.heads[at]!, one), examples.oneHot))
      .reduce((a, b) => add(a, b), reshape(apart, []));
  },
};
