import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Raster } from "../../src/scene/raster.ts";
import { describeVector } from "../../src/scene/vector/describe.ts";
import { attributeOf, type VectorLayer } from "../../src/scene/vector/features.ts";
import { labelRaster, outsideText } from "../../src/scene/vector/labels.ts";
import type { PixelGrid } from "../../src/scene/vector/rasterise.ts";
import { isVector, readVector } from "../../src/scene/vector/readers.ts";

interface Masks {
  /** Texts behind codes 1…K, in the order of code units; null where the attribute holds codes. */
  readonly names: readonly string[] | null;
  readonly centre: readonly string[];
  readonly touched: readonly string[];
}

/** What OGR reads of a file and GDAL burns of it. */
interface Golden {
  readonly location: string;
  readonly epsg: number | null;
  readonly crsName: string | null;
  readonly grid: PixelGrid;
  /** Whether there is a geometry, and the attributes, one a feature. */
  readonly properties: readonly (readonly [boolean, Readonly<Record<string, string | number | null>>])[];
  readonly masks: Readonly<Record<string, Masks>>;
}

const folder = join(import.meta.dirname, "..", "golden", "vector");
const golden = (name: string): string => join(folder, name);
const goldens = JSON.parse(readFileSync(golden("vector.json"), "utf8")) as readonly Golden[];

function rowsOf({ data, width }: Raster): string[] {
  return Array.from({ length: data.length / width }, (_, row) =>
    data.subarray(row * width, (row + 1) * width).join(""),
  );
}

