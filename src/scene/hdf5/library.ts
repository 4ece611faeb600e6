/**
 * @file The HDF5 library as a program for a worker. It sees one file and no other: links and storage that point elsewhere
 * lead nowhere.
 */
import type { WorkerProgram } from "../worker.ts";

const maxReferences = 10_000;
const maxAttributeBytes = 2 ** 16;
const maxName = 4096;

const text = `
const { maxReferences, maxAttributeBytes, maxName } = data;
const only = "/file";
let library, module, file, stream, open, id, places;
let diagnosis = "";

async function start() {
  if (module !== undefined) return;
  // Compiling twice, fast and well, takes 20 MB more: only what is most used is compiled well.
  const { setFlagsFromString } = require("node:v8");
  setFlagsFromString("--wasm-tiering-budget=200000000");
  library = await import(data.h5wasm);
  module = await library.ready;
  setFlagsFromString("--wasm-tiering-budget=1800000");
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

function openFile(path) {
  close();
  file = path;
  open = new library.File(only, "r");
  id = open.file_id;
  if (id < 0n) throw new LastFault("cut short or no HDF5 file");
}

function close() {
  if (open !== undefined) open.close();
  open = undefined;
  places = undefined;
  // A file that an object still holds would be found again, stale, if its bytes changed.
  if (stream !== undefined) throw new LastFault("the file stays open");
}

// The bindings pass over most failures; what the library prints betrays them.
function sound(ask) {
  diagnosis = "";
  const answer = ask();
  if (diagnosis !== "") throw new LastFault("unreadable");
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
    if (module.get_attribute_data(id, path, name, BigInt(at)) < 0) throw new LastFault("an attribute cannot be read");
    const { buffer } = module.HEAPU8;
    return Array.from({ length: count }, (_, index) => {
      const [length, letters] = new Uint32Array(buffer, at + index * 8, 2);
      if (length > maxName || letters + length > buffer.byteLength) throw new LastFault("a name of " + length + " letters");
      return Buffer.from(buffer, letters, length).toString("latin1");
    });
  } finally {
    module._free(at);
  }
}

function read(path, offset, count, bytes, space) {
  return move(numbers(path, offset, count, bytes, space));
}

function numbers(path, offset, count, bytes, space = new ArrayBuffer(bytes)) {
  const at = module._malloc(bytes);
  if (at === 0) throw new LastFault("no memory for " + bytes + " bytes");
  try {
    // A single number has no axes to choose from.
    const big = (list) => (list.length === 0 ? null : list.map(BigInt));
    const status = module.get_dataset_data(id, path, big(count), big(offset), big(count.map(() => 1)), BigInt(at));
    if (status < 0) throw new LastFault("the HDF5 library cannot decode them");
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
  if (total_size > maxReferences) throw new LastFault("more than " + maxReferences + " references in one array");
  const bytes = numbers(path, shape.map(() => 0), shape, total_size * size);
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

// The innermost of the library's messages, else what was thrown. It is not trusted with another file after that.
const telling = (ask) => (...terms) => {
  diagnosis = "";
  try {
    return ask(...terms);
  } catch (cause) {
    const printed = Array.from(diagnosis.matchAll(/#\\d+: .* in \\w+\\(\\): (.*)/g)).at(-1);
    throw printed ? new LastFault(printed[1]) : cause;
  }
};

const answers = { start, open: telling(openFile), close: telling(close), entry: telling(entry), read: telling(read) };
`;

export const hdf5Library: WorkerProgram = {
  name: "the HDF5 library",
  text,
  data: { h5wasm: import.meta.resolve("h5wasm/node"), maxReferences, maxAttributeBytes, maxName },
  heapMb: 64,
};
