import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Source } from "../../src/scene/index.ts";
import { encodeLatent, fitLatent } from "../../src/symdiffuser/latent.ts";
import { decodeLatent } from "../../src/symdiffuser/translate.ts";
import { keyOf, normal } from "../../src/tensor/index.ts";
import { tiny, tinyScene, workOf } from "../support/tiny-method.ts";

const side = 40;
const bands = 8;

/** One band that varies much, and seven of little noise. */
function mostlyNoise(kind: Source["kind"]): Source {
  const data = normal(keyOf(1), [side * side * bands]).data.map((value, at) => (at % bands === 2 ? value : 0.1 * value));
  const rest = { bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null };
  return { name: "s", kind, raster: { height: side, width: side, bands, data, valid: null, ...rest } };
}

async function firstComponent(kind: Source["kind"]): Promise<{ latent: Float32Array; decoded: Float32Array }> {
  const source = mostlyNoise(kind);
  const scene = { ...tinyScene(), height: side, width: side, sources: [source], valid: null };
  const compute = { threads: 1, device: "cpu" } as const;
  const encoder = await fitLatent(scene, source, { ...tiny.latent, kind: "pca", channels: 1 }, 6, keyOf(0), workOf());
  const latent = await encodeLatent(scene, source, encoder, 6, compute);
  return { latent: latent.data, decoded: (await decodeLatent(latent, encoder, 6, compute)).data };
}

/** Of the lively band and a latent, or what was decoded of it. */
function correlation(values: Float32Array, step: number, first: number): number {
  const band = mostlyNoise("hsi").raster.data as Float32Array;
  let [xy, xx, yy] = [0, 0, 0];
  for (let pixel = 0; pixel < side * side; pixel++) {
    const [x, y] = [band[pixel * bands + 2]!, values[pixel * step + first]!];
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  return Math.abs(xy) / Math.sqrt(xx * yy);
}

describe("principal components", () => {
  it("of a hyperspectral source follow the bands that vary most, and decode to them", async () => {
    const { latent, decoded } = await firstComponent("hsi");
    assert.ok(correlation(latent, 1, 0) > 0.99);
    assert.ok(correlation(decoded, bands, 2) > 0.99);
  });

  it("of other sources take bands as equals, whatever their units", async () => {
    const { latent } = await firstComponent("msi");
    assert.ok(correlation(latent, 1, 0) < 0.8);
  });
});
