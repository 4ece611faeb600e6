import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { epsgCodes, epsgDefinition } from "../../src/scene/crs/epsg.ts";
import {
  definitionOf,
  isBallpark,
  isLongitudeLatitude,
  isOtherCrs,
  isSameCrs,
  transformBetween,
} from "../../src/scene/crs/transform.ts";
import { type Crs, readRaster } from "../../src/scene/index.ts";

const golden = fileURLToPath(new URL("../golden/crs/", import.meta.url));
const rows = <T>(file: string): T[] => JSON.parse(readFileSync(golden + file, "utf8")) as T[];
const epsg = (code: number): Crs => ({ epsg: code, name: `EPSG:${code}`, wkt: null, geoKeys: null });
const text = (wkt: string): Crs => ({ epsg: null, name: "of a .prj file", wkt, geoKeys: null });
const utm12 = epsg(32612);

/** Distance in metres; degrees of geographic CRSs count 111 km. */
function metresBetween(crs: Crs, a: readonly number[], b: readonly number[]): number {
  const { projection } = definitionOf(crs);
  const unit = isLongitudeLatitude(crs) ? 111000 : Number(/to_meter=(\S+)/.exec(projection)?.[1] ?? 1);
  return unit * Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!);
}

describe("coordinate reference systems by EPSG code", () => {
  it("lie where PROJ puts them, to a centimetre, there and back", () => {
    const points = rows<[number, number, number, number, number, number]>("points.json");
    const unknown = points.filter(([code]) => epsgDefinition(code) === null).map(([code]) => code);
    assert.deepEqual(unknown, []);
    for (const [code, base, lon, lat, x, y] of points) {
      const place = transformBetween(epsg(base), epsg(code))(lon, lat);
      assert.ok(metresBetween(epsg(code), place, [x, y]) < 0.01, `EPSG:${code}: ${place}, not ${x}, ${y}`);
      const back = transformBetween(epsg(code), epsg(base))(x, y);
      assert.ok(metresBetween(epsg(4326), back, [lon, lat]) < 0.01, `EPSG:${code}: ${back}, not ${lon}, ${lat}`);
    }
  });

  it("lie to each other as PROJ chooses, to what shifts without grids can do", () => {
    for (const [from, to, x, y, east, north, metres] of rows<
      [number, number, ...[number, number, number, number, number]]
    >("pairs.json")) {
      const place = transformBetween(epsg(from), epsg(to))(x, y);
      const distance = metresBetween(epsg(to), place, [east, north]);
      assert.ok(distance <= metres + 0.001, `EPSG:${from} to EPSG:${to}: ${distance} m`);
    }
  });

  it("count from Greenwich where their meridian has a name", () => {
    // As PROJ has them: Lambert zone II from Paris, NGO 1948 from Oslo.
    const paris = transformBetween(epsg(4275), epsg(27572))(2.5, 48.8);
    assert.ok(metresBetween(epsg(27572), paris, [611964.313724, 2422402.962877]) < 0.01, String(paris));
    const oslo = transformBetween(epsg(4273), epsg(27393))(10.7, 59.9);
    assert.ok(metresBetween(epsg(27393), oslo, [-1282.467848, 211627.401243]) < 0.01, String(oslo));
  });

  it("has every entry in order", () => {
    const codes = epsgCodes();
    for (const code of codes) assert.doesNotThrow(() => definitionOf(epsg(code)));
    assert.ok(codes.length > 5500);
    for (const code of codes) {
      const { projection, datum } = epsgDefinition(code)!;
      assert.match(projection, /^proj=\w+( \w+(=[-\w.]+)?)*$/, `EPSG:${code}`);
      assert.match(datum, /^(ellps|a|datum)=\S+( (b|rf|pm|towgs84)=[-\w.,]+)*$/, `EPSG:${code}`);
    }
  });
});

