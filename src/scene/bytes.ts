/** @file The bytes of a file, read piece by piece, so that a damaged header never makes us load or allocate much. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { FormatError } from "../tensor/index.ts";
import { isRemote, isThereRemotely, openRemote } from "./remote.ts";

/** An open file. */
export interface Bytes {
  readonly file: string;
  readonly size: number;
  /**
   * A copy of `length` bytes from `offset` on.
   *
   * @param space  at least as many bytes that the copy may lie in, so that a large file is read through little memory
   * @throws FormatError if the file ends before
   */
  read(offset: number, length: number, space?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  close(): void;
}

/**
 * Open a file, or an `http(s)://` address, to read.
 *
 * @throws FormatError if there is no such file, or it cannot be read
 */
export function openBytes(file: string): Bytes {
  if (isRemote(file)) return openRemote(file);
  const handle = openToRead(file);
  const size = fstatSync(handle).size;
  return {
    file,
    size,
    read(offset, length, space) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        const got = `the end of the file after ${size} bytes`;
        const expected = `${length} bytes at offset ${offset}`;
        throw new FormatError(file, `expected ${expected}; got ${got} — the file is cut short or damaged`, {
          offset,
          expected,
          got,
        });
      }
      const bytes = space === undefined ? new Uint8Array(length) : space.subarray(0, length);
      for (let done = 0; done < length; ) {
        // readSync refuses more than 2³¹ − 1 bytes at once.
        const count = readSync(handle, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
        if (count === 0) throw new FormatError(file, `expected ${size} bytes; got fewer while reading`, { offset });
        done += count;
      }
      return bytes;
    },
    close: () => closeSync(handle),
  };
}

/** Whether there is a file of that name, here or on its web server. @throws FormatError if that cannot be reached */
export function isThere(file: string): boolean {
  return isRemote(file) ? isThereRemotely(file) : existsSync(file);
}

function openToRead(file: string): number {
  if (!existsSync(file)) throw new FormatError(file, "expected a file; got none of that name", { expected: "a file" });
  try {
    const handle = openSync(file, "r");
    if (fstatSync(handle).isFile()) return handle;
    closeSync(handle);
  } catch (cause) {
    throw new FormatError(file, `expected a readable file; got ${(cause as Error).message}`, { cause });
  }
  throw new FormatError(file, "expected a file; got a directory or device", { expected: "a file" });
}

/** At most the first `length` bytes of a file. */
export function firstBytes(file: string, length: number): Uint8Array {
  const bytes = openBytes(file);
  try {
    return bytes.read(0, Math.min(length, bytes.size));
  } finally {
    bytes.close();
  }
}

/** In place: words of 2, 4 or 8 bytes into the other byte order. */
export function swapBytes({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>, wordBytes: number): void {
  const bytes = Buffer.from(buffer, byteOffset, length);
  if (wordBytes === 2) bytes.swap16();
  else if (wordBytes === 4) bytes.swap32();
  else if (wordBytes === 8) bytes.swap64();
}

let nowhere: MessagePort | null = null;

/** Give memory back at once, not when garbage is next collected. Whoever still looks at it finds it empty. */
export function giveBack(buffer: ArrayBuffer): void {
  if (nowhere === null) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nowhere = port1;
  }
  // What moves to a port that nobody listens to is gone.
  nowhere.postMessage(buffer, [buffer]);
}
