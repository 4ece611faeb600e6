import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  bandsToShow,
  classPicture,
  confidencePicture,
  encodePng,
  type MapData,
  magma,
  mapPicture,
  type Picture,
  pixelSizeM,
  scaleBar,
  sourcePicture,
  splitColors,
  splitPicture,
  valuePanels,
} from "../../src/evaluate/index.ts";
import type { Raster } from "../../src/scene/index.ts";
import { decodedPng } from "./decoded-png.ts";

const nothing = [0, 0, 0, 0];

function colorOf(picture: Picture, row: number, col: number): number[] {
  return [...picture.data.subarray((row * picture.width + col) * 4).subarray(0, 4)];
}

/** The picture equals the one in `test/golden/`; otherwise it is left beside it as `name.actual.png`. */
function assertGolden(picture: Picture, name: string): void {
  const path = (ending: string): string => fileURLToPath(new URL(`../golden/${name}${ending}`, import.meta.url));
  const actual = encodePng(picture);
  const isSame = existsSync(path(".png")) && Buffer.compare(readFileSync(path(".png")), actual) === 0;
  // Another version of zlib may compress the same pixels otherwise.
  if (isSame || (existsSync(path(".png")) && isEqual(decodedPng(readFileSync(path(".png"))), picture))) {
    rmSync(path(".actual.png"), { force: true });
    return;
  }
  writeFileSync(path(".actual.png"), actual);
  assert.fail(`${name}.png: the picture differs; see test/golden/${name}.actual.png`);
}

/** Colours within 3 of 255: our colour maps are interpolated between ten of matplotlib's 256 colours. */
function assertNear(actual: readonly number[], expected: readonly number[]): void {
  assert.ok(
    actual.every((value, axis) => Math.abs(value - expected[axis]!) <= 3),
    `${actual} ≠ ${expected}`,
  );
}

function isEqual(a: Picture, b: Picture): boolean {
  return a.height === b.height && a.width === b.width && Buffer.compare(a.data, b.data) === 0;
}

function raster(height: number, width: number, bands: number, rest: Partial<Raster> = {}): Raster {
  const data = new Float32Array(height * width * bands).map((_, index) => index + 1);
  const unknown = { valid: null, bandNames: null, wavelengthsNm: null, georeference: null, nodata: null };
  return { height, width, bands, data, ...unknown, categories: null, ...rest };
}

describe("encodePng", () => {
  it("keeps every picture, with few colours, many, opaque or not", () => {
    const pictures = fc
      .record({
        height: fc.integer({ min: 1, max: 30 }),
        width: fc.integer({ min: 1, max: 30 }),
        colors: fc.constantFrom(2, 5000),
        isOpaque: fc.boolean(),
        seed: fc.nat(),
      })
      .map(({ height, width, colors, isOpaque, seed }) => {
        const data = new Uint8Array(height * width * 4).map((_, at) => {
          if (isOpaque && at % 4 === 3) return 255;
          return (((at >> 2) * 2_654_435_761 + seed) % colors) >> (at % 4);
        });
        return { height, width, data };
      });
    fc.assert(fc.property(pictures, (picture) => assert.deepEqual(decodedPng(encodePng(picture)), picture)));
  });

  it("uses a palette for a map, and fewer bytes", () => {
    const bytes = encodePng(
      classPicture({ height: 200, width: 300, data: new Uint8Array(60_000).fill(1) }, [[1, 2, 3]]),
    );
    assert.equal(bytes[25], 3);
    assert.ok(bytes.length < 200, `${bytes.length} bytes`);
  });
});

describe("bandsToShow", () => {
  it("takes true colour where wavelengths reach it, else bands spread over the spectrum", () => {
    const wavelengthsNm = Array.from({ length: 31 }, (_, band) => 400 + 20 * band);
    assert.deepEqual(bandsToShow(raster(1, 1, 31, { wavelengthsNm }), "hsi"), [12, 7, 3]);
    assert.deepEqual(
      bandsToShow(raster(1, 1, 31, { wavelengthsNm: wavelengthsNm.map((nm) => nm + 1000) }), "hsi"),
      [25, 15, 5],
    );
    assert.deepEqual(bandsToShow(raster(1, 1, 12), "msi"), [10, 6, 2]);
  });

  it("takes one or two bands of other sensors", () => {
    assert.deepEqual(bandsToShow(raster(1, 1, 4), "sar"), [0, 1]);
    assert.deepEqual(bandsToShow(raster(1, 1, 2), "lidar"), [0]);
    assert.deepEqual(bandsToShow(raster(1, 1, 4), "rgb"), [0, 1, 2]);
    assert.deepEqual(bandsToShow(raster(1, 1, 1), "pan"), [0]);
  });
});

