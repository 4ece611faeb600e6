import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { readVector } from "../../src/scene/vector/readers.ts";
import { readWkb } from "../../src/scene/vector/wkb.ts";
import { outcomeOf } from "../support/damage.ts";

const folder = join(import.meta.dirname, "..", "golden", "vector");
const golden = (name: string): string => join(folder, name);

describe("vector files that are not right", () => {
  const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-vector-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  const saved = (name: string, content: string | Uint8Array): string => {
    const file = join(scratch, name);
    writeFileSync(file, content);
    return file;
  };
  const refuses = (location: string, name: string, message: string): Promise<void> =>
    assert.rejects(readVector(location), { name, message: `${location}${message}` });

  it("asks for one of several layers", async () => {
    const list = 'fields, Z, odd "name", big-endian, points, single, lines';
    const file = golden("fields.gpkg");
    await refuses(file, "ConfigError", `: expected one layer; got ${list} — choose one, as in ${file}#fields`);
    await refuses(`${file}#Fields`, "ConfigError", `: expected one of the layers ${list}; got "Fields"`);
    await assert.rejects(readVector(`${golden("points.csv")}#a`), {
      name: "ConfigError",
      message: `${golden("points.csv")}: expected no "#…" after a file of this format; got "#a"`,
    });
  });

  it("says that lines are not supported", async () => {
    const advice = "which is not supported — save polygons or points instead";
    await refuses(golden("line.shp"), "UnsupportedError", `: feature 1 is a line, ${advice}`);
    await assert.rejects(readVector(`${golden("fields.gpkg")}#lines`), {
      name: "UnsupportedError",
      message: `${golden("fields.gpkg")}: feature 1 of lines is a LineString, ${advice}`,
    });
    const file = saved("line.geojson", '{"type":"LineString","coordinates":[[1,2],[3,4]]}');
    await refuses(file, "UnsupportedError", `: feature 1 is a LineString, ${advice}`);
  });

  it("says that a file, or one beside it, is not there, or of a format that it does not know", async () => {
    await refuses(join(scratch, "none.gpkg"), "FormatError", ": expected a file; got none of that name");
    copyFileSync(golden("point.shp"), join(scratch, "alone.shp"));
    await assert.rejects(readVector(join(scratch, "alone.shp")), {
      name: "FormatError",
      message: `${join(scratch, "alone.dbf")}: expected a file; got none of that name`,
    });
    await assert.rejects(readVector(saved("some.kml", "<kml/>")), {
      name: "UnsupportedError",
      message:
        `the format of ${join(scratch, "some.kml")} is not supported — known formats: GeoPackage (.gpkg), ` +
        "Shapefile (.shp), GeoJSON (.geojson, .json), CSV (.csv, .tsv)",
    });
  });

  const feature = (geometry: string) => `{"type":"Feature","properties":{},"geometry":${geometry}}`;
  const point = feature('{"type":"Point","coordinates":[1,2]}');
  const geojson: readonly (readonly [string, string, string])[] = [
    ["a list", "[]", "expected a JSON object; got another value"],
    [
      "features that are none",
      '{"type":"FeatureCollection","features":{}}',
      "expected a list of features in the FeatureCollection; got an object of type undefined",
    ],
    [
      "nesting too shallow",
      collection(point, feature('{"type":"Polygon","coordinates":[[1,2],[3,4]]}')),
      "expected a position [x, y] in feature 2; got 1",
    ],
    [
      "nesting too deep",
      collection(feature('{"type":"Point","coordinates":[[1,2]]}')),
      "expected a position [x, y] in feature 1; got a list of 1",
    ],
    [
      "coordinates beyond numbers",
      collection(feature('{"type":"Point","coordinates":[1e999,2]}')),
      "expected finite coordinates in feature 1; got others",
    ],
    [
      "unknown types",
      collection(point, feature('{"type":"Circle"}')),
      'expected a geometry in feature 2; got an object of type "Circle"',
    ],
    ["things that are no features", collection(point, "7"), "expected a Feature in feature 2; got 7"],
    [
      "positions nested without end",
      collection(feature(`{"type":"Polygon","coordinates":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)),
      "expected a position [x, y] in feature 1; got a list of 1",
    ],
    [
      "endless collections",
      feature(`${'{"type":"GeometryCollection","geometries":['.repeat(30)}${"]}".repeat(30)}`),
      'expected at most 16 collections within each other in feature 1; got an object of type "GeometryCollection"',
    ],
    [
      "a CRS without a name",
      '{"type":"FeatureCollection","features":[],"crs":{"type":"link"}}',
      'expected a name in the member crs; got an object of type "link"',
    ],
  ];
  for (const [what, text, message] of geojson) {
    it(`refuses GeoJSON with ${what}`, () => refuses(saved("fault.geojson", text), "FormatError", `: ${message}`));
  }
  function collection(...features: readonly string[]): string {
    return `{"type":"FeatureCollection","features":[${features.join(",")}]}`;
  }

  it("refuses GeoJSON that is no JSON, such as NaN as a number", async () => {
    const file = saved("nan.geojson", feature('{"type":"Point","coordinates":[NaN,2]}'));
    await assert.rejects(readVector(file), /nan\.geojson: expected JSON; got .*N/);
  });

  const csv: readonly (readonly [string, string, string])[] = [
    ["no header", "", "expected a header row; got an empty file"],
    [
      "no place",
      "east,class\n1,2\n",
      "expected columns lon and lat, or longitude and latitude, or x and y, or easting and northing in the header row; got east, class",
    ],
    ["a short row", "x,y,class\n1,2,3\n\n4,5\n", "expected 3 cells as in the header in line 4; got 2"],
    ["a word as a coordinate", "x,y,class\n1,2,3\n4,north,5\n", 'expected a number as y in line 3; got "north"'],
    [
      "metres as degrees",
      "lon,lat,class\n717734.5,5700088,1\n",
      "expected degrees in lon and lat in line 2; got 717734.5, 5700088 — call the columns x and y if they are in the CRS of the scene",
    ],
    ["an open quote", 'x,y,class\n1,2,"a\n', "expected a closing quote after line 2; got the end of the file"],
    ["text after a quote", 'x,y,class\n1,2,"a"b\n', 'expected a separator after the quoted cell in line 2; got "b"'],
    ["a column twice", "x,y,class,class\n1,2,3,4\n", 'expected every column once; got "class" again'],
  ];
  for (const [what, text, message] of csv) {
    it(`refuses CSV with ${what}`, () => refuses(saved("fault.csv", text), "FormatError", `: ${message}`));
  }

  it("refuses text that is not UTF-8", () =>
    refuses(
      saved("latin.csv", Uint8Array.from(Buffer.from("x,y,class\n1,2,gr\u00e4s\n", "latin1"))),
      "FormatError",
      ": expected text in UTF-8; got other bytes — save it as UTF-8",
    ));

  it("keeps texts that look like numbers apart from numbers", async () => {
    const { features } = await readVector(saved("codes.csv", "x,y,code,zone\n1,2,3,007\n4,5,6,010\n"));
    assert.deepEqual(
      features.map(({ properties }) => properties),
      [
        { code: 3, zone: "007" },
        { code: 6, zone: "010" },
      ],
    );
  });

  it("refuses counts of parts that the bytes do not bear out, before making room for them", () => {
    const wkb = (...parts: readonly number[]) =>
      Uint8Array.of(1, ...Uint8Array.from(Buffer.from(Uint32Array.from(parts).buffer)));
    assert.throws(() => readWkb(wkb(3, 2 ** 32 - 1), "a.gpkg", "feature 3"), {
      name: "FormatError",
      message: "a.gpkg: expected room for 4294967295 parts of 4 bytes or more in feature 3; got 0 bytes",
    });
    assert.throws(() => readWkb(wkb(3, 1, 1_000_000_000), "a.gpkg", "feature 3"), {
      message: "a.gpkg: expected room for 1000000000 parts of 16 bytes or more in feature 3; got 0 bytes",
    });
    assert.throws(() => readWkb(wkb(2003 + 4000), "a.gpkg", "feature 3"), {
      message: "a.gpkg: expected a type of geometry in feature 3; got type 6003",
    });
    const nested = Buffer.concat(Array.from({ length: 40 }, () => wkb(7, 1)));
    assert.throws(() => readWkb(nested, "a.gpkg", "feature 3"), {
      message: "a.gpkg: expected at most 16 collections within each other in feature 3; got more",
    });
  });

  it("reads GeoPackages that another program left locked or in log mode, and none with open changes", async () => {
    const bytes = readFileSync(golden("one-layer.gpkg"));
    bytes.set([2, 2], 18);
    const file = saved("log.gpkg", bytes);
    mkdirSync(`${file}.lock`);
    assert.equal((await readVector(file)).features.length, 6);
    saved("log.gpkg-wal", "changes");
    await assert.rejects(readVector(file), {
      name: "UnsupportedError",
      message: `${file} with changes in ${file}-wal is not supported — close the program that has it open`,
    });
  });
});

describe("vector files cut short", () => {
  const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-vector-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  /** The file that is damaged, with those beside it, in a folder of their own. */
  const copied = (name: string): string => {
    const stem = name.slice(0, name.lastIndexOf("."));
    for (const end of [name.slice(name.lastIndexOf(".")), ".shp", ".dbf", ".prj", ".cpg"]) {
      if (existsSync(golden(stem + end))) copyFileSync(golden(stem + end), join(scratch, stem + end));
    }
    return join(scratch, name);
  };
  for (const [name, step] of [
    ["polygon.shp", 7],
    ["polygon.dbf", 3],
    ["point-zm.shp", 1],
    ["collection.geojson", 3],
  ] as const) {
    it(`refuses ${name} cut after every ${step} bytes`, async () => {
      const file = copied(name);
      const bytes = readFileSync(file);
      const location = file.replace(/\.dbf$/, ".shp");
      const whole = await readVector(location);
      for (let length = 0; length < bytes.length; length += step) {
        writeFileSync(file, bytes.subarray(0, length));
        const { read, fault } = await outcomeOf(() => readVector(location), true);
        assert.equal(fault, null, `cut at ${length}`);
        // Bytes that no feature needs may be missing.
        if (read !== null) assert.deepEqual(read, whole, `cut at ${length}`);
      }
    });
  }
});
