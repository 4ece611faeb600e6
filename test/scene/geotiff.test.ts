import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { readers, readRaster } from "../../src/scene/index.ts";
import { describeReader } from "../support/describe-reader.ts";
import { type Golden, goldenFolder, goldenPixels, goldens } from "../support/golden-rasters.ts";

const tif = (name: string): string => `${goldenFolder}${name}.tif`;

describe("GeoTIFF files written by GDAL", () => {
  for (const golden of goldens("tif.json")) {
    it(`reads ${golden.file}`, async () => {
      const raster = await readRaster(goldenFolder + golden.file);
      const { height, width, bands } = raster;
      assert.deepEqual([height, width, bands], golden.shape);
      const { scales } = golden;
      const stored = goldenPixels(golden);
      const expected =
        scales === undefined
          ? stored
          : Float32Array.from(stored, (value, at) => value * scales[at % bands]![0] + scales[at % bands]![1]);
      const got = raster.data.slice();
      for (const [row, col] of isMasked(golden) ? [] : (golden.holes ?? [])) {
        for (let band = 0; band < bands; band++) {
          const at = (row * width + col) * bands + band;
          got[at] = expected[at]!;
        }
      }
      assert.deepEqual(got, expected);
      checkPlace(golden, raster.georeference?.transform ?? null, raster.georeference?.crs?.epsg ?? null);
      checkNotes(golden, raster);
    });
  }

  it("fills the blocks left out of a sparse file with nodata", async () => {
    const { data, valid } = await readRaster(tif("sparse"));
    assert.equal(data[16 * 37], -9);
    assert.equal(data[15 * 37 + 15], ((31 * 15 + 7 * 15) % 251) * 200 - 25000);
    assert.equal(
      valid!.reduce((sum, one) => sum + one, 0),
      256,
    );
  });

  // Decoders round differently, and GDAL's interpolates colour stored at half resolution where ours repeats it.
  for (const [name, tolerance] of [
    ["jpeg", 2],
    ["jpeg-ycbcr", 16],
  ] as const) {
    it(`reads ${name}.tif within ${tolerance} levels of GDAL's decoder`, async () => {
      const { data } = await readRaster(tif(name));
      const expected = JSON.parse(readFileSync(`${goldenFolder}${name}.json`, "utf8")) as number[];
      const worst = Math.max(...expected.map((value, at) => Math.abs(value - data[at]!)));
      assert.ok(worst <= tolerance, `differs by ${worst}`);
    });
  }

  it("keeps the CRS as the file wrote it", async () => {
    const { georeference } = await readRaster(tif("tiles"));
    const { name, geoKeys } = georeference!.crs!;
    assert.equal(name, "WGS 84 / UTM zone 18S");
    assert.deepEqual(geoKeys!.directory.slice(0, 4), [1, 1, 0, geoKeys!.directory.length / 4 - 1]);
    assert.equal(geoKeys!.ascii, "WGS 84 / UTM zone 18S|WGS 84|");
  });
});

/** A mask hides pixels without changing them. */
function isMasked({ file }: Golden): boolean {
  return file === "mask.tif";
}

function checkPlace(golden: Golden, transform: readonly number[] | null, epsg: number | null): void {
  if (golden.transform === null) {
    assert.equal(transform, null);
    return;
  }
  for (const [at, value] of golden.transform!.entries()) assert.ok(Math.abs(value - transform![at]!) < 1e-9);
  assert.equal(epsg, golden.epsg);
}

function checkNotes(golden: Golden, raster: Awaited<ReturnType<typeof readRaster>>): void {
  const { shape, holes, nodata, wavelengths, names, categories } = golden;
  assert.ok(Object.is(raster.nodata, nodata === "nan" ? Number.NaN : (nodata ?? null)), String(raster.nodata));
  if (holes !== undefined) {
    const invalid = Array.from(raster.valid!.keys()).filter((pixel) => raster.valid![pixel] === 0);
    assert.deepEqual(
      invalid,
      holes.map(([row, col]) => row * shape[1] + col),
    );
  }
  if (wavelengths !== undefined) assert.deepEqual(raster.wavelengthsNm, wavelengths);
  if (names !== undefined) assert.deepEqual(raster.bandNames, names);
  for (const [value, name, color] of categories ?? []) {
    assert.deepEqual(
      raster.categories!.find((one) => one.value === value),
      { value, name, color },
    );
  }
}

describeReader(readers.find(({ name }) => name === "GeoTIFF")!, {
  valid: ["tiles", "palette", "zstd"].map(tif),
  cut: ["type-u8", "deflate", "predictor3-planar", "bigtiff", "wavelengths", "lerc"].map(tif),
});