describe("sourcePicture", () => {
  it("stretches each band from dark to bright", () => {
    const picture = sourcePicture(raster(8, 9, 3), "rgb");
    assert.deepEqual([picture.height, picture.width], [8, 9]);
    assert.deepEqual(colorOf(picture, 0, 0), [0, 0, 0, 255]);
    assert.deepEqual(colorOf(picture, 7, 8), [255, 255, 255, 255]);
  });

  it("leaves invalid pixels transparent and out of the stretch", () => {
    const scene = raster(2, 3, 1, { valid: Uint8Array.of(1, 1, 1, 1, 1, 0) });
    scene.data[4] = Number.NaN;
    scene.data[5] = 1e9;
    const picture = sourcePicture(scene, "pan");
    assert.deepEqual(
      [4, 5].map((col) => colorOf(picture, 0, col)),
      [nothing, nothing],
    );
    assert.deepEqual(colorOf(picture, 1, 0), [255, 255, 255, 255]);
  });

  it("shows heights in colours and a constant band in the middle", () => {
    const flat = raster(2, 2, 1, { data: new Float32Array(4).fill(7) });
    assertNear(colorOf(sourcePicture(flat, "dem"), 0, 0), [33, 145, 140, 255]); // matplotlib's viridis(0.5)
    assert.deepEqual(colorOf(sourcePicture(flat, "pan"), 0, 0), [128, 128, 128, 255]);
    assert.deepEqual(colorOf(sourcePicture(raster(1, 200, 1), "lidar"), 0, 0), [68, 1, 84, 255]);
  });

  it("shows radar in decibels, linear or not, the same", () => {
    const linear = Float32Array.of(0.1, 0.01, 0.5, 0.02, 0.2, 0.1, 0.9, 0.3);
    const decibels = linear.map((value) => 10 * Math.log10(value));
    const [a, b] = [linear, decibels].map((data) => sourcePicture(raster(2, 2, 2, { data }), "sar"));
    assert.deepEqual(a, b);
  });

  it("shrinks large scenes by whole blocks, the last ones cut", () => {
    const picture = sourcePicture(raster(5, 9, 1), "pan", 4);
    assert.deepEqual([picture.height, picture.width], [2, 3]);
    assert.deepEqual(colorOf(picture, 1, 2), [255, 255, 255, 255]);
  });
});

describe("pictures of results", () => {
  it("a class map: colours by label, 0 transparent; shrunk, sparse labels stay", () => {
    const labels = { height: 2, width: 4, data: Uint16Array.of(0, 0, 2, 2, 0, 1, 2, 1) };
    const colors = [[9, 8, 7], [1, 2, 3]] as const; // biome-ignore format: colours
    assert.deepEqual(colorOf(classPicture(labels, colors), 1, 1), [9, 8, 7, 255]);
    assert.deepEqual(colorOf(classPicture(labels, colors), 0, 0), nothing);
    const small = classPicture(labels, colors, 2);
    assert.deepEqual([0, 1].map((col) => colorOf(small, 0, col)), [[9, 8, 7, 255], [1, 2, 3, 255]]); // biome-ignore format: colours
  });

  it("confidence: dark is unsure, NaN transparent, blocks averaged", () => {
    const confidence = { height: 1, width: 4, data: Float32Array.of(0, 1, Number.NaN, Number.NaN) };
    assert.deepEqual(colorOf(confidencePicture(confidence), 0, 0), [0, 0, 4, 255]);
    assert.deepEqual(colorOf(confidencePicture(confidence), 0, 1), [252, 253, 191, 255]);
    const small = confidencePicture(confidence, 2);
    assertNear(colorOf(small, 0, 0), [183, 55, 121, 255]); // matplotlib's magma(0.5)
    assert.deepEqual(colorOf(small, 0, 1), nothing);
  });

  it("a split: training above test in a shrunk block", () => {
    const split = { train: Int32Array.of(5), validation: Int32Array.of(3), test: Int32Array.of(0, 6) };
    const [train, validation, test] = [splitColors.train, splitColors.validation, splitColors.test].map((c) => [
      ...c,
      255,
    ]);
    const whole = splitPicture(split, 2, 4);
    assert.deepEqual([colorOf(whole, 0, 0), colorOf(whole, 1, 1), colorOf(whole, 0, 3)], [test, train, validation]);
    const small = splitPicture(split, 2, 4, 2);
    assert.deepEqual([colorOf(small, 0, 0), colorOf(small, 0, 1)], [train, validation]);
  });
});

