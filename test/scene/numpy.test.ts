import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { readerOf, readers, readRaster } from "../../src/scene/index.ts";
import { isNpz, npzVariables } from "../../src/scene/numpy/numpy.ts";
import { describeReader } from "../support/describe-reader.ts";
import { type Golden, goldenPixels } from "../support/golden-rasters.ts";

const folder: string = fileURLToPath(new URL("../golden/numpy/", import.meta.url));
const goldens = JSON.parse(readFileSync(`${folder}npy.json`, "utf8")) as Golden[];

const [npy, npz] = ["NumPy", "NumPy archive"].map((name) => readers.find((reader) => reader.name === name)!);

describe("arrays written by NumPy", () => {
  for (const golden of goldens) {
    it(`reads ${golden.file}`, async () => {
      const raster = await readRaster(folder + golden.file);
      assert.deepEqual([raster.height, raster.width, raster.bands], golden.shape);
      assert.deepEqual(raster.data, goldenPixels(golden));
      assert.equal(raster.valid, null);
    });
  }

  it("are known by their first bytes", () => {
    for (const file of ["type-u8.npy", "stored.npz", "deflated.npz"]) {
      assert.equal(readerOf(folder + file), file.endsWith("y") ? npy : npz);
    }
    assert.ok(!isNpz(Buffer.from("PK\x03\x04 something else zipped, of whatever kind"), "scene.zip"));
  });

  it("are listed", async () => {
    assert.deepEqual(await npzVariables(`${folder}deflated.npz`), [
      { path: "hsi", content: "8×9×5 uint16", isRaster: true },
      { path: "labels", content: "8×9 uint8", isRaster: true },
      { path: "names", content: "no numbers", isRaster: false },
    ]);
  });
});

describe("arrays of NumPy that are no rasters", () => {
  const advice = "save arrays of numbers, as with x.astype('f4')";
  const faults: readonly (readonly [string, string, string])[] = [
    ["complex.npy", "UnsupportedError", `a NumPy array of complex numbers is not supported — ${advice}`],
    ["records.npy", "UnsupportedError", `a NumPy array of records (a structured dtype) is not supported — ${advice}`],
    ["objects.npy", "UnsupportedError", `a NumPy array of Python objects is not supported — ${advice}`],
    ["text.npy", "UnsupportedError", `a NumPy array of text is not supported — ${advice}`],
    ["long-double.npy", "UnsupportedError", `a NumPy array of numbers of dtype <f16 is not supported — ${advice}`],
    ["unsafe.npy", "UnsupportedError", "the integer 9007199254740993 is not supported — store it as float64"],
    ["line.npy", "ConfigError", "expected an array [H, W] or [H, W, L]; got [6]"],
    ["empty.npy", "ConfigError", "expected an array [H, W] or [H, W, L]; got [0, 3]"],
    ["four-axes.npy", "ConfigError", "expected an array [H, W] or [H, W, L]; got [2, 3, 4, 5]"],
  ];
  for (const [name, kind, sentence] of faults) {
    it(`refuses ${name}`, async () => {
      const file = `${folder}refused-${name}`;
      await assert.rejects(readRaster(file), { name: kind, message: `${file}: ${sentence}` });
    });
  }

  const choices: readonly (readonly [string, string])[] = [
    [
      "stored.npz",
      `expected one array; got hsi (8×9×5 uint16), labels (8×9 uint8) — choose one, as in ${folder}stored.npz#hsi`,
    ],
    ["stored.npz#HSI", 'expected one of hsi, labels, scale in the file; got "HSI"'],
    ["stored.npz#scale", "expected an array [H, W] or [H, W, L]; got []"],
  ];
  for (const [location, sentence] of choices) {
    it(`refuses ${location}`, async () => {
      const text = folder + location;
      await assert.rejects(readRaster(text), { name: "ConfigError", message: `${text}: ${sentence}` });
    });
  }

  it("refuses a field of a file of one array", async () => {
    const file = `${folder}type-u8.npy`;
    await assert.rejects(readRaster(`${file}#x`), {
      message: `${file}: expected no "#…" after a file of this format; got "#x"`,
    });
  });

  it("refuses compressions that NumPy does not write", async () => {
    const file = `${folder}bzip2.npz`;
    await assert.rejects(readRaster(`${file}#x`), {
      name: "UnsupportedError",
      message: `${file}: x.npy: ZIP compression 12 is not supported — save it with numpy.savez_compressed`,
    });
  });
});

