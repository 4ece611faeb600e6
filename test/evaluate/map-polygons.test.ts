import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  encodeGeoTiff,
  encodePolygonStyle,
  geoJsonParts,
  type MapPolygon,
  mapPolygons,
  type PolygonMap,
  writeGeoPackage,
} from "../../src/evaluate/index.ts";
import { type Georeference, transformBetween } from "../../src/scene/index.ts";
import { categories, codesOf, landCover } from "./land-cover.ts";
import { pythonWith } from "./python-with.ts";

const square = (points: number[]): MapPolygon => ({
  ...{ label: 1, category: categories[0]!, pixels: 1, areaM2: null, confidence: null },
  rings: [Float64Array.from(points)],
});
const areasOf = (map: PolygonMap): (number | null)[] => mapPolygons(map).polygons.map(({ areaM2 }) => areaM2);

describe("mapPolygons", () => {
  it("tells areas in m² where the unit is the metre, and none elsewhere", () => {
    const map = landCover();
    const pixels = map.labels.data as Uint16Array;
    const total = areasOf(map).reduce((sum, area) => sum! + area!, 0);
    assert.equal(total, 100 * pixels.filter((label) => label > 0).length);
    assert.ok(areasOf({ ...map, georeference: null }).every((area) => area === null));
  });

  it("takes the smallest area in pixels or m², and refuses m² where there are none", () => {
    const map = landCover();
    const some = mapPolygons(map, { value: 12, unit: "pixels" });
    assert.ok(some.polygons.every(({ pixels }) => pixels >= 12));
    assert.ok(some.polygons.length < mapPolygons(map).polygons.length);
    assert.deepEqual(mapPolygons(map, { value: 1200, unit: "m²" }).polygons, some.polygons);
    assert.throws(() => mapPolygons({ ...map, georeference: null }, { value: 400, unit: "m²" }), {
      name: "DataError",
      message: "smallest area: expected pixels, as the map's unit is not known to be the metre; got 400 m²",
    });
  });
});

describe("geoJsonParts", () => {
  const parsed = (...given: Parameters<typeof geoJsonParts>) =>
    JSON.parse(Buffer.concat([...geoJsonParts(...given)]).toString());

  it("is RFC 7946 where coordinates become longitudes and latitudes", () => {
    const layer = mapPolygons(landCover());
    const { crs, features } = parsed(layer, (x, y) => [11 + (x - 300_000) / 3e6, 48 + (y - 5_400_000) / 3e6]);
    assert.equal(crs, undefined);
    const [x, y] = layer.polygons[0]!.rings[0]!;
    const expected = [11 + (x! - 300_000) / 3e6, 48 + (y! - 5_400_000) / 3e6].map((one) => Number(one.toFixed(9)));
    assert.deepEqual(features[0].geometry.coordinates[0][0], expected);
    assert.equal(features.length, layer.polygons.length);
  });

  it("adds corners where a side bends, the same for both of its polygons", () => {
    const layer = mapPolygons(landCover(1, 2, { transform: [0, 8, 0, 0, 0, -8], crs: null }));
    const { features } = parsed({ ...layer, polygons: [square([0, 0, 8, 0, 8, 8, 0, 8, 0, 0])] }, (x, y) => [
      x,
      y + 1e-6 * x * x,
    ]);
    const [ring] = features[0].geometry.coordinates;
    // A quarter of a side of 2 squared, 1e-6, would still bend too much; of a side of 0.5 no more.
    assert.deepEqual(
      ring.slice(0, 17).map(([x]: number[]) => x),
      Array.from({ length: 17 }, (_, at) => at / 2),
    );
    assert.equal(ring.length, 4 + 1 + 2 * 15);
    assert.deepEqual(ring.slice(17, 34).map(([x]: number[]) => x), [8, ...Array.from({ length: 16 }, (_, at) => 7.5 - at / 2)]); // biome-ignore format: a row
  });

  it("refuses corners that have no longitude and latitude", () => {
    const layer = { ...mapPolygons(landCover(1, 1)), polygons: [square([0, 0, 2, 0, 2, 2, 0, 2, 0, 0])] };
    assert.throws(() => parsed(layer, (x, y) => [x < 2 ? x : Number.NaN, y]), {
      name: "DataError",
      message: "the corner 2, 0 of a polygon: expected a longitude and latitude; got none — write a GeoPackage (gpkg)",
    });
  });

  it("refuses coordinates whose reference system it cannot name", () => {
    const layer = mapPolygons(landCover(3, 5, null));
    assert.throws(() => geoJsonParts(layer, null), {
      name: "UnsupportedError",
      message: "GeoJSON of a map whose reference system has no EPSG code is not supported — write a GeoPackage (gpkg)",
    });
  });
});

