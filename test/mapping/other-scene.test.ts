import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff } from "../../src/evaluate/index.ts";
import { otherScene } from "../../src/mapping/other-scene.ts";
import { resolveConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "other-scene-"));
after(() => rmSync(folder, { recursive: true }));

/** A raster of so many pixels a side. @param size  of a pixel; without a place if there is none */
function save(name: string, side: number, size?: number): readonly string[] {
  const file = join(folder, `${name}.tif`);
  const crs = { epsg: 32632, name: "EPSG:32632", wkt: null, geoKeys: null };
  const place = size && { transform: [500_000, size, 0, 5_400_000, 0, -size] as const, crs };
  const data = new Uint8Array(side * side).fill(1);
  writeFileSync(
    file,
    encodeGeoTiff({ height: side, width: side, bands: 1, data, ...(place && { georeference: place }) }),
  );
  return [file];
}
const [ls, dem] = [save("ls", 8), save("dem", 4)];

type Files = Readonly<Record<string, readonly string[]>>;

/** The other scene, and what is told of its grid. @param run  its folder */
async function opened(scene: object, files: Files, run: string) {
  const whole = { name: "other", scene, out: join(folder, "run") };
  const windows = await otherScene(resolveConfig(whole, "other.yaml", folder), run, files);
  await windows.close();
  return { side: windows.height, note: windows.notes.find(({ text }) => text.startsWith("grid: "))?.text ?? null };
}

async function sideOf(scene: object, files: Files): Promise<number> {
  return (await opened(scene, files, join(folder, "none"))).side;
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

  it("are put on the grid of the one with the pixels of the run, where that of its labels was the run's", async () => {
    const run = join(folder, "of-10");
    mkdirSync(run);
    save("of-10/labels", 16, 10);
    const files = { ls: save("ls-30", 4, 30), dem: save("dem-10", 12, 10), s1: save("s1-10", 12, 10) };
    const all = { sources: { ls: { file: ls }, dem: { file: dem }, s1: { file: dem } }, labels };
    const chosen = {
      side: 12,
      note:
        "grid: that of dem (12 rows × 12 columns of 10 × 10 from 500000, 5400000, EPSG:32632), whose pixels have the " +
        "size of the run's",
    };
    assert.deepEqual(await opened(all, files, run), chosen);
    assert.deepEqual(await opened({ ...all, grid: "labels" }, files, run), chosen);
    // Polygons have no grid: the run's is that of its first source.
    const polygons = { ...all, labels: { file: "labels.gpkg" } };
    assert.deepEqual(await opened(polygons, files, run), { side: 4, note: null });
    const first = { ...files, ls: save("ls-10", 12, 10) };
    assert.deepEqual(await opened(all, first, run), { side: 12, note: null });
  });

  it("tell of their grid where no source has that of the run", async () => {
    const run = join(folder, "of-5");
    mkdirSync(run);
    save("of-5/labels", 16, 5);
    const [coarse, fine] = [save("ls-30", 4, 30), save("dem-10", 12, 10)];
    const text =
      "grid: that of ls (4 rows × 4 columns of 30 × 30 from 500000, 5400000, EPSG:32632), the first source, as";
    assert.deepEqual(await opened({ sources, labels }, { ls: coarse, dem: fine }, run), {
      side: 4,
      note: `${text} none has the run's pixels of 5 × 5`,
    });
    const none = join(folder, "none");
    assert.deepEqual(await opened({ sources, labels }, { ls: coarse, dem: fine }, none), {
      side: 4,
      note: `${text} there are no labels here`,
    });
    const three = { ...sources, s1: { file: dem } };
    assert.deepEqual(await opened({ sources: three, labels, grid: "s1" }, { ls: coarse, dem: fine }, none), {
      side: 4,
      note: `${text} s1 is not there`,
    });
    assert.deepEqual(await opened({ sources, labels }, { ls: coarse, dem: coarse }, none), { side: 4, note: null });
  });
});
