import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { readers, readMatlab, readRaster } from "../../src/scene/index.ts";
import { describeReader } from "../support/describe-reader.ts";
import { type Golden, goldenFolder, goldenPixels, goldens } from "../support/golden-rasters.ts";

const mat = (name: string): string => `${goldenFolder}${name}.mat`;

describe("MATLAB files written by SciPy and by hand", () => {
  for (const golden of goldens("mat.json")) {
    it(`reads ${golden.file}`, async () => {
      const raster = await readRaster(goldenFolder + golden.file);
      assert.deepEqual([raster.height, raster.width, raster.bands], golden.shape);
      assert.deepEqual(raster.data, goldenPixels(golden));
      assert.equal(raster.valid, null);
      assert.equal(raster.georeference, null);
    });
  }

  it("reads structs, struct arrays, cells and text as a tree", async () => {
    const [root] = (await readMatlab(mat("tree"))).elements;
    assert.deepEqual(Array.from(root!.keys()), ["hsi", "mask", "title", "empty"]);
    assert.deepEqual(root!.get("title"), { kind: "text", dims: [2, 3], rows: ["ab ", "cde"] });
    const hsi = root!.get("hsi")!;
    assert.ok(hsi.kind === "struct");
    const info = hsi.elements[0]!.get("info")!;
    assert.ok(info.kind === "struct");
    assert.deepEqual(info.dims, [1, 3]);
    assert.deepEqual(
      info.elements.map((one) => one.get("name")),
      ["trees", "grass", "Straße"].map((text) => ({ kind: "text", dims: [1, text.length], rows: [text] })),
    );
    const empty = root!.get("empty")!;
    assert.ok(empty.kind === "numbers");
    assert.deepEqual(empty.dims, [0, 3]);
  });

  it("reads the same tree compressed", async () => {
    assert.deepEqual(await readMatlab(mat("tree-packed")), await readMatlab(mat("tree")));
  });

  it("makes sparse arrays full", async () => {
    const [root] = (await readMatlab(mat("sparse"))).elements;
    const few = new Float64Array(72);
    for (const [row, col, value] of [
      [2, 0, 1.5],
      [7, 4, -2],
      [0, 8, 3],
    ] as const) {
      few[row + 8 * col] = value;
    }
    assert.deepEqual(root!.get("few"), { kind: "numbers", className: "sparse double", dims: [8, 9], data: few });
    const { data } = await readRaster(`${mat("sparse-packed")}#few`);
    assert.deepEqual([data[2 * 9], data[7 * 9 + 4], data[8]], [1.5, -2, 3]);
    assert.deepEqual((await readRaster(`${mat("sparse")}#none`)).data, new Float64Array(72));
  });

  it("lists what is there without reading its numbers", async () => {
    const { variables } = readers.find(({ name }) => name === "MATLAB")!;
    assert.deepEqual(
      (await variables!(mat("sparse"))).map(({ path, content, isRaster }) => [path, content, isRaster]),
      [
        ["all", "8×9 sparse double", true],
        ["odd", "8×9 sparse double", true],
        ["mask", "8×9 sparse logical", true],
        ["few", "8×9 sparse double", true],
        ["none", "8×9 sparse double", true],
      ],
    );
  });
});

describe("MATLAB files written by Octave", () => {
  for (const version of ["v6", "v7"]) {
    const arrays: readonly (readonly [string, string, readonly [number, number, number]])[] = [
      ["hsi.Data", "i16", [8, 9, 5]],
      ["hsi.Lidar[0]", "f32", [8, 9, 1]],
      ["hsi.Lidar[1]", "f64", [8, 9, 1]],
      ["mask", "u1", [8, 9, 1]],
    ];
    for (const [path, dtype, shape] of arrays) {
      it(`reads ${path} of -${version}`, async () => {
        const raster = await readRaster(`${mat(`octave-${version}`)}#${path}`);
        assert.deepEqual([raster.height, raster.width, raster.bands], shape);
        assert.deepEqual(raster.data, goldenPixels({ file: "", dtype, shape } as unknown as Golden));
      });
    }

    it(`reads a sparse array of -${version}`, async () => {
      const { data } = await readRaster(`${mat(`octave-${version}`)}#counts`);
      const n = Array.from({ length: 72 }, (_, pixel) => (31 * Math.floor(pixel / 9) + 7 * (pixel % 9)) % 251);
      assert.deepEqual(
        Array.from(data),
        n.map((value) => (value % 2 === 1 ? value : 0)),
      );
    });
  }
});

