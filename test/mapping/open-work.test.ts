import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff } from "../../src/evaluate/index.ts";
import { otherScene } from "../../src/mapping/open-work.ts";
import { resolveConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "open-work-"));
after(() => rmSync(folder, { recursive: true }));

/** A raster of so many pixels a side. */
function save(name: string, side: number): readonly string[] {
  const file = join(folder, `${name}.tif`);
  writeFileSync(
    file,
    encodeGeoTiff({ height: side, width: side, bands: 1, data: new Uint8Array(side * side).fill(1) }),
  );
  return [file];
}
const [ls, dem] = [save("ls", 8), save("dem", 4)];

async function sideOf(scene: object, files: Readonly<Record<string, readonly string[]>>): Promise<number> {
  const whole = { name: "other", scene, out: join(folder, "run") };
  const windows = await otherScene(resolveConfig(whole, "other.yaml", folder), files);
  await windows.close();
  return windows.height;
}

describe("other files of a run's sources", () => {
  const sources = { ls: { file: ls }, dem: { file: dem } };
  const labels = { file: "labels.tif" };

  it("are put on the grid of the run, in whatever order they are given", async () => {
    for (const files of [
      { ls, dem },
      { dem, ls },
    ]) {
      assert.equal(await sideOf({ sources, labels, grid: "dem" }, files), 4);
      assert.equal(await sideOf({ sources, labels, grid: "ls" }, files), 8);
      assert.equal(await sideOf({ sources, labels }, files), 8);
      assert.equal(await sideOf({ sources, labels, grid: "labels" }, files), 8);
    }
  });

  it("are put on the grid of the first that is there, without the source that has the run's", async () => {
    assert.equal(await sideOf({ sources, labels, grid: "dem" }, { ls }), 8);
  });
});
