import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isEnvi, readEnvi } from "../../src/scene/envi/envi.ts";
import { isEnviRoi } from "../../src/scene/envi/regions.ts";
import { readEnviRoi } from "../../src/scene/envi/roi.ts";
import type { Raster, Reader } from "../../src/scene/index.ts";
import { checkRaster } from "../support/damage.ts";
import { describeReader } from "../support/describe-reader.ts";
import { type Golden, goldenPixels } from "../support/golden-rasters.ts";

const folder = fileURLToPath(new URL("../golden/envi/", import.meta.url));
const golden = (name: string): string => folder + name;
const goldens = JSON.parse(readFileSync(golden("envi.json"), "utf8")) as Golden[];

const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-envi-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** A pair of files of its own; returns the header's name. */
function saved(header: string | Uint8Array, pixels: Uint8Array, extension = ".dat"): string {
  const base = join(scratch, `it${count++}`);
  writeFileSync(`${base}.hdr`, header);
  writeFileSync(`${base}${extension}`, pixels);
  return `${base}.hdr`;
}

const plain = "ENVI\nsamples = 3\nlines = 2\nbands = 2\ndata type = 1\ninterleave = bip\n";
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at);

/** Expected and read numbers alike, up to the sign of zero and the last digits. */
function close(actual: readonly number[] | null | undefined, expected: readonly number[] | null | undefined): void {
  assert.equal(actual?.length, expected?.length);
  actual?.forEach((value, at) => {
    assert.ok(Math.abs(value - expected![at]!) <= 1e-9 * Math.max(1, Math.abs(value)), `${actual} and ${expected}`);
  });
}

