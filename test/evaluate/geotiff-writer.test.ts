import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { fromArrayBuffer, type GeoTIFFImage } from "geotiff";
import { createGeoTiff, encodeAuxXml, encodeGeoTiff, type GeoTiff } from "../../src/evaluate/index.ts";
import { tiffFile } from "../../src/evaluate/tiff-directory.ts";
import { tilesInMemory } from "../../src/evaluate/tile-store.ts";
import {
  type Category,
  cutRaster,
  type Georeference,
  partsOf,
  type RasterData,
  type Rectangle,
  readRaster,
} from "../../src/scene/index.ts";
import { pythonWith } from "./python-with.ts";

async function imageOf(bytes: Uint8Array): Promise<GeoTIFFImage> {
  return (await fromArrayBuffer(bytes.slice().buffer)).getImage();
}

async function pixelsOf(bytes: Uint8Array): Promise<RasterData> {
  const pixels = (await (await imageOf(bytes)).readRasters({ interleave: true })) as unknown as RasterData;
  return pixels.slice(); // without the width and height that geotiff.js adds
}

const utm: Georeference = { transform: [300_000, 10, 0, 5_400_000, 0, -10], crs: crsOf(32632) };
function crsOf(epsg: number): NonNullable<Georeference["crs"]> {
  return { epsg, name: `EPSG:${epsg}`, wkt: null, geoKeys: null };
}

const categories: Category[] = [
  { value: 0, name: null, color: null },
  { value: 1, name: "Water", color: [0, 83, 255] },
  { value: 4, name: 'Low <b>plants</b> & "shrubs" ü', color: [0, 204, 51] },
  { value: 200, name: "Soil", color: [204, 153, 52] },
];

/** A map larger than one tile in both directions, with sizes that are no multiple of anything. */
function map(): GeoTiff {
  const height = 301;
  const width = 517;
  const data = new Uint8Array(height * width).map((_, index) => [0, 1, 4, 200][(index * 7 + (index >> 9)) % 4]!);
  return {
    height,
    width,
    bands: 1,
    data,
    georeference: utm,
    nodata: 0,
    categories,
    bandNames: ["class"],
    metadata: { SYMDIFFUSER_SPLIT: "blocks:28 <seed 1> & more", TIFFTAG_SOFTWARE_NOTE: "0.1.0" },
  };
}

/** Smooth values of two bands with a corner that is missing. */
function measures(): GeoTiff {
  const [height, width, bands] = [300, 611, 2];
  const data = Float32Array.from({ length: height * width * bands }, (_, at) => {
    const [row, col] = [Math.floor(at / bands / width), Math.floor(at / bands) % width];
    return row < 20 && col < 35 ? Number.NaN : Math.fround(Math.sin(row / 17) * Math.cos(col / 23) + (at % bands));
  });
  return { height, width, bands, data, georeference: utm, nodata: Number.NaN, software: "symdiffuser 0.1.0" };
}

const makers = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Values that wrap around, change sign and use all bits. */
function odd(type: keyof typeof makers, bands: number): GeoTiff {
  const data = new makers[type](8 * 9 * bands).map(
    (_, index) => (index * 7919 * 104_729 + index) % 4_000_000_007,
  ) as RasterData;
  if (data instanceof Int16Array) data.set([-32768, 32767, -1, 0]);
  if (data instanceof Float32Array || data instanceof Float64Array) data.set([-1.5, Number.NaN, 3.4e38, 1e-30]);
  return { height: 8, width: 9, bands, data };
}