describeReader(npy!, {
  valid: [`${folder}type-i16.npy`, `${folder}version-3.npy`],
  cut: [`${folder}type-i16.npy`, `${folder}column-major-2d.npy`],
});

describeReader(npz!, {
  valid: [`${folder}single.npz`, `${folder}deflated.npz#labels`],
  cut: [`${folder}single.npz`, `${folder}stored.npz#labels`],
});

describe("damaged and hostile NumPy files", () => {
  const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-numpy-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  const saved = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(scratch, name), bytes);
    return join(scratch, name);
  };
  const npy = (header: string, numbers = Buffer.alloc(0)): Buffer => {
    const start = Buffer.from("\x93NUMPY\x01\x00\0\0", "latin1");
    start.writeUInt16LE(header.length, 8);
    return Buffer.concat([start, Buffer.from(header), numbers]);
  };

  const headers: readonly string[] = [
    "__import__('os').system('true')",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'x': __import__('os')}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}",
    "{'descr': '<f4', 'shape': (2, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)",
  ];
  for (const header of headers) {
    it(`refuses the header ${header}`, async () => {
      const file = saved("header.npy", npy(header, Buffer.alloc(16)));
      const expected = "a header {'descr': …, 'fortran_order': …, 'shape': …}";
      await assert.rejects(readRaster(file), {
        name: "FormatError",
        message: `${file}: expected ${expected}; got ${JSON.stringify(header.slice(0, 80))}`,
      });
    });
  }

  it("refuses sizes that the bytes do not bear out", async () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (200000, 200000, 200), }";
    const file = saved("huge.npy", npy(header, Buffer.alloc(64)));
    await assert.rejects(readRaster(file), {
      name: "FormatError",
      message: `${file}: expected 64000000000000 bytes at offset 84; got the end of the file after 148 bytes — the file is cut short or damaged`,
    });
  });

  it("inflates no more than the archive declares", async () => {
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }";
    const packed = deflateRawSync(Buffer.concat([npy(header), Buffer.alloc(2 ** 26)]));
    const file = saved("bomb.npz", archive("x.npy", packed, 100));
    await assert.rejects(readRaster(file), (error: Error) => {
      assert.equal(error.name, "FormatError");
      assert.match(error.message, /bomb\.npz: expected x\.npy deflated; got damaged bytes \(.*\)$/);
      return true;
    });
  });

  it("refuses declared sizes that deflate cannot reach", async () => {
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }";
    const packed = deflateRawSync(npy(header, Buffer.alloc(4)));
    const file = saved("claim.npz", archive("x.npy", packed, 4_000_000_000));
    await assert.rejects(readRaster(file), {
      name: "FormatError",
      message: `${file}: expected 4000000000 bytes in x.npy; got ${packed.length} packed bytes`,
    });
  });

  it("holds the numbers against their checksum", async () => {
    const bytes = readFileSync(`${folder}stored.npz`);
    const at = bytes.indexOf(Buffer.from(Uint16Array.of(257 * 31).buffer), 200);
    bytes[at]! ^= 1;
    const file = saved("sum.npz", bytes);
    await assert.rejects(readRaster(`${file}#hsi`), /sum\.npz: expected hsi\.npy with the checksum \d+; got \d+$/);
  });
});

/** A ZIP archive of one deflated file that claims to unpack to `size` bytes. */
function archive(name: string, packed: Uint8Array, size: number): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(size, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
}
