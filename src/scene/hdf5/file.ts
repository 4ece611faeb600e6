/** @file An HDF5 file: its objects and their numbers, as the library tells them. */
import { FormatError } from "../../tensor/index.ts";
import { type Limit, limitFor, takeWorker, WorkerFault } from "../worker.ts";
import { hdf5Library } from "./library.ts";

/** An attribute's value. */
export type AttributeValue = number | string | readonly (number | string)[];
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** A group. */
export interface GroupEntry {
  readonly kind: "group";
  readonly attributes: Attributes;
  readonly names: readonly string[];
}

/** An array: what its header says of it. */
export interface DatasetEntry {
  readonly kind: "dataset";
  readonly attributes: Attributes;
  /** As HDF5 and h5py show it, the last axis contiguous; null for an empty dataspace. */
  readonly shape: readonly number[] | null;
  /** HDF5's class: 0 integer, 1 float, 3 text, 6 compound, 7 reference, 8 enumeration. */
  readonly type: number;
  /** Bytes of one element. */
  readonly size: number;
  readonly isSigned: boolean;
  /** An enumeration of FALSE and TRUE, as h5py stores truth values. */
  readonly isBoolean: boolean;
  /** Names and classes of a compound's members. */
  readonly members: readonly { readonly name: string; readonly type: number; readonly size: number }[];
  readonly chunks: readonly number[] | null;
  readonly isVirtual: boolean;
  readonly filters: readonly { readonly id: number; readonly name: string }[];
  /** Paths that an array of references points to; null elsewhere. */
  readonly references: readonly (string | null)[] | null;
  /** One name an axis, from its label or the first scale attached to it. */
  readonly axisNames: readonly (string | null)[];
}

/** A named type, or a link to a group or to nowhere. */
export interface OtherEntry {
  readonly kind: "other";
}

export type Entry = GroupEntry | DatasetEntry | OtherEntry;

/** An open file. */
export interface Hdf5File {
  readonly file: string;
  readonly sizeBytes: number;
  entry(path: string): Promise<Entry>;
  /**
   * Part of a dataset, as little-endian bytes.
   *
   * @param space      where they go: it moves to the worker and comes back under the answer
   * @param roomBytes  what the library makes at once: a chunk or more
   * @throws FormatError if the bytes are damaged
   */
  read(
    path: string,
    offset: readonly number[],
    count: readonly number[],
    bytes: number,
    space: ArrayBuffer,
    roomBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Open an HDF5 file.
 *
 * @throws FormatError if the library cannot open it
 */
export async function openHdf5(file: string, sizeBytes: number): Promise<Hdf5File> {
  const worker = await takeWorker(hdf5Library);
  const ask = async (
    question: string,
    terms: readonly unknown[],
    what: string,
    limit: Limit = limitFor(0),
    moved: readonly ArrayBuffer[] = [],
  ) => {
    try {
      return await worker.ask(question, terms, limit, moved);
    } catch (cause) {
      if (!(cause instanceof WorkerFault)) throw cause;
      const got = `damaged bytes (${cause.message})`;
      throw new FormatError(file, `expected ${what}; got ${got}`, { expected: what, got, cause });
    }
  };
  try {
    await ask("open", [file], "an HDF5 file");
  } catch (cause) {
    await worker.release();
    throw cause;
  }
  return {
    ...{ file, sizeBytes },
    entry: async (path) => (await ask("entry", [path], `an HDF5 object at ${path}`)) as Entry,
    read: async (path, offset, count, bytes, space, roomBytes) => {
      const terms = [path, offset, count, bytes, space];
      const answer = await ask("read", terms, `numbers in ${path}`, limitFor(roomBytes), [space]);
      return answer as Uint8Array<ArrayBuffer>;
    },
    close: () => worker.release(),
  };
}
