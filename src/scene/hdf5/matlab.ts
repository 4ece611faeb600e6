/**
 * @file What MATLAB saves with -v7.3, as the tree that its older files hold: HDF5 groups are structs, arrays of
 * references are cells and struct arrays, and every axis order is reversed. Numbers are read when they are chosen.
 *
 * @see MathWorks, "MAT-File Versions": -v7.3 files are HDF5; the attributes are those that MATLAB writes
 */
import { FormatError } from "../../tensor/index.ts";
import type { MatNumbers, MatOther, MatStruct, MatValue } from "../matlab/mat-value.ts";
import type { RasterData } from "../raster.ts";
import type { Attributes, DatasetEntry, Entry, GroupEntry, Hdf5File } from "./file.ts";
import { numberTypeOf, readNumbers } from "./numbers.ts";
import { readSparse, sparseAt } from "./sparse.ts";

/** The tree, and how to read the numbers of its leaves, band-last. */
export interface MatlabTree {
  readonly root: MatStruct;
  /** None for empty arrays. @param location  for messages */
  readonly numbers: ReadonlyMap<MatValue, (location: string) => Promise<RasterData>>;
}

const compoundClass = 6;
const maxDepth = 64;
const maxObjects = 10_000;

/** The whole file but for MATLAB's own groups, which references lead into. */
export async function readMatlabTree(hdf5: Hdf5File, root: GroupEntry): Promise<MatlabTree> {
  const found = new Map<MatValue, (location: string) => Promise<RasterData>>();
  let objects = 0;

  async function readAt(path: string, depth: number): Promise<MatValue> {
    objects++;
    if (objects > maxObjects) throw fault(`at most ${maxObjects} arrays`, "more");
    if (depth > maxDepth) throw fault(`at most ${maxDepth} structs within each other`, "more");
    return read(path, await hdf5.entry(path), depth);
  }

  async function read(path: string, entry: Entry, depth: number): Promise<MatValue> {
    if (entry.kind === "other") return object;
    const matlabClass = textOf(entry.attributes, "MATLAB_class");
    if (entry.kind === "group" && entry.attributes.has("MATLAB_sparse")) return readSparseGroup(path, entry);
    if (matlabClass === "function_handle") return functionHandle;
    if (entry.attributes.has("MATLAB_object_decode")) return object;
    return entry.kind === "group" ? readGroup(path, entry, depth) : readDataset(path, entry, matlabClass, depth);
  }

  async function readGroup(path: string, group: GroupEntry, depth: number): Promise<MatValue> {
    const matlabClass = textOf(group.attributes, "MATLAB_class");
    if (matlabClass !== null && matlabClass !== "struct") return object;
    const fields = fieldNames(group);
    const entries = new Map<string, Entry>();
    for (const field of fields) entries.set(field, await hdf5.entry(`${path}/${field}`));
    const columns = structArray(Array.from(entries.values()));
    if (columns === null) {
      const element = new Map<string, MatValue>();
      for (const field of fields) element.set(field, await readAt(`${path}/${field}`, depth + 1));
      return { kind: "struct", dims: [1, 1], fields, elements: [element] };
    }
    const elements: Map<string, MatValue>[] = [];
    for (const index of columns[0]!.references!.keys()) {
      const element = new Map<string, MatValue>();
      for (const [at, field] of fields.entries()) {
        element.set(field, await readReference(columns[at]!.references![index]!, depth));
      }
      elements.push(element);
    }
    return { kind: "struct", dims: matlabDims(columns[0]!), fields, elements };
  }

  async function readSparseGroup(path: string, group: GroupEntry): Promise<MatValue> {
    const sparse = await sparseAt(hdf5, path, group);
    const className = `sparse ${sparse.isLogical ? "logical" : "double"}`;
    const numbers = emptyNumbers([sparse.height, sparse.width], className);
    found.set(numbers, (location) => readSparse(hdf5, sparse, location));
    return numbers;
  }

  async function readReference(target: string | null, depth: number): Promise<MatValue> {
    return target === null ? emptyNumbers([0, 0], "double") : readAt(target, depth + 1);
  }

  async function readDataset(
    path: string,
    entry: DatasetEntry,
    matlabClass: string | null,
    depth: number,
  ): Promise<MatValue> {
    const type = numberTypeOf(entry);
    const isEmpty = Number(entry.attributes.get("MATLAB_empty") ?? 0) !== 0;
    const dims = isEmpty ? await emptyDims(path, entry) : matlabDims(entry);
    if (matlabClass === "struct") return { kind: "struct", dims, fields: fieldNames(entry), elements: [] };
    if (matlabClass === "cell" || entry.references !== null) {
      const elements: MatValue[] = [];
      for (const target of isEmpty ? [] : (entry.references ?? [])) elements.push(await readReference(target, depth));
      return { kind: "cell", dims, elements };
    }
    // Texts are listed, never read.
    if (matlabClass === "char") return { kind: "text", dims, rows: [] };
    if (entry.type === compoundClass) return complexOrOther(entry, dims, matlabClass);
    if (type === null) return object;
    const className = matlabClass ?? matlabNames.get(type.name) ?? type.name;
    const numbers = emptyNumbers(dims, className);
    // MATLAB's first axis is HDF5's last.
    const axes = (entry.shape ?? []).map((_, axis) => axis).toReversed();
    if (!isEmpty) found.set(numbers, (location) => readNumbers(hdf5, { path, entry }, type, axes, location));
    return numbers;
  }

  /** An empty array is stored as its axis lengths. */
  async function emptyDims(path: string, entry: DatasetEntry): Promise<readonly number[]> {
    const type = numberTypeOf(entry);
    const shape = entry.shape ?? [];
    if (type === null || shape.length !== 1 || shape[0]! < 2 || shape[0]! > 32) return [0, 0];
    return Array.from(await readNumbers(hdf5, { path, entry }, type, [0], hdf5.file));
  }

  function fault(expected: string, got: string): FormatError {
    return new FormatError(hdf5.file, `expected ${expected}; got ${got}`, { expected, got });
  }

  const elements = new Map<string, MatValue>();
  for (const name of root.names) if (!ownGroups.has(name)) elements.set(name, await readAt(`/${name}`, 1));
  const fields = Array.from(elements.keys());
  return { root: { kind: "struct", dims: [1, 1], fields, elements: [elements] }, numbers: found };
}

