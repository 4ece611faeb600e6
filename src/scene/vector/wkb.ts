/**
 * @file Well-known binary, in either byte order, with or without Z and M.
 *
 * @see OGC 06-103r4, ISO 13249-3; EWKB for the flags in the upper bits of the type
 */
import { FormatError, UnsupportedError } from "../../tensor/index.ts";
import type { Geometry, Polygon, Positions } from "./features.ts";

const names = [
  ...["Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"],
  ...["GeometryCollection", "CircularString", "CompoundCurve", "CurvePolygon", "MultiCurve", "MultiSurface", "Curve"],
  ...["Surface", "PolyhedralSurface", "TIN", "Triangle"],
];
const [point, polygon, multiPoint, multiPolygon, collection] = [1, 3, 4, 6, 7];

const maxDepth = 16;

/**
 * Polygons and points of a geometry; empty parts are left out.
 *
 * @param subject  what errors speak of: `fields.gpkg: feature 3`
 * @throws FormatError if it is cut short, damaged, or has a position that is not finite
 * @throws UnsupportedError for lines, curves and surfaces
 */
export function readWkb(bytes: Uint8Array, file: string, subject: string): Geometry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const polygons: Polygon[] = [];
  const points: number[] = [];
  let at = 0;

  const fault = (expected: string, got: string): FormatError =>
    new FormatError(file, `expected ${expected} in ${subject}; got ${got}`, { expected, got });
  const take = (length: number): number => {
    if (length > view.byteLength - at) {
      throw fault(`${length} bytes of geometry from byte ${at} on`, `${view.byteLength - at} bytes`);
    }
    at += length;
    return at - length;
  };
  /** A count of parts, each of at least so many bytes, which must be there. */
  const count = (isLittle: boolean, partBytes: number): number => {
    const parts = view.getUint32(take(4), isLittle);
    if (parts * partBytes > view.byteLength - at) {
      throw fault(`room for ${parts} parts of ${partBytes} bytes or more`, `${view.byteLength - at} bytes`);
    }
    return parts;
  };
  const positions = (length: number, dims: number, isLittle: boolean): Positions => {
    const result = new Float64Array(2 * length);
    const start = take(length * dims * 8);
    for (let index = 0; index < length; index++) {
      for (const axis of [0, 1]) {
        result[2 * index + axis] = view.getFloat64(start + (index * dims + axis) * 8, isLittle);
      }
    }
    return result;
  };

  const read = (depth: number): void => {
    if (depth > maxDepth) throw fault(`at most ${maxDepth} collections within each other`, "more");
    const isLittle = view.getUint8(take(1)) === 1;
    const code = view.getUint32(take(4), isLittle);
    if ((code & 0x20000000) !== 0) take(4);
    const iso = code & 0x0fffffff;
    const type = iso % 1000;
    if (iso >= 4000 || type === 0 || type >= names.length) throw fault("a type of geometry", `type ${code}`);
    const thousands = Math.floor(iso / 1000);
    const hasZ = code >>> 31 === 1 || thousands === 1 || thousands === 3;
    const hasM = ((code >>> 30) & 1) === 1 || thousands >= 2;
    const dims = 2 + Number(hasZ) + Number(hasM);
    if (type === point) {
      const place = positions(1, dims, isLittle);
      // NaN, NaN is how an empty point is written.
      if (place.every(Number.isNaN)) return;
      if (!isPlace(place)) throw fault("finite coordinates", place.join(" "));
      points.push(...place);
    } else if (type === polygon) {
      const rings: Positions[] = [];
      for (let left = count(isLittle, 4); left > 0; left--) {
        const ring = positions(count(isLittle, dims * 8), dims, isLittle);
        if (!isPlace(ring)) throw fault("finite coordinates", "NaN or infinity");
        if (ring.length > 0) rings.push(ring);
      }
      if (rings.length > 0) polygons.push(rings);
    } else if (type === multiPoint || type === multiPolygon || type === collection) {
      for (let left = count(isLittle, 9); left > 0; left--) read(depth + 1);
    } else {
      throw unsupportedGeometry(file, subject, names[type]!);
    }
  };
  read(0);
  return { polygons, points: Float64Array.from(points) };
}

/** Whether all coordinates are finite. */
export function isPlace(positions: Positions): boolean {
  // value − value is 0 for finite numbers, else NaN.
  return positions.every((value) => value - value === 0);
}

/** What all readers say of lines. */
export function unsupportedGeometry(file: string, subject: string, what: string): UnsupportedError {
  return new UnsupportedError(`${file}: ${subject} is a ${what}, which`, "save polygons or points instead");
}
