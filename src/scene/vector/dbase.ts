/**
 * @file Attributes of a shapefile: dBASE III tables.
 *
 * @see dBASE III file structure: header of 32 bytes, fields of 32 bytes each, records of fixed length
 */
import { TextDecoder } from "node:util";
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { openBytes } from "../bytes.ts";
import type { Attribute } from "./features.ts";

export interface Table {
  readonly fields: readonly string[];
  /** One a record; null for records marked as deleted. */
  readonly records: readonly (Readonly<Record<string, Attribute>> | null)[];
}

interface Field {
  readonly name: string;
  readonly kind: string;
  readonly offset: number;
  readonly length: number;
}

/** @param encoding  of its text, as the .cpg file says; null where there is none */
export function readDbase(file: string, encoding: string | null): Table {
  const source = openBytes(file);
  try {
    const header = source.read(0, 32);
    const view = new DataView(header.buffer);
    const [count, headerLength, recordLength] = [
      view.getUint32(4, true),
      view.getUint16(8, true),
      view.getUint16(10, true),
    ];
    const decoder = decoderOf(encoding ?? codePages.get(header[29]!) ?? "windows-1252", file);
    const fields = readFields(source.read(32, Math.max(0, headerLength - 32)), decoder);
    const end = fields.at(-1);
    if (end === undefined || end.offset + end.length > recordLength) {
      const expected = `fields within records of ${recordLength} bytes`;
      throw new FormatError(file, `expected ${expected}; got ${end === undefined ? "none" : "longer ones"}`, {
        expected,
      });
    }
    if (fields.some(({ length }) => length === 0)) throw new FormatError(file, "expected fields of some length; got 0");
    const bytes = source.read(headerLength, count * recordLength);
    const records = Array.from({ length: count }, (_, index) => {
      const record = bytes.subarray(index * recordLength, (index + 1) * recordLength);
      if (record[0] === deleted) return null;
      return Object.fromEntries(fields.map((field) => [field.name, attributeAt(record, field, decoder)]));
    });
    return { fields: fields.map(({ name }) => name), records };
  } finally {
    source.close();
  }
}

const deleted = 0x2a;
const endOfFields = 0x0d;

function readFields(bytes: Uint8Array, decoder: TextDecoder): Field[] {
  const fields: Field[] = [];
  // Byte 0 of a record tells whether it is deleted.
  let offset = 1;
  for (let at = 0; at + 32 <= bytes.length && bytes[at] !== endOfFields; at += 32) {
    const name = decoder
      .decode(bytes.subarray(at, at + 11))
      .replace(/\0.*$/s, "")
      .trim();
    const length = bytes[at + 16]!;
    fields.push({ name, kind: String.fromCharCode(bytes[at + 11]!), offset, length });
    offset += length;
  }
  return fields;
}

function attributeAt(record: Uint8Array, { kind, offset, length }: Field, decoder: TextDecoder): Attribute {
  const text = decoder
    .decode(record.subarray(offset, offset + length))
    .replaceAll("\0", " ")
    .trim();
  if (kind === "N" || kind === "F") {
    // Asterisks stand for a number that did not fit.
    const value = text === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : null;
  }
  // Logical values of "?" are unknown; memos lie in another file.
  if (text === "" || kind === "M" || (kind === "L" && text === "?")) return null;
  return text;
}

/** Code pages by the language driver in byte 29. */
const codePages: ReadonlyMap<number, string> = new Map([
  ...[0x4d, 0x7a].map((driver) => [driver, "gbk"] as const),
  ...[0x4f, 0x78].map((driver) => [driver, "big5"] as const),
  ...[0x13, 0x7b].map((driver) => [driver, "shift_jis"] as const),
  ...[0x4e, 0x79].map((driver) => [driver, "euc-kr"] as const),
  ...[0x26, 0x65].map((driver) => [driver, "ibm866"] as const),
  [0xc8, "windows-1250"],
  [0xc9, "windows-1251"],
  [0xcb, "windows-1253"],
  [0xca, "windows-1254"],
]);

/** `UTF-8`, `ISO 88591`, `ANSI 1252`, `LDID/87`: names of encodings vary. */
function decoderOf(encoding: string, file: string): TextDecoder {
  const plain = encoding.trim().toLowerCase();
  const driver = /^ldid\/(\d+)$/.exec(plain)?.[1];
  const page = /^(?:ansi|cp|windows|win)?[ _-]*(125\d|874)$/.exec(plain)?.[1];
  const part = /^(?:iso)?[ _-]*8859[ _-]?(\d+)$/.exec(plain)?.[1];
  const name =
    (driver !== undefined && (codePages.get(Number(driver)) ?? "windows-1252")) ||
    (page !== undefined && `windows-${page}`) ||
    (part !== undefined && `iso-8859-${part}`) ||
    (plain === "65001" ? "utf-8" : plain);
  try {
    return new TextDecoder(name);
  } catch (cause) {
    const advice = "save it again with the encoding UTF-8";
    throw new UnsupportedError(`${file}: the encoding ${JSON.stringify(encoding.trim())}`, advice, { cause });
  }
}
