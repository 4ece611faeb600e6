/** @file The directory of a TIFF file: tagged fields, written as bytes (little-endian). */
import { UnsupportedError } from "../tensor/index.ts";

/** One field of a TIFF directory. */
export type TiffField =
  | { readonly tag: number; readonly type: "short" | "long" | "double"; readonly values: ArrayLike<number> }
  | { readonly tag: number; readonly type: "ascii"; readonly text: string };

const types = {
  ascii: { code: 2, bytes: 1 },
  short: { code: 3, bytes: 2 },
  long: { code: 4, bytes: 4 },
  double: { code: 12, bytes: 8 },
} as const;

const headerBytes = 8;
const entryBytes = 12;

/**
 * A whole TIFF file of one image: header, directory, values that do not fit into it, then the tiles.
 *
 * @param fields  without TileOffsets (324) and TileByteCounts (325), which are added here
 * @param tiles   encoded pixels, in order
 * @throws UnsupportedError beyond 4 GiB, the limit of classic TIFF
 */
export function tiffFile(fields: readonly TiffField[], tiles: readonly Uint8Array[]): Uint8Array {
  const placed = [
    ...fields,
    { tag: 324, type: "long", values: new Uint32Array(tiles.length) } as const,
    { tag: 325, type: "long", values: tiles.map((tile) => tile.length) } as const,
  ].sort((a, b) => a.tag - b.tag);
  const encoded = placed.map(encodedValues);

  let end = headerBytes + 2 + entryBytes * placed.length + 4;
  const valueOffsets = encoded.map(({ length }) => {
    if (length <= 4) return 0;
    const offset = end;
    end += length + (length % 2); // values and tiles begin on even offsets
    return offset;
  });
  const tileOffsets = tiles.map(({ length }) => {
    const offset = end;
    end += length + (length % 2);
    return offset;
  });
  if (end > 0xffff_ffff) {
    throw new UnsupportedError(
      `a GeoTIFF of ${(end / 2 ** 30).toFixed(1)} GiB, above the 4 GiB of classic TIFF,`,
      "write fewer bands or part of the scene",
    );
  }
  encoded[placed.findIndex(({ tag }) => tag === 324)] = numbers("long", tileOffsets);

  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0], 0); // "II": little-endian
  view.setUint32(4, headerBytes, true);
  view.setUint16(headerBytes, placed.length, true);
  placed.forEach((field, index) => {
    const bytes = encoded[index]!;
    const entry = headerBytes + 2 + entryBytes * index;
    view.setUint16(entry, field.tag, true);
    view.setUint16(entry + 2, types[field.type].code, true);
    view.setUint32(entry + 4, bytes.length / types[field.type].bytes, true);
    if (valueOffsets[index] === 0) file.set(bytes, entry + 8);
    else {
      view.setUint32(entry + 8, valueOffsets[index]!, true);
      file.set(bytes, valueOffsets[index]!);
    }
  });
  tiles.forEach((tile, index) => {
    file.set(tile, tileOffsets[index]!);
  });
  return file;
}

function encodedValues(field: TiffField): Uint8Array {
  return field.type === "ascii"
    ? new TextEncoder().encode(`${field.text.replace(/\0+$/, "")}\0`)
    : numbers(field.type, field.values);
}

function numbers(type: "short" | "long" | "double", values: ArrayLike<number>): Uint8Array {
  const { bytes } = types[type];
  const view = new DataView(new ArrayBuffer(bytes * values.length));
  for (let index = 0; index < values.length; index++) {
    if (type === "short") view.setUint16(index * bytes, values[index]!, true);
    else if (type === "long") view.setUint32(index * bytes, values[index]!, true);
    else view.setFloat64(index * bytes, values[index]!, true);
  }
  return new Uint8Array(view.buffer);
}