describe("coordinate reference systems by well-known text", () => {
  it("lie where PROJ puts them, whatever the dialect", () => {
    const refused: string[] = [];
    for (const [dialect, wkt, base, lon, lat, x, y] of rows<
      [string, string, number | null, number, number, number, number]
    >("wkt.json")) {
      const name = /^\w+\["([^"]*)/.exec(wkt)![1]!;
      const geographic = wkt.slice(wkt.search(/GEOGCS|BASEGEOGCRS/), wkt.search(/,PROJECTION/));
      let place: readonly number[];
      try {
        place = transformBetween(base === null ? text(geographic) : epsg(base), text(wkt))(lon, lat);
      } catch (error) {
        refused.push((error as Error).message);
        continue;
      }
      const distance = metresBetween(text(wkt), place, [x, y]);
      assert.ok(distance < 0.1, `${dialect} ${name}: ${distance} m from ${x}, ${y}`);
    }
    assert.deepEqual(refused, []);
  });

  it("take the code at the end of the text", () => {
    const wkt = 'PROJCS["any",GEOGCS["any",DATUM["any",SPHEROID["any",6378137,298]]],AUTHORITY["EPSG","32612"]]';
    assert.deepEqual(definitionOf(text(wkt)), epsgDefinition(32612));
  });

  const faults: readonly (readonly [string, string, string])[] = [
    ["", "DataError", "CRS of a .prj file: expected well-known text with a keyword at character 0; got its end"],
    ["GEOGCS[", "DataError", "CRS of a .prj file: expected well-known text with a value at character 7; got its end"],
    ['A["b" 7]', "DataError", "expected well-known text with a comma or closing bracket"],
    ["A[".repeat(9999), "DataError", "expected well-known text with at most 32 nested brackets"],
    ['LOCAL_CS["site"]', "UnsupportedError", "CRS of a .prj file (LOCAL_CS) is not supported — reproject its raster"],
    [
      'PROJCS["p",GEOGCS["g",DATUM["d",SPHEROID["s",6378137,298]]],PROJECTION["Two_Point_Equidistant"]]',
      "UnsupportedError",
      "CRS of a .prj file (projection Two_Point_Equidistant) is not supported — reproject its raster to UTM",
    ],
    [
      'PROJCS["p",GEOGCS["g",DATUM["d",SPHEROID["s",6378137,298]]],PROJECTION["Mercator"],PARAMETER["Tilt",3]]',
      "UnsupportedError",
      "CRS of a .prj file (parameter Tilt) is not supported",
    ],
    [
      'PROJCS["p",GEOGCS["g",DATUM["d",SPHEROID["s",6378137,298]]],PROJECTION["Robinson"],PARAMETER["False_Easting",1e99]]',
      "UnsupportedError",
      "CRS of a .prj file (x_0=1e+99) is not supported",
    ],
  ];
  for (const [wkt, name, message] of faults) {
    it(`refuses ${wkt.slice(0, 30) || "nothing"}`, () => {
      assert.throws(
        () => transformBetween(text(wkt), utm12),
        (error: Error) => error.name === name && error.message.includes(message),
      );
    });
  }
});

