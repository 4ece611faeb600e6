import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  averagePool,
  constant,
  gradients,
  interpret,
  maxPool,
  ndarray,
  ShapeError,
  type Spec,
  sum,
  trace,
} from "../../src/tensor/index.ts";
import { describeOp } from "../support/describe-op.ts";

const f32 = (...shape: number[]): Spec => ({ shape, dtype: "f32" });

for (const [name, pool] of Object.entries({ maxPool, averagePool })) {
  describeOp(name, [
    { name: "halves", inputs: [f32(2, 3, 4, 6)], call: ([x]) => [pool(x!, 2)], shapes: [[2, 3, 2, 3]] },
    { name: "a rest", inputs: [f32(1, 2, 7, 5)], call: ([x]) => [pool(x!, 2)], shapes: [[1, 2, 3, 2]] },
    {
      name: "windows that overlap, padded",
      inputs: [f32(2, 2, 7, 6)],
      call: ([x]) => [pool(x!, 3, { stride: 2, padding: 1 })],
      shapes: [[2, 2, 4, 3]],
    },
    {
      name: "one axis, at every place",
      inputs: [f32(2, 2, 5)],
      call: ([x]) => [pool(x!, 3, { stride: 1 })],
      shapes: [[2, 2, 3]],
    },
    {
      name: "three axes",
      inputs: [f32(1, 2, 4, 3, 5)],
      call: ([x]) => [pool(x!, [2, 3, 2])],
      shapes: [[1, 2, 2, 1, 2]],
    },
  ]);
}

describe("pooling", () => {
  it("gives the gradient of equal values to the first of a window, as PyTorch does", () => {
    const graph = trace({ x: f32(1, 1, 3, 3) }, ({ x }) => {
      const [gradient] = gradients(sum(maxPool(x, 2, { stride: 1 })), [x]);
      return { gradient: gradient! };
    });
    const x = ndarray([0, 0, 0, 0, 0, 1, 0, 1, 1], [1, 1, 3, 3]);
    // As torch.nn.functional.max_pool2d has it.
    assert.deepEqual([...interpret(graph, { x })["gradient"]!.data], [1, 0, 0, 0, 0, 2, 0, 1, 0]);
  });

  it("refuses windows that do not fit", () => {
    assert.throws(
      () => maxPool(constant(ndarray([1, 2], [1, 1, 2])), 3),
      new ShapeError(
        "maxPool",
        "expected windows that fit, with padding of at most half of them; got window 3, stride 3, padding 0 on [1, 1, 2]",
        [[1, 1, 2]],
      ),
    );
  });
});
