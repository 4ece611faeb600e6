import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Source, simulatedKinds, simulateSource, spectralResponses } from "../../src/scene/index.ts";

const regular = (from: number, to: number, bands: number): number[] =>
  Array.from({ length: bands }, (_, band) => from + ((to - from) * band) / (bands - 1));

function sourceOf(data: Float32Array, wavelengthsNm: number[] | null, valid: Uint8Array | null = null): Source {
  const bands = wavelengthsNm?.length ?? data.length;
  const rest = { bandNames: null, georeference: null, nodata: -1, categories: null };
  const raster = { height: data.length / bands, width: 1, bands, data, valid, wavelengthsNm, ...rest };
  return { name: "cube", kind: "hsi", raster };
}

describe("spectralResponses", () => {
  it("has weights of sum 1, so that a flat spectrum stays flat", () => {
    const wavelengths = fc.tuple(fc.integer({ min: 380, max: 420 }), fc.integer({ min: 990, max: 2500 }));
    fc.assert(
      fc.property(wavelengths, fc.integer({ min: 100, max: 300 }), ([from, to], bands) => {
        for (const kind of simulatedKinds) {
          for (const { weights } of spectralResponses(kind, regular(from, to, bands))) {
            assert.ok(weights.every((weight) => weight >= 0));
            assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it("takes the mean of 450 to 700 nm for pan and the nearest bands for rgb", () => {
    const wavelengths = [440, 450, 462, 551, 630, 700, 710];
    const [pan] = spectralResponses("pan", wavelengths);
    assert.deepEqual([...pan!.weights], [0, 0.2, 0.2, 0.2, 0.2, 0.2, 0]);
    const rgb = spectralResponses("rgb", wavelengths).map(({ weights }) => wavelengths[weights.indexOf(1)]);
    assert.deepEqual(rgb, [630, 551, 462]);
  });

  it("falls to one half at half of the width for msi", () => {
    const [coastal] = spectralResponses("msi", regular(400, 1000, 601));
    assert.ok(Math.abs(coastal!.weights[452 - 400]! / coastal!.weights[427 - 400]! - 0.5) < 1e-9);
  });

  it("refuses bands that the spectrometer does not reach", () => {
    assert.throws(() => spectralResponses("msi", regular(400, 800, 100)), {
      name: "DataError",
      message: 'msi: expected a band within 90 nm of 949 nm for "near infrared 2"; got the nearest at 800 nm',
    });
    assert.throws(() => spectralResponses("pan", []), {
      name: "DataError",
      message: 'pan: expected a band within 125 nm of 575 nm for "pan"; got no bands',
    });
  });
});

describe("simulateSource", () => {
  it("weighs the bands of each pixel and leaves missing pixels out", () => {
    const cube = Float32Array.of(9, 1, 2, 3, 9, -1, -1, -1, -1, -1, 9, 2, 4, 6, 9);
    const hsi = sourceOf(cube, [440, 460, 550, 640, 710], Uint8Array.of(1, 0, 1));
    const { kind, name, raster } = simulateSource(hsi, "rgb");
    assert.deepEqual([kind, name, raster.bands], ["rgb", "rgb", 3]);
    assert.deepEqual([...raster.data], [3, 2, 1, 0, 0, 0, 6, 4, 2]);
    assert.deepEqual(raster.valid, hsi.raster.valid);
    assert.deepEqual(raster.bandNames, ["red", "green", "blue"]);
    assert.deepEqual([...simulateSource(hsi, "pan", "p").raster.data], [2, 0, 4]);
  });

  it("refuses a source without wavelengths", () => {
    assert.throws(() => simulateSource(sourceOf(Float32Array.of(1, 2), null), "pan"), {
      name: "DataError",
      message: 'cube: expected wavelengths to simulate "pan" from; got none',
    });
  });
});
