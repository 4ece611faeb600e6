import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeLatent, fitLatent } from "../../src/symdiffuser/latent.ts";
import { decodeLatent } from "../../src/symdiffuser/translate.ts";
import { keyOf } from "../../src/tensor/index.ts";
import { tiny, tinyScene, workOf } from "../support/tiny-method.ts";

const scene = tinyScene();
const compute = { threads: 1, device: "cpu" } as const;

/** Square root of the mean square difference of a source and its decoded latent, in deviations of each band. */
async function errorOf(kind: "bands" | "pca" | "vit", name: string, channels: number): Promise<number> {
  const source = scene.sources.find((one) => one.name === name)!;
  const options = { ...tiny.latent, kind, channels, steps: 150 };
  const encoder = await fitLatent(scene, source, options, 6, keyOf(0), workOf());
  const bands = await decodeLatent(await encodeLatent(scene, source, encoder, 6, compute), encoder, 6, compute);
  const { perBand, decibel } = encoder.normalisation;
  const unit = (value: number): number => (decibel ? 10 * Math.log10(value) : value);
  const squares = source.raster.data as Float32Array;
  let sum = 0;
  for (const [at, value] of squares.entries()) {
    const { low, high, deviation } = perBand[at % source.raster.bands]!;
    const clipped = Math.min(high, Math.max(low, unit(value)));
    sum += ((unit(bands.data[at]!) - clipped) / deviation) ** 2 / squares.length;
  }
  return Math.sqrt(sum);
}

describe("a latent decoded", () => {
  it("gives the bands back, clipped, power as power", async () => {
    for (const name of ["msi", "lidar", "sar"]) assert.ok((await errorOf("bands", name, 16)) < 1e-5, name);
  });

  it("of all principal components gives the bands back, of a few nearly", async () => {
    const [all, few] = [await errorOf("pca", "msi", 99), await errorOf("pca", "msi", 2)];
    assert.ok(all < 1e-3, `all: ${all}`);
    assert.ok(few > 10 * all && few < 0.5, `few: ${few}`);
  });

  it("of an autoencoder goes through its decoder", async () => {
    const error = await errorOf("vit", "msi", 4);
    assert.ok(error < 0.6, `error ${error}`);
  });
});
