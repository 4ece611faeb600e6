import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { channelsOf, fitPreparation, preparedImage } from "../../src/baselines/network/prepare.ts";
import type { Source } from "../../src/scene/index.ts";
import { keyOf, normal } from "../../src/tensor/index.ts";

const [height, width, bands] = [30, 20, 3];

/** Bands of which the second is ten times the first and something, the third has a range of its own. */
function sourceOf(): Source {
  const noise = normal(keyOf(1), [height * width * bands]).data;
  const data = new Float32Array(noise.length);
  for (let at = 0; at < data.length; at += bands) {
    data[at] = 5 + noise[at]!;
    data[at + 1] = 10 * data[at]! + noise[at + 1]!;
    data[at + 2] = -3 + 0.1 * noise[at + 2]!;
  }
  const nothing = { bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null };
  return { name: "optical", kind: "msi", raster: { height, width, bands, data, valid: null, ...nothing } };
}

/** Every so many-th number of an image. */
function channel({ data, channels }: { data: ArrayLike<number>; channels: number }, at: number): number[] {
  return Array.from(data).filter((_, place) => place % channels === at);
}

const product = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * b[at]!, 0) / a.length;

describe("preparation to the range 0 to 1", () => {
  const source = sourceOf();

  it("gives each band the range, or all of the source together", () => {
    const each = preparedImage(source, fitPreparation(source, null, { kind: "unit" }));
    const together = preparedImage(source, fitPreparation(source, null, { kind: "unit", range: "source" }));
    for (let band = 0; band < bands; band++) {
      const values = channel(each, band);
      assert.ok(Math.abs(Math.min(...values)) < 1e-6 && Math.abs(Math.max(...values) - 1) < 1e-6);
    }
    assert.ok(Math.abs(Math.min(...together.data)) < 1e-6 && Math.abs(Math.max(...together.data) - 1) < 1e-6);
    // The third band is the least of all, and far shorter than the second.
    assert.ok(Math.max(...channel(together, 2)) < 0.05 && Math.max(...channel(together, 1)) > 0.99);
  });

  it("has principal components behind the bands, centred, uncorrelated, with the variance of the bands", () => {
    const preparation = { kind: "unit", components: 30 } as const;
    const plain = preparedImage(source, fitPreparation(source, null, { kind: "unit" }));
    const image = preparedImage(source, fitPreparation(source, null, preparation));
    assert.equal(image.channels, channelsOf(bands, preparation));
    assert.equal(image.channels, 6);
    let variance = 0;
    for (let band = 0; band < bands; band++) {
      const own = channel(image, band);
      assert.deepEqual(own, channel(plain, band));
      const mean = own.reduce((a, b) => a + b) / own.length;
      variance += product(own, own) - mean ** 2;
    }
    const components = [3, 4, 5].map((at) => channel(image, at));
    for (const one of components) assert.ok(Math.abs(one.reduce((a, b) => a + b) / one.length) < 1e-6);
    const variances = components.map((one) => product(one, one));
    assert.ok(variances[0]! > variances[1]! && variances[1]! > variances[2]!);
    assert.ok(Math.abs(product(components[0]!, components[1]!)) < 1e-6);
    assert.ok(Math.abs(variances.reduce((a, b) => a + b) - variance) < 1e-5);
  });
});