const ownGroups: ReadonlySet<string> = new Set(["#refs#", "#subsystem#"]);
const matlabNames: ReadonlyMap<string, string> = new Map([
  ["float64", "double"],
  ["float32", "single"],
  ["bool", "logical"],
]);

const object: MatOther = { kind: "other", what: "object", advice: "save its properties as a struct" };
const functionHandle: MatOther = { kind: "other", what: "function handle", advice: "save arrays only" };

function emptyNumbers(dims: readonly number[], className: string): MatNumbers {
  return { kind: "numbers", className, dims, data: new Float64Array(0) };
}

function complexOrOther(entry: DatasetEntry, dims: readonly number[], matlabClass: string | null): MatOther {
  const names = entry.members.map(({ name }) => name).join();
  if (names !== "real,imag") return object;
  const className = matlabClass ?? (entry.members[0]!.size === 4 ? "single" : "double");
  return {
    kind: "other",
    what: `complex ${dims.join("×")} ${className}`,
    advice: "save real(x) and imag(x), or abs(x)",
  };
}

/** Axis lengths as MATLAB shows them: at least two, the first varying fastest. */
function matlabDims({ shape }: DatasetEntry): readonly number[] {
  const dims = (shape ?? [0, 0]).toReversed();
  while (dims.length < 2) dims.push(1);
  return dims;
}

/** The fields of a struct array: arrays of references, all of one shape; null for the fields of one struct. */
function structArray(fields: readonly Entry[]): readonly DatasetEntry[] | null {
  const columns = fields.filter(
    (one): one is DatasetEntry =>
      one.kind === "dataset" && one.references !== null && !one.attributes.has("MATLAB_class"),
  );
  if (columns.length === 0 || columns.length < fields.length) return null;
  const isAlike = columns.every(({ shape }) => shape!.join() === columns[0]!.shape!.join());
  return isAlike ? columns : null;
}

/** In MATLAB's order where the file tells it. */
function fieldNames(entry: GroupEntry | DatasetEntry): readonly string[] {
  const names = entry.kind === "group" ? entry.names : [];
  const told = entry.attributes.get("MATLAB_fields");
  if (!Array.isArray(told)) return names;
  const ordered = told.map(String);
  const isSame = ordered.length === names.length && names.every((name) => ordered.includes(name));
  return entry.kind === "dataset" || isSame ? ordered : names;
}

function textOf(attributes: Attributes, name: string): string | null {
  const value = attributes.get(name);
  return typeof value === "string" ? value : null;
}
