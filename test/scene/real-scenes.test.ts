import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openScene, readRaster } from "../../src/scene/index.ts";

const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const skip = existsSync(data) ? false : "the folder of real scenes is not here";

/** Pixels as GDAL 3.6.2 and SciPy 1.17.1 read them: row, column, band, value. */
const spots: readonly (readonly [string, string, ...(readonly [number, number, number, number])[]])[] = [
  ["terramesh-433D/S2L2A.tif", "224×224×12", [0, 0, 0, 1131], [100, 37, 11, 1445], [223, 5, 6, 2866]],
  ["terramesh-433D/S1RTC.tif", "224×224×2", [3, 200, 0, -15.234375], [3, 200, 1, -25.59375]],
  ["terramesh-433D/DEM.tif", "224×224×1", [150, 20, 0, 126]],
  ["sen1floods11-spain/Spain_7370579_S1Hand.tif", "512×512×2", [17, 400, 1, -23.430904388427734]],
  ["sen1floods11-spain/Spain_7370579_S2Hand.tif", "512×512×13", [500, 3, 12, 1360]],
  // Reflectance: the file gives a scale of 0.0001.
  [
    "enmap-potsdam/images/enmap_potsdam_tile_128_0.tif",
    "32×32×224",
    [5, 30, 100, Math.fround(0.3052)],
    [31, 0, 223, Math.fround(0.0959)],
  ],
  ["idtrees/HSI/MLBS_1.tif", "20×20×369", [19, 2, 368, 368]],
  ["idtrees/RGB/MLBS_1.tif", "200×200×3", [150, 7, 2, 62]],
  ["idtrees/CHM/MLBS_1.tif", "20×20×1"],
  ["zion/landsat_b4.tif", "1428×1128×1", [1000, 900, 0, 8691]],
  ["zion/nlcd.tif", "1359×1073×1", [700, 300, 0, 4]],
  ["muufl-lidar/LiDAR.mat", "325×220×2", [300, 7, 1, Math.fround(54.17595)], [7, 200, 0, Math.fround(6.5010953)]],
  ["muufl-lidar/gt.mat", "325×220×1", [100, 150, 0, 1]],
  ["trento-lidar/Italy_lidar.mat", "166×600×2", [160, 500, 0, Math.fround(11.220566)]],
  ["houston13-pixels/HSI_TrSet.mat", "2832×144×1", [2000, 99, 0, 0.13184015050763892]],
  ["houston13-pixels/2013_IEEE_GRSS_DF_Contest_Samples_TR.tif", "349×1905×1"],
  ["augsburg-masks/TestImage.mat", "332×485×1", [300, 480, 0, 0]],
];

describe("real scenes", { skip }, () => {
  for (const [file, size, ...pixels] of spots) {
    it(`reads ${file} as its reference software does`, async () => {
      const { height, width, bands, data: values } = await readRaster(data + file);
      assert.equal(`${height}×${width}×${bands}`, size);
      for (const [row, col, band, value] of pixels) assert.equal(values[(row * width + col) * bands + band], value);
    });
  }

  it("finds EnMAP's wavelengths, and drops the six bands that the atmosphere blocks", async () => {
    const file = `${data}enmap-potsdam/images/enmap_potsdam_tile_128_0.tif`;
    const { wavelengthsNm, bandNames } = await readRaster(file);
    assert.equal(bandNames![0], "band 1 (418.24 Nanometers)");
    assert.deepEqual(wavelengthsNm!.slice(0, 2), [418.24, 423.874]);
    const { sources, valid } = await openScene({ sources: [{ name: "enmap", file }] });
    assert.deepEqual([sources[0]!.kind, sources[0]!.raster.bands, valid], ["hsi", 218, null]);
  });

  it("opens three sensors with a map of six classes", async () => {
    const folder = `${data}terramesh-433D/`;
    const scene = await openScene({
      sources: [
        { name: "s2", file: `${folder}S2L2A.tif` },
        { name: "s1", file: `${folder}S1RTC.tif` },
        { name: "dem", file: `${folder}DEM.tif` },
      ],
      labels: { file: `${folder}LULC.tif` },
    });
    assert.deepEqual(
      scene.sources.map(({ kind }) => kind),
      ["msi", "sar", "dem"],
    );
    assert.equal(scene.georeference!.crs!.epsg, 32718);
    const { classes, data: labels } = scene.labels!;
    const counts = classes.map(({ code }, at) => [code, labels.filter((label) => label === at + 1).length]);
    assert.deepEqual(counts, [
      [1, 3127],
      [2, 10396],
      [3, 90],
      [4, 21213],
      [5, 11742],
      [9, 3608],
    ]);
  });

  it("averages a colour image ten times as fine as the spectra", async () => {
    const folder = `${data}idtrees/`;
    const scene = await openScene({
      sources: [
        { name: "hsi", file: `${folder}HSI/MLBS_1.tif` },
        { name: "rgb", file: `${folder}RGB/MLBS_1.tif` },
        { name: "chm", file: `${folder}CHM/MLBS_1.tif` },
      ],
    });
    assert.deepEqual([scene.height, scene.width], [20, 20]);
    const { data: means } = scene.sources[1]!.raster;
    const overall = Array.from(means).reduce((sum, value) => sum + value, 0) / means.length;
    assert.ok(Math.abs(overall - 126.119175) < 1e-4);
  });

  it("reads hand-made flood labels, where 0 is a class", async () => {
    const part = `${data}sen1floods11-spain/Spain_7370579_`;
    const scene = await openScene({
      sources: [{ name: "s1", file: `${part}S1Hand.tif` }],
      labels: { file: `${part}LabelHand.tif`, unlabelled: [-1], classes: [{ code: 1, name: "water" }] },
    });
    assert.deepEqual(
      scene.labels!.classes.map(({ name }) => name),
      ["class 0", "water"],
    );
    assert.equal(scene.labels!.data.filter((label) => label === 2).length, 70035);
  });
});
