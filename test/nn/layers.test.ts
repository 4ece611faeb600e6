import { describe, it } from "node:test";
import {
  type Attention,
  attention,
  type Block,
  block,
  crossEntropy,
  type Linear,
  linear,
  type Symbolic,
} from "../../src/nn/index.ts";
import { cast, constant, equal, gelu, layerNorm, ndarray, reshape, type Tensor } from "../../src/tensor/index.ts";
import { assertGolden, goldenCase } from "../support/golden.ts";

const as = <P>(parameters: unknown): Symbolic<P> => parameters as Symbolic<P>;

describe("layers agree with PyTorch, forward and gradients", () => {
  it("linear", () =>
    assertGolden(goldenCase("layers", "linear"), ({ x }, p) => linear(as<{ layer: Linear }>(p).layer, x!)));
  it("layerNorm", () => assertGolden(goldenCase("layers", "layerNorm"), ({ x }) => layerNorm(x!)));
  it("gelu", () => assertGolden(goldenCase("layers", "gelu"), ({ x }) => gelu(x!)));
  it("attention", () =>
    assertGolden(goldenCase("layers", "attention"), ({ x }, p) => attention(as<Attention>(p), x!, x!, 3)));
  it("crossAttention", () =>
    assertGolden(goldenCase("layers", "crossAttention"), ({ query, context }, p) =>
      attention(as<Attention>(p), query!, context!, 3),
    ));
  it("block", () => assertGolden(goldenCase("layers", "block"), ({ x }, p) => block(as<Block>(p), x!, 3)));
  it("crossEntropy with label smoothing 0.05", () =>
    assertGolden(goldenCase("diffusion", "crossEntropy"), ({ logits, labels }) => {
      const classes: Tensor = constant(ndarray([0, 1, 2, 3, 4], [1, 5], "i32"));
      return crossEntropy(logits!, cast(equal(reshape(labels!, [6, 1]), classes), "f32"), 0.05);
    }));
});
