import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Source } from "../../src/scene/index.ts";
import { encodeLatent, fitLatent } from "../../src/symdiffuser/latent.ts";
import type { LatentOptions } from "../../src/symdiffuser/options.ts";
import { decodeLatent } from "../../src/symdiffuser/translate.ts";
import { keyOf, normal } from "../../src/tensor/index.ts";
import { tiny, tinyScene, workOf } from "../support/tiny-method.ts";

const side = 40;
const bands = 8;

/** One band that varies much, and seven of little noise. */
function mostlyNoise(): Source {
  const data = normal(keyOf(1), [side * side * bands]).data.map((value, at) =>
    at % bands === 2 ? value : 0.1 * value,
  );
  const rest = { bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null };
  return { name: "s", kind: "hsi", raster: { height: side, width: side, bands, data, valid: null, ...rest } };
}

async function firstComponent(scale: LatentOptions["scale"]): Promise<{ latent: Float32Array; decoded: Float32Array }> {
  const source = mostlyNoise();
  const scene = { ...tinyScene(), height: side, width: side, sources: [source], valid: null };
  const options = { ...tiny.latent, kind: "pca", scale, channels: 1 } as const;
  const compute = { threads: 1, device: "cpu" } as const;
  const encoder = await fitLatent(scene, source, options, 6, keyOf(0), workOf());
  const latent = await encodeLatent(scene, source, encoder, 6, compute);
  return { latent: latent.data, decoded: (await decodeLatent(latent, encoder, 6, compute)).data };
}

/** Of the lively band and a latent, or what was decoded of it. */
function correlation(values: Float32Array, step: number, first: number): number {
  const band = mostlyNoise().raster.data as Float32Array;
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
  it("on the scale of the source follow the bands that vary most, and decode to them", async () => {
    const { latent, decoded } = await firstComponent("source");
    assert.ok(correlation(latent, 1, 0) > 0.99);
    assert.ok(correlation(decoded, bands, 2) > 0.99);
  });

  it("on the scale of each band take bands as equals, whatever their units", async () => {
    const { latent } = await firstComponent("band");
    assert.ok(correlation(latent, 1, 0) < 0.8);
  });
});
