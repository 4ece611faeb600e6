/** @file The bytes of one variable, one after another: as they lie in the file, or inflated as they are needed. */
import { createInflate, type Inflate } from "node:zlib";
import { FormatError } from "../../tensor/index.ts";
import { type Bytes, giveBack } from "../bytes.ts";

/** A place in the bytes of a variable; it only moves on. */
export interface Source {
  readonly file: string;
  /** Of the variable in the file. */
  readonly offset: number;
  readonly isPacked: boolean;
  /** Bytes taken and left out so far. */
  readonly at: number;
  /**
   * The next bytes, in memory that the source may use again after the next call.
   *
   * @param space  where they may lie, at least as many
   * @throws FormatError if there are no more, or they are damaged
   */
  take(length: number, space?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Bytes from `ahead` on, without moving on; null where bytes come one after another only.
   *
   * @param space  where they go, as many
   */
  readonly peek: ((ahead: number, space: Uint8Array<ArrayBuffer>) => void) | null;
  /** Leave bytes out; those of a compressed variable are inflated only if others are taken after them. */
  skip(length: number): void;
  /** Check that all is well up to the variable's end. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** A variable that is not compressed, of `size` bytes at an offset. */
export function plainSource(bytes: Bytes, offset: number): Source {
  let at = 0;
  return {
    file: bytes.file,
    offset,
    isPacked: false,
    get at() {
      return at;
    },
    async take(length, space) {
      const taken = bytes.read(offset + at, length, space);
      at += length;
      return taken;
    },
    peek(ahead, space) {
      const read = bytes.read(offset + at + ahead, space.length, space);
      if (read.buffer !== space.buffer) space.set(read);
    },
    skip(length) {
      at += length;
    },
    async finish() {},
    async close() {},
  };
}

const pieceBytes = 2 ** 18;
/** More than a variable's own length may come out at its end: padding. */
const paddingBytes = 16;

/**
 * A compressed variable. Its own length is known from its first 8 bytes: no more is inflated than that.
 *
 * @param offset  of the element in the file
 * @param start   of its compressed bytes
 */
export function packedSource(
  bytes: Bytes,
  offset: number,
  start: number,
  size: number,
  lengthOf: (first: Uint8Array) => number,
): Source {
  const inflate = createInflate({ chunkSize: pieceBytes });
  // Faults come with the pieces, too.
  feed(inflate, bytes, start, size).catch((cause: Error) => inflate.destroy(cause));
  const pieces = inflate[Symbol.asyncIterator]() as AsyncIterator<Uint8Array<ArrayBuffer>>;
  let piece = new Uint8Array(0);
  let inflated = 0;
  let limit = Number.POSITIVE_INFINITY;
  let at = 0;
  let left = 0;

  /** Whether there was another piece. */
  async function next(): Promise<boolean> {
    // Full ones are not written to any more.
    if (piece.buffer.byteLength === pieceBytes && piece.byteOffset + piece.length === pieceBytes)
      giveBack(piece.buffer);
    try {
      const { value, done } = await pieces.next();
      if (done === true) return false;
      piece = value;
    } catch (cause) {
      throw damaged((cause as Error).message, cause);
    }
    const isFirst = inflated === 0;
    inflated += piece.length;
    if (isFirst && piece.length >= 8) limit = lengthOf(piece.subarray(0, 8)) + paddingBytes;
    if (inflated > limit) throw damaged(`more than ${limit} bytes`);
    return true;
  }

  function damaged(what: string, cause?: unknown): FormatError {
    const got = `damaged bytes (${what})`;
    return new FormatError(bytes.file, `expected a compressed variable at offset ${offset}; got ${got}`, {
      ...{ offset, expected: "a compressed variable", got, cause },
    });
  }

  async function fill(): Promise<void> {
    while (piece.length === 0) {
      if (!(await next())) throw damaged(`no more than ${inflated} bytes`);
    }
  }

  return {
    file: bytes.file,
    offset,
    isPacked: true,
    get at() {
      return at;
    },
    async take(length, space) {
      while (left > 0) {
        await fill();
        const count = Math.min(left, piece.length);
        piece = piece.subarray(count);
        left -= count;
      }
      at += length;
      if (piece.length >= length && space === undefined) {
        const taken = piece.subarray(0, length);
        piece = piece.subarray(length);
        return taken;
      }
      const taken = space === undefined ? new Uint8Array(length) : space.subarray(0, length);
      for (let done = 0; done < length; ) {
        await fill();
        const count = Math.min(length - done, piece.length);
        taken.set(piece.subarray(0, count), done);
        piece = piece.subarray(count);
        done += count;
      }
      return taken;
    },
    peek: null,
    skip(length) {
      at += length;
      left += length;
    },
    async finish() {
      // The checksum stands at the end.
      while (await next());
      if (inflated < at) throw damaged(`no more than ${inflated} bytes`);
    },
    async close() {
      await pieces.return?.();
    },
  };
}

/** Compressed bytes, a piece at a time: each is done with before the next takes its place. */
async function feed(inflate: Inflate, bytes: Bytes, start: number, size: number): Promise<void> {
  const space = new Uint8Array(Math.min(size, pieceBytes));
  for (let at = 0; at < size; at += pieceBytes) {
    const piece = bytes.read(start + at, Math.min(pieceBytes, size - at), space);
    await new Promise<void>((resolve, reject) => {
      inflate.write(piece, (fault) => (fault ? reject(fault) : resolve()));
    });
  }
  inflate.end();
}
