import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  applyNormalisation,
  fitNormalisation,
  type Raster,
  type Source,
  withCommonDeviation,
} from "../../src/scene/index.ts";
import { keyOf, normal, uniform } from "../../src/tensor/index.ts";

function rasterOf(data: Raster["data"], bands: number, valid: Uint8Array | null = null): Raster {
  const rest = { bandNames: null, wavelengthsNm: null, georeference: null, nodata: null, categories: null };
  return { height: data.length / bands, width: 1, bands, data, valid, ...rest };
}

const sourceOf = (raster: Raster, kind: Source["kind"] = "hsi"): Source => ({ name: "s", kind, raster });

describe("fitNormalisation", () => {
  it("clips to the 1st and 99th percentile widened by a quarter of their distance", () => {
    // 0 … 100: percentiles 1 and 99, distance 98; the outlier changes neither much.
    const { perBand, decibel } = fitNormalisation(
      sourceOf(
        rasterOf(
          Int16Array.from({ length: 101 }, (_, at) => at),
          1,
        ),
      ),
    );
    assert.equal(perBand[0]!.low, 1 - 24.5);
    assert.equal(perBand[0]!.high, 99 + 24.5);
    assert.equal(perBand[0]!.mean.toFixed(9), "50.000000000");
    assert.equal(perBand[0]!.deviation.toFixed(9), Math.sqrt((101 ** 2 - 1) / 12).toFixed(9));
    assert.equal(decibel, false);
  });

  it("looks at valid pixels only", () => {
    const data = Float32Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? at : -9999));
    const valid = Uint8Array.from({ length: 200 }, (_, at) => 1 - (at % 2));
    const even = data.filter((_, at) => at % 2 === 0);
    assert.deepEqual(
      fitNormalisation(sourceOf(rasterOf(data, 1, valid))),
      fitNormalisation(sourceOf(rasterOf(even, 1))),
    );
  });

  it("takes decibels of radar power, and not of decibels or of other kinds", () => {
    const looks = [0, 1, 2, 3].map((seed) => uniform(keyOf(seed), [5000], 1e-9, 1).data);
    const power = looks[0]!.map((_, at) => 0.01 * looks.reduce((sum, look) => sum - Math.log(look[at]!), 0));
    const decibels = power.map((value) => 10 * Math.log10(value));
    const linear = fitNormalisation(sourceOf(rasterOf(power, 1), "sar"));
    assert.equal(linear.decibel, true);
    assert.equal(fitNormalisation(sourceOf(rasterOf(power, 1), "hsi")).decibel, false);
    assert.equal(fitNormalisation(sourceOf(rasterOf(decibels, 1), "sar")).decibel, false);
    assert.equal(
      fitNormalisation(
        sourceOf(
          rasterOf(
            decibels.map((value) => value + 100),
            1,
          ),
          "sar",
        ),
      ).decibel,
      false,
    );
    const logged = fitNormalisation(sourceOf(rasterOf(decibels, 1), "sar"));
    assert.ok(Math.abs(linear.perBand[0]!.mean - logged.perBand[0]!.mean) < 1e-4);
  });

  it("bears zero radar power", () => {
    const power = uniform(keyOf(0), [1000]).data.map((value, at) => (at % 20 === 0 ? 0 : (value + 0.01) ** -2));
    const source = sourceOf(rasterOf(power, 1), "sar");
    const fitted = fitNormalisation(source);
    assert.equal(fitted.decibel, true);
    assert.ok(applyNormalisation(source.raster, fitted).every(Number.isFinite));
  });

  it("is plain numbers that JSON keeps", () => {
    const fitted = fitNormalisation(sourceOf(rasterOf(normal(keyOf(1), [300]).data, 3)));
    assert.deepEqual(JSON.parse(JSON.stringify(fitted)), fitted);
  });

  it("samples large rasters evenly", () => {
    const data = Float32Array.from({ length: 600_000 }, (_, at) => at);
    const { low, high } = fitNormalisation(sourceOf(rasterOf(data, 1))).perBand[0]!;
    assert.ok(Math.abs(low - (6000 - 0.25 * 588_000)) < 5, `low ${low}`);
    assert.ok(Math.abs(high - (594_000 + 0.25 * 588_000)) < 5, `high ${high}`);
  });
});

