import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import {
  arrayOf,
  type Checkpoint,
  type DType,
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  type NdArray,
  ndarray,
  readCheckpoint,
  sizeOf,
  writeCheckpoint,
} from "../../src/tensor/index.ts";
import { missingPython, runPython } from "../support/python.ts";

const goldenFile = join(import.meta.dirname, "..", "golden", "checkpoint.safetensors");
const golden = readFileSync(goldenFile);

/** A file of a header text and bytes of data. */
function fileOf(header: string, dataBytes = 0, headerBytes?: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (name: string, from: number, to: number, more: object = {}): string =>
  `${JSON.stringify(name)}:${JSON.stringify({ dtype: "I32", shape: [(to - from) / 4], data_offsets: [from, to], ...more })}`;

/** The message with which a file is refused. */
function refusal(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes, "model.safetensors");
  } catch (fault) {
    assert.ok(fault instanceof FormatError, String(fault));
    assert.equal(fault.file, "model.safetensors");
    return fault.message;
  }
  return "accepted";
}

const plain = (array: NdArray): object => ({ dtype: array.dtype, shape: array.shape, data: [...array.data] });

describe("decodeSafetensors", () => {
  it("reads what the reference library wrote", () => {
    const { arrays, metadata } = decodeSafetensors(golden, goldenFile);
    const f32 = (...values: number[]): number[] => [...Float32Array.from(values)];
    assert.deepEqual({ ...metadata }, { format: "test/1", note: 'α ≤ 1\n"quoted"' });
    assert.deepEqual(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, plain(array)])), {
      loss: { dtype: "f64", shape: [], data: [0.1] },
      "block.0.scale": { dtype: "f32", shape: [5], data: f32(1e-40, -0, Infinity, -Infinity, 3.4e38) },
      empty: { dtype: "f32", shape: [0, 5], data: [] },
      weights: { dtype: "f32", shape: [2, 3], data: f32(-1, -0.6, -0.2, 0.2, 0.6, 1) },
      labels: { dtype: "i32", shape: [2, 2], data: [-2147483648, 2147483647, 0, -1] },
      räumlich: { dtype: "i32", shape: [1], data: [7] },
      valid: { dtype: "bool", shape: [3], data: [1, 0, 1] },
    });
  });

  it("refuses every prefix, and the file with a byte more", () => {
    for (let length = 0; length < golden.length; length++) {
      assert.throws(() => decodeSafetensors(golden.subarray(0, length), "x"), FormatError, `${length} bytes`);
    }
    assert.equal(
      refusal(Uint8Array.from([...golden, 0])),
      `model.safetensors: expected a file of ${golden.length} bytes; got ${golden.length + 1}`,
    );
  });

  it("gives a FormatError or a whole checkpoint for any mutation", () => {
    const headerEnd = 8 + Number(new DataView(golden.buffer, golden.byteOffset).getBigUint64(0, true));
    const original = decodeSafetensors(golden, "x");
    fc.assert(
      fc.property(fc.nat(golden.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Uint8Array.from(golden);
        bytes[at]! ^= change;
        let read: Checkpoint;
        try {
          read = decodeSafetensors(bytes, "x");
        } catch (fault) {
          assert.ok(fault instanceof FormatError && at < headerEnd, String(fault));
          return;
        }
        // Every number of the file is in one array, once.
        const sizeBytes = Object.values(read.arrays).reduce((total, { data }) => total + data.byteLength, 0);
        assert.equal(sizeBytes, golden.length - headerEnd);
        for (const { shape, data } of Object.values(read.arrays)) assert.equal(data.length, sizeOf(shape));
        if (at >= headerEnd) {
          const changed = Object.entries(read.arrays).filter(
            ([name, { data }]) => Buffer.compare(bytesOf(data), bytesOf(original.arrays[name]!.data)) !== 0,
          );
          assert.equal(changed.length, 1);
        }
      }),
      { numRuns: 4000 },
    );
  });

  const cases: readonly (readonly [name: string, bytes: Uint8Array, message: string])[] = [
    ["an empty file", new Uint8Array(0), "expected a safetensors header; got 0 bytes"],
    [
      "a header longer than the file",
      fileOf("{}", 0, 3),
      "expected a header within the file of 10 bytes; got a header of 3 bytes",
    ],
    [
      "a header of 2⁶³ bytes",
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 123, 125),
      "expected a header within the file of 10 bytes; got a header of 9223372036854776000 bytes",
    ],
    ["text that is not JSON", fileOf("{"), "expected a JSON header; got text that is not JSON"],
    [
      "text that is not UTF-8",
      Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d),
      "expected a JSON header; got text that is not JSON",
    ],
    ["a list", fileOf("[]"), "expected a JSON object; got another JSON value"],
    [
      "an unknown element type",
      fileOf(`{${entry("half", 0, 4, { dtype: "F16" })}}`, 4),
      'expected "half" to be one of F32, F64, I32, BOOL; got "F16"',
    ],
    ["no entry", fileOf('{"a":null}'), 'expected "a" to be one of F32, F64, I32, BOOL; got none'],
    ["no shape", fileOf('{"a":{"dtype":"F32","data_offsets":[0,0]}}'), 'expected a shape for "a"; got none'],
    ["no offsets", fileOf('{"a":{"dtype":"F32","shape":[]}}'), 'expected offsets for "a"; got none'],
    [
      "a negative length",
      fileOf(`{${entry("a", 0, 4, { shape: [-1] })}}`, 4),
      'expected whole numbers for "a"; got shape [-1], offsets [0,4]',
    ],
    [
      "a broken length",
      fileOf(`{${entry("a", 0, 4, { shape: [0.5] })}}`, 4),
      'expected whole numbers for "a"; got shape [0.5], offsets [0,4]',
    ],
    [
      "three offsets",
      fileOf(`{${entry("a", 0, 4, { data_offsets: [0, 2, 4] })}}`, 4),
      'expected whole numbers for "a"; got shape [1], offsets [0,2,4]',
    ],
    [
      "an array larger than its bytes",
      fileOf(`{${entry("a", 0, 4, { shape: [2] })}}`, 4),
      'expected 8 bytes for "a"; got 4',
    ],
    [
      "a shape whose product overflows",
      fileOf(`{${entry("a", 0, 4, { shape: [9007199254740991, 9007199254740991] })}}`, 4),
      'expected 3.2451855365842665e+32 bytes for "a"; got 4',
    ],
    [
      "ends before starts",
      fileOf(`{${entry("a", 0, 4, { data_offsets: [4, 0] })}}`, 4),
      'expected 4 bytes for "a"; got -4',
    ],
    ["an overlap", fileOf(`{${entry("a", 0, 8)},${entry("b", 4, 12)}}`, 12), 'expected "b" to start at 8; got 4'],
    ["a hole", fileOf(`{${entry("a", 0, 4)},${entry("b", 8, 12)}}`, 12), 'expected "b" to start at 4; got 8'],
    ["a hole at the start", fileOf(`{${entry("a", 4, 8)}}`, 8), 'expected "a" to start at 0; got 4'],
    ["data beyond the file", fileOf(`{${entry("a", 0, 8)}}`, 4), "expected a file of 70 bytes; got 66"],
    ["metadata that is not text", fileOf('{"__metadata__":{"a":1}}'), "expected metadata of texts; got an object"],
    ["metadata that is nothing", fileOf('{"__metadata__":null}'), "expected metadata of texts; got null"],
  ];
  for (const [name, bytes, message] of cases) {
    it(`refuses ${name}`, () => assert.equal(refusal(bytes), `model.safetensors: ${message}`));
  }

  it("refuses more than 100 000 arrays, and reads so many", () => {
    const many = (count: number): Uint8Array =>
      fileOf(`{${Array.from({ length: count }, (_, at) => entry(`a${at}`, 0, 0)).join()}}`);
    assert.equal(refusal(many(100_001)), "model.safetensors: expected at most 100000 arrays; got 100001");
    assert.equal(Object.keys(decodeSafetensors(many(100_000), "x").arrays).length, 100_000);
  });

  it("refuses a name that stands there twice", () => {
    assert.match(refusal(fileOf(`{${entry("a", 0, 4)},${entry("a", 0, 4)}}`, 4)), /twice/);
    assert.notEqual(refusal(fileOf(`{${entry("a", 0, 4)},${entry("a", 4, 8)}}`, 8)), "accepted");
  });

  it("refuses lists where texts belong", () => {
    assert.match(refusal(fileOf(`{${entry("a", 0, 4, { dtype: ["I32"] })}}`, 4)), /expected "a" to be one of/);
    assert.match(refusal(fileOf('{"__metadata__":["x"]}')), /expected metadata of texts/);
  });

  it("refuses lists in lists in lists without end, and says so in a sentence", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const header of [`{"a":{"dtype":"I32","shape":${deep}}}`, `{"__metadata__":{"a":${deep}}}`]) {
      assert.match(refusal(fileOf(header)), /^.{1,300}$/s);
    }
    assert.match(refusal(fileOf(`{${entry("a", 0, 4, { dtype: "x".repeat(1e6) })}}`, 4)), /^.{1,300}$/s);
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Any array of up to three axes, of any element type, with any bits in it. */
const arrays: fc.Arbitrary<NdArray> = fc
  .tuple(
    fc.constantFrom<DType>("f32", "f64", "i32", "bool"),
    fc.array(fc.nat(4), { maxLength: 3 }),
    fc.infiniteStream(fc.integer()),
  )
  .map(([dtype, shape, bits]) => {
    const numbers = bits.take(sizeOf(shape));
    const values = [...numbers].map((value) => (dtype === "bool" ? value & 1 : dtype === "i32" ? value : value / 3));
    return ndarray(values, shape, dtype) as NdArray;
  });

