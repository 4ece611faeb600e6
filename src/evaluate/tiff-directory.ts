/** @file The directories of a TIFF file: tagged fields, written as bytes (little-endian). */
import type { StoredTile, TileStore } from "./tile-store.ts";

/** One field of a TIFF directory. */
export type TiffField =
  | { readonly tag: number; readonly type: "short" | "long" | "long8" | "double"; readonly values: ArrayLike<number> }
  | { readonly tag: number; readonly type: "ascii"; readonly text: string };

/** One image of a TIFF file: its fields without TileOffsets (324) and TileByteCounts (325), and its tiles in order. */
export interface TiffImage {
  readonly fields: readonly TiffField[];
  readonly tiles: readonly StoredTile[];
}

const types = {
  ascii: { code: 2, bytes: 1 },
  short: { code: 3, bytes: 2 },
  long: { code: 4, bytes: 4 },
  double: { code: 12, bytes: 8 },
  long8: { code: 16, bytes: 8 },
} as const;

/** Sizes in bytes of the parts of a directory, in TIFF 6.0 and in BigTIFF, whose offsets have 64 bits. */
const layouts = {
  classic: { header: 8, count: 2, entry: 12, offset: 4, offsets: "long" },
  big: { header: 16, count: 8, entry: 20, offset: 8, offsets: "long8" },
} as const;

type Layout = (typeof layouts)[keyof typeof layouts];

/** A directory with its place in the file. */
interface PlacedDirectory {
  readonly at: number;
  readonly fields: readonly TiffField[];
  readonly values: readonly Uint8Array[];
  /** Offset of the values that do not fit into their entry, 0 for the others. */
  readonly valueOffsets: readonly number[];
  readonly end: number;
}

/** Says to readers that directories come before tiles, and how tiles are framed; GDAL writes and looks for the same. */
const structure = [
  "LAYOUT=IFDS_BEFORE_DATA",
  "BLOCK_ORDER=ROW_MAJOR",
  "BLOCK_LEADER=SIZE_AS_UINT4",
  "BLOCK_TRAILER=LAST_4_BYTES_REPEATED",
  "KNOWN_INCOMPATIBLE_EDITION=NO\n ", // who changes the file in place has room to write YES
].join("\n");
const structureText = `GDAL_STRUCTURAL_METADATA_SIZE=${String(structure.length).padStart(6, "0")} bytes\n${structure}`;

/** How a file is laid out. */
export interface TiffLayout {
  /** With the text that lets GDAL read a tile with one request: a cloud-optimised GeoTIFF. */
  readonly isCloudOptimized?: boolean;
  /** Largest size in bytes of a file that is no BigTIFF. @default 4 GiB */
  readonly largestClassic?: number;
}

/**
 * A whole TIFF file: header, all directories with their values, then the tiles, those of the last image first. With the
 * full image first and its overviews by falling size this is the order of a cloud-optimised GeoTIFF. A file above
 * 4 GiB becomes a BigTIFF.
 *
 * @param store  of the tiles
 * @returns the parts of the file in order
 * @see TIFF 6.0; OGC 21-026 (Cloud Optimized GeoTIFF); libtiff, "BigTIFF design"
 */
