/**
 * @file Graph → ONNX model. Field numbers are those of onnx.proto, IR version 9.
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
import type { NdArray, Shape } from "./ndarray.ts";
import { Message } from "./protobuf.ts";
import { type Graph, inputOperation, nodesOf, type Spec, type Tensor } from "./tensor.ts";

const irVersion = 9;
const opset = 20;

/** Element types as TensorProto.DataType. */
const elementType = { f32: 1, i32: 6, i64: 7, bool: 9 } as const;

/** Attributes of an ONNX node; a float is marked as such, because 1 could be either. */
export type NodeAttributes = Readonly<Record<string, number | string | readonly number[]>>;
const floatAttributes = new Set(["epsilon", "alpha"]);

/** What a lowering may do. */
export interface Emit {
  /** Add a node of one output; returns the output's name. */
  node(
    onnx: string,
    inputs: readonly string[],
    attributes?: NodeAttributes,
    options?: { readonly domain?: string },
  ): string;
  /** Add a node of several outputs; returns their names. */
  nodeWithOutputs(
    onnx: string,
    inputs: readonly string[],
    count: number,
    attributes?: NodeAttributes,
  ): readonly string[];
  /** A stored array; equal small arrays are stored once. */
  initializer(value: NdArray): string;
  /** A stored list of `int64`, as shapes and axes are given. */
  integers(values: readonly number[]): string;
  /** Whether the model may have an operation; one that may not is written out in others. */
  has(onnx: string): boolean;
}

/** A node before it is written: names may still change. */
interface NodeRecord {
  readonly onnx: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: NodeAttributes;
  readonly domain: string;
}

function nodeMessage(
  { onnx, inputs, outputs, attributes, domain }: NodeRecord,
  nameOf: (name: string) => string,
): Message {
  const message = new Message();
  for (const input of inputs) message.text(1, nameOf(input));
  for (const output of outputs) message.text(2, nameOf(output));
  message.text(3, `${onnx}_${outputs[0]}`).text(4, onnx);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeMessage(name, value));
  if (domain !== "") message.text(7, domain);
  return message;
}

function attributeMessage(name: string, value: NodeAttributes[string]): Message {
  const message = new Message().text(1, name);
  if (typeof value === "string") return message.text(4, value).integer(20, 3);
  if (typeof value === "number") {
    return floatAttributes.has(name)
      ? message.float(2, value).integer(20, 1)
      : message.integer(3, value).integer(20, 2);
  }
  for (const item of value) message.integer(8, item);
  return message.integer(20, 7);
}

function tensorMessage(name: string, type: keyof typeof elementType, shape: Shape, bytes: Uint8Array): Message {
  const message = new Message();
  for (const length of shape) message.integer(1, length);
  return message.integer(2, elementType[type]).text(8, name).bytes(9, bytes);
}

function valueMessage(name: string, { shape, dtype }: Spec): Message {
  const dimensions = new Message();
  for (const length of shape) dimensions.message(1, new Message().integer(1, length));
  const tensorType = new Message().integer(1, elementType[dtype]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensorType));
}

/** What travels with a model. */
export interface ModelOptions {
  /** Inputs that become stored arrays instead: trained weights. */
  readonly constants?: Readonly<Record<string, NdArray>>;
  /** `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Operations that whatever runs the model does not have, of those that lowerings can do without. */
  readonly lacking?: ReadonlySet<string>;
}

/** The name of an output inside the model: that of the graph, unless an input has it (ONNX has one name space). */
export function outputName(graph: Graph, name: string): string {
  return graph.inputs.has(name) ? `${name}.next` : name;
}

/**
 * A graph as the bytes of an ONNX model, inputs under their names in the graph, outputs under {@link outputName}.
 */
