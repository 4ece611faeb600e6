/**
 * @file The HDF5 library, in a worker thread of its own with time limits, because damaged files can make it loop or
 * trap. It sees one file and no other: links and storage that point elsewhere lead nowhere.
 */
import { Worker } from "node:worker_threads";
import { InternalError, SymdiffuserError } from "../../tensor/index.ts";

const maxReferences = 10_000;
const maxAttributeBytes = 2 ** 16;
const maxName = 4096;

// As text, so that it runs the same from sources and from the built package.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const { maxReferences, maxAttributeBytes, maxName } = workerData;
const only = "/file";
let library, module, file, stream, open, id, places;
let diagnosis = "";

async function start() {
  if (module !== undefined) return;
  library = await import(workerData.h5wasm);
  module = await library.ready;
  module.deactivate_throwing_error_handler();
  const { FS } = module;
  const original = { open: FS.open, close: FS.close, stat: FS.stat };
  const known = (path) => {
    if (path !== only) throw new FS.ErrnoError(44);
    return file;
  };
  FS.open = (path) => {
    stream = original.open(known(path), 0);
    return stream;
  };
  FS.close = (one) => {
    if (one === stream) stream = undefined;
    return original.close(one);
  };
  FS.stat = (path) => original.stat(known(path));
  // What the library prints tells what is wrong.
  FS.write = (stream, heap, at, length) => {
    diagnosis = (diagnosis + Buffer.from(heap.buffer, at, length)).slice(-4096);
    return length;
  };
}

// What is wrong with a file; told as text, for classes do not cross threads.
class Fault extends Error {}

// Time limits are for one step of a long answer.
const beat = () => parentPort.postMessage({ beat: true });

function openFile(path) {
  close();
  file = path;
  open = new library.File(only, "r");
  id = open.file_id;
  if (id < 0n) throw new Fault("cut short or no HDF5 file");
}

function close() {
  if (open !== undefined) open.close();
  open = undefined;
  places = undefined;
  // A file that an object still holds would be found again, stale, if its bytes changed.
  if (stream !== undefined) throw new Fault("the file stays open");
}

// The bindings pass over most failures; what the library prints betrays them.
function sound(ask) {
  diagnosis = "";
  const answer = ask();
  if (diagnosis !== "") throw new Fault("unreadable");
  return answer;
}

function attributes(path) {
  const found = [];
  for (const name of sound(() => module.get_attribute_names(id, path))) {
    const { type, vlen_type, shape, total_size, size } = module.get_attribute_metadata(id, path, name);
    if (shape === null || total_size * size > maxAttributeBytes) continue;
    const isText = type === 3;
    const isNumber = (type === 0 && [1, 2, 4, 8].includes(size)) || (type === 1 && [4, 8].includes(size));
    const isSpelt = type === 9 && vlen_type.type === 3 && vlen_type.size === 1;
    if (isText || isNumber) found.push([name, new library.Attribute(id, path, name).json_value]);
    else if (isSpelt) found.push([name, spelt(path, name, total_size)]);
  }
  return new Map(found);
}

// Lists of letters. Their lengths are not to be trusted.
function spelt(path, name, count) {
  const at = module._malloc(count * 8);
  try {
    if (module.get_attribute_data(id, path, name, BigInt(at)) < 0) throw new Fault("an attribute cannot be read");
    const { buffer } = module.HEAPU8;
    return Array.from({ length: count }, (_, index) => {
      const [length, letters] = new Uint32Array(buffer, at + index * 8, 2);
      if (length > maxName || letters + length > buffer.byteLength) throw new Fault("a name of " + length + " letters");
      return Buffer.from(buffer, letters, length).toString("latin1");
    });
  } finally {
    module._free(at);
  }
}

function read(path, offset, count, bytes, space = new ArrayBuffer(bytes)) {
  const at = module._malloc(bytes);
  if (at === 0) throw new Fault("no memory for " + bytes + " bytes");
  try {
    // A single number has no axes to choose from.
    const big = (list) => (list.length === 0 ? null : list.map(BigInt));
    const status = module.get_dataset_data(id, path, big(count), big(offset), big(count.map(() => 1)), BigInt(at));
    if (status < 0) throw new Fault("the HDF5 library cannot decode them");
    const out = new Uint8Array(space, 0, bytes);
    out.set(module.HEAPU8.subarray(at, at + bytes));
    return out;
  } finally {
    module._free(at);
  }
}

// MATLAB keeps what references lead to in one group. The library finds the name of a reference by walking the whole
// file, so the names' references are asked for instead, once.
function placesOfReferences() {
  const group = "/#refs#";
  const found = new Map();
  if (module.get_type(id, group) !== module.H5G_GROUP) return found;
  for (const name of module.get_names(id, group, false)) {
    beat();
    const path = group + "/" + name;
    found.set(key(module.create_object_reference(id, path)), path);
  }
  return found;
}

const key = (reference) => Buffer.from(reference).toString("hex");

function references(path, { shape, total_size, size }) {
  if (total_size > maxReferences) throw new Fault("more than " + maxReferences + " references in one array");
  const bytes = read(path, shape.map(() => 0), shape, total_size * size);
  places ??= placesOfReferences();
  return Array.from({ length: total_size }, (_, at) => {
    beat();
    const reference = bytes.subarray(at * size, (at + 1) * size);
    if (reference.every((byte) => byte === 0)) return null;
    return places.get(key(reference)) ?? module.get_referenced_name(id, reference, true);
  });
}

function axisName(path, axis, label) {
  if (label) return label;
  const [scale] = module.get_attached_scales(id, path, axis);
  return scale ? scale.slice(scale.lastIndexOf("/") + 1) : null;
}