describe("encodeSafetensors", () => {
  it("is undone by decodeSafetensors", () => {
    const texts = fc.string({ unit: "grapheme" });
    const names = texts.filter((name) => name !== "__metadata__" && name !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(names, arrays), fc.dictionary(names, texts), (held, metadata) => {
        const read = decodeSafetensors(encodeSafetensors({ arrays: held, metadata }), "x");
        assert.deepEqual({ ...read.metadata }, { ...metadata });
        assert.deepEqual(Object.keys(read.arrays).sort(), Object.keys(held).sort());
        for (const [name, array] of Object.entries(held)) assert.deepEqual(plain(read.arrays[name]!), plain(array));
      }),
    );
  });

  it("starts every array at a multiple of its element's size", () => {
    const held = { flag: ndarray([1], [1], "bool"), one: ndarray([1], [1]), wide: ndarray([1], [1], "f64") };
    const bytes = encodeSafetensors({ arrays: held, metadata: {} });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(headerBytes % 8, 0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
    assert.deepEqual(header.wide.data_offsets, [0, 8]);
    assert.deepEqual(header.one.data_offsets, [8, 12]);
    assert.deepEqual(header.flag.data_offsets, [12, 13]);
  });

  it("refuses names that the format keeps for itself", () => {
    for (const name of ["__metadata__", "__proto__"]) {
      const held = Object.fromEntries([[name, ndarray([1], [1])]]);
      try {
        const read = decodeSafetensors(encodeSafetensors({ arrays: held, metadata: {} }), "x");
        assert.deepEqual(Object.keys(read.arrays), [name]);
      } catch (fault) {
        assert.ok(!(fault instanceof FormatError), "a file was written that is not one");
      }
    }
  });
});

