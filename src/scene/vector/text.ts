/** @file Text files: UTF-8, with or without a byte order mark. */
import { isUtf8 } from "node:buffer";
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import { openBytes } from "../bytes.ts";

/** About what one string can hold. */
const maxBytes = 2 ** 29 - 64;

/**
 * The whole text of a file.
 *
 * @throws FormatError if it is not UTF-8
 * @throws UnsupportedError if it is longer than a string can be
 */
export function readText(file: string): string {
  const source = openBytes(file);
  try {
    if (source.size > maxBytes)
      throw new UnsupportedError(`${file}: text of ${source.size} bytes`, "save it as GeoPackage");
    const bytes = source.read(0, source.size);
    if (!isUtf8(bytes)) throw new FormatError(file, "expected text in UTF-8; got other bytes — save it as UTF-8");
    return new TextDecoder().decode(bytes);
  } finally {
    source.close();
  }
}
