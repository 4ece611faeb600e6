import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { hdf5Variables, isHdf5 } from "../../src/scene/hdf5/hdf5.ts";
import { readers, readRaster } from "../../src/scene/index.ts";
import { describeReader } from "../support/describe-reader.ts";
import { type Golden, goldenPixels } from "../support/golden-rasters.ts";

const folder: string = fileURLToPath(new URL("../golden/hdf5/", import.meta.url));
const goldens = JSON.parse(readFileSync(`${folder}hdf5.json`, "utf8")) as Golden[];

const reader = readers.find(({ name }) => name === "HDF5")!;

describe("HDF5 files written by h5py and Octave", () => {
  for (const golden of goldens) {
    it(`reads ${golden.file}`, async () => {
      const raster = await readRaster(folder + golden.file);
      const expected = goldenPixels(golden);
      for (const [row, col] of golden.holes ?? []) expected[row * raster.width + col] = Number.NaN;
      assert.deepEqual([raster.height, raster.width, raster.bands], golden.shape);
      assert.deepEqual(raster.data, expected);
      assert.deepEqual(raster.georeference?.transform ?? null, golden.transform ?? null);
      assert.equal(raster.georeference?.crs?.epsg ?? null, golden.epsg ?? null);
      assert.deepEqual(raster.wavelengthsNm, golden.wavelengths ?? null);
      assert.equal(raster.nodata, golden.nodata === "nan" ? Number.NaN : (golden.nodata ?? null));
    });
  }

  it("makes MATLAB's sparse arrays full", async () => {
    const few = new Float64Array(72);
    for (const [at, value] of [
      [18, 1.5],
      [67, -2],
      [8, 3],
    ] as const)
      few[at] = value;
    assert.deepEqual((await readRaster(`${folder}sparse.mat#few`)).data, few);
    assert.deepEqual((await readRaster(`${folder}sparse.mat#none`)).data, new Float64Array(72));
  });

  it("counts missing values as no data", async () => {
    const { data, valid } = await readRaster(`${folder}cube.nc#radiance`);
    const missing = Uint8Array.from(valid!.keys(), (pixel) =>
      data.subarray(pixel * 5, pixel * 5 + 5).includes(-17400) ? 0 : 1,
    );
    assert.deepEqual(valid, missing);
  });

  it("are known by their first bytes", () => {
    for (const file of ["single.mat", "single.h5", "cube.nc"]) {
      assert.ok(isHdf5(readFileSync(folder + file).subarray(0, 512)));
    }
    assert.ok(!isHdf5(Buffer.from("MATLAB 5.0 MAT-file")));
  });
});

describe("listing an HDF5 file", () => {
  it("shows MATLAB's structs, struct arrays, cells and texts", async () => {
    const list = await hdf5Variables(`${folder}tree.mat`);
    assert.deepEqual(
      list.map(({ path, content, isRaster }) => `${path} ${content}${isRaster ? " *" : ""}`),
      [
        "empty 0×3 double",
        "hsi.Data 8×9×5 uint16 *",
        "hsi.Lidar[0].z 8×9 single *",
        "hsi.Lidar[0].info.name 1×8 text",
        "hsi.Lidar[1].z 8×9 single *",
        "hsi.Lidar[1].info.name 1×8 text",
        "hsi.sceneLabels.labels 8×9 double *",
        "hsi.sceneLabels.Materials_Type[0] 1×5 text",
        "hsi.sceneLabels.Materials_Type[1] 1×12 text",
        ...[0, 1, 2].flatMap((index) => [
          `hsi.info[${index}].code 1×1 double`,
          `hsi.info[${index}].name 1×${index === 2 ? 6 : 5} text`,
        ]),
        "mask 8×9 logical *",
        "title 2×3 text",
      ],
    );
  });

  it("shows groups with slashes", async () => {
    assert.deepEqual(await hdf5Variables(`${folder}single.h5`), [
      { path: "note", content: "text", isRaster: false },
      { path: "scene/reflectance", content: "8×9×5 float32", isRaster: true },
      { path: "scene/wavelengths", content: "5 float64", isRaster: false },
    ]);
  });
});

describe("choosing an array of an HDF5 file", () => {
  const faults: readonly (readonly [string, string])[] = [
    [
      "tree.mat",
      "expected one array; got hsi.Data (8×9×5 uint16), hsi.Lidar[0].z (8×9 single), hsi.Lidar[1].z (8×9 single), " +
        `hsi.sceneLabels.labels (8×9 double), mask (8×9 logical) — choose one, as in ${folder}tree.mat#hsi.Data`,
    ],
    ["tree.mat#hsi.data", 'expected one of Data, Lidar, sceneLabels, info in hsi; got "data"'],
    ["tree.mat#hsi.Lidar.z", "expected hsi.Lidar to be a struct; got 1×2 cell — choose an element, for example [0]"],
    ["tree.mat#hsi.info.name", "expected an index from [0] to [2] after hsi.info; got .name"],
    ["tree.mat#hsi.Lidar[2].z", "expected an index from [0] to [1] in hsi.Lidar; got [2]"],
    ["tree.mat#title", "expected an array of numbers; got title (2×3 text)"],
    ["tree.mat#empty", "expected an array [H, W] or [H, W, L]; got [0, 3]"],
    [
      "cube.nc",
      "expected one array; got dated (1×8×9 uint8), packed (8×9 int16), radiance (5×8×9 int16), turned (9×8 uint8) " +
        `— choose one, as in ${folder}cube.nc#dated`,
    ],
    ["single.h5#scene/x", 'expected one of reflectance, wavelengths in scene; got "x"'],
    ["single.h5#reflectance", 'expected one of note, scene in the file; got "reflectance"'],
    ["refused.h5#nothing", "expected an array of numbers; got nothing"],
    ["refused.h5#line", "expected an array [H, W] or [H, W, L]; got [6]"],
    ["refused.h5#four", "expected an array [H, W] or [H, W, L]; got [2, 3, 4, 5]"],
  ];
  for (const [location, message] of faults) {
    it(`refuses ${location}`, async () => {
      const text = folder + location;
      await assert.rejects(readRaster(text), { name: "ConfigError", message: `${text}: ${message}` });
    });
  }
});

