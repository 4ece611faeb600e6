import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { contextFeatures, contextReader, contextSize, type ImageGrid, type Windows } from "../../src/scene/index.ts";
import { integers, keyOf, normal } from "../../src/tensor/index.ts";

/** Straight from the definition: values of one channel in the window around a pixel. */
function around(image: Float32Array, grid: ImageGrid, pixel: number, side: number, channel: number): number[] {
  const { height, width, channels, valid } = grid;
  const radius = (side - 1) / 2;
  const row = Math.floor(pixel / width);
  const col = pixel % width;
  const values: number[] = [];
  for (let r = Math.max(0, row - radius); r <= Math.min(height - 1, row + radius); r++) {
    for (let c = Math.max(0, col - radius); c <= Math.min(width - 1, col + radius); c++) {
      const other = r * width + c;
      if (valid === null || valid[other] !== 0) values.push(image[other * channels + channel]!);
    }
  }
  return values;
}

function naive(image: Float32Array, grid: ImageGrid, windows: Windows, pixels: Iterable<number>): number[] {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const features: number[] = [];
  for (const pixel of pixels) {
    for (const kind of ["mean", "deviation"] as const) {
      for (const side of windows[kind]) {
        for (let channel = 0; channel < grid.channels; channel++) {
          const values = around(image, grid, pixel, side, channel);
          const centre = mean(values);
          features.push(kind === "mean" ? centre : Math.sqrt(mean(values.map((value) => (value - centre) ** 2))));
        }
      }
    }
  }
  return features;
}

function imageOf(seed: number, height: number, width: number, channels: number, holes: boolean) {
  const valid = holes ? Uint8Array.from(integers(keyOf(seed + 1), [height * width], 3).data) : null;
  const image = normal(keyOf(seed), [height * width * channels]).data;
  valid?.forEach((isValid, pixel) => {
    if (isValid === 0) image.fill(Number.NaN, pixel * channels, (pixel + 1) * channels);
  });
  return { image, grid: { height, width, channels, valid } };
}

const sides = fc.uniqueArray(fc.constantFrom(1, 3, 5, 9, 21), { maxLength: 3 });
const windowsOf = fc.record({ mean: sides, deviation: sides });

describe("contextFeatures", () => {
  it("equals the definition for any image, mask and windows", () => {
    const lengths = fc.tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
    );
    fc.assert(
      fc.property(fc.nat(999), lengths, fc.boolean(), windowsOf, (seed, [height, width, channels], holes, windows) => {
        const { image, grid } = imageOf(seed, height, width, channels, holes);
        const found = contextFeatures(image, grid, windows, [0, height]);
        const expected = naive(image, grid, windows, Array(height * width).keys());
        assert.equal(found.length, expected.length);
        // Sums in f64 and answers in f32: a deviation of 0 comes out as the root of a rounding error.
        for (const [at, value] of expected.entries()) assert.ok(Math.abs(found[at]! - value) < 1e-6, `${at}`);
      }),
    );
  });

  it("is the same to the last bit for any rows and any list of pixels", () => {
    const windows = { mean: [1, 3, 9, 21], deviation: [5, 21] };
    const { image, grid } = imageOf(5, 150, 17, 4, true);
    const size = contextSize(4, windows);
    const whole = contextFeatures(image, grid, windows, [0, 150]);
    assert.deepEqual(contextFeatures(image, grid, windows, [61, 140]), whole.subarray(61 * 17 * size, 140 * 17 * size));
    const pixels = integers(keyOf(6), [90], 150 * 17).data;
    const listed = contextFeatures(image, grid, windows, pixels);
    for (const [at, pixel] of pixels.entries()) {
      const expected = whole.subarray(pixel * size, (pixel + 1) * size);
      assert.deepEqual(listed.subarray(at * size, (at + 1) * size), expected);
    }
  });

  it("is the same to the last bit strip by strip, in any order", () => {
    const { image, grid } = imageOf(4, 150, 12, 2, false);
    const windows = { mean: [1, 3, 9], deviation: [3, 9] };
    const whole = contextFeatures(image, grid, windows, [0, 150]);
    const read = contextReader(image, grid, windows);
    const perRow = whole.length / 150;
    for (const [first, end] of [
      [0, 16],
      [16, 32],
      [40, 70],
      [70, 71],
      [130, 150],
      [60, 80],
    ] as const) {
      assert.deepEqual(read([first, end]), whole.slice(first * perRow, end * perRow));
    }
    assert.deepEqual(read(Int32Array.of(5, 1234, 77)).slice(0, 10), whole.slice(5 * 10, 6 * 10));
  });

  it("gives the pixel itself for a mean over 1 and no deviation where all is equal", () => {
    const { image, grid } = imageOf(7, 4, 5, 2, false);
    assert.deepEqual(contextFeatures(image, grid, { mean: [1], deviation: [] }, [0, 4]), image);
    const flat = contextFeatures(new Float32Array(40).fill(0.7), grid, { mean: [], deviation: [1, 3] }, [0, 4]);
    assert.ok(flat.every((value) => value < 1e-6));
  });

  it("stays exact over many rows of large numbers", () => {
    const grid = { height: 3000, width: 3, channels: 1, valid: null };
    const image = normal(keyOf(8), [9000]).data.map((value) => 10_000 + value);
    const found = contextFeatures(image, grid, { mean: [5], deviation: [5] }, [2990, 3000]);
    const expected = naive(
      image,
      grid,
      { mean: [5], deviation: [5] },
      Array.from({ length: 30 }, (_, at) => 8970 + at),
    );
    for (const [at, value] of expected.entries())
      assert.ok(Math.abs(found[at]! - value) < 1e-3, `${found[at]} ${value}`);
  });

  const grid: ImageGrid = { height: 2, width: 3, channels: 1, valid: null };
  const image = new Float32Array(6);
  const one: Windows = { mean: [1], deviation: [] };
  const faults: [string, () => Float32Array, string, string][] = [
    [
      "an even window",
      () => contextFeatures(image, grid, { mean: [], deviation: [4] }, [0, 2]),
      "ConfigError",
      "windows.deviation: expected odd integers ≥ 1; got 4",
    ],
    [
      "a window given twice",
      () => contextFeatures(image, grid, { mean: [3, 3], deviation: [] }, [0, 2]),
      "ConfigError",
      "windows.mean: expected each window once; got 3 twice",
    ],
    [
      "an image of another size",
      () => contextFeatures(new Float32Array(5), grid, one, [0, 2]),
      "ShapeError",
      "contextFeatures: image: expected 6 values for [H, W, C] with H=2, W=3, C=1; got 5",
    ],
    [
      "a mask of another size",
      () => contextFeatures(image, { ...grid, valid: new Uint8Array(5) }, one, [0, 2]),
      "ShapeError",
      "contextFeatures: valid: expected 6 values for [H, W] with H=2, W=3; got 5",
    ],
    [
      "rows beyond the image",
      () => contextFeatures(image, grid, one, [0, 3]),
      "ShapeError",
      "contextFeatures: expected rows within 0 to 2; got 0 to 3",
    ],
    [
      "pixels beyond the image",
      () => contextFeatures(image, grid, one, Int32Array.of(0, 6)),
      "ShapeError",
      "contextFeatures: expected pixel indices from 0 to 5; got 6",
    ],
  ];
  for (const [what, fails, name, message] of faults) {
    it(`refuses ${what}`, () => assert.throws(fails, { name, message }));
  }
});