describe("checkpoint files", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "checkpoint-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const checkpoint = (value: number): Checkpoint => ({ arrays: { x: ndarray([value], [1]) }, metadata: { a: "b" } });

  it("are read as they were written, and nothing else is left in the folder", async () => {
    const file = join(folder, "one.safetensors");
    await writeCheckpoint(file, checkpoint(1));
    await writeCheckpoint(file, checkpoint(2));
    assert.equal((await readCheckpoint(file)).arrays["x"]!.data[0], 2);
    assert.deepEqual(readdirSync(folder), ["one.safetensors"]);
    rmSync(file);
  });

  it("leave nothing behind when a write fails", async () => {
    // A folder cannot be replaced by a file.
    const file = join(folder, "two.safetensors");
    mkdirSync(join(file, "inside"), { recursive: true });
    await assert.rejects(writeCheckpoint(file, checkpoint(2)));
    assert.deepEqual(readdirSync(folder), ["two.safetensors"]);
    rmSync(file, { recursive: true });
  });

  it("that are no files are refused by name, with the system's fault as cause", async () => {
    const file = join(folder, "none.safetensors");
    await assert.rejects(readCheckpoint(file), (fault) => {
      assert.ok(fault instanceof FormatError);
      assert.equal(fault.message, `${file}: expected a checkpoint; got no readable file`);
      return (fault.cause as NodeJS.ErrnoException).code === "ENOENT";
    });
  });

  it("give an array of a known element type, or say what is there", () => {
    assert.deepEqual(arrayOf(checkpoint(3), "f", "x", "f32").data, Float32Array.of(3));
    assert.throws(() => arrayOf(checkpoint(3), "f", "x", "i32"), {
      name: "FormatError",
      message: 'f: expected an array "x" of i32; got f32',
    });
    assert.throws(() => arrayOf(checkpoint(3), "f", "toString", "f32"), {
      name: "FormatError",
      message: 'f: expected an array "toString" of f32; got none',
    });
  });

  it("are read by the reference library", { skip: missingPython("safetensors", "numpy") }, () => {
    const file = join(folder, "ours.safetensors");
    const { arrays: held, metadata } = decodeSafetensors(golden, goldenFile);
    writeFileSync(file, encodeSafetensors({ arrays: held, metadata }));
    const script = join(import.meta.dirname, "..", "..", "scripts", "golden", "checkpoint.py");
    assert.deepEqual(JSON.parse(runPython(script, file)), JSON.parse(runPython(script, goldenFile)));
    rmSync(file);
  });
});