describe("applyNormalisation", () => {
  it("gives every band mean 0 and deviation 1, whatever its offset and scale", () => {
    const scale = fc.tuple(
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      fc.double({ min: 0.1, max: 1e3, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.nat(999), fc.array(scale, { minLength: 1, maxLength: 4 }), (seed, scales) => {
        const bands = scales.length;
        const noise = normal(keyOf(seed), [400 * bands]).data;
        const data = Float64Array.from(noise, (value, at) => scales[at % bands]![0] + scales[at % bands]![1] * value);
        const raster = rasterOf(data, bands);
        const scaled = applyNormalisation(raster, fitNormalisation(sourceOf(raster)));
        for (let band = 0; band < bands; band++) {
          const values = scaled.filter((_, at) => at % bands === band);
          const mean = values.reduce((sum, value) => sum + value, 0) / 400;
          const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400;
          assert.ok(Math.abs(mean) < 1e-5 && Math.abs(variance - 1) < 1e-4, `${mean} ${variance}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("gives 0 at invalid pixels and in constant bands", () => {
    const data = Float32Array.from([1, 7, 2, 7, Number.NaN, 7, 4, 7]);
    const raster = rasterOf(data, 2, Uint8Array.from([1, 1, 0, 1]));
    const scaled = applyNormalisation(raster, fitNormalisation(sourceOf(raster)));
    assert.deepEqual([...scaled.filter((_, at) => at % 2 === 1)], [0, 0, 0, 0]);
    assert.equal(scaled[4], 0);
    assert.ok(scaled[6]! > 1);
  });

  it("keeps a rare value of an otherwise constant band", () => {
    const raster = rasterOf(
      Uint8Array.from({ length: 1000 }, (_, at) => Number(at === 500)),
      1,
    );
    const scaled = applyNormalisation(raster, fitNormalisation(sourceOf(raster)));
    assert.ok(scaled[500]! > 10 && scaled[0]! < 0);
  });

  it("clips values beyond the fitted range", () => {
    const fitted = fitNormalisation(
      sourceOf(
        rasterOf(
          Float32Array.from({ length: 101 }, (_, at) => at),
          1,
        ),
      ),
    );
    const scaled = applyNormalisation(rasterOf(Float32Array.of(1e6, 123.5, -1e6, -23.5), 1), fitted);
    assert.equal(scaled[0], scaled[1]);
    assert.equal(scaled[2], scaled[3]);
  });

  it("refuses another number of bands", () => {
    const fitted = fitNormalisation(sourceOf(rasterOf(Float32Array.of(1, 2, 3, 4), 2)));
    assert.throws(() => applyNormalisation(rasterOf(Float32Array.of(1, 2, 3), 3), fitted), {
      name: "ShapeError",
      message: "applyNormalisation: expected 2 bands as fitted; got 3",
    });
  });
});

describe("withCommonDeviation", () => {
  it("keeps how lively bands are beside each other, and constant ones constant", () => {
    const noise = normal(keyOf(0), [3000]).data;
    const data = noise.map((value, at) => [3 * value, 0.3 * value, 7][at % 3]!);
    const raster = rasterOf(data, 3);
    const perBand = fitNormalisation(sourceOf(raster));
    const common = withCommonDeviation(perBand);
    const scaled = applyNormalisation(raster, common);
    const variance = [0, 1, 2].map(
      (band) => scaled.reduce((sum, value, at) => sum + (at % 3 === band ? value ** 2 : 0), 0) / 1000,
    );
    assert.ok(Math.abs(variance[0]! + variance[1]! - 2) < 1e-4, `${variance}`);
    const expected = (perBand.perBand[0]!.deviation / perBand.perBand[1]!.deviation) ** 2;
    assert.ok(Math.abs(variance[0]! / variance[1]! / expected - 1) < 1e-4, `${variance}`);
    assert.equal(variance[2], 0);
  });
});
