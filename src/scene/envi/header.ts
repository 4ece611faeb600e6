/**
 * @file The text of an ENVI header: fields `key = value` and `key = {list}`, in any case, spacing and order.
 *
 * @see NV5 Geospatial, "ENVI header files", https://www.nv5geospatialsoftware.com/docs/enviheaderfiles.html
 */
import { isUtf8 } from "node:buffer";
import { FormatError } from "../../tensor/index.ts";
import { openBytes } from "../bytes.ts";

/** What stands after the `=`, without braces and outer spaces. */
export interface EnviField {
  readonly text: string;
  /** Where it begins, 1-based. */
  readonly line: number;
}

/** A header's fields by key, in lower case with single spaces; of two twins the last counts. */
export interface EnviHeader {
  readonly file: string;
  readonly fields: ReadonlyMap<string, EnviField>;
}

const maxHeaderBytes = 2 ** 24;

/** Is this the start of an ENVI header? */
export function isEnviHeader(start: Uint8Array): boolean {
  return /^(\u00ef\u00bb\u00bf)?ENVI\s/.test(Buffer.from(start.subarray(0, 8)).toString("latin1"));
}

/**
 * The fields of an ENVI header.
 *
 * @throws FormatError if the file is no ENVI header, or a brace is left open
 */
export function readEnviHeader(file: string): EnviHeader {
  const bytes = openBytes(file);
  try {
    if (bytes.size > maxHeaderBytes) {
      throw new FormatError(file, `expected a header of at most ${maxHeaderBytes} bytes; got ${bytes.size}`);
    }
    const content = bytes.read(0, bytes.size);
    if (!isEnviHeader(content))
      throw new FormatError(file, 'expected a header that begins with "ENVI"; got other text');
    return { file, fields: fieldsOf(file, textLines(content)) };
  } finally {
    bytes.close();
  }
}

/** Lines of a text in UTF-8 or else Latin-1, whatever ends them. */
export function textLines(content: Uint8Array): string[] {
  return new TextDecoder(isUtf8(content) ? "utf-8" : "latin1").decode(content).split(/\r\n|\r|\n/);
}

function fieldsOf(file: string, lines: readonly string[]): Map<string, EnviField> {
  const fields = new Map<string, EnviField>();
  const isComment = (line: string) => line.trimStart().startsWith(";");
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at]!;
    const equals = line.indexOf("=");
    if (equals <= 0 || isComment(line)) continue;
    const key = line.slice(0, equals).trim().toLowerCase().replace(/\s+/g, " ");
    const value = line.slice(equals + 1).trim();
    const first = at + 1;
    if (!value.startsWith("{")) {
      fields.set(key, { text: value, line: first });
      continue;
    }
    const parts = [value.slice(1)];
    while (!parts.at(-1)!.includes("}")) {
      if (++at === lines.length) {
        throw new FormatError(file, `expected "}" at the end of "${key}"; got the end of the file — line ${first}`);
      }
      parts.push(isComment(lines[at]!) ? "" : lines[at]!);
    }
    const text = parts.join(" ");
    fields.set(key, { text: text.slice(0, text.indexOf("}")).trim(), line: first });
  }
  return fields;
}

/** The text of a field, null where it is missing or empty. */
export function textOf({ fields }: EnviHeader, key: string): string | null {
  const text = fields.get(key)?.text ?? "";
  return text === "" ? null : text;
}

/** The entries of a list, null where it is missing or empty. */
export function listOf(header: EnviHeader, key: string): string[] | null {
  const entries = textOf(header, key)
    ?.split(",")
    .map((entry) => entry.trim());
  // A comma may stand after the last entry.
  if (entries?.at(-1) === "") entries.pop();
  return entries === undefined || entries.length === 0 ? null : entries;
}

/**
 * A whole number.
 *
 * @param missing  its value where the header has none; null where the header must have it
 */
export function integerOf(header: EnviHeader, key: string, low: number, missing: number | null): number {
  const text = textOf(header, key);
  if (text === null && missing !== null) return missing;
  const value = text === null ? Number.NaN : Number(text);
  if (!Number.isSafeInteger(value) || value < low) throw fieldFault(header, key, `an integer ≥ ${low}`);
  return value;
}

/** A field that is not what it must be: `x.hdr: expected "bands" to be …; got "…" — line 5`. */
export function fieldFault(header: EnviHeader, key: string, expected: string): FormatError {
  const field = header.fields.get(key);
  const got = field === undefined ? "none" : `"${field.text.slice(0, 80)}"`;
  const where = field === undefined ? "" : ` — line ${field.line}`;
  const sentence = `expected "${key}" to be ${expected}; got ${got}${where}`;
  return new FormatError(header.file, sentence, { expected, got });
}