describe("coordinate reference systems by GeoTIFF keys", () => {
  for (const [file, lon, lat, x, y] of rows<[string, number, number, number, number]>("tif.json")) {
    it(`of ${file} lie where PROJ puts them`, async () => {
      const crs = (await readRaster(golden + file)).georeference!.crs!;
      // The same keys with the model type "geographic".
      const directory = crs.geoKeys!.directory.map((value, at, all) =>
        at % 4 === 3 && all[at - 3] === 1024 ? 2 : value,
      );
      const own: Crs = { ...crs, geoKeys: { ...crs.geoKeys!, directory } };
      const place = transformBetween(crs.name.startsWith("ESRI") ? epsg(4326) : own, crs)(lon, lat);
      assert.ok(metresBetween(crs, place, [x, y]) < 0.001, `${definitionOf(crs).projection}: ${place}, not ${x}, ${y}`);
    });
  }

  it("says what is missing", () => {
    const keys = (...directory: number[]): Crs => ({
      ...{ epsg: null, name: "user-defined", wkt: null },
      geoKeys: { directory: [1, 1, 0, directory.length / 4, ...directory], doubles: [], ascii: "" },
    });
    const message = (crs: Crs): string => {
      try {
        return definitionOf(crs).projection;
      } catch (error) {
        return (error as Error).message.split(" is not supported")[0]!;
      }
    };
    assert.equal(message(keys()), "CRS user-defined (geographic CRS unknown)");
    assert.equal(message(keys(2048, 0, 1, 4326)), "CRS user-defined (projection unknown)");
    assert.equal(message(keys(2048, 0, 1, 4326, 3075, 0, 1, 21)), "CRS user-defined (projection 21)");
    assert.equal(message(keys(2048, 0, 1, 4326, 3076, 0, 1, 9037)), "CRS user-defined (lengths in unit 9037)");
    assert.equal(message(keys(2048, 0, 1, 4326, 3074, 0, 1, 16133)), "proj=utm zone=33 south");
    assert.equal(message(epsg(12345)), "CRS EPSG:12345");
  });
});

describe("two spellings of a coordinate reference system", () => {
  const spellings = rows<[number, string, string]>("spellings.json");

  it("are one, by code or by text of any dialect", () => {
    for (const [code, dialect, wkt] of spellings) {
      assert.ok(isSameCrs(text(wkt), epsg(code)), `${dialect} of EPSG:${code}`);
      assert.ok(
        spellings.every(([other, , own]) => isSameCrs(text(wkt), text(own)) === (code === other)),
        `${dialect} of EPSG:${code}`,
      );
    }
  });

  it("are one, by code or by GeoTIFF keys", async () => {
    const utm33: Crs = {
      ...{ epsg: null, name: "user-defined", wkt: null },
      geoKeys: { directory: [1, 1, 0, 2, 2048, 0, 1, 4326, 3074, 0, 1, 16133], doubles: [], ascii: "" },
    };
    assert.deepEqual([isSameCrs(utm33, epsg(32733)), isSameCrs(utm33, epsg(32633))], [true, false]);
  });

  it("are two where they differ, or nothing is known of one", () => {
    const local = text('LOCAL_CS["site"]');
    const damaged = text("PROJCS[");
    const pairs = [
      [epsg(32632), epsg(25832)],
      [epsg(32632), epsg(32732)],
      [epsg(2263), epsg(32118)],
      [local, epsg(32632)],
      [damaged, local],
    ] as const;
    assert.deepEqual(
      pairs.map(([a, b]) => [isSameCrs(a, b), isOtherCrs(a, b)]),
      [
        [false, true],
        [false, true],
        [false, true],
        [false, false],
        [false, false],
      ],
    );
  });
});

describe("the transformation between coordinate reference systems", () => {
  it("is none between the same, known or not", () => {
    const local = text('LOCAL_CS["site"]');
    assert.deepEqual(transformBetween(local, { ...local })(3.5, -7), [3.5, -7]);
    assert.deepEqual(transformBetween(utm12, epsg(32612))(1e9, 4), [1e9, 4]);
  });

  it("is NaN where the projection has no such place", () => {
    const polar = transformBetween(epsg(4326), epsg(3857));
    assert.deepEqual(polar(0, 1e3), [Number.NaN, Number.NaN]);
    assert.deepEqual(polar(Number.NaN, 1), [Number.NaN, Number.NaN]);
  });

  it("is known to be a guess where a datum's shift is unknown", () => {
    const unknown = text('GEOGCS["g",DATUM["d",SPHEROID["s",6377000,299]],UNIT["degree",0.0174532925199433]]');
    assert.deepEqual(
      [isBallpark(unknown, utm12), isBallpark(epsg(26912), utm12), isBallpark(epsg(3857), epsg(23031))],
      [true, false, false],
    );
  });
});
