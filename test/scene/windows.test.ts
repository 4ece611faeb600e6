import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openRaster } from "../../src/scene/readers.ts";
import { cutRaster, partsOf, type Rectangle, wholeOf, widened } from "../../src/scene/windows.ts";
import { goldenFolder, goldens } from "../support/golden-rasters.ts";

const enviFolder = fileURLToPath(new URL("../golden/envi/", import.meta.url));
const enviFiles = readdirSync(enviFolder).filter((name) => /^(big|bad-bands).*[.]dat$/.test(name));

/** The whole grid in parts of an odd size, which no block of a file has, and some that reach its border. */
function partsToTry(grid: { readonly height: number; readonly width: number }): Rectangle[] {
  const { height, width } = grid;
  return [
    ...partsOf(grid, 7),
    { row: 0, col: 0, height: 1, width },
    { row: 0, col: width - 1, height, width: 1 },
    widened({ row: height - 2, col: 1, height: 1, width: 1 }, 3, grid),
  ];
}

describe("rasters read part by part", () => {
  for (const { file } of goldens("tif.json")) {
    it(`${file}: a part has the pixels of the whole`, () => hasItsPixels(goldenFolder + file));
  }
  it("ENVI files: a part has the pixels of the whole", async () => {
    assert.ok(enviFiles.length > 20);
    for (const file of enviFiles) await hasItsPixels(enviFolder + file);
  });
  it("a sparse file knows where it has no data", async () => {
    const windows = await openRaster(`${goldenFolder}sparse.tif`);
    assert.equal(windows.hasData({ row: 0, col: 0, height: 3, width: 3 }), true);
    assert.equal(windows.hasData({ row: 16, col: 0, height: 5, width: 37 }), false);
    await windows.close();
  });
});

async function hasItsPixels(file: string): Promise<void> {
  const windows = await openRaster(file);
  try {
    const whole = await windows.read(wholeOf(windows));
    for (const part of partsToTry(windows)) {
      const { categories: _, ...read } = await windows.read(part);
      const { categories: __, ...expected } = cutRaster(whole, part);
      assert.deepEqual(
        { ...read, valid: read.valid?.includes(0) ? read.valid : null },
        { ...expected, valid: expected.valid?.includes(0) ? expected.valid : null },
        `${file}: ${JSON.stringify(part)}`,
      );
      if (!windows.hasData(part)) assert.ok(read.valid?.every((one) => one === 0));
    }
  } finally {
    await windows.close();
  }
}
