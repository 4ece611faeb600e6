/**
 * @file Graph → smaller equal graph: one node for equal computations, constants computed once, no-ops removed.
 * ONNX Runtime optimises too; this keeps what it is given small.
 */

import { computeNode } from "./interpret.ts";
import { isSameShape, type NdArray, ndarray, sizeOf } from "./ndarray.ts";
import { type Make, onRows } from "./rows.ts";
import {
  type Attributes,
  applyAll,
  constant,
  constantOperation,
  constantValue,
  type Graph,
  inputOperation,
  nodesOf,
  type Spec,
  type Tensor,
} from "./tensor.ts";

/** Larger constants are left to be computed at run time: folding them would swell the model. */
const largestFolded = 4096;

/** The number that all elements of a constant are, null for anything else. */
function uniformValue(tensor: Tensor): number | null {
  const data = constantValue(tensor)?.data;
  if (!data || data.length === 0) return null;
  return data.every((value) => value === data[0]) ? data[0]! : null;
}

/** Operations whose operands broadcast by themselves, so that widening them first is wasted. */
const broadcasting = new Set(["add", "sub", "mul", "div", "pow", "max", "min", "equal", "greater", "less"]);

/** What a node's first output can be replaced by, null where nothing simpler is known. */
function shortcut(operation: string, inputs: readonly Tensor[], outputs: readonly Spec[]): Tensor | null {
  const [a, b] = inputs;
  const keepsShape = (x: Tensor): boolean => isSameShape(x.shape, outputs[0]!.shape);
  switch (operation) {
    case "mul":
      if (uniformValue(b!) === 1 && keepsShape(a!)) return a!;
      if (uniformValue(a!) === 1 && keepsShape(b!)) return b!;
      return null;
    case "div":
      return uniformValue(b!) === 1 && keepsShape(a!) ? a! : null;
    case "add":
      if (uniformValue(b!) === 0 && keepsShape(a!)) return a!;
      if (uniformValue(a!) === 0 && keepsShape(b!)) return b!;
      return null;
    case "sub":
      return uniformValue(b!) === 0 && keepsShape(a!) ? a! : null;
    case "neg":
      return a!.node.operation.name === "neg" ? a!.node.inputs[0]! : null;
    case "reshape":
    case "broadcastTo":
      return keepsShape(a!) ? a! : null;
    default:
      return null;
  }
}

/** Skip what an operation undoes or repeats anyway: widening before broadcasting, reshapes and transposes in a row. */
function lookThrough(
  operation: string,
  inputs: readonly Tensor[],
  attributes: Attributes,
  outputs: readonly Spec[],
): { readonly inputs: readonly Tensor[]; readonly attributes: Attributes } {
  if (broadcasting.has(operation)) {
    const narrow = inputs.map((input) => (input.node.operation.name === "broadcastTo" ? input.node.inputs[0]! : input));
    for (const candidate of [narrow, [narrow[0]!, inputs[1]!], [inputs[0]!, narrow[1]!]]) {
      const rank = Math.max(...candidate.map(({ shape }) => shape.length));
      const widest = outputs[0]!.shape.every((length, axis) =>
        candidate.some(({ shape }) => (shape[axis - outputs[0]!.shape.length + shape.length] ?? 1) === length),
      );
      if (rank === outputs[0]!.shape.length && widest) return { inputs: candidate, attributes };
    }
  }
  const [x] = inputs;
  if (operation === "reshape" && x?.node.operation.name === "reshape") {
    return { inputs: [x.node.inputs[0]!], attributes };
  }
  if (operation === "transpose" && x?.node.operation.name === "transpose") {
    const inner = x.node.attributes["order"] as readonly number[];
    const order = (attributes["order"] as readonly number[]).map((axis) => inner[axis]!);
    if (order.every((axis, at) => axis === at)) return { inputs: x.node.inputs, attributes: { order, identity: true } };
    return { inputs: [x.node.inputs[0]!], attributes: { order } };
  }
  return { inputs, attributes };
}

/** An equal graph with the same inputs and outputs. */
export function simplify(graph: Graph): Graph {
  const [plain, flat] = [rewritten(graph, () => null), rewritten(graph, onRows)];
  return nodesOf(flat.outputs.values()).length < nodesOf(plain.outputs.values()).length ? flat : plain;
}

/** One pass over the graph. @param instead  what a node's outputs are replaced by; null where they stay */
function rewritten(graph: Graph, instead: (...call: Parameters<typeof onRows>) => readonly Tensor[] | null): Graph {
  const replaced = new Map<Tensor, Tensor>();
  const known = new Map<string, readonly Tensor[]>();
  const identity = new Map<unknown, number>();
  const idOf = (thing: unknown): number => {
    if (!identity.has(thing)) identity.set(thing, identity.size);
    return identity.get(thing)!;
  };
  const signature = (value: Attributes[string]): string =>
    typeof value === "object" && "dtype" in value
      ? sizeOf(value.shape) <= 16
        ? `${value.dtype}[${value.shape.join()}]${value.data.join()}`
        : `array ${idOf(value)}`
      : JSON.stringify(value);

  const make: Make = (operation, given, settings) => {
    const outputs = operation.infer(given, settings);
    const { inputs, attributes } = lookThrough(operation.name, given, settings, outputs);
    const simpler = attributes["identity"] ? inputs[0]! : shortcut(operation.name, inputs, outputs);
    if (simpler) return [simpler];
    const key = [
      operation.name,
      ...inputs.map((input) => `${idOf(input.node)}:${input.output}`),
      ...Object.entries(attributes).map(([name, value]) => `${name}=${signature(value)}`),
    ].join(" ");
    const made = known.get(key) ?? fold(applyAll(operation, inputs, attributes));
    known.set(key, made);
    return made;
  };

  for (const { operation, inputs: given, attributes, outputs } of nodesOf(graph.outputs.values())) {
    if (operation === inputOperation) {
      replaced.set(outputs[0]!, outputs[0]!);
      continue;
    }
    const inputs = given.map((input) => replaced.get(input)!);
    const made = instead(operation, inputs, attributes, make) ?? make(operation, inputs, attributes);
    for (const [at, output] of outputs.entries()) replaced.set(output, made[at]!);
  }
  return {
    inputs: graph.inputs,
    outputs: new Map([...graph.outputs].map(([name, tensor]) => [name, replaced.get(tensor)!])),
  };
}

/** Compute a node of constants now, if its outputs are small. */
function fold(outputs: readonly Tensor[]): readonly Tensor[] {
  const { node } = outputs[0]!;
  const constants = node.inputs.map(constantValue);
  if (
    node.operation === constantOperation ||
    constants.some((value) => value === null) ||
    outputs.some(({ shape }) => sizeOf(shape) > largestFolded)
  ) {
    return outputs;
  }
  const values = computeNode(
    node,
    constants.map((value) => Float64Array.from((value as NdArray).data)),
  );
  return outputs.map(({ shape, dtype }, at) => constant(ndarray([...values[at]!], shape, dtype)));
}