export function toOnnx(
  graph: Graph,
  { constants = {}, metadata = {}, lacking = new Set() }: ModelOptions = {},
): Uint8Array {
  const nodes: NodeRecord[] = [];
  const initializers: Message[] = [];
  const stored = new Map<string, string>();
  const domains = new Set<string>();
  let count = 0;

  const store = (type: keyof typeof elementType, shape: Shape, data: ArrayBufferView): string => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = bytes.length <= 256 ? `${type} ${shape.join()} ${bytes.join()}` : null;
    const held = key === null ? undefined : stored.get(key);
    if (held !== undefined) return held;
    const name = `c${count++}`;
    initializers.push(tensorMessage(name, type, shape, bytes));
    if (key !== null) stored.set(key, name);
    return name;
  };

  const nodeWithOutputs = (
    onnx: string,
    inputs: readonly string[],
    outputs: number,
    attributes: NodeAttributes = {},
    domain = "",
  ): readonly string[] => {
    const names = Array.from({ length: outputs }, () => `t${count++}`);
    domains.add(domain);
    nodes.push({ onnx, inputs, outputs: names, attributes, domain });
    return names;
  };

  const emit: Emit = {
    node: (onnx, inputs, attributes = {}, { domain = "" } = {}) =>
      nodeWithOutputs(onnx, inputs, 1, attributes, domain)[0]!,
    nodeWithOutputs: (onnx, inputs, outputs, attributes) => nodeWithOutputs(onnx, inputs, outputs, attributes),
    initializer: ({ dtype, shape, data }) => store(dtype as Spec["dtype"], shape, data),
    integers: (values) => store("i64", [values.length], BigInt64Array.from(values, BigInt)),
    has: (onnx) => !lacking.has(onnx),
  };

  const names = new Map<Tensor, string>();
  const needed = nodesOf(graph.outputs.values());
  const used = new Set<Tensor>(graph.outputs.values());
  for (const node of needed) for (const input of node.inputs) used.add(input);
  const inputs: Message[] = [];
  for (const [name, tensor] of graph.inputs) {
    const value = Object.hasOwn(constants, name) ? constants[name]! : null;
    if (!value) {
      inputs.push(valueMessage(name, tensor));
      names.set(tensor, name);
    } else if (used.has(tensor)) {
      names.set(tensor, emit.initializer(value));
    }
  }
  for (const node of needed) {
    if (node.operation === inputOperation) continue;
    const outputs = node.operation.lower({
      emit,
      inputs: node.inputs.map((input) => names.get(input)!),
      attributes: node.attributes,
      inputSpecs: node.inputs,
      outputSpecs: node.outputs,
      used: node.outputs.map((output) => used.has(output)),
    });
    for (const [at, output] of node.outputs.entries()) if (outputs[at] !== undefined) names.set(output, outputs[at]);
  }
  // A value takes the name of the output that it is. What no node makes, or is an output already, is copied.
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const renamed = new Map<string, string>();
  const outputs: Message[] = [];
  for (const [name, tensor] of graph.outputs) {
    const [own, output] = [names.get(tensor)!, outputName(graph, name)];
    if (made.has(own) && !renamed.has(own)) renamed.set(own, output);
    else nodes.push({ onnx: "Identity", inputs: [own], outputs: [output], attributes: {}, domain: "" });
    outputs.push(valueMessage(output, tensor));
  }

  const body = new Message();
  for (const node of nodes)
    body.message(
      1,
      nodeMessage(node, (name) => renamed.get(name) ?? name),
    );
  body.text(2, "symdiffuser");
  for (const initializer of initializers) body.message(5, initializer);
  for (const input of inputs) body.message(11, input);
  for (const output of outputs) body.message(12, output);
  const model = new Message().integer(1, irVersion).text(2, "symdiffuser").message(7, body);
  model.message(8, new Message().text(1, "").integer(2, opset));
  if (domains.has("com.microsoft")) model.message(8, new Message().text(1, "com.microsoft").integer(2, 1));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().text(1, key).text(2, value));
  return model.encode();
}
