/** @file The arrays of a plain HDF5 or NetCDF-4 file, by the paths of their groups. */
import { ConfigError, FormatError } from "../../tensor/index.ts";
import { type Listed, onlyArray } from "../numpy/choose.ts";
import type { DatasetEntry, Entry, GroupEntry, Hdf5File } from "./file.ts";
import { type Dataset, numberTypeOf } from "./numbers.ts";

/** A dataset as a list shows it. */
export interface ListedDataset extends Listed, Dataset {
  /** Without the first slash: `group/reflectance`. */
  readonly path: string;
  /** Saved by Octave, whose axes stand in the file from last to first. */
  readonly isReversed: boolean;
}

/** What a file holds. */
export interface Hdf5Tree {
  readonly datasets: readonly ListedDataset[];
  /** Names in each group, by its path; the file itself is "". */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

const maxObjects = 10_000;
const maxDepth = 64;

/** Every dataset and group below the root, in file order. */
export async function readTree(hdf5: Hdf5File, root: GroupEntry): Promise<Hdf5Tree> {
  const datasets: ListedDataset[] = [];
  const groups = new Map<string, readonly string[]>();
  let objects = 0;

  async function walk(path: string, entry: Entry, depth: number, isReversed: boolean): Promise<void> {
    if (entry.kind === "dataset") datasets.push(listed(path, entry, isReversed));
    if (entry.kind !== "group") return;
    groups.set(path, entry.names);
    for (const name of entry.names) {
      objects++;
      if (objects > maxObjects) throw fault(`at most ${maxObjects} objects`);
      if (depth >= maxDepth) throw fault(`at most ${maxDepth} groups within each other`);
      const inner = path === "" ? name : `${path}/${name}`;
      await walk(inner, await hdf5.entry(`/${inner}`), depth + 1, entry.attributes.has("OCTAVE_NEW_FORMAT"));
    }
  }

  function fault(expected: string): FormatError {
    return new FormatError(hdf5.file, `expected ${expected}; got more`, { expected, got: "more" });
  }

  await walk("", root, 0, false);
  return { datasets, groups };
}

const compoundClass = 6;
const classNames: ReadonlyMap<number, string> = new Map([
  [2, "times"],
  [3, "text"],
  [4, "bits"],
  [5, "opaque bytes"],
  [compoundClass, "records"],
  [7, "references"],
  [9, "lists"],
  [10, "arrays"],
]);

function listed(path: string, entry: DatasetEntry, isReversed: boolean): ListedDataset {
  const type = numberTypeOf(entry);
  const members = entry.members.map(({ name }) => name).join();
  const isComplex = entry.type === compoundClass && (members === "r,i" || members === "real,imag");
  const kind = isComplex ? "complex numbers" : (classNames.get(entry.type) ?? `numbers of ${entry.size} bytes`);
  const shape = isReversed ? (entry.shape ?? []).toReversed() : (entry.shape ?? []);
  const content = `${shape.join("×")} ${type?.name ?? kind}`.trim();
  const dims = shape.filter((length) => length !== 1);
  return { path, entry, isReversed, content, dims: type === null || dims.length > 3 ? null : dims };
}

/**
 * The dataset at a path such as `group/reflectance` or `group.reflectance`; for a group, the only one in it that can be
 * a raster.
 *
 * @param location  the whole location, for messages
 * @throws ConfigError if there is none, or a choice
 */
export function datasetAt({ datasets, groups }: Hdf5Tree, field: string | null, location: string): ListedDataset {
  if (field === null) return onlyArray(datasets, location);
  const wanted = field.replace(/^\/+|\/+$/g, "");
  const isIt = (path: string) => path === wanted || path.replaceAll("/", ".") === wanted;
  const found = datasets.find(({ path }) => isIt(path));
  if (found !== undefined) return found;
  const all = Array.from(groups.keys());
  const group = all.find((path) => path !== "" && isIt(path));
  if (group !== undefined) return onlyArray(within(datasets, group), location);
  const dotted = wanted.replaceAll("/", ".");
  const nearest = all
    .filter((path) => path === "" || dotted.startsWith(`${path.replaceAll("/", ".")}.`))
    .reduce((a, b) => (b.length > a.length ? b : a), "");
  const known = groups.get(nearest)!.join(", ");
  const got = nearest === "" ? wanted : wanted.slice(nearest.length + 1);
  const place = nearest === "" ? "the file" : nearest;
  throw new ConfigError(
    location,
    `expected one of ${known === "" ? "nothing" : known} in ${place}; got "${got}"`,
    field,
  );
}

function within(datasets: readonly ListedDataset[], group: string): readonly ListedDataset[] {
  return datasets.filter(({ path }) => path.startsWith(`${group}/`));
}

/** A dataset that another one names: in its group, or in a group around it. */
export function datasetNear({ datasets }: Hdf5Tree, path: string, name: string): ListedDataset | null {
  for (let group = path; group !== ""; ) {
    group = group.slice(0, Math.max(0, group.lastIndexOf("/")));
    const found = datasets.find((one) => one.path === (group === "" ? name : `${group}/${name}`));
    if (found !== undefined) return found;
  }
  return null;
}