describe("ENVI files written by GDAL and by hand", () => {
  for (const one of goldens) {
    // GDAL reads these otherwise: it compares a CRS with its database, and uses bad bands.
    const isOther = one.file === "other-crs.dat" || one.file === "map-pixels.dat" || one.file.startsWith("bad-bands");
    if (isOther) continue;
    it(`reads ${one.file}`, async () => {
      const raster = await readEnvi(golden(one.file));
      checkRaster(raster);
      assert.deepEqual([raster.height, raster.width, raster.bands], one.shape);
      assert.deepEqual(raster.data, goldenPixels(one));
      close(raster.georeference?.transform ?? null, one.transform ?? null);
      assert.equal(raster.georeference?.crs?.epsg ?? null, one.epsg ?? null);
      if (one.wavelengths !== undefined) assert.deepEqual(raster.wavelengthsNm, one.wavelengths);
      if (one.names !== undefined) assert.deepEqual(raster.bandNames, one.names);
      assert.equal(raster.nodata, one.nodata ?? null);
      assert.equal(raster.valid === null, one.nodata === undefined);
      const categories = one.categories?.map(([value, name, color]) => ({ value, name, color })) ?? null;
      assert.deepEqual(raster.categories, categories);
    });
  }

  it("reads the same from the header as from the pixels", async () => {
    const names = ["utm.dat utm.hdr", "micrometers.img micrometers.hdr", "nanometers.bip nanometers.bip.HDR"];
    for (const pair of [...names, "names-latin1 names-latin1.hdr", "defaults.dat defaults.HDR"]) {
      const [data, header] = pair.split(" ").map(golden) as [string, string];
      assert.deepEqual(await readEnvi(header), await readEnvi(data));
      for (const file of [data, header]) assert.ok(isEnvi(readFileSync(file).subarray(0, 512), file), file);
    }
  });

  it("leaves out bad bands, with their names and wavelengths", async () => {
    const all = goldenPixels(goldens.find(({ file }) => file === "bad-bands.dat")!);
    const raster = await readEnvi(golden("bad-bands.dat"));
    assert.equal(raster.bands, 3);
    assert.deepEqual(
      raster.data,
      all.filter((_, at) => [0, 2, 4].includes(at % 5)),
    );
    assert.deepEqual(raster.bandNames, ["a", "c", "e"]);
    assert.deepEqual(raster.wavelengthsNm, [450.1, 650.3, 850.5]);
    for (const name of ["bad-bands-bsq.dat", "bad-bands-bil.dat"]) {
      const every = goldenPixels(goldens.find(({ file }) => file === name)!);
      const read = await readEnvi(golden(name));
      assert.deepEqual(
        read.data,
        every.filter((_, at) => [0, 2, 4].includes(at % 5)),
      );
    }
  });

  it("keeps the well-known text of a CRS", async () => {
    const crs = (await readEnvi(golden("other-crs.dat"))).georeference!.crs!;
    assert.equal(crs.epsg, null);
    assert.equal(crs.name, "ETRS_1989_LAEA");
    assert.match(crs.wkt!, /^PROJCS\["ETRS_1989_LAEA",GEOGCS\[.*UNIT\["Meter",1\.0\]\]$/);
  });

  it("takes the EPSG code of the CRS, not that of its parts", async () => {
    const wkt =
      'PROJCS["ETRS89 / LAEA",GEOGCS["ETRS89",DATUM["D",AUTHORITY["EPSG","6258"]],AUTHORITY["EPSG","4258"]],AUTHORITY["EPSG","3035"]]';
    const place = "map info = {Lambert, 1, 1, 10, 20, 2, 2}\n";
    const file = saved(`${plain}${place}coordinate system string = {${wkt}}\n`, bytes(12));
    assert.deepEqual((await readEnvi(file)).georeference, {
      transform: [10, 2, 0, 20, 0, -2],
      crs: { epsg: 3035, name: "ETRS89 / LAEA", wkt, geoKeys: null },
    });
    const inner = wkt.replace(',AUTHORITY["EPSG","3035"]', "");
    const other = saved(`${plain}${place}coordinate system string = {${inner}}\n`, bytes(12));
    assert.equal((await readEnvi(other)).georeference!.crs!.epsg, null);
  });

  it("takes the pixel grid for no place", async () => {
    assert.equal((await readEnvi(golden("map-pixels.dat"))).georeference, null);
  });

  it("reads headers with odd spaces, comments and commas", async () => {
    const odd = plain.replace("samples = 3", " \tSAMPLES=  3 ").replace("data type", "Data   Type");
    const names = "band names = { a b ,\r\n; none of these, c,\r\n  d, }\r\nlines";
    const raster = await readEnvi(saved(`${odd}${names}`, bytes(14)));
    assert.deepEqual(raster.bandNames, ["a b", "d"]);
    assert.deepEqual(raster.data, bytes(12));
  });

  it("lays out images of several blocks alike, whatever their interleave", async () => {
    const [height, width, bands] = [61, 401, 101];
    const expected = new Uint16Array(height * width * bands);
    const steps = { bsq: [width, 1, height * width], bil: [bands * width, 1, width], bip: [bands * width, bands, 1] };
    for (const [interleave, [rowStep, colStep, bandStep]] of Object.entries(steps)) {
      const stored = new Uint16Array(expected.length);
      for (let at = 0; at < expected.length; at++) {
        const [pixel, band] = [Math.floor(at / bands), at % bands];
        expected[at] = at * 7;
        stored[Math.floor(pixel / width) * rowStep! + (pixel % width) * colStep! + band * bandStep!] = at * 7;
      }
      const text = `ENVI\nsamples=${width}\nlines=${height}\nbands=${bands}\ndata type=12\ninterleave=${interleave}\n`;
      const raster = await readEnvi(saved(text, new Uint8Array(stored.buffer)));
      assert.ok(Buffer.from(raster.data.buffer).equals(Buffer.from(expected.buffer)), interleave);
    }
  });

  it("rounds 64-bit integers beyond 2⁵³ to the nearest", async () => {
    const values = BigInt64Array.of(2n ** 53n + 1n, -(2n ** 53n) - 3n, 2n ** 63n - 1n, -1n, 0n, 1n);
    const text = plain.replace("bands = 2", "bands = 1").replace("data type = 1", "data type = 14");
    const raster = await readEnvi(saved(text, new Uint8Array(values.buffer)));
    assert.deepEqual(raster.data, Float64Array.of(2 ** 53, -(2 ** 53) - 4, 2 ** 63, -1, 0, 1));
  });
});

describe("which files are ENVI", () => {
  const start = Buffer.from("ENVI\nsamples = 3\n");

  it("knows a header by its first line and name", () => {
    assert.ok(isEnvi(start, "x.hdr"));
    assert.ok(isEnvi(Buffer.from("\ufeffENVI\r\n"), "X.HDR"));
    assert.ok(!isEnvi(Buffer.from("BYTEORDER I\n"), "x.hdr"));
    assert.ok(!isEnvi(Buffer.from("ENVISAT\n"), "x.hdr"));
  });

  it("knows pixels by the header beside them, and leaves other formats of the same name", () => {
    const header = saved(plain, bytes(12));
    const base = header.slice(0, -4);
    assert.ok(isEnvi(bytes(12), `${base}.dat`));
    assert.ok(!isEnvi(bytes(12), `${base}.tif`));
    assert.ok(!isEnvi(bytes(12), join(scratch, "none.dat")));
  });

  it("says what is missing beside a file", async () => {
    const header = join(scratch, "alone.hdr");
    writeFileSync(header, plain);
    await assert.rejects(readEnvi(header), {
      name: "FormatError",
      message: `${header}: expected pixels in a file beside the header; got none — it has the same name without .hdr, or with .dat, .img, .bin, .raw, .bsq, .bil or .bip instead`,
    });
    const data = join(scratch, "lonely.dat");
    writeFileSync(data, bytes(12));
    await assert.rejects(readEnvi(data), {
      message: `${data}: expected an ENVI header beside the file; got none — it has the same name and .hdr`,
    });
  });
});

describe("ENVI headers that cannot be read", () => {
  const faults: readonly (readonly [string, string])[] = [
    [plain.replace("lines = 2\n", ""), 'expected "lines" to be an integer ≥ 1; got none'],
    [plain.replace("samples = 3", "samples = 3.5"), 'expected "samples" to be an integer ≥ 1; got "3.5" — line 2'],
    [plain.replace("bip", "bpi"), 'expected "interleave" to be bsq, bil or bip; got "bpi" — line 6'],
    [
      plain.replace("data type = 1", "data type = 7"),
      'expected "data type" to be one of 1, 2, 3, 4, 5, 12, 13, 14, 15; got "7" — line 5',
    ],
    [`${plain}byte order = 2`, 'expected "byte order" to be 0 (little-endian) or 1 (big-endian); got "2" — line 7'],
    [`${plain}header offset = -1`, 'expected "header offset" to be an integer ≥ 0; got "-1" — line 7'],
    [`${plain}band names = {\na,\nb\n`, 'expected "}" at the end of "band names"; got the end of the file — line 7'],
    [
      `${plain}bbl = {1, 0, 1}`,
      'expected "bbl" to be 2 numbers, 1 for a good band and 0 for a bad one; got "1, 0, 1" — line 7',
    ],
    [`${plain}bbl = {0, 0}`, 'expected "bbl" to be 1 for at least one band; got "0, 0" — line 7'],
    [`${plain}data ignore value = none`, 'expected "data ignore value" to be a number; got "none" — line 7'],
    [plain.replace("ENVI", "SNVI"), 'expected a header that begins with "ENVI"; got other text'],
  ];
  for (const [text, message] of faults) {
    it(message, async () => {
      const file = saved(text, bytes(12));
      await assert.rejects(readEnvi(file), { name: "FormatError", message: `${file}: ${message}` });
    });
  }

  const unsupported: readonly (readonly [string, string])[] = [
    [
      plain.replace("data type = 1", "data type = 6"),
      "complex pixels is not supported — write amplitude, or real and imaginary parts as bands",
    ],
    [
      `${plain}file type = ENVI Spectral Library`,
      'the ENVI file type "ENVI Spectral Library" is not supported — it holds spectra without place; give an image',
    ],
    [
      `${plain}file type = TIFF`,
      'the ENVI file type "TIFF" is not supported — give the image file itself, without its header',
    ],
    [`${plain}file compression = 1`, "compressed ENVI data is not supported — save the file without compression"],
    [
      `${plain}major frame offsets = {0, 16}`,
      '"major frame offsets" other than 0 is not supported — save the file again with ENVI or GDAL',
    ],
  ];
  for (const [text, message] of unsupported) {
    it(message, async () => {
      const file = saved(text, bytes(12));
      await assert.rejects(readEnvi(file), { name: "UnsupportedError", message: `${file}: ${message}` });
    });
  }

  it("refuses a spectral library by its extension", async () => {
    const file = saved(plain, bytes(12), ".sli");
    await assert.rejects(readEnvi(file), /the ENVI file type "ENVI Spectral Library" is not supported/);
  });

  it("compares the size of the file with what the header declares", async () => {
    const file = saved(`${plain}header offset = 4`, bytes(15));
    const data = file.replace(".hdr", ".dat");
    await assert.rejects(readEnvi(file), {
      name: "FormatError",
      message: `${data}: expected 12 bytes of pixels (2 lines × 3 samples × 2 bands of 1 bytes) from byte 4 on; got a file of 15 bytes — the file is cut short, or its header is another's`,
    });
    const huge = saved(plain.replace("lines = 2", "lines = 2000000000000"), bytes(12));
    await assert.rejects(readEnvi(huge), /expected 12000000000000 bytes of pixels .* got a file of 12 bytes/);
  });
});

/** The reader of a file that changes, with the other of the two unchanged beside it. */
function envi(extension: string, companion: string): Reader {
  return {
    ...{ name: `ENVI ${extension}`, extensions: [extension], isFormat: isEnvi, variables: null, open: null },
    async read({ file }): Promise<Raster> {
      const other = join(dirname(file), `it${extname(companion)}`);
      if (basename(file) === `it${extension}` && !existsSync(other)) copyFileSync(companion, other);
      return readEnvi(file);
    },
  };
}

describeReader(envi(".hdr", golden("last.bil")), {
  ...{ valid: [], cut: [golden("last.hdr")] },
});
describeReader(envi(".bil", golden("last.hdr")), {
  ...{ valid: [], cut: [golden("last.bil")] },
});

describe("ENVI regions of interest", () => {
  const read = (text: string): Promise<Raster> => {
    const file = join(scratch, "regions.txt");
    writeFileSync(file, text);
    return readEnviRoi(file);
  };
  const head = "; ENVI Output of ROIs (4.8) [now]\n; Number of ROIs: 1\n; File Dimension: 4 x 3\n;\n";
  const region = "; ROI name: a\n; ROI rgb value: {1, 2, 3}\n; ROI npts: 2\n;\n";
  const columns = "; ID X Y MapX MapY Lat Lon\n";

  it("become labels with names and colours", async () => {
    const expected = JSON.parse(readFileSync(golden("regions.json"), "utf8")) as Golden & { labels: number[] };
    const raster = await readEnviRoi(golden("regions.txt"));
    checkRaster(raster);
    assert.deepEqual([raster.height, raster.width, raster.bands], expected.shape);
    assert.deepEqual(raster.data, Uint16Array.from(expected.labels));
    const categories = expected.categories!.map(([value, name, color]) => ({ value, name, color }));
    assert.deepEqual(raster.categories, categories);
    assert.ok(isEnviRoi(readFileSync(golden("regions.txt")).subarray(0, 512)));
    assert.ok(!isEnviRoi(Buffer.from("; something else")));
  });

  it("may stand one by one, each with its points, without IDs and colours", async () => {
    const one = (name: string, x: number) => `; ROI name: ${name}\n; ROI npts: 2\n; X Y\n${x} 1\n ${x}\t3\n`;
    const raster = await read(head.replace("ROIs: 1", "ROIs: 2") + one("a", 2) + one("b", 4));
    assert.deepEqual(raster.data, Uint16Array.of(0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 0, 2));
    assert.deepEqual(raster.categories, [
      { value: 1, name: "a", color: null },
      { value: 2, name: "b", color: null },
    ]);
  });

  const faults: readonly (readonly [string, string])[] = [
    [`${head}${region}${columns}1 1 1\n`, 'expected 2 points of ROI "a"; got 1 — line 11'],
    [`${head}${region}${columns}1 1 1\n\n2 1 1\n`, 'expected 2 points of ROI "a"; got 1 — line 11'],
    [`${head}${region}${columns}1 1 1\n2 2 2\n3 3 3\n`, 'expected 2 points of ROI "a"; got more — line 12'],
    [
      `${head}${region}${columns}1 1 1\n2 2 2\n\n1 3 3\n`,
      "expected no more points than the ROIs have; got another — line 13",
    ],
    [`${head}${region}${columns}1 5 1\n`, "expected X from 1 to 4 and Y from 1 to 3; got 5 and 1 — line 10"],
    [`${head}${region}${columns}1 1\n`, "expected X from 1 to 4 and Y from 1 to 3; got 1 and none — line 10"],
    [`${head}${region}1 1 1\n`, 'expected a line "; ID X Y …" that names the columns; got a point before it — line 9'],
    [
      `${head.replace(/; File.*\n/, "")}${region}${columns}1 1 1\n`,
      'expected a line "; File Dimension: samples x lines"; got a point before it — line 9',
    ],
    [head.replace("4 x 3", "4 by 3"), 'expected samples x lines, at most 268435456 pixels; got "4 by 3" — line 3'],
    [
      head.replace("4 x 3", "99999 x 99999"),
      'expected samples x lines, at most 268435456 pixels; got "99999 x 99999" — line 3',
    ],
    [`${head}${region}${region}`, "expected 1 ROIs; got 2 — line 2"],
    [`${head}${region.replace("{1, 2, 3}", "red")}`, 'expected a colour such as {255, 0, 0}; got "red" — line 6'],
    [`${head}${region.replace("npts: 2", "npts: many")}`, 'expected a number of points; got "many" — line 7'],
    [`${head}; ROI npts: 2\n`, 'expected "ROI name" first; got none — line 5'],
    [`${head}; ROI name: a\n${columns}1 1 1`, 'expected "ROI npts" of ROI "a"; got none — line 5'],
    [head, 'expected a line "; ROI name: …"; got none — line 5'],
    ["; other", 'expected a text that begins with "; ENVI Output of ROIs"; got other bytes — save the ROIs as ASCII'],
  ];
  for (const [text, message] of faults) {
    it(`refused: ${message}`, async () => {
      const file = join(scratch, "regions.txt");
      await assert.rejects(read(text), { name: "FormatError", message: `${file}: ${message}` });
    });
  }
});

describeReader(
  {
    ...{ name: "ENVI ROI", extensions: [".roi"], isFormat: isEnviRoi, variables: null, open: null },
    read: ({ file }) => readEnviRoi(file),
  },
  { valid: [golden("regions.txt")], cut: [golden("roi-cut.txt")] },
);