const script = fileURLToPath(new URL("../../scripts/golden/check-map.py", import.meta.url));
const python = pythonWith("osgeo");

describe("polygons, read back by GDAL and GEOS", {
  skip: python === undefined && "GDAL for Python is not installed",
}, () => {
  const place = (transform: Georeference["transform"], epsg: number): Georeference => ({
    transform,
    crs: { epsg, name: `EPSG:${epsg}`, wkt: null, geoKeys: null },
  });
  const maps: Record<string, PolygonMap> = {
    map: landCover(),
    one: landCover(1, 7),
    degrees: landCover(31, 17, place([11.5, 0.0001, 0, 48.25, 0, -0.0001], 4326)),
    upsideDown: landCover(20, 23, place([500_000, 2, 0, 5_000_000, 0, 2], 25832)),
    nowhere: landCover(19, 33, null),
    wide: landCover(31, 47, place([300_000, 5000, 0, 5_400_000, 0, -5000], 32632)),
  };
  const wgs84 = place([0, 1, 0, 0, 0, 1], 4326).crs!;
  const folder = mkdtempSync(join(tmpdir(), "polygons-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const found: Record<string, Record<string, unknown>> = {};

  before(async () => {
    const files: string[] = [];
    for (const [name, map] of Object.entries(maps)) {
      const { height, width } = map.labels;
      const file = join(folder, name);
      const { georeference } = map;
      writeFileSync(
        `${file}.tif`,
        encodeGeoTiff({ height, width, bands: 1, data: codesOf(map), nodata: 0, georeference }),
      );
      const layer = mapPolygons(map);
      await writeGeoPackage(`${file}.gpkg`, [layer]);
      files.push(`${file}.tif`, `${file}.gpkg`);
      if (georeference === null) continue;
      const toLonLat = name === "wide" ? transformBetween(georeference.crs!, wgs84) : null;
      writeFileSync(`${file}.geojson`, Buffer.concat([...geoJsonParts(layer, toLonLat)]));
      files.push(`${file}.geojson`);
    }
    const done = spawnSync(python!, [script, ...files], { encoding: "utf8", maxBuffer: 1e8 });
    assert.equal(done.status, 0, done.stderr);
    assert.equal(done.stderr.replace(/.*FutureWarning.*\n.*\n?/g, ""), "");
    (JSON.parse(done.stdout) as Record<string, unknown>[]).forEach((one, index) => {
      found[files[index]!.slice(folder.length + 1)] = one;
    });
  });

  const names = Object.entries(maps).flatMap(([name, { georeference }]) =>
    georeference === null ? [`${name}.gpkg`] : [`${name}.gpkg`, `${name}.geojson`],
  );
  for (const name of names) {
    it(`${name}: valid polygons that tile the map, and make the same map when they are burned into its grid`, () => {
      const map = maps[name.split(".")[0]!]!;
      const one = found[name]!;
      const pixels = (map.labels.data as Uint16Array).filter((label) => label > 0).length;
      assert.equal(one["sha256"], createHash("sha256").update(codesOf(map)).digest("hex"));
      assert.deepEqual([one["valid"], one["counterClockwise"], one["sidesTwice"]], [true, true, 0]);
      assert.equal(one["pixels"], pixels);
      const close = (field: string, expected: number): void => {
        const value = one[field] as number;
        assert.ok(Math.abs(value - expected) <= 1e-9 * expected, `${name}: ${field} ${value} is not ${expected}`);
      };
      const t = map.georeference?.transform ?? [0, 1, 0, 0, 0, 1];
      if (name === "wide.geojson") assert.equal(one["epsg"], "4326");
      else close("area", pixels * Math.abs(t[1] * t[5]));
      close("unionArea", one["area"] as number);
      // Sides that no neighbour has, the other way round, are those of the outline.
      close("lengthOfSidesAlone", one["perimeter"] as number);
    });
  }

  it("keep reference system, classes, area, confidence and style", () => {
    const first = mapPolygons(maps["map"]!).polygons[0]!;
    const attributes = {
      ...{ code: first.category.value, class: first.category.name, pixels: first.pixels, area_m2: first.areaM2 },
      confidence: first.confidence,
    };
    for (const name of ["map.gpkg", "map.geojson"]) {
      assert.equal(found[name]!["epsg"], "32632");
      assert.deepEqual(found[name]!["first"], attributes);
      assert.equal(found[name]!["areaM2"], found[name]!["area"]);
    }
    assert.deepEqual(found["map.gpkg"]!["style"], [[encodePolygonStyle(categories, "code"), true]]);
    assert.equal(found["degrees.geojson"]!["epsg"], "4326");
  });

  it("leave no draft behind", () => {
    assert.ok(readdirSync(folder).every((file) => /^\w+\.(tif|gpkg|geojson)$/.test(file)));
  });
});
