/** @file The two files of an ENVI raster: the header and, beside it, the pixels. */
import { existsSync, statSync } from "node:fs";
import { extname } from "node:path";
import { FormatError } from "../../tensor/index.ts";
import { firstBytes } from "../bytes.ts";
import { isEnviHeader } from "./header.ts";

/** Extensions of files of pixels; where there are several beside a header, the first in this list counts. */
const dataExtensions = ["", ".dat", ".img", ".bin", ".raw", ".bsq", ".bil", ".bip", ".sli", ".hyspex"];

/** The header and the pixels of one raster. */
export interface EnviFiles {
  readonly header: string;
  readonly data: string;
}

/**
 * Both files, from the path of either.
 *
 * @throws FormatError if one of them is missing
 */
export function enviFiles(file: string): EnviFiles {
  if (isHeaderName(file)) {
    if (!existsSync(file)) throw new FormatError(file, "expected a file; got none of that name");
    const base = file.slice(0, -".hdr".length);
    const data = firstOf(dataExtensions.flatMap((extension) => inAnyCase(base, extension)));
    if (data !== null) return { header: file, data };
    const names = "the same name without .hdr, or with .dat, .img, .bin, .raw, .bsq, .bil or .bip instead";
    throw new FormatError(file, `expected pixels in a file beside the header; got none — it has ${names}`);
  }
  if (!existsSync(file)) throw new FormatError(file, "expected a file; got none of that name");
  const header = headerOf(file);
  if (header !== null) return { header, data: file };
  throw new FormatError(file, "expected an ENVI header beside the file; got none — it has the same name and .hdr");
}

/** The ENVI header that belongs to a file of pixels, null where there is none. */
export function headerOf(data: string): string | null {
  const extension = extname(data);
  const appended = inAnyCase(data, ".hdr");
  // A scene.hdr belongs to scene.dat, and not to the scene.tif beside it.
  const isData = dataExtensions.includes(extension.toLowerCase());
  const base = data.slice(0, data.length - extension.length);
  return firstOf(isData ? [...appended, ...inAnyCase(base, ".hdr")] : appended, isEnvi);
}

export function isHeaderName(file: string): boolean {
  return extname(file).toLowerCase() === ".hdr";
}

function isEnvi(header: string): boolean {
  return isEnviHeader(firstBytes(header, 8));
}

/** Lower, upper and title case: all that is seen in practice, and no folder need be listed. */
function inAnyCase(base: string, extension: string): string[] {
  const title = extension.slice(0, 2).toUpperCase() + extension.slice(2);
  return Array.from(new Set([extension, extension.toUpperCase(), title]), (one) => base + one);
}

function firstOf(names: readonly string[], isWanted: (name: string) => boolean = () => true): string | null {
  return names.find((name) => statSync(name, { throwIfNoEntry: false })?.isFile() && isWanted(name)) ?? null;
}
