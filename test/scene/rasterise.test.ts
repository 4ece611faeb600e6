import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Geometry } from "../../src/scene/vector/features.ts";
import { type PixelGrid, rasterise } from "../../src/scene/vector/rasterise.ts";

type Place = readonly [number, number];

/** Shapes that GDAL burned, with values 1, 2, …, and what it burned: a digit a pixel, rows parted by `/`. */
interface Burned extends PixelGrid {
  readonly shapes: readonly (
    | { readonly type: "Polygon"; readonly coordinates: readonly (readonly Place[])[] }
    | { readonly type: "MultiPoint"; readonly coordinates: readonly Place[] }
  )[];
  readonly centre: string;
  readonly touched: string;
}

const file = join(import.meta.dirname, "..", "golden", "vector", "shapes.json");
const burned = JSON.parse(readFileSync(file, "utf8")) as readonly Burned[];

function polygon(...rings: readonly (readonly Place[])[]): Geometry {
  return { polygons: [rings.map((ring) => Float64Array.from(ring.flat()))], points: new Float64Array(0) };
}

function points(...places: readonly Place[]): Geometry {
  return { polygons: [], points: Float64Array.from(places.flat()) };
}

function rowsOf(data: Uint16Array, { width }: PixelGrid): string {
  return Array.from({ length: data.length / width }, (_, row) =>
    data.subarray(row * width, (row + 1) * width).join(""),
  ).join("/");
}

function burn(geometry: Geometry, grid: PixelGrid, allTouched = false): string {
  return rowsOf(rasterise([{ geometry, value: 1 }], grid, allTouched), grid);
}

const upright: PixelGrid = { height: 4, width: 5, transform: [0, 1, 0, 0, 0, 1] };

describe("rasterise", () => {
  it(`burns the shapes of ${burned.length} rasters as gdal_rasterize does, by pixel centre and all touched`, () => {
    for (const [index, one] of burned.entries()) {
      const shapes = one.shapes.map((shape, at) => {
        const geometry = shape.type === "Polygon" ? polygon(...shape.coordinates) : points(...shape.coordinates);
        return { geometry, value: at + 1 };
      });
      assert.equal(rowsOf(rasterise(shapes, one, false), one), one.centre, `raster ${index}, by pixel centre`);
      assert.equal(rowsOf(rasterise(shapes, one, true), one), one.touched, `raster ${index}, all touched`);
    }
  });

  it("gives a pixel whose centre lies on a shared border to one of two neighbours", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 5, maxLength: 5 }), (halves) => {
        // A border from top to bottom through half columns.
        const border = halves.map((half, index): Place => [half / 2, index]);
        const back = border.toReversed();
        const [left, right] = [polygon([[0, 0], ...border, [0, 4]]), polygon([[5, 0], [5, 4], ...back])];
        const [a, b] = [left, right].map((one) => rasterise([{ geometry: one, value: 1 }], upright, false));
        assert.ok(a!.every((value, pixel) => value + b![pixel]! === 1));
      }),
    );
  });

  it("closes rings that are left open, whichever way they run", () => {
    const ring: readonly Place[] = [
      [0.5, 0.5],
      [3.5, 0.5],
      [3.5, 2.5],
      [0.5, 2.5],
    ];
    const expected = "01110/01110/00000/00000";
    assert.equal(burn(polygon(ring), upright), expected);
    assert.equal(burn(polygon([...ring, ring[0]!]), upright), expected);
    assert.equal(burn(polygon(ring.toReversed()), upright), expected);
  });

  it("maps shapes onto rotated grids", () => {
    const turned: PixelGrid = { height: 4, width: 5, transform: [100, 3, 1, 50, 2, -4] };
    const at = ([col, row]: Place): Place => [100 + col * 3 + row, 50 + col * 2 - row * 4];
    const ring: readonly Place[] = [
      [1.2, 0.7],
      [4.4, 1.2],
      [3.1, 3.8],
    ];
    assert.equal(burn(polygon(ring.map(at)), turned), burn(polygon(ring), upright));
    assert.equal(burn(points(at([2.5, 1.5])), turned), "00000/00100/00000/00000");
  });

  it("covers earlier shapes with later ones", () => {
    const whole = polygon([
      [0, 0],
      [5, 0],
      [5, 4],
      [0, 4],
    ]);
    const shapes = [whole, points([4.5, 0.5]), whole].map((geometry, index) => ({ geometry, value: index + 1 }));
    assert.equal(rowsOf(rasterise(shapes.slice(0, 2), upright, false), upright), "11112/11111/11111/11111");
    assert.equal(rowsOf(rasterise(shapes, upright, false), upright), "33333/33333/33333/33333");
  });

  it("ends soon and stays on the grid whatever the coordinates", () => {
    const far = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -9, max: 9, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(far, far), { minLength: 1, maxLength: 6 }), fc.boolean(), (ring, allTouched) => {
        const data = rasterise([{ geometry: polygon(ring), value: 1 }], upright, allTouched);
        assert.equal(data.length, 20);
      }),
    );
  });
});