describe("choosing a variable of a MATLAB file", () => {
  const faults: readonly (readonly [string, string])[] = [
    [
      "tree.mat",
      "expected one array; got hsi.Data (8×9×5 uint16), hsi.Lidar[0].z (8×9 single), hsi.Lidar[1].z (8×9 single), " +
        `hsi.sceneLabels.labels (8×9 double), mask (8×9 logical) — choose one, as in ${mat("tree")}#hsi.Data`,
    ],
    ["tree.mat#hsi.data", 'expected one of Data, Lidar, sceneLabels, info in hsi; got "data"'],
    ["tree.mat#HSI", 'expected one of hsi, mask, title, empty in the file; got "HSI"'],
    ["tree.mat#hsi.Lidar.z", "expected hsi.Lidar to be a struct; got 1×2 cell — choose an element, for example [0]"],
    ["tree.mat#hsi.info.name", "expected an index from [0] to [2] after hsi.info; got .name"],
    ["tree.mat#hsi.Lidar[2].z", "expected an index from [0] to [1] in hsi.Lidar; got [2]"],
    ["tree.mat#mask[0]", "expected mask to be a cell or struct; got 8×9 logical"],
    ["tree.mat#hsi..Data", 'expected a path such as hsi.Lidar[0].z after "#"; got "hsi..Data"'],
    ["tree.mat#title", "expected an array of numbers; got title (2×3 text)"],
  ];
  for (const [location, message] of faults) {
    it(`refuses ${location}`, async () => {
      const text = goldenFolder + location;
      await assert.rejects(readRaster(text), { name: "ConfigError", message: `${text}: ${message}` });
    });
  }

  it("says what to do about numbers that are not supported", async () => {
    await assert.rejects(readRaster(`${mat("refused")}#c`), {
      name: "UnsupportedError",
      message: `${mat("refused")}#c: a MATLAB complex 8×9 double is not supported — save real(x) and imag(x), or abs(x)`,
    });
    await assert.rejects(readRaster(`${mat("refused")}#s`), {
      message: `${mat("refused")}#s: a MATLAB complex 8×9 sparse double is not supported — save real(x) and imag(x), or abs(x)`,
    });
  });

  it("says what to do about other levels of the format", async () => {
    await assert.rejects(readMatlab(mat("level73")), {
      name: "UnsupportedError",
      message: `${mat("level73")}: MATLAB's -v7.3 format (HDF5) is not supported — its arrays are read by readRaster`,
    });
    await assert.rejects(readRaster(mat("level4")), {
      message: `${mat("level4")}: MATLAB's -v4 format is not supported — save it again with save(…, '-v7')`,
    });
  });
});

describeReader(readers.find(({ name }) => name === "MATLAB")!, {
  valid: [mat("plain"), mat("class-f32"), `${mat("tree")}#hsi.Data`, mat("big-endian")],
  cut: [mat("plain"), mat("class-f32"), mat("stored-smaller"), mat("big-endian"), `${mat("sparse")}#all`],
});

describe("MATLAB arrays of several blocks", () => {
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-matlab-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** One uint16 array, plain or compressed, its numbers those of their places in `[H, W, L]`. */
  function saved(name: string, [height, width, bands]: readonly [number, number, number], isPacked: boolean): string {
    const numbers = new Uint16Array(height * width * bands);
    for (let at = 0; at < numbers.length; at++) {
      const [row, rest] = [at % height, Math.floor(at / height)];
      numbers[at] = (row * width + (rest % width)) * bands + Math.floor(rest / width);
    }
    const padding = Buffer.alloc(-numbers.byteLength & 7);
    const start = [words(6, 8, 11, 0), words(5, 12, height, width, bands, 0), words((1 << 16) | 1, 0x78)];
    const body = Buffer.concat([...start, words(4, numbers.byteLength), Buffer.from(numbers.buffer), padding]);
    const variable = Buffer.concat([words(14, body.length), body]);
    const packed = deflateSync(variable, { level: 1 });
    const header = readFileSync(mat("plain")).subarray(0, 128);
    const file = join(folder, name);
    writeFileSync(file, Buffer.concat(isPacked ? [header, words(15, packed.length), packed] : [header, variable]));
    return file;
  }

  const shapes: readonly (readonly [number, number, number])[] = [
    [61, 401, 101],
    [62, 401, 104],
    [3001, 2, 701],
    [7, 601, 301],
    [1401, 37, 101],
    [41533, 1, 101],
  ];
  for (const shape of shapes) {
    for (const isPacked of [false, true]) {
      it(`are read as [H, W, L]: ${shape.join("×")}${isPacked ? " compressed" : ""}`, async () => {
        const { data, ...raster } = await readRaster(saved("large.mat", shape, isPacked));
        assert.deepEqual([raster.height, raster.width, raster.bands], shape);
        assert.ok(data.every((value, at) => value === (at & 0xffff)));
      });
    }
  }
});

