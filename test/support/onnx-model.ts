/**
 * @file ONNX models, read back: a reader of the protocol-buffer wire format of its own, so that a fault of the writer
 * cannot hide behind the same fault of a reader. Field numbers are those of onnx.proto.
 */
import assert from "node:assert/strict";

/** Fields of a message by number, in their order: integers as bigint, floats as number, all else as bytes. */
export type Fields = ReadonlyMap<number, readonly (bigint | number | Uint8Array)[]>;

/** Split a message into its fields; every byte must belong to one. */
export function readFields(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = new Map<number, (bigint | number | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      assert.ok(at < bytes.length && shift < 70n, "a whole varint");
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, kind] = [Number(tag >> 3n), Number(tag & 7n)];
    let value: bigint | number | Uint8Array;
    if (kind === 0) value = BigInt.asIntN(64, varint());
    else if (kind === 5) {
      value = view.getFloat32(at, true);
      at += 4;
    } else {
      assert.equal(kind, 2, "wire type");
      const length = Number(varint());
      assert.ok(at + length <= bytes.length, "a whole field");
      value = bytes.subarray(at, at + length);
      at += length;
    }
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

const text = (value: unknown): string => new TextDecoder("utf-8", { fatal: true }).decode(value as Uint8Array);
const texts = (fields: Fields, field: number): string[] => (fields.get(field) ?? []).map(text);
const numbers = (fields: Fields, field: number): number[] => (fields.get(field) ?? []).map(Number);
const messages = (fields: Fields, field: number): Fields[] =>
  (fields.get(field) ?? []).map((value) => readFields(value as Uint8Array));
const one = <T>(values: readonly T[]): T => {
  assert.equal(values.length, 1, "one value");
  return values[0]!;
};

/** An input or output. */
export interface ModelValue {
  readonly name: string;
  readonly elementType: number;
  readonly shape: readonly number[];
}

/** A stored array; its numbers are raw bytes. */
export interface ModelArray extends ModelValue {
  readonly bytes: Uint8Array;
}

export interface ModelNode {
  readonly operation: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Versions of sets of operations by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: string;
  readonly nodes: readonly ModelNode[];
  readonly initializers: readonly ModelArray[];
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
}

/** ValueInfoProto, with a tensor type of known lengths. */
function declared(fields: Fields): ModelValue {
  const type = one(messages(one(messages(fields, 2)), 1));
  const shape = one(messages(type, 2));
  return {
    name: one(texts(fields, 1)),
    elementType: one(numbers(type, 1)),
    shape: messages(shape, 1).map((dimension) => one(numbers(dimension, 1))),
  };
}

/** AttributeProto: the field of its value must be that of its type. */
function attributeOf(fields: Fields): [string, number | string | readonly number[]] {
  const kinds: Readonly<Record<number, () => number | string | readonly number[]>> = {
    1: () => one(numbers(fields, 2)),
    2: () => one(numbers(fields, 3)),
    3: () => one(texts(fields, 4)),
    7: () => numbers(fields, 8),
  };
  const kind = one(numbers(fields, 20));
  assert.ok(kinds[kind], `attribute type ${kind}`);
  return [one(texts(fields, 1)), kinds[kind]()];
}

/** The parts of a model. */
export function readModel(bytes: Uint8Array): OnnxModel {
  const model = readFields(bytes);
  const graph = one(messages(model, 7));
  const pairs = (field: number): [string, Fields][] =>
    messages(model, field).map((entry) => [texts(entry, 1)[0] ?? "", entry]);
  return {
    irVersion: one(numbers(model, 1)),
    producer: one(texts(model, 2)),
    opsets: Object.fromEntries(pairs(8).map(([domain, entry]) => [domain, one(numbers(entry, 2))])),
    metadata: Object.fromEntries(pairs(14).map(([key, entry]) => [key, one(texts(entry, 2))])),
    graph: one(texts(graph, 2)),
    nodes: messages(graph, 1).map((node) => ({
      operation: one(texts(node, 4)),
      domain: texts(node, 7)[0] ?? "",
      name: texts(node, 3)[0] ?? "",
      inputs: texts(node, 1),
      outputs: texts(node, 2),
      attributes: Object.fromEntries(messages(node, 5).map(attributeOf)),
    })),
    initializers: messages(graph, 5).map((array) => ({
      name: one(texts(array, 8)),
      elementType: one(numbers(array, 2)),
      shape: numbers(array, 1),
      bytes: one(array.get(9) ?? []) as Uint8Array,
    })),
    inputs: messages(graph, 11).map(declared),
    outputs: messages(graph, 12).map(declared),
  };
}
