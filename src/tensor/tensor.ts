/**
 * @file A `Tensor` is an expression: a node of a graph with a shape and no numbers. Functions of tensors build bigger
 * expressions; nothing is evaluated until a graph is compiled (`session.ts`) or interpreted (`interpret.ts`).
 */
import { InternalError, ShapeError } from "./errors.ts";
import { type DType, isSameShape, type NdArray, ndarray, type Shape } from "./ndarray.ts";
import type { Operation } from "./operation.ts";

/** Shape and element type of a tensor. `f64` exists only as numbers, never in a graph. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: Exclude<DType, "f64">;
}

/** Plain data that settles an operation: axes, permutations, lengths. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[] | NdArray>>;

/** One application of an operation. */
export interface Node {
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** One output of a node: a symbolic array. */
export interface Tensor extends Spec {
  readonly node: Node;
  /** Which output of the node. */
  readonly output: number;
}

/** What functions of tensors accept: a number stands for a scalar constant. */
export type Operand = Tensor | number;

/** A traced function: named inputs, named outputs, and all nodes between them. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** Apply an operation; the outputs' shapes follow from its rule. */
export function applyAll(
  operation: Operation,
  inputs: readonly Tensor[],
  attributes: Attributes = {},
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { operation, inputs, attributes, outputs };
  for (const [output, spec] of operation.infer(inputs, attributes).entries()) {
    outputs.push({ node, output, shape: spec.shape, dtype: spec.dtype });
  }
  return outputs;
}

/** Apply an operation and take its first output. */
export function apply(operation: Operation, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
  return applyAll(operation, inputs, attributes)[0]!;
}

/** Leaf of a graph: a named input. */
export const inputOperation: Operation = {
  name: "input",
  infer: (_, { shape, dtype }) => [{ shape: shape as Shape, dtype: dtype as Spec["dtype"] }],
  gradient: () => [],
  lower: () => {
    throw new InternalError("an input is not lowered");
  },
  reference: () => {
    throw new InternalError("an input is fed, not computed");
  },
};

/** Leaf of a graph: numbers known when it is traced. */
export const constantOperation: Operation = {
  name: "constant",
  infer: (_, { value }) => {
    const { shape, dtype } = value as NdArray;
    if (dtype === "f64") throw new InternalError("a constant is f32, i32 or bool");
    return [{ shape, dtype }];
  },
  gradient: () => [],
  lower: ({ emit, attributes }) => [emit.initializer(attributes["value"] as NdArray)],
  reference: ({ attributes }) => [Float64Array.from((attributes["value"] as NdArray).data)],
};

/** A known array, or a number as a scalar, as a tensor. */
export function constant(value: NdArray | number): Tensor {
  return apply(constantOperation, [], { value: typeof value === "number" ? ndarray([value], []) : value });
}

/** Operands as tensors: a number becomes a scalar constant of the element type of the others, f32 if all are numbers. */
export function asTensors(...operands: readonly Operand[]): readonly Tensor[] {
  const dtype = operands.find((operand) => typeof operand !== "number")?.dtype ?? "f32";
  return operands.map((operand) => (typeof operand === "number" ? constant(ndarray([operand], [], dtype)) : operand));
}

/** The numbers of a constant, null for any other tensor. */
export function constantValue(tensor: Tensor): NdArray | null {
  return tensor.node.operation === constantOperation ? (tensor.node.attributes["value"] as NdArray) : null;
}

/**
 * Trace a function of tensors.
 *
 * @param specs  shape and element type of each named input
 * @param body   called once with symbolic inputs; returns the named outputs
 */
export function trace<Inputs extends Readonly<Record<string, Spec>>>(
  specs: Inputs,
  body: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Readonly<Record<string, Tensor>>,
): Graph {
  const inputs = new Map<string, Tensor>();
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    inputs.set(name, apply(inputOperation, [], { name, shape, dtype }));
  }
  const outputs = body(Object.fromEntries(inputs) as { [Name in keyof Inputs]: Tensor });
  return { inputs, outputs: new Map(Object.entries(outputs)) };
}

/** All nodes that the outputs need, inputs before the nodes that use them. */
export function nodesOf(outputs: Iterable<Tensor>): Node[] {
  const ordered: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  // An explicit stack: graphs are deeper than the call stack.
  const stack: Node[] = [...outputs].map((tensor) => tensor.node).reverse();
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const seen = state.get(node);
    if (seen === "done") {
      stack.pop();
    } else if (seen === "open") {
      state.set(node, "done");
      ordered.push(node);
      stack.pop();
    } else {
      state.set(node, "open");
      for (const input of node.inputs) if (!state.has(input.node)) stack.push(input.node);
    }
  }
  return ordered;
}

/** Refuse an array that does not fit an input. */
export function requireFit(name: string, spec: Spec, array: NdArray): void {
  if (array.dtype !== spec.dtype || !isSameShape(array.shape, spec.shape)) {
    throw new ShapeError(
      name,
      `expected ${spec.dtype} [${spec.shape.join(", ")}]; got ${array.dtype} [${array.shape.join(", ")}]`,
      [spec.shape, array.shape],
    );
  }
}
