import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff } from "../../src/evaluate/index.ts";
import { openSplit, simulateScene } from "../../src/scene/index.ts";

describe("openSplit", () => {
  const folder = mkdtempSync(join(tmpdir(), "masks-"));
  after(() => rmSync(folder, { recursive: true }));
  const scene = simulateScene({ height: 48, width: 40, sources: ["msi", "lidar"] });
  const write = (name: string, keep: (pixel: number) => boolean, height = 48): string => {
    const data = Uint8Array.from({ length: height * 40 }, (_, pixel) => Number(keep(pixel)));
    writeFileSync(join(folder, name), encodeGeoTiff({ height, width: 40, bands: 1, data }));
    return join(folder, name);
  };

  it("reads the published masks of a scene", async () => {
    const train = write("train.tif", (pixel) => pixel % 3 === 0);
    const test = write("test.tif", (pixel) => pixel % 3 === 1);
    const split = await openSplit(scene, `official:${train},${test}`, 0, { perClass: 5 });
    assert.equal(split.rule, "official,perClass:5");
    assert.ok(split.train.length > 0 && split.train.every((pixel) => pixel % 3 === 0));
    const labelled = scene.labels!.data.filter((label, pixel) => label > 0 && pixel % 3 === 1).length;
    assert.equal(split.test.length, labelled);
  });

  it("refuses masks of another size", async () => {
    const train = write("small.tif", () => true, 47);
    await assert.rejects(openSplit(scene, `official:${train},${train}`, 0), {
      name: "DataError",
      message: `${train}: expected a mask of 48 × 40 pixels; got 47 × 40 × 1`,
    });
  });
});
