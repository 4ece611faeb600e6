/** @file The data elements of a variable: their types and sizes, checked against the element around them. */
import { FormatError } from "../../tensor/index.ts";
import type { Source } from "./source.ts";

/** A place within an element. */
export interface Cursor {
  readonly source: Source;
  readonly littleEndian: boolean;
  /** Where the element ends, in the source's bytes. */
  readonly end: number;
}

/** One data element. */
export interface Element {
  readonly type: number;
  /** Its first byte, for messages. */
  readonly place: number;
  readonly size: number;
  /** Padding after its bytes. */
  readonly padding: number;
  /** The bytes of a small element stand in its tag. */
  readonly inline: Uint8Array<ArrayBuffer> | null;
}

/** The tag of the next element. Its bytes come next. */
export async function nextElement(cursor: Cursor, expected: string): Promise<Element> {
  const { source, end, littleEndian } = cursor;
  const place = source.at;
  if (place + 8 > end) throw cursorFault(cursor, place, expected, "the end of the variable");
  const tag = await source.take(8);
  const view = viewOf(tag);
  const word = view.getUint32(0, littleEndian);
  if (word >>> 16 !== 0) {
    const size = word >>> 16;
    if (size > 4) throw cursorFault(cursor, place, "a small element of at most 4 bytes", `${size}`);
    return { type: word & 0xffff, place, size, padding: 0, inline: tag.slice(4, 4 + size) };
  }
  const size = view.getUint32(4, littleEndian);
  const room = end - source.at;
  if (size > room) throw cursorFault(cursor, place, `${size} bytes of ${expected}`, `${room}`);
  return { type: word, place, size, padding: Math.min(-size & 7, room - size), inline: null };
}

/** All bytes of an element; to be used before the next ones are taken. */
export async function content(
  { source }: Cursor,
  { size, padding, inline }: Element,
): Promise<Uint8Array<ArrayBuffer>> {
  if (inline !== null) return inline;
  const bytes = await source.take(size);
  source.skip(padding);
  return bytes;
}

/** Go on after an element. */
export function leave({ source }: Cursor, { size, padding, inline }: Element): void {
  if (inline === null) source.skip(size + padding);
}

/** The 32-bit words of an element, at least `count`. */
export async function integers(cursor: Cursor, element: Element, count: number): Promise<Uint32Array> {
  if (element.size < count * 4) {
    throw cursorFault(cursor, element.place, `${count} integers of 4 bytes`, `${element.size} bytes`);
  }
  const view = viewOf(await content(cursor, element));
  return Uint32Array.from({ length: Math.floor(element.size / 4) }, (_, at) =>
    view.getUint32(at * 4, cursor.littleEndian),
  );
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Up to its first zero. */
export function latin1(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

export function cursorFault({ source }: Cursor, at: number, expected: string, got: string): FormatError {
  const { file, offset, isPacked } = source;
  if (!isPacked) return matFault(file, offset + at, expected, got);
  const where = `byte ${at} of the compressed variable at offset ${offset}`;
  return new FormatError(file, `expected ${expected}; got ${got} — ${where}`, { offset, expected, got });
}

export function matFault(file: string, offset: number, expected: string, got: string): FormatError {
  const sentence = `expected ${expected}; got ${got} — at offset ${offset}`;
  return new FormatError(file, sentence, { offset, expected, got });
}
