/** @file An HDF5 file: its objects and their numbers, as the library tells them. */
import { FormatError } from "../../tensor/index.ts";
import { type Library, LibraryFault, stepMs, takeLibrary } from "./library.ts";

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
   * @param space  where they go: it moves to the worker and comes back under the answer
   * @throws FormatError if the bytes are damaged
   */
  read(
    path: string,
    offset: readonly number[],
    count: readonly number[],
    bytes: number,
    space: ArrayBuffer,
  ): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Open an HDF5 file.
 *
 * @throws FormatError if the library cannot open it
 */
export async function openHdf5(file: string, sizeBytes: number): Promise<Hdf5File> {
  const library: Library = await takeLibrary();
  const ask = async (
    question: string,
    terms: readonly unknown[],
    moved: ArrayBuffer[],
    what: string,
    limitMs: number,
  ) => {
    try {
      return await library.ask(question, terms, moved, limitMs);
    } catch (cause) {
      if (!(cause instanceof LibraryFault)) throw cause;
      const got = `damaged bytes (${cause.message})`;
      throw new FormatError(file, `expected ${what}; got ${got}`, { expected: what, got, cause });
    }
  };
  try {
    await ask("open", [file], [], "an HDF5 file", stepMs);
  } catch (cause) {
    await library.release();
    throw cause;
  }
  return {
    ...{ file, sizeBytes },
    entry: async (path) => (await ask("entry", [path], [], `an HDF5 object at ${path}`, stepMs)) as Entry,
    read: async (path, offset, count, bytes, space) => {
      const terms = [path, offset, count, bytes, space];
      // Generous: the library makes some 50 MiB a second.
      const limitMs = stepMs + (bytes / 2 ** 20) * 200;
      return (await ask("read", terms, [space], `numbers in ${path}`, limitMs)) as Uint8Array<ArrayBuffer>;
    },
    close: () => library.release(),
  };
}
