/**
 * @file Shapefile: geometries in .shp, attributes in .dbf, and, where they are there, CRS in .prj, encoding in .cpg.
 *
 * @see ESRI Shapefile Technical Description, July 1998
 */
import { extname } from "node:path";
import { FormatError } from "../../tensor/index.ts";
import { firstBytes, isThere, openBytes } from "../bytes.ts";
import { crsOfWkt } from "./crs.ts";
import { readDbase } from "./dbase.ts";
import type { Feature, Geometry, Positions, VectorLayer } from "./features.ts";
import { polygonsOf } from "./rings.ts";
import { isPlace, unsupportedGeometry } from "./wkb.ts";

const headerBytes = 100;

/** Whether a file begins with the code 9994 and version 1000 of a .shp file. */
export function isShapefile(start: Uint8Array): boolean {
  if (start.length < 32) return false;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return view.getInt32(0) === 9994 && view.getInt32(28, true) === 1000;
}

/** All features of a shapefile. */
export function readShapefile(file: string): VectorLayer {
  const geometries = readGeometries(file);
  const text = (end: string) => {
    const side = beside(file, end);
    return isThere(side) ? new TextDecoder().decode(firstBytes(side, 65536)) : null;
  };
  const table = beside(file, ".dbf");
  const { fields, records } = readDbase(table, text(".cpg"));
  if (records.length !== geometries.length) {
    const [expected, got] = [`${geometries.length} records as in ${file}`, String(records.length)];
    throw new FormatError(table, `expected ${expected}; got ${got}`, { expected, got });
  }
  const features = geometries.flatMap((geometry, index): Feature[] => {
    const properties = records[index]!;
    return geometry === null || properties === null ? [] : [{ number: index + 1, geometry, properties }];
  });
  const wkt = text(".prj");
  return { file, layer: null, crs: wkt === null || wkt.trim() === "" ? null : crsOfWkt(wkt), fields, features };
}

/** The file of the same name with another ending, in upper case if that one is there. */
function beside(file: string, end: string): string {
  const stem = file.slice(0, file.length - extname(file).length);
  return [stem + end, stem + end.toUpperCase()].find(isThere) ?? stem + end;
}

function readGeometries(file: string): (Geometry | null)[] {
  const source = openBytes(file);
  try {
    if (!isShapefile(source.read(0, Math.min(headerBytes, source.size)))) {
      throw new FormatError(file, "expected the header of a .shp file; got other bytes", { offset: 0 });
    }
    // The size of the header counts: bytes after it are nobody's.
    const end = new DataView(source.read(24, 4).buffer).getInt32(0) * 2;
    const geometries: (Geometry | null)[] = [];
    for (let at = headerBytes; at + 8 <= end; ) {
      const length = new DataView(source.read(at, 8).buffer).getInt32(4) * 2;
      const record = { file, offset: at, number: geometries.length + 1 };
      if (length < 4) throw fault(record, "4 bytes or more of content", String(length));
      geometries.push(readShape(source.read(at + 8, length), record));
      at += 8 + length;
    }
    return geometries;
  } finally {
    source.close();
  }
}

interface Place {
  readonly file: string;
  readonly offset: number;
  readonly number: number;
}

function fault({ file, offset, number }: Place, expected: string, got: string): FormatError {
  const where = `feature ${number} at offset ${offset}`;
  return new FormatError(file, `expected ${expected} in ${where}; got ${got}`, { offset, expected, got });
}

/** Types without Z and M; 10 more with Z, 20 more with M. */
const [none, point, polyLine, polygon, multiPoint, multiPatch] = [0, 1, 3, 5, 8, 31];

function readShape(bytes: Uint8Array<ArrayBuffer>, place: Place): Geometry | null {
  const view = new DataView(bytes.buffer);
  const code = view.getInt32(0, true);
  const type = code > 0 && code < 30 ? code % 10 : code;
  const room = (length: number) => {
    if (length > bytes.length) throw fault(place, `${length} bytes of content`, String(bytes.length));
  };
  const count = (at: number) => {
    room(at + 4);
    return view.getUint32(at, true);
  };
  const positions = (at: number, length: number): Positions => {
    room(at + 16 * length);
    const result = Float64Array.from({ length: 2 * length }, (_, index) => view.getFloat64(at + 8 * index, true));
    if (!isPlace(result)) throw fault(place, "finite coordinates", "NaN or infinity");
    return result;
  };
  if (code === none) return null;
  if (type === point) return { polygons: [], points: positions(4, 1) };
  if (type === multiPoint) return { polygons: [], points: positions(40, count(36)) };
  if (type === polygon) {
    const [parts, length] = [count(36), count(40)];
    room(44 + 4 * parts + 16 * length);
    const starts = Array.from({ length: parts }, (_, part) => view.getUint32(44 + 4 * part, true));
    const all = positions(44 + 4 * parts, length);
    const rings = starts.map((start, part) => {
      const end = starts[part + 1] ?? length;
      if (start > end || end > length) throw fault(place, `parts within ${length} points`, `${start} to ${end}`);
      return all.subarray(2 * start, 2 * end);
    });
    const polygons = polygonsOf(rings.filter((ring) => ring.length > 0));
    return polygons.length === 0 ? null : { polygons, points: new Float64Array(0) };
  }
  if (type === polyLine) throw unsupportedGeometry(place.file, `feature ${place.number}`, "line");
  if (code === multiPatch) throw unsupportedGeometry(place.file, `feature ${place.number}`, "multipatch");
  throw fault(place, "a type of shape", `type ${code}`);
}
