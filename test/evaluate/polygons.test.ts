import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Plane, regionsOf, sieved } from "../../src/evaluate/index.ts";
import { polygonsOf } from "../../src/evaluate/polygons.ts";

const map = (rows: readonly string[]): Plane => ({
  height: rows.length,
  width: rows[0]!.length,
  data: Uint16Array.from(rows.join(""), Number),
});
const text = ({ height, width }: Plane, data: ArrayLike<number>): string[] =>
  Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, col) => data[row * width + col]).join(""),
  );
const maps = fc
  .record({ height: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 9 }) })
  .chain(({ height, width }) =>
    fc
      .array(fc.integer({ min: 0, max: 2 }), { minLength: height * width, maxLength: height * width })
      .map((data): Plane => ({ height, width, data })),
  );
/** Twice the signed area of a ring, positive where it runs clockwise on the map. */
function doubleArea(ring: Int32Array): number {
  let sum = 0;
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    sum += ring[at]! * ring[next + 1]! - ring[next]! * ring[at + 1]!;
  }
  return sum;
}

describe("polygonsOf", () => {
  it("gives a region with a hole that touches its outside in a corner as an exterior and a hole", () => {
    const plane = map(["111", "121", "112"]);
    const polygons = polygonsOf(plane, [0, 0.5, 1, 0.5, 0.25, 0.5, 0.5, Number.NaN, 0.75]);
    const plain = polygons.map(({ exterior, holes, ...rest }) => ({
      ...rest,
      exterior: [...exterior],
      holes: holes.map((hole) => [...hole]),
    }));
    assert.deepEqual(plain, [
      {
        ...{ label: 1, pixels: 7, mean: 0.5 },
        exterior: [3, 0, 3, 2, 2, 2, 2, 3, 0, 3, 0, 0],
        holes: [[2, 2, 2, 1, 1, 1, 1, 2]],
      },
      { label: 2, pixels: 1, mean: 0.25, exterior: [2, 1, 2, 2, 1, 2, 1, 1], holes: [] },
      { label: 2, pixels: 1, mean: 0.75, exterior: [3, 2, 3, 3, 2, 3, 2, 2], holes: [] },
    ]);
  });

  it("covers every labelled pixel once: exterior less holes is the number of pixels", () => {
    fc.assert(
      fc.property(maps, (plane) => {
        for (const { pixels, exterior, holes } of polygonsOf(plane, new Float32Array(81))) {
          assert.equal(doubleArea(exterior) + holes.reduce((sum, hole) => sum + doubleArea(hole), 0), 2 * pixels);
          assert.ok(doubleArea(exterior) > 0 && holes.every((hole) => doubleArea(hole) < 0));
          for (const ring of [exterior, ...holes]) {
            const corners = Array.from({ length: ring.length / 2 }, (_, at) => `${ring[2 * at]},${ring[2 * at + 1]}`);
            assert.equal(new Set(corners).size, corners.length, "a ring passes no corner twice");
          }
        }
      }),
    );
  });
});

describe("sieved", () => {
  it("gives small regions to the neighbour with the longest common border", () => {
    const plane = map(["11122", "13122", "11322", "00040"]);
    assert.deepEqual(text(plane, sieved(plane, 2)), ["11122", "11122", "11122", "00020"]);
  });

  it("joins what a small region held apart, and lets the joined region count as large", () => {
    const plane = map(["1213333", "4443333", "4443333"]);
    assert.deepEqual(text(plane, sieved(plane, 3)), ["4443333", "4443333", "4443333"]);
  });

  it("leaves no small region but those without neighbours, and pixels without a label", () => {
    fc.assert(
      fc.property(maps, fc.integer({ min: 0, max: 6 }), (plane, fewest) => {
        const data = sieved(plane, fewest);
        const before = regionsOf({ ...plane, data: Array.from(plane.data, (label) => Math.min(1, label)) });
        const after = regionsOf({ ...plane, data });
        for (let pixel = 0; pixel < data.length; pixel++) {
          assert.equal(data[pixel] === 0, plane.data[pixel] === 0);
          if (data[pixel] === 0) continue;
          const size = after.sizes[after.data[pixel]!]!;
          assert.ok(size >= fewest || size === before.sizes[before.data[pixel]!]);
        }
        if (fewest < 2) assert.deepEqual(Array.from(data), Array.from(plane.data));
      }),
    );
  });
});