describe("mapPicture", () => {
  const classes: MapData["classes"] = [
    { name: "Water", color: [0, 83, 255] },
    { name: "Low plants (ä)", color: [0, 204, 51] },
    { name: "Soil", color: [204, 153, 52] },
  ];
  const labels = (height: number, width: number): MapData["labels"] => {
    const data = new Uint8Array(height * width).map((_, i) => (i < 3 ? 0 : 1 + (((i * i) >> 4) % 2)));
    return { height, width, data };
  };
  const georeference = {
    transform: [5e5, 10, 0, 4e6, 0, -10],
    crs: { epsg: 32632, name: "UTM", wkt: null, geoKeys: null },
  } as const;

  it("sets the legend beside a tall map", () => {
    assertGolden(mapPicture({ labels: labels(8, 9), classes, title: "Tiny scene", georeference }, 160), "map-tall");
  });

  it("sets the legend below a wide map", () => {
    assertGolden(mapPicture({ labels: labels(5, 40), classes }, 320), "map-wide");
  });
});

describe("valuePanels", () => {
  it("shows every source of a small scene large, in one scale, and says what colours mean", () => {
    const values = (factor: number) => ({
      height: 4,
      width: 5,
      data: Float32Array.from({ length: 20 }, (_, at) => at * factor),
    });
    const gap = { ...values(0.6), data: values(0.6).data.with(0, Number.NaN) };
    const panels = [
      { title: "msi given the others", values: values(0.3) },
      { title: "lidar given the others", values: gap },
    ];
    assertGolden(valuePanels(panels, { colors: magma, most: 6, meaning: "times the usual error" }), "value-panels");
  });
});

describe("scaleBar", () => {
  it("is a round length that fits, whatever the scale", () => {
    assert.deepEqual(scaleBar(10, 100), { pixels: 100, label: "1 km" });
    assert.deepEqual(scaleBar(2.5, 90), { pixels: 80, label: "200 m" });
    assert.deepEqual(scaleBar(0.01, 60), { pixels: 50, label: "50 cm" });
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
        fc.integer({ min: 20, max: 2000 }),
        (pixelM, longest) => {
          const { pixels } = scaleBar(pixelM, longest);
          assert.ok(pixels > longest * 0.35 && pixels <= longest, `${pixels} of ${longest}`);
        },
      ),
    );
  });

  it("needs a unit that is surely the metre", () => {
    const transform = [0, 2, 0, 0, 0, -2] as const;
    const keys = (unit: number) => ({ directory: [1, 1, 0, 1, 3076, 0, 1, unit], doubles: [], ascii: "" });
    assert.equal(pixelSizeM({ transform, crs: null }), null);
    assert.equal(pixelSizeM({ transform, crs: { epsg: 2277, name: "feet", wkt: null, geoKeys: null } }), null);
    assert.equal(pixelSizeM({ transform, crs: { epsg: 2277, name: "feet", wkt: null, geoKeys: keys(9003) } }), null);
    assert.equal(pixelSizeM({ transform, crs: { epsg: 28992, name: "metres", wkt: null, geoKeys: keys(9001) } }), 2);
    assert.equal(
      pixelSizeM({ transform, crs: { epsg: 3857, name: "Web Mercator", wkt: null, geoKeys: keys(9001) } }),
      null,
    );
    assert.equal(pixelSizeM({ transform, crs: { epsg: 32718, name: "UTM", wkt: null, geoKeys: null } }), 2);
  });
});