describe("readVector", () => {
  for (const { location, epsg, crsName, properties } of goldens) {
    it(`reads the attributes and CRS of ${location} as OGR does`, async () => {
      const layer = await readVector(golden(location));
      const expected = properties.flatMap(([hasPlace, values], index) => (hasPlace ? [[index + 1, values]] : []));
      assert.deepEqual(
        layer.features.map((feature) => {
          const fields = layer.fields.filter((name) => name !== "id");
          return [feature.number, Object.fromEntries(fields.map((name) => [name, attributeOf(feature, name)]))];
        }),
        expected,
      );
      assert.equal(layer.crs?.epsg ?? null, epsg);
      if (crsName !== null) assert.equal(layer.crs?.name, crsName);
    });
  }

  it("keeps the well-known text of GeoPackages and .prj files", async () => {
    assert.match((await readVector(golden("polygon.shp"))).crs!.wkt!, /^PROJCS\["WGS_1984_UTM_Zone_18S",/);
    const { crs } = await readVector(golden("one-layer.gpkg"));
    assert.match(crs!.wkt!, /^PROJCS\["WGS 84 \/ UTM zone 18S",/);
    assert.equal(crs!.name, "WGS 84 / UTM zone 18S");
  });

  it("knows its files by extension, or by content", async () => {
    for (const { location } of goldens) assert.ok(isVector(golden(location)), location);
    assert.ok(isVector("not-there.GPKG#fields"));
    assert.ok(!isVector(golden("point.dbf")) && !isVector("not-there.tif"));
  });
});

describe("describeVector", () => {
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-vector-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const listed = async (...values: readonly (string | number)[]) => {
    const file = join(folder, "points.csv");
    writeFileSync(file, ["kind,x,y", ...values.map((value) => `${value},1,1`)].join("\n"));
    return (await describeVector(file)).fields[0]!.counts!.map(({ value }) => value);
  };

  it("lists texts in the order of their codes, numbers by size", async () => {
    assert.deepEqual(await listed("ähre", "zebra", "9", "Wald", "10", "", "alm"), [
      "10",
      "9",
      "Wald",
      "alm",
      "zebra",
      "ähre",
      null,
    ]);
    assert.deepEqual(await listed(10, 9, "", 100), [9, 10, 100, null]);
  });
});

describe("labelRaster", () => {
  for (const { location, grid, masks } of goldens) {
    it(`burns ${location} as gdal_rasterize does`, async () => {
      const layer = await readVector(golden(location));
      for (const [field, { names, centre, touched }] of Object.entries(masks)) {
        const { raster } = labelRaster(layer, grid, { field, allTouched: false, project: null });
        assert.deepEqual(rowsOf(raster), centre);
        assert.deepEqual(raster.categories?.map(({ name }) => name) ?? null, names);
        assert.deepEqual(rowsOf(labelRaster(layer, grid, { field, allTouched: true, project: null }).raster), touched);
      }
    });
  }
});

describe("choosing the attribute of the class", () => {
  const layerOf = (...rows: readonly Record<string, string | number | null>[]): VectorLayer => ({
    file: "fields.gpkg",
    layer: null,
    crs: null,
    fields: Object.keys(rows[0]!),
    features: rows.map((properties, index) => ({
      number: index + 1,
      geometry: { polygons: [], points: Float64Array.of(index + 0.5, 0.5) },
      properties,
    })),
  });
  const grid: PixelGrid = { height: 1, width: 4, transform: [0, 1, 0, 0, 0, 1] };
  const burn = (layer: VectorLayer, field: string | null = null, project: Project = null) =>
    rowsOf(labelRaster(layer, grid, { field, allTouched: false, project }).raster);
  type Project = ((x: number, y: number) => readonly [number, number]) | null;

  it("takes the only one besides identifiers, or the one called so", () => {
    assert.deepEqual(burn(layerOf({ fid: 9, OBJECTID: 8, kind: 3 }, { fid: 7, OBJECTID: 8, kind: 5 })), ["3500"]);
    assert.deepEqual(burn(layerOf({ height: 2.5, Class: "b" }, { height: 1, Class: "a" })), ["2100"]);
  });

  it("takes codes as they are, texts in the order of code units, and leaves features without a value out", () => {
    assert.deepEqual(burn(layerOf({ kind: 0 }, { kind: null }, { kind: 7 })), ["0070"]);
    assert.deepEqual(burn(layerOf({ kind: "Zebra " }, { kind: "  " }, { kind: "ähre" }, { kind: "10" })), ["2031"]);
    assert.deepEqual(burn(layerOf({ kind: "10" }, { kind: 9 })), ["1200"]);
  });

  it("tells of features outside the grid, and of classes that have no others", () => {
    const kinds = (...all: readonly (string | number)[]) =>
      outsideText(
        labelRaster(layerOf(...all.map((kind) => ({ kind }))), grid, { field: null, allTouched: false, project: null })
          .coverage,
        "the scene",
      );
    assert.equal(kinds(1, 2, 3, 4), null);
    assert.equal(kinds(1, 2, 3, 4, 4, 2), "2 of 6 features lie outside the scene");
    assert.equal(
      kinds("a", "b", "a", "b", "d", "c", "a", "d"),
      "4 of 8 features lie outside the scene, all those of kind d, c",
    );
  });

  it("projects the features", () => {
    assert.deepEqual(
      burn(layerOf({ kind: 4 }), null, (x, y) => [x + 2, y]),
      ["0040"],
    );
  });

  const faults: readonly (readonly [string, VectorLayer, string | null, Project, string, string])[] = [
    [
      "several attributes",
      layerOf({ id: 1, a: 1, b: 2 }),
      ...([null, null, "ConfigError"] as const),
      "expected to know which attribute holds the class; got id, a, b — name one",
    ],
    [
      "identifiers alone",
      layerOf({ id: 1 }),
      ...([null, null, "ConfigError"] as const),
      "expected to know which attribute holds the class; got id — name one",
    ],
    [
      "no attributes",
      layerOf({}),
      ...([null, null, "ConfigError"] as const),
      "expected to know which attribute holds the class; got no attributes — name one",
    ],
    [
      "an attribute that is not there",
      layerOf({ a: 1, b: 2 }),
      ...(["c", null, "ConfigError"] as const),
      'expected the class in one of the attributes a, b; got "c"',
    ],
    [
      "fractions",
      layerOf({ a: 1 }, { a: 2.5 }),
      ...([null, null, "DataError"] as const),
      "expected a whole number from 0 to 65535 as a of feature 2; got 2.5",
    ],
    [
      "codes that do not fit",
      layerOf({ a: 65536 }),
      ...([null, null, "DataError"] as const),
      "expected a whole number from 0 to 65535 as a of feature 1; got 65536",
    ],
    [
      "values missing everywhere",
      layerOf({ a: null }),
      ...([null, null, "DataError"] as const),
      "expected features with a value of a; got none",
    ],
    [
      "features elsewhere",
      layerOf({ a: 1 }, { a: 2 }),
      ...([null, (x: number, y: number) => [x + 100.25, y - 7] as const, "DataError"] as const),
      "expected features on the grid, x 0 to 4 and y 0 to 1; got x 100.75 to 101.75 and y -6.5 to -6.5" +
        " — is their CRS the right one?",
    ],
    [
      "places that the projection does not know",
      layerOf({ a: 1 }, { a: 2 }),
      ...([null, (x: number, y: number) => [x > 1 ? Number.NaN : x, y] as const, "DataError"] as const),
      "expected feature 2 to have a place in the CRS of the grid; got none",
    ],
  ];
  for (const [what, layer, field, project, name, message] of faults) {
    it(`refuses ${what}`, () => {
      assert.throws(() => burn(layer, field, project), { name, message: `fields.gpkg: ${message}` });
    });
  }
});
