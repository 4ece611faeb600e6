/** @file A polygon as GeoPackage stores it: a short header with its bounds, then well-known binary. */

/** Flags of the header: bounds as least x, largest x, least y, largest y; little-endian. */
const flags = 0b0000_0011;
const headerBytes = 8 + 4 * 8;
const polygonType = 3;

/**
 * The bytes of a polygon.
 *
 * @param rings  x, y, x, y … of each, closed, the exterior first
 * @see OGC 12-128r17, clause 2.1.3, "BLOB Format"
 */
export function geometryBlob(rings: readonly Float64Array[], systemId: number): Uint8Array {
  const size = rings.reduce((sum, ring) => sum + 4 + 8 * ring.length, headerBytes + 9);
  const view = new DataView(new ArrayBuffer(size));
  view.setUint16(0, 0x4750); // "GP"
  view.setUint8(3, flags);
  view.setInt32(4, systemId, true);
  const exterior = rings[0]!;
  for (const axis of [0, 1] as const) {
    const [least, largest] = bounds(exterior, axis);
    view.setFloat64(8 + 16 * axis, least, true);
    view.setFloat64(16 + 16 * axis, largest, true);
  }
  view.setUint8(headerBytes, 1); // little-endian
  view.setUint32(headerBytes + 1, polygonType, true);
  view.setUint32(headerBytes + 5, rings.length, true);
  let at = headerBytes + 9;
  for (const ring of rings) {
    view.setUint32(at, ring.length / 2, true);
    at += 4;
    for (let index = 0; index < ring.length; index++, at += 8) view.setFloat64(at, ring[index]!, true);
  }
  return new Uint8Array(view.buffer);
}

function bounds(ring: Float64Array, axis: 0 | 1): [number, number] {
  let [least, largest] = [ring[axis]!, ring[axis]!];
  for (let at = axis; at < ring.length; at += 2) {
    least = Math.min(least, ring[at]!);
    largest = Math.max(largest, ring[at]!);
  }
  return [least, largest];
}