describe("encodeGeoTiff, read back by geotiff.js", () => {
  it("returns the same pixels for every type, size and number of bands", async () => {
    const images = fc.record({
      height: fc.integer({ min: 1, max: 40 }),
      width: fc.integer({ min: 1, max: 40 }),
      bands: fc.integer({ min: 1, max: 5 }),
      type: fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[])),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(images, async ({ height, width, bands, type, seed }) => {
        const data = new makers[type](height * width * bands).map((_, i) => ((i + 1) * (seed + 1)) % 4_294_967_291);
        assert.deepEqual(await pixelsOf(encodeGeoTiff({ height, width, bands, data: data as RasterData })), data);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps place, nodata, palette and metadata of a map of many tiles", async () => {
    const bytes = encodeGeoTiff(map());
    const image = await imageOf(bytes);
    assert.deepEqual(await pixelsOf(bytes), map().data);
    assert.deepEqual(image.getOrigin().slice(0, 2), [300_000, 5_400_000]);
    assert.deepEqual(image.getResolution().slice(0, 2), [10, -10]);
    assert.equal(image.getGeoKeys()?.["ProjectedCSTypeGeoKey"], 32632);
    assert.equal(image.getGDALNoData(), 0);
    assert.deepEqual([image.getTileWidth(), image.getTileHeight()], [256, 256]);
  });

  it("returns the same pixels from a BigTIFF", async () => {
    const data = Uint8Array.from({ length: 256 }, (_, index) => index * 7);
    const short = (tag: number, value: number) => ({ tag, type: "short", values: [value] }) as const;
    const fields = [
      ...[short(256, 16), short(257, 16), short(258, 8), short(259, 8), short(262, 1), short(277, 1)],
      ...[short(322, 16), short(323, 16), short(339, 1), { tag: 42113, type: "ascii", text: "-9999.25" } as const],
    ];
    const store = tilesInMemory();
    const parts = [...tiffFile([{ fields, tiles: [store.put(deflateSync(data))] }], store, { largestClassic: 0 })];
    const bytes = Uint8Array.from(Buffer.concat(parts));
    assert.deepEqual([...bytes.subarray(0, 8)], [0x49, 0x49, 43, 0, 8, 0, 0, 0]);
    assert.deepEqual(await pixelsOf(bytes), data);
    assert.equal((await imageOf(bytes)).getGDALNoData(), -9999.25);
  });

  it("is the same, byte for byte, whenever it is written", () => {
    assert.deepEqual(encodeGeoTiff(map()), encodeGeoTiff(map()));
  });

  it("refuses numbers that do not fill the image", () => {
    assert.throws(() => encodeGeoTiff({ height: 2, width: 3, bands: 1, data: new Uint8Array(5) }), {
      name: "ShapeError",
      message: "encodeGeoTiff: expected 2×3×1 numbers; got 5",
    });
    assert.throws(() => encodeGeoTiff({ ...odd("uint8", 2), bandNames: ["VV"] }), {
      name: "DataError",
      message: "encodeGeoTiff: expected 2 band names; got 1",
    });
  });
});

describe("encodeAuxXml", () => {
  it("lists names by value and escapes them", () => {
    const xml = encodeAuxXml(categories);
    assert.equal(xml.match(/<Category>/g)!.length, 201);
    assert.ok(xml.includes("<Category>Low &lt;b&gt;plants&lt;/b&gt; &amp; &quot;shrubs&quot; ü</Category>"));
    assert.ok(xml.includes('<Row index="1"><F>1</F><F>Water</F><F>0</F><F>83</F><F>255</F></Row>'));
  });

  it("leaves the list of names out where values are large, and drops characters that XML cannot hold", () => {
    const xml = encodeAuxXml([{ value: 70_000, name: "a\u0007\ud800b", color: null }]);
    assert.doesNotMatch(xml, /CategoryNames/);
    assert.ok(xml.includes("<F>a\ufffd\ufffdb</F>"));
  });
});

const script = fileURLToPath(new URL("../../scripts/golden/check-map.py", import.meta.url));
const python = pythonWith("osgeo");

interface Found {
  readonly [field: string]: unknown;
  readonly epsg: number | null;
  readonly attributes: string[][];
}

describe("encodeGeoTiff, read back by GDAL", {
  skip: python === undefined && "GDAL for Python is not installed",
}, () => {
  const keys = {
    directory: [1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 2, 1026, 34737, 13, 0, 3072, 0, 1, 28992],
    doubles: [],
    ascii: "A Dutch grid|",
  };
  const rotated: Georeference = { transform: [500_000, 3, 4, 5_000_000, 4, -3], crs: crsOf(25832) };
  const degrees: Georeference = { transform: [11.5, 0.0001, 0, 48.25, 0, -0.0001], crs: crsOf(4326) };
  const points: Georeference = {
    transform: [100_000, 2, 0, 400_000, 0, -2],
    crs: { epsg: 28992, name: "Dutch", wkt: null, geoKeys: keys },
  };
  const images: Record<string, GeoTiff> = {
    map: map(),
    codes: { ...odd("uint16", 1), categories: [{ value: 523, name: "Sea", color: [1, 2, 3] }] },
    rotated: {
      ...odd("float32", 3),
      georeference: rotated,
      nodata: Number.NaN,
      bandNames: ["VV", "VH", "VV & <VH> ü"],
    },
    degrees: { ...odd("int16", 1), georeference: degrees, nodata: -9999 },
    points: { ...odd("uint8", 3), georeference: points },
    pole: {
      ...odd("uint8", 1),
      georeference: { transform: [-5, 1, 0, 4, 0, -1], crs: null },
      nodata: Number.NEGATIVE_INFINITY,
    },
    many: { ...odd("uint16", 200), georeference: { transform: [600_000, 30, 0, 4_000_000, 0, -30], crs: crsOf(3857) } },
    cog: { ...map(), overviews: "mode" },
    measures: { ...measures(), overviews: "mean" },
    uint32: odd("uint32", 2),
    int32: odd("int32", 1),
    float64: odd("float64", 1),
  };
  const names = Object.keys(images);
  const found: Record<string, Found> = {};
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "map-"));
    const files = names.map((name) => join(folder, `${name}.tif`));
    files.forEach((file, index) => {
      const image = images[names[index]!]!;
      writeFileSync(file, encodeGeoTiff(image));
      if (image.categories) writeFileSync(`${file}.aux.xml`, encodeAuxXml(image.categories));
    });
    const done = spawnSync(python!, [script, ...files], { encoding: "utf8", maxBuffer: 1e8 });
    assert.equal(done.status, 0, done.stderr);
    assert.equal(done.stderr.replace(/.*FutureWarning.*\n.*\n?/g, ""), "");
    (JSON.parse(done.stdout) as Found[]).forEach((one, index) => {
      found[names[index]!] = one;
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of names) {
    it(`${name}: the same pixels`, () => {
      const { height, width, bands, data } = images[name]!;
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      assert.deepEqual(found[name]!["size"], [height, width, bands]);
      assert.equal(found[name]!["type"], data.constructor.name.replace("Array", "").toLowerCase());
      assert.equal(found[name]!["sha256"], createHash("sha256").update(bytes).digest("hex"));
    });
  }

  it("a map: tiles, place, nodata, palette, names, metadata", () => {
    const { sha256, categoryNames, attributes, overviews, layout, cloudOptimized, ...rest } = found["map"]!;
    assert.ok(sha256 && cloudOptimized);
    assert.deepEqual([overviews, layout], [[], null]);
    assert.deepEqual(rest, {
      size: [301, 517, 1],
      type: "uint8",
      blockSize: [256, 256],
      compression: "DEFLATE",
      transform: [300_000, 10, 0, 5_400_000, 0, -10],
      crs: "WGS 84 / UTM zone 32N",
      epsg: 32632,
      nodata: "0.0",
      bandNames: ["class"],
      metadata: map().metadata,
      colors: { 1: [0, 83, 255], 4: [0, 204, 51], 200: [204, 153, 52] },
      interpretation: ["Palette"],
    });
    assert.equal((categoryNames as string[])[4], categories[2]!.name);
    assert.deepEqual(attributes[2], ["4", categories[2]!.name, "0", "204", "51"]);
  });

  it("cloud-optimised: GDAL's validator finds no fault, and overviews are the mode or the mean", () => {
    const sizes = {
      cog: [
        [151, 259],
        [76, 130],
      ],
      measures: [
        [150, 306],
        [75, 153],
      ],
    } as const;
    for (const [name, reduction] of [
      ["cog", "mode"],
      ["measures", "mean"],
    ] as const) {
      const { layout, cloudOptimized, overviews } = found[name]!;
      assert.deepEqual([layout, cloudOptimized], ["COG", { warnings: [], errors: [] }]);
      const levels = overviews as Record<string, unknown>[];
      assert.deepEqual(
        levels.map((level) => [level["size"], level[reduction]]),
        sizes[name].map((size) => [size, true]),
      );
    }
    assert.deepEqual(found["measures"]!["metadata"], { TIFFTAG_SOFTWARE: "symdiffuser 0.1.0" });
  });

  it("cloud-optimised and plain files are the same to our reader", async () => {
    for (const name of ["cog", "measures"]) {
      const { data } = await readRaster(join(folder, `${name}.tif`));
      assert.deepEqual(data, images[name]!.data);
    }
  });

  it("codes above 255 keep colours and names", () => {
    assert.deepEqual(found["codes"]!["colors"], { 523: [1, 2, 3] });
    assert.equal((found["codes"]!["categoryNames"] as string[])[523], "Sea");
  });

  it("reference systems, projected, geographic, from keys, or none", () => {
    assert.deepEqual(
      ["rotated", "degrees", "points", "pole", "many"].map((name) => found[name]!.epsg),
      [25832, 4326, 28992, null, 3857],
    );
  });

  it("transforms, also rotated and with pixels as points", () => {
    for (const name of ["rotated", "degrees", "points", "pole"]) {
      assert.deepEqual(found[name]!["transform"], images[name]!.georeference!.transform, name);
    }
  });

  it("nodata that is no number, negative or infinite; band names and colours", () => {
    assert.deepEqual(
      ["rotated", "degrees", "pole"].map((name) => found[name]!["nodata"]),
      ["nan", "-9999.0", "-inf"],
    );
    assert.deepEqual(found["rotated"]!["bandNames"], ["VV", "VH", "VV & <VH> ü"]);
    assert.deepEqual(found["points"]!["interpretation"], ["Red", "Green", "Blue"]);
  });
});

describe("a GeoTIFF that gets its pixels part by part", () => {
  const folder = mkdtempSync(join(tmpdir(), "parts-"));
  after(() => rmSync(folder, { recursive: true }));
  const [height, width, bands] = [530, 700, 2];
  const grid = { height, width };
  const data = Float32Array.from({ length: height * width * bands }, (_, at) =>
    at % (width * bands) < 700 && at >= 301 * width * bands ? Number.NaN : Math.sin(at / 50),
  );
  const raster = { ...grid, bands, data, georeference: null, bandNames: null, wavelengthsNm: null, nodata: null };
  const whole = { ...raster, nodata: Number.NaN, overviews: "mean" } as const;
  const partAt = (part: Rectangle): RasterData => cutRaster({ ...raster, valid: null, categories: null }, part).data;

  it("has the bytes of one written whole, whatever the order, without the parts that are missing", async () => {
    const file = createGeoTiff(join(folder, "parts.tif"), { ...whole, type: Float32Array });
    const isMissing = ({ row, col, width }: Rectangle): boolean => row > 300 && col + width <= 350;
    for (const part of [...partsOf(grid, 100)].reverse()) if (!isMissing(part)) file.write(part, partAt(part));
    assert.deepEqual(readdirSync(folder).length, 1);
    await file.finish();
    assert.deepEqual(readdirSync(folder), ["parts.tif"]);
    assert.ok(Buffer.compare(readFileSync(join(folder, "parts.tif")), encodeGeoTiff(whole)) === 0);
  });

  it("given up, leaves nothing", () => {
    const file = createGeoTiff(join(folder, "given-up.tif"), { ...whole, type: Float32Array });
    file.write({ row: 0, col: 0, height: 300, width: 300 }, partAt({ row: 0, col: 0, height: 300, width: 300 }));
    file.abandon();
    assert.ok(!readdirSync(folder).some((name) => name.includes("given-up")));
  });
});