describe("damaged and hostile GeoTIFF files", () => {
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-geotiff-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const saved = (name: string, bytes: Uint8Array): string => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };

  it("refuses a loop of image directories", async () => {
    const bytes = tiny({});
    bytes.writeUInt32LE(8, 8 + 2 + bytes.readUInt16LE(8) * 12);
    const file = saved("loop.tif", bytes);
    await assert.rejects(readRaster(file), {
      name: "FormatError",
      message: `${file}: expected a chain of image directories; got a loop`,
      offset: 8,
    });
  });

  it("refuses more pixels than memory holds before it makes room for them", async () => {
    const file = saved("huge.tif", tiny({ width: 200_000, height: 200_000 }));
    await assert.rejects(readRaster(file), {
      message: `${file}: expected at most 8 GiB of pixels; got 200000 × 200000 pixels of 1 bands (37.3 GiB) — cut the raster into parts`,
    });
  });

  it("stops inflating a bomb at the size of its strip", async () => {
    const file = saved("bomb.tif", tiny({ compression: 8, strip: deflateSync(Buffer.alloc(2 ** 26)) }));
    await assert.rejects(readRaster(file), (error: Error & { cause: unknown }) => {
      assert.equal(error.name, "FormatError");
      assert.match(error.message, /^.*bomb\.tif: expected strip 0 to be Deflate data; got damaged bytes \(.*\)$/);
      assert.ok(error.cause instanceof Error);
      return true;
    });
  });

  it("refuses strips that declare more pixels than their bytes hold", async () => {
    const cases = [
      [1, 2, "none"],
      [32773, 2, "PackBits"],
      [8, 12, "Deflate"],
    ] as const;
    for (const [compression, length, codec] of cases) {
      const strip = Buffer.alloc(length);
      const file = saved("few.tif", tiny({ width: 5000, height: 4000, compression, strip }));
      await assert.rejects(readRaster(file), {
        name: "FormatError",
        message: `${file}: expected 20000000 bytes in strip 0 (${codec}); got ${length}`,
      });
    }
  });

  it("refuses a ZSTD frame of more bytes than its strip", async () => {
    // One segment, its size in 8 bytes.
    const strip = Buffer.from("28b52ffde00000000001000000", "hex");
    const file = saved("frame.tif", tiny({ compression: 50000, strip }));
    await assert.rejects(readRaster(file), {
      message: `${file}: expected strip 0 to be ZSTD data; got damaged bytes (a frame of 4294967296 bytes)`,
    });
  });

  it("refuses a JPEG image of more pixels than its tile", async () => {
    const bytes = readFileSync(tif("jpeg-ycbcr"));
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(65500, frame + 5);
    bytes.writeUInt16BE(65500, frame + 7);
    const file = saved("frame.tif", bytes);
    await assert.rejects(readRaster(file), {
      name: "FormatError",
      message: `${file}: expected strip 0 to be JPEG data; got damaged bytes (a frame of 12870750000 bytes)`,
    });
  });

  it("refuses tags and directories of more entries than the file has bytes", async () => {
    const tags = tiny({});
    const offsets = 10 + 4 * 12;
    tags.writeUInt32LE(2 ** 32 - 1, offsets + 4);
    const file = saved("tags.tif", tags);
    const message = `${file}: expected 17179869180 bytes of tag 273 at offset 98; got a file of ${tags.length} bytes`;
    await assert.rejects(readRaster(file), { name: "FormatError", message });
    const directory = tiny({});
    directory.writeUInt16LE(65535, 8);
    await assert.rejects(readRaster(saved("directory.tif", directory)), { name: "FormatError" });
  });

  it("says where a file is cut short", async () => {
    const whole = tiny({});
    const file = saved("short.tif", whole.subarray(0, whole.length - 3));
    const size = whole.length - 3;
    await assert.rejects(readRaster(file), {
      message: `${file}: expected strip 0 in bytes ${size - 9}–${size + 3}; got a file of ${size} bytes — the file is cut short or damaged`,
    });
  });

  it("gives up on a ZSTD block that its decoder never finishes", { timeout: 20_000 }, async () => {
    const bytes = readFileSync(tif("zstd"));
    const at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
    bytes.fill(0xa5, at + 9, at + 40);
    const file = saved("zstd.tif", bytes);
    await assert.rejects(readRaster(file), { name: "FormatError" });
  });

  it("names what it cannot read", async () => {
    await assert.rejects(readRaster(tif("lzma")), {
      name: "UnsupportedError",
      message: "GeoTIFF compression 34925 (LZMA) is not supported — convert with gdal_translate -co COMPRESS=DEFLATE",
    });
    await assert.rejects(readRaster(tif("complex")), {
      name: "UnsupportedError",
      message: `${tif("complex")}: complex pixels is not supported — write amplitude, or real and imaginary parts as bands`,
    });
    const picture = saved("picture.gif", Buffer.from("GIF89a", "latin1"));
    await assert.rejects(readRaster(picture), {
      name: "UnsupportedError",
      message: `the format of ${picture} is not supported — known formats: ${readers
        .map(({ name, extensions }) => `${name} (${extensions.join(", ")})`)
        .join(", ")}`,
    });
    await assert.rejects(readRaster(saved("words.tif", Buffer.from("words"))), {
      message: `${join(folder, "words.tif")}: expected a TIFF header (II or MM and 42 or 43); got bytes 77 6f 72 64`,
    });
  });
});

/** A little-endian TIFF of one 8-bit strip, by hand. */
function tiny({ width = 4, height = 3, compression = 1, strip = Buffer.alloc(12, 7) }): Buffer {
  const entries = [
    [256, width],
    [257, height],
    [258, 8],
    [259, compression],
    [273, 8 + 2 + 7 * 12 + 4],
    [278, height],
    [279, strip.length],
  ];
  const header = Buffer.alloc(8 + 2 + entries.length * 12 + 4);
  header.write("II*\0", "latin1");
  header.writeUInt32LE(8, 4);
  header.writeUInt16LE(entries.length, 8);
  for (const [index, [tag, value]] of entries.entries()) {
    const at = 10 + index * 12;
    header.writeUInt16LE(tag!, at);
    header.writeUInt16LE(4, at + 2);
    header.writeUInt32LE(1, at + 4);
    header.writeUInt32LE(value!, at + 8);
  }
  return Buffer.concat([header, strip]);
}
