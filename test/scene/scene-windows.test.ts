import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff, type GeoTiff } from "../../src/evaluate/index.ts";
import {
  type Georeference,
  openScene,
  openSceneWindows,
  partsOf,
  type Scene,
  type SceneOptions,
  type Source,
  sceneWindows,
} from "../../src/scene/index.ts";
import { cutRaster, cutValid } from "../../src/scene/windows.ts";

const folder = mkdtempSync(join(tmpdir(), "scene-windows-"));
after(() => rmSync(folder, { recursive: true }));

const [height, width] = [150, 210];
const place = (x: number, y: number, size: number, epsg = 32632): Georeference => ({
  transform: [x, size, 0, y, 0, -size],
  crs: { epsg, name: `EPSG:${epsg}`, wkt: null, geoKeys: null },
});
const utm = place(500_000, 5_400_000, 10);
const wave = (length: number, scale: number): Float32Array =>
  Float32Array.from({ length }, (_, at) => Math.sin(at * scale) * 10 + Math.cos(at / 1000));
const save = (name: string, image: GeoTiff): string => {
  const file = join(folder, `${name}.tif`);
  writeFileSync(file, encodeGeoTiff(image));
  return file;
};

const holes = wave(height * width * 3, 0.01).map((value, at) => (at % 3 === 1 || value > 9 ? Number.NaN : value));
const three = save("three", { height, width, bands: 3, data: holes, nodata: Number.NaN, georeference: utm });
const beside = save("beside", {
  height,
  width,
  bands: 1,
  data: new Uint8Array(height * width).fill(7),
  georeference: utm,
});
const coarse = save("coarse", {
  height: 50,
  width: 70,
  bands: 1,
  data: wave(3500, 0.3),
  georeference: place(500_000, 5_400_000, 30),
});
const fine = save("fine", {
  height: 2 * height,
  width: 2 * width,
  bands: 1,
  data: wave(4 * height * width, 0.02),
  georeference: place(500_000, 5_400_000, 5),
});
const small = save("small", { height: 3, width: 5, bands: 1, data: wave(15, 0.1) });
const dense = save("dense", { height: 3 * 49, width: 5 * 49, bands: 1, data: wave(15 * 49 * 49, 0.02) });
const other = save("other", {
  height: 190,
  width: 200,
  bands: 2,
  data: wave(76_000, 0.05),
  georeference: place(500_103, 5_400_321, 12.5),
});
const far = save("far", {
  height: 2,
  width: 2,
  bands: 1,
  data: wave(4, 1),
  georeference: place(600_000, 5_400_000, 10),
});
const turned = save("turned", {
  height: 200,
  width: 220,
  bands: 1,
  data: wave(44_000, 0.05).map((v) => v - 20),
  georeference: place(58_900, 5_417_600, 11, 32633),
});

/** Every part has the pixels that the whole scene has there. */
async function hasItsPixels(options: SceneOptions, tolerance: number): Promise<void> {
  const whole = await openScene(options);
  const windows = await openSceneWindows(options);
  try {
    assert.deepEqual([windows.name, windows.height, windows.width], [whole.name, whole.height, whole.width]);
    assert.deepEqual(windows.georeference, whole.georeference);
    const interpolated = ({ notes }: Pick<Scene, "notes">) => notes.map(({ isInterpolated }) => isInterpolated);
    assert.deepEqual(interpolated(windows), interpolated(whole));
    for (const part of partsOf(whole, Math.min(70, whole.height - 1))) {
      const scene = await windows.read(part);
      const valid = cutValid(whole.valid, whole.width, part);
      if (scene === null) {
        assert.ok(valid !== null && !valid.includes(1));
        continue;
      }
      assert.deepEqual(scene.valid?.includes(0) ? scene.valid : null, valid);
      assert.deepEqual(await sceneWindows(whole).read(part).then(gridOf), gridOf(scene));
      for (const [at, { name, kind, raster }] of whole.sources.entries()) {
        const own: Source = scene.sources[at]!;
        const expected = cutRaster(raster, part);
        assert.deepEqual([own.name, own.kind, own.raster.bands], [name, kind, raster.bands]);
        assert.equal(own.raster.data.constructor, raster.data.constructor);
        const worst = Float64Array.from(own.raster.data).reduce((most, value, index) => {
          const away = Math.abs(value - expected.data[index]!);
          return Number.isNaN(value) === Number.isNaN(expected.data[index]) ? Math.max(most, away || 0) : 1e9;
        }, 0);
        assert.ok(worst <= tolerance, `${name}: differs by ${worst}`);
      }
    }
  } finally {
    await windows.close();
  }
}

const gridOf = (scene: Scene | null) =>
  scene && { height: scene.height, width: scene.width, place: scene.georeference };

describe("a scene read part by part", () => {
  const cases: readonly (readonly [string, SceneOptions["sources"], number])[] = [
    ["without bands that have no data, several files beside each other", [{ name: "a", file: [three, beside] }], 0],
    [
      "with a coarser and a finer source",
      [
        { name: "a", file: beside },
        { name: "b", file: coarse },
        { name: "c", file: fine },
      ],
      1e-6,
    ],
    [
      // 1 / (1 / 49) is not 49 in floating point.
      "with a source finer by a factor of 49",
      [
        { name: "a", file: small },
        { name: "b", file: dense },
      ],
      1e-6,
    ],
    [
      "with a source from another grid",
      [
        { name: "a", file: beside },
        { name: "b", file: other, kind: "dem" },
      ],
      1e-5,
    ],
    [
      "with radar from another CRS, in decibels",
      [
        { name: "a", file: beside },
        { name: "b", file: turned, kind: "sar" },
      ],
      1e-4,
    ],
  ];
  for (const [name, sources, tolerance] of cases) {
    it(`has the pixels of the whole: ${name}`, () => hasItsPixels({ sources, name: "scene" }, tolerance));
  }

  it("tells why no part has a valid pixel, as the whole does", async () => {
    const empty = new Float32Array(height * width).fill(Number.NaN);
    const grid = { height, width, bands: 1, nodata: Number.NaN, georeference: utm };
    const left = save("left", { ...grid, data: empty.map((_, at) => (at % width < 9 ? 1 : Number.NaN)) });
    const right = save("right", { ...grid, data: empty.map((_, at) => (at % width > 99 ? 1 : Number.NaN)) });
    const outer = save("outer", {
      ...{ height, width: width + 3, bands: 1, nodata: Number.NaN, georeference: utm },
      data: new Float32Array(height * (width + 3)).map((_, at) => (at % (width + 3) < width ? Number.NaN : 1)),
    });
    for (const file of [right, outer]) {
      const sources = [
        { name: "a", file: left },
        { name: "b", file },
      ];
      const told = await openScene({ sources, name: "town" }).then(
        () => null,
        (error: Error) => error.message,
      );
      const windows = await openSceneWindows({ sources, name: "town" });
      assert.equal(await windows.read({ row: 0, col: 0, height, width }), null);
      await assert.rejects(windows.refuseEmpty(), { name: "DataError", message: told! });
      await windows.close();
    }
  });

  it("tells of bands and grids as the whole does", async () => {
    for (const sources of [
      [{ name: "a", file: three, bands: [3] }],
      [{ name: "a", file: [three, coarse] }],
      [
        { name: "a", file: beside },
        { name: "b", file: far },
      ],
      [
        { name: "a", file: three },
        { name: "a", file: beside },
      ],
    ]) {
      const told = await openScene({ sources }).then(
        () => null,
        (error: Error) => error.message,
      );
      await assert.rejects(openSceneWindows({ sources }), { message: told! });
    }
  });
});