describe("what HDF5 files hold and no raster does", () => {
  const faults: readonly (readonly [string, string])[] = [
    ["refused.mat#c", "a MATLAB complex 8×9 double is not supported — save real(x) and imag(x), or abs(x)"],
    ["refused.mat#t", "a MATLAB object is not supported — save its properties as a struct"],
    ["refused.mat#f", "a MATLAB function handle is not supported — save arrays only"],
    ["refused.mat#big", "the integer 9007199254740993 is not supported — store it as float64"],
    ["refused.h5#lzf", "the HDF5 filter 32000 (LZF) is not supported — repack with h5repack -f GZIP=4"],
    ["refused.h5#complex", "an array of 8×9×5 complex numbers is not supported — store it as plain numbers"],
    ["refused.h5#records", "an array of 3×4 records is not supported — store it as plain numbers"],
    ["refused.h5#text", "an array of 2×2 text is not supported — store it as plain numbers"],
    ["refused.h5#virtual", "a virtual dataset is not supported — store a copy of its numbers"],
    ["refused.h5#unsafe", "the integer 9007199254740993 is not supported — store it as float64"],
  ];
  for (const [location, message] of faults) {
    it(`refuses ${location}`, async () => {
      const text = folder + location;
      await assert.rejects(readRaster(text), { name: "UnsupportedError", message: `${text}: ${message}` });
    });
  }

  it("refuses sparse arrays whose indices do not fit", async () => {
    for (const [field, expected] of [
      ["rows", "expected ascending row indices from 0 to 7 in the sparse array /rows; got others"],
      ["columns", "expected ascending column indices from 0 to 3 in the sparse array /columns; got others"],
      ["short", "expected 3 numbers in the sparse array /short; got 2"],
    ]) {
      await assert.rejects(readRaster(`${folder}sparse-faults.mat#${field}`), {
        name: "FormatError",
        message: `${folder}sparse-faults.mat: ${expected}`,
      });
    }
  });

  it("refuses groups that lead back to themselves", async () => {
    for (const [name, what] of [
      ["circle.h5", "groups"],
      ["circle.mat", "structs"],
    ]) {
      await assert.rejects(readRaster(`${folder}${name}#x`), {
        name: "FormatError",
        message: `${folder}${name}: expected at most 64 ${what} within each other; got more`,
      });
    }
  });

  it("refuses sizes that the file cannot bear out", async () => {
    const file = `${folder}refused.h5`;
    const size = readFileSync(file).length;
    const got = `a file of ${size} bytes — the file is damaged, or never filled`;
    await assert.rejects(readRaster(`${file}#claim`), {
      name: "FormatError",
      message: `${file}: expected 5120000000000 bytes of numbers; got ${got}`,
    });
  });
});

describe("damaged HDF5 files", () => {
  const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-hdf5-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  const saved = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(scratch, name), bytes);
    return join(scratch, name);
  };

  it("tells a damaged chunk", async () => {
    const bytes = readFileSync(`${folder}single.h5`);
    // The start of a deflated chunk.
    const at = bytes.indexOf(Buffer.from([0x78, 0x5e]));
    const file = saved("chunk.h5", bytes.fill(0xaa, at, at + 8));
    await assert.rejects(readRaster(file), {
      name: "FormatError",
      message: `${file}: expected numbers in /scene/reflectance; got damaged bytes (filter returned failure during read)`,
    });
  });

  it("tells a file cut short, and reads the next", async () => {
    const file = saved("cut.h5", readFileSync(`${folder}single.h5`).subarray(0, 4000));
    await assert.rejects(readRaster(file), (error: Error) => {
      assert.equal(error.name, "FormatError");
      assert.match(
        error.message,
        /cut\.h5: expected an HDF5 file; got damaged bytes \(truncated file: eof = 4000.*\)$/,
      );
      return true;
    });
    assert.equal((await readRaster(`${folder}single.h5`)).bands, 5);
  });

  it("reads a file again whose bytes have changed", async () => {
    const bytes = readFileSync(`${folder}user-block.h5`);
    const file = saved("again.h5", bytes);
    const before = (await readRaster(file)).data;
    bytes.writeInt16LE(before[0]! + 1, bytes.indexOf(Buffer.from(before.buffer)));
    saved("again.h5", bytes);
    assert.equal((await readRaster(file)).data[0], before[0]! + 1);
  });

  it("opens no file but the one that is asked for", async () => {
    const bytes = readFileSync(`${folder}refused.h5`);
    const file = saved("alone.h5", bytes);
    saved("elsewhere.raw", new Uint8Array(72).fill(7));
    assert.ok(existsSync(join(scratch, "elsewhere.raw")));
    await assert.rejects(readRaster(`${file}#external`), {
      name: "FormatError",
      message: `${file}: expected numbers in /external; got damaged bytes (unable to open external raw data file)`,
    });
  });
});

describeReader(reader, {
  valid: [`${folder}single.mat`, `${folder}tree.mat#hsi.Data`],
  cut: [],
});
