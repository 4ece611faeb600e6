import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff } from "../../src/evaluate/index.ts";
import { openScene } from "../../src/scene/index.ts";

const folder = mkdtempSync(join(tmpdir(), "symdiffuser-kind-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("kinds guessed from names and bands", () => {
  const guesses: readonly (readonly [string, string, string])[] = [
    ["S1RTC", "msi-file", "sar"],
    ["data_SAR_HR", "x", "sar"],
    ["LiDAR", "x", "lidar"],
    ["italy_lidar", "x", "lidar"],
    ["lidarHeight", "x", "lidar"],
    ["DEM", "x", "dem"],
    ["data_HS_LR", "x", "hsi"],
    ["S2L2A", "x", "msi"],
    ["a", "srtm", "dem"],
    ["spanish", "handsome", "pan"],
  ];
  const data = new Uint8Array(4);
  for (const [name, fileName, kind] of guesses) {
    it(`takes one band of ${name} in ${fileName}.tif for ${kind}`, async () => {
      const file = join(folder, `${fileName}.tif`);
      writeFileSync(file, encodeGeoTiff({ height: 2, width: 2, bands: 1, data }));
      assert.equal((await openScene({ sources: [{ name, file }] })).sources[0]!.kind, kind);
    });
  }
});
