import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type ImageScores, imageScores } from "../../src/evaluate/index.ts";

const golden = JSON.parse(readFileSync(join(import.meta.dirname, "../golden/image-scores.json"), "utf8"));
const { height, width, bands, other, scores } = golden;
const real = { height, width, bands, data: golden.real as number[] };
const pixels = Int32Array.from(golden.pixels);

describe("scores of an image", () => {
  it("agree with scikit-image", () => {
    const got = imageScores(real, other, pixels);
    for (const [name, expected] of Object.entries(scores as Record<string, number>)) {
      assert.ok(
        Math.abs(got[name as keyof ImageScores]! - expected) < 1e-9,
        `${name}: ${got[name as never]}, ${expected}`,
      );
    }
  });

  it("are perfect for the image itself", () => {
    const { psnr, ssim, spectralAngle } = imageScores(real, real.data, pixels);
    assert.equal(psnr, Number.POSITIVE_INFINITY);
    assert.ok(Math.abs(ssim! - 1) < 1e-12 && spectralAngle! < 1e-5);
  });

  it("are unknown for a constant band", () => {
    const flat = { height: 9, width: 9, bands: 1, data: new Float32Array(81) };
    const none = { psnr: null, ssim: null, spectralAngle: null, correlation: null };
    assert.deepEqual(imageScores(flat, new Float32Array(81), Int32Array.of(3, 40)), none);
  });
});