function entry(path) {
  const kind = module.get_type(id, path);
  if (kind === module.H5G_GROUP) {
    // Links to groups may run in circles.
    if (path !== "/" && module.get_symbolic_link(id, path) !== null) return { kind: "other" };
    return { kind: "group", attributes: attributes(path), names: sound(() => module.get_names(id, path, false)) };
  }
  if (kind !== module.H5G_DATASET) return { kind: "other" };
  const metadata = sound(() => module.get_dataset_metadata(id, path));
  const { shape, type, size, signed, compound_type, chunks, virtual_sources, enum_type, ref_type, total_size } = metadata;
  const isReference = type === 7 && ref_type === "object" && shape !== null && shape.length > 0 && total_size > 0;
  const hasScales = shape !== null && module.get_attribute_names(id, path).some((name) => name.startsWith("DIMENSION_L"));
  const labels = hasScales ? module.get_dimension_labels(id, path) : [];
  return {
    kind: "dataset",
    attributes: attributes(path),
    shape,
    type,
    size,
    isSigned: signed,
    isBoolean: Object.keys(enum_type?.members ?? {}).sort().join() === "FALSE,TRUE",
    members: (compound_type?.members ?? []).map(({ name, type, size }) => ({ name, type, size })),
    chunks,
    isVirtual: virtual_sources !== undefined,
    filters: sound(() => module.get_dataset_filters(id, path)).map(({ id, name }) => ({ id, name })),
    references: isReference ? references(path, metadata) : null,
    axisNames: (shape ?? []).map((_, axis) => (hasScales ? axisName(path, axis, labels[axis]) : null)),
  };
}

const answers = { start, open: openFile, close, entry, read };

// The innermost of the library's messages, else what was thrown.
function fault(cause) {
  const printed = Array.from(diagnosis.matchAll(/#\\d+: .* in \\w+\\(\\): (.*)/g)).at(-1);
  return printed ? printed[1] : (cause instanceof Error ? cause.message : String(cause)).split("\\n")[0];
}

parentPort.on("message", async ({ question, terms }) => {
  diagnosis = "";
  try {
    const value = await answers[question](...terms);
    parentPort.postMessage({ value }, question === "read" ? [value.buffer] : []);
  } catch (cause) {
    parentPort.postMessage({ fault: fault(cause) });
  }
});
`;

interface Answer {
  /** Not an answer yet, but a sign that the library goes on. */
  readonly beat?: boolean;
  readonly value?: unknown;
  readonly fault?: string;
}

/** What the library found wrong, or that it ran too long; the reader makes a FormatError of it. */
export class LibraryFault extends SymdiffuserError {}

/** A running library. Answers come in the order of questions. */
export interface Library {
  /** @param moved  buffers among the terms that move to the worker */
  ask(question: string, terms: readonly unknown[], moved: ArrayBuffer[], limitMs: number): Promise<unknown>;
  /** Close the file; keep the library for the next one if nothing went wrong. */
  release(): Promise<void>;
}

const startMs = 30_000;
/** For one step of the library, which takes milliseconds. */
export const stepMs = 1500;
const keepMs = 5_000;
let kept: Library | null = null;

/** The library of the file read last, where it is free, else a new one. */
export async function takeLibrary(): Promise<Library> {
  const library = kept ?? start();
  kept = null;
  try {
    await library.ask("start", [], [], startMs);
    return library;
  } catch (cause) {
    await library.release();
    throw new InternalError(`the HDF5 library does not start (${(cause as Error).message})`, { cause });
  }
}

function start(): Library {
  const worker = new Worker(program, {
    ...{ eval: true, execArgv: [], stdout: true, stderr: true },
    workerData: { h5wasm: import.meta.resolve("h5wasm/node"), maxReferences, maxAttributeBytes, maxName },
  });
  const waiting: ((answer: Answer) => void)[] = [];
  let end: Answer | null = null;
  let isFaulty = false;
  let keeping: NodeJS.Timeout | undefined;
  const stop = (fault: string) => {
    end ??= { fault };
    for (const answer of waiting.splice(0)) answer(end);
  };
  let timer: NodeJS.Timeout | undefined;
  worker.on("message", (answer: Answer) => {
    if (answer.beat === true) timer?.refresh();
    else waiting.shift()?.(answer);
  });
  worker.on("error", (cause: unknown) => stop(cause instanceof Error ? cause.message : String(cause)));
  worker.on("exit", () => stop("the HDF5 library has stopped"));

  async function answerTo(
    question: string,
    terms: readonly unknown[],
    moved: ArrayBuffer[],
    limitMs: number,
  ): Promise<Answer> {
    clearTimeout(keeping);
    worker.ref();
    worker.postMessage({ question, terms }, moved);
    // The last question's limit runs from when it was asked: those before it have answered by then, or run too long.
    clearTimeout(timer);
    const own = setTimeout(() => stop(`the HDF5 library ran longer than ${limitMs} ms`), limitMs);
    timer = own;
    const answer = await new Promise<Answer>((resolve) => {
      if (end === null) waiting.push(resolve);
      else resolve(end);
    });
    clearTimeout(own);
    if (answer.fault !== undefined) isFaulty = true;
    return answer;
  }

  const library: Library = {
    async ask(question, terms, moved, limitMs) {
      const { value, fault } = await answerTo(question, terms, moved, limitMs);
      if (fault === undefined) return value;
      throw new LibraryFault(fault);
    },
    async release() {
      if (!isFaulty) await answerTo("close", [], [], stepMs);
      if (isFaulty || kept !== null) {
        await worker.terminate();
        return;
      }
      kept = library;
      // A program that is done need not wait for it.
      worker.unref();
      keeping = setTimeout(() => {
        kept = null;
        worker.terminate();
      }, keepMs).unref();
    },
  };
  return library;
}