describe("damaged and hostile MATLAB files", () => {
  const folder = mkdtempSync(join(tmpdir(), "symdiffuser-matlab-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const header = readFileSync(mat("plain")).subarray(0, 128);
  const saved = (name: string, ...parts: Uint8Array[]): string => {
    const file = join(folder, name);
    writeFileSync(file, Buffer.concat([header, ...parts]));
    return file;
  };

  it("stops inflating a bomb at the size it declares", async () => {
    const packed = deflateSync(Buffer.concat([words(14, 100), Buffer.alloc(2 ** 26)]));
    const file = saved("bomb.mat", words(15, packed.length), packed);
    await assert.rejects(readRaster(file), (error: Error) => {
      assert.equal(error.name, "FormatError");
      assert.match(error.message, /bomb\.mat: expected a compressed variable at offset 128; got damaged bytes \(.*\)$/);
      return true;
    });
  });

  it("refuses sizes that the bytes do not bear out", async () => {
    const flags = words(6, 8, 6, 0);
    const dims = words(5, 8, 2_000_000_000, 2_000_000_000);
    const body = Buffer.concat([flags, dims, words(1, 0), words(9, 8, 0, 0)]);
    const file = saved("dims.mat", words(14, body.length), body);
    await assert.rejects(readRaster(file), {
      name: "FormatError",
      message: `${file}: expected 4000000000000000000 numbers of 8 bytes; got 8 bytes — at offset 176`,
      offset: 176,
    });
  });

  it("refuses sparse arrays that are damaged, or very large when full", async () => {
    const sparse = (dims: number[], rows: number[], columns: number[]) => {
      const body = Buffer.concat([
        words(6, 8, 5, 3, 5, 8, ...dims, (1 << 16) | 1, 0x78),
        words(5, rows.length * 4, ...rows, ...(rows.length % 2 === 0 ? [] : [0])),
        words(5, columns.length * 4, ...columns, ...(columns.length % 2 === 0 ? [] : [0])),
        words(9, 24, 0, 0, 0, 0, 0, 0),
      ]);
      return saved("sparse.mat", words(14, body.length), body);
    };
    const faults: readonly (readonly [number[], number[], number[], RegExp])[] = [
      [[4, 2], [0, 3, 4], [0, 2, 3], /expected ascending row indices from 0 to 3; got others — at offset 176$/],
      [[4, 2], [1, 1, 2], [0, 2, 3], /expected ascending row indices from 0 to 3; got others — at offset 176$/],
      [[4, 2], [0, 1, 2], [0, 4, 3], /expected ascending column indices from 0 to 3; got others — at offset 200$/],
      [[4, 2], [0, 1, 2], [0, 2, 4], /expected at most 3 numbers in a sparse array; got 4 — at offset 200$/],
      [[4, 2], [0, 1, 2], [0, 3], /expected 3 integers of 4 bytes; got 8 bytes — at offset 200$/],
      [[1e9, 2], [0, 1, 2], [0, 2, 3], /a sparse array of 1000000000×2 numbers is not supported — cut it into parts$/],
    ];
    for (const [dims, rows, columns, message] of faults) {
      const file = sparse(dims, rows, columns);
      await assert.rejects(readRaster(`${file}#x`), message);
    }
  });

  it("refuses structs nested without end", async () => {
    let body = Buffer.alloc(0);
    for (let depth = 0; depth < 2000; depth++) {
      const cell = Buffer.concat([words(6, 8, 1, 0), words(5, 8, 1, 1), words(1, 0), body]);
      body = Buffer.concat([words(14, cell.length), cell]);
    }
    const file = saved("nest.mat", body);
    await assert.rejects(readRaster(file), /nest\.mat: expected at most 64 structs within each other; got more/);
  });
});

/** Little-endian 32-bit words. */
function words(...values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}
