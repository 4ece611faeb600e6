/** @file Reverse-mode differentiation, graph to graph: the gradient of an expression is another expression. */
import { ShapeError } from "./errors.ts";
import { sizeOf } from "./ndarray.ts";
import * as functions from "./operations/index.ts";
import { constant, type Node, nodesOf, type Tensor } from "./tensor.ts";

/**
 * ∂loss/∂x for each x.
 *
 * @param loss  a scalar: one element, of any rank
 * @param of    tensors the loss may depend on; the gradient of one it does not depend on is zero
 * @returns     one tensor each, of the shape of its x
 */
export function gradients(loss: Tensor, of: readonly Tensor[]): readonly Tensor[] {
  if (sizeOf(loss.shape) !== 1) {
    throw new ShapeError("gradients", `expected a loss of one element; got [${loss.shape.join(", ")}]`, [loss.shape]);
  }
  const nodes = nodesOf([loss]);
  const wanted = new Set(of.map((tensor) => tensor.node));
  // Only nodes downstream of what is asked for take part; the rest would be dead code.
  const active = new Set<Node>();
  for (const node of nodes) {
    if (wanted.has(node) || node.inputs.some((input) => active.has(input.node))) active.add(node);
  }
  const cotangents = new Map<Node, (Tensor | null)[]>();
  const receive = (tensor: Tensor, cotangent: Tensor): void => {
    const held = cotangents.get(tensor.node) ?? tensor.node.outputs.map(() => null);
    const before = held[tensor.output];
    held[tensor.output] = before ? functions.add(before, cotangent) : cotangent;
    cotangents.set(tensor.node, held);
  };
  receive(loss, functions.broadcastTo(constant(1), loss.shape));
  for (const node of nodes.reverse()) {
    const arrived = cotangents.get(node);
    if (!arrived || !active.has(node) || node.inputs.length === 0) continue;
    const { inputs, outputs, attributes } = node;
    const passed = node.operation.gradient({ inputs, outputs, attributes, cotangents: arrived }, functions);
    for (const [at, cotangent] of passed.entries()) {
      if (cotangent && active.has(inputs[at]!.node)) receive(inputs[at]!, cotangent);
    }
  }
  return of.map((tensor) => cotangents.get(tensor.node)?.[tensor.output] ?? functions.zerosLike(tensor));
}