export function* tiffFile(
  images: readonly TiffImage[],
  store: TileStore,
  { isCloudOptimized = false, largestClassic = 0xffff_ffff }: TiffLayout = {},
): Generator<Uint8Array, void> {
  const text = new TextEncoder().encode(isCloudOptimized ? structureText : "");
  const [leader, trailer] = isCloudOptimized ? [4, 4] : [0, 0];
  const framed = ({ length }: StoredTile): number => even(leader + length + trailer);
  const tileBytes = images.reduce((sum, { tiles }) => sum + tiles.reduce((one, tile) => one + framed(tile), 0), 0);
  const classic = placedDirectories(images, text.length, layouts.classic);
  const isBig = classic.at(-1)!.end + tileBytes > largestClassic;
  const layout = isBig ? layouts.big : layouts.classic;
  const directories = isBig ? placedDirectories(images, text.length, layout) : classic;

  const head = new Uint8Array(directories.at(-1)!.end);
  const view = new DataView(head.buffer);
  head.set([0x49, 0x49, isBig ? 43 : 42, 0], 0); // "II": little-endian
  if (isBig) view.setUint16(4, layout.offset, true);
  writeOffset(view, layout.header - layout.offset, directories[0]!.at, layout);
  head.set(text, layout.header);
  let end = head.length;
  for (let index = images.length - 1; index >= 0; index--) {
    const offsets = images[index]!.tiles.map((tile) => {
      const offset = end + leader;
      end += framed(tile);
      return offset;
    });
    writeDirectory(head, directories[index]!, offsets, directories[index + 1]?.at ?? 0, layout);
  }
  yield head;
  for (const { tiles } of [...images].reverse()) {
    for (const tile of tiles) {
      const bytes = new Uint8Array(framed(tile));
      const stored = store.get(tile);
      if (leader > 0) new DataView(bytes.buffer).setUint32(0, tile.length, true);
      bytes.set(stored, leader);
      if (trailer > 0) bytes.set(stored.subarray(-trailer), leader + tile.length);
      yield bytes;
    }
  }
}

/** Directories, values and tiles begin on even offsets. */
const even = (length: number): number => length + (length % 2);

function placedDirectories(images: readonly TiffImage[], textBytes: number, layout: Layout): PlacedDirectory[] {
  let end: number = even(layout.header + textBytes);
  return images.map(({ fields: given, tiles }) => {
    const at = end;
    const fields: TiffField[] = [
      ...given,
      { tag: 324, type: layout.offsets, values: tiles.map(() => 0) } as const,
      { tag: 325, type: "long", values: tiles.map(({ length }) => length) } as const,
    ].sort((a, b) => a.tag - b.tag);
    end += layout.count + layout.entry * fields.length + layout.offset;
    const values = fields.map(encodedValues);
    const valueOffsets = values.map(({ length }) => {
      if (length <= layout.offset) return 0;
      const offset = end;
      end += even(length);
      return offset;
    });
    return { at, fields, values, valueOffsets, end };
  });
}

function writeDirectory(
  head: Uint8Array,
  { at, fields, values, valueOffsets }: PlacedDirectory,
  tileOffsets: readonly number[],
  next: number,
  layout: Layout,
): void {
  const view = new DataView(head.buffer);
  if (layout.count === 2) view.setUint16(at, fields.length, true);
  else view.setBigUint64(at, BigInt(fields.length), true);
  fields.forEach((field, index) => {
    const bytes = field.tag === 324 ? numbers(layout.offsets, tileOffsets) : values[index]!;
    const entry = at + layout.count + layout.entry * index;
    view.setUint16(entry, field.tag, true);
    view.setUint16(entry + 2, types[field.type].code, true);
    writeOffset(view, entry + 4, bytes.length / types[field.type].bytes, layout);
    const place = valueOffsets[index]!;
    if (place === 0) head.set(bytes, entry + 4 + layout.offset);
    else {
      writeOffset(view, entry + 4 + layout.offset, place, layout);
      head.set(bytes, place);
    }
  });
  writeOffset(view, at + layout.count + layout.entry * fields.length, next, layout);
}

function writeOffset(view: DataView, at: number, value: number, { offset }: Layout): void {
  if (offset === 4) view.setUint32(at, value, true);
  else view.setBigUint64(at, BigInt(value), true);
}

function encodedValues(field: TiffField): Uint8Array {
  return field.type === "ascii"
    ? new TextEncoder().encode(`${field.text.replace(/\0+$/, "")}\0`)
    : numbers(field.type, field.values);
}

function numbers(type: "short" | "long" | "long8" | "double", values: ArrayLike<number>): Uint8Array {
  const { bytes } = types[type];
  const view = new DataView(new ArrayBuffer(bytes * values.length));
  for (let index = 0; index < values.length; index++) {
    if (type === "short") view.setUint16(index * bytes, values[index]!, true);
    else if (type === "long") view.setUint32(index * bytes, values[index]!, true);
    else if (type === "long8") view.setBigUint64(index * bytes, BigInt(values[index]!), true);
    else view.setFloat64(index * bytes, values[index]!, true);
  }
  return new Uint8Array(view.buffer);
}
