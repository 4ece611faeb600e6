/**
 * @file The picture of the README: sources, ground truth and map of the demo, side by side.
 *
 * Run after `npm run demo`: node --import tsx scripts/picture.ts [folder of the run] [docs/demo.png]
 */
import { join } from "node:path";
import { classPicture, encodePng, newPicture, type Picture, sourcePicture } from "../src/evaluate/index.ts";
import { readRaster, simulateScene } from "../src/scene/index.ts";
import { writeAtomically } from "../src/tensor/index.ts";

const [run = "runs/demo", to = "docs/demo.png"] = process.argv.slice(2);
const gap = 12;
const zoom = 2;

const scene = simulateScene({ seed: 0, height: 128, width: 128, sources: ["hsi", "lidar", "sar"] });
const { height, width } = scene;
const { data: truth, classes } = scene.labels!;
const map = await readRaster(join(run, "map.tif"));
const colors = classes.map(({ color }) => color);
const numberOf = new Map(classes.map(({ code }, at) => [code, at + 1]));
const mapped = Uint16Array.from(map.data, (code) => numberOf.get(code) ?? 0);
const pictures: Picture[] = [
  ...scene.sources.map(({ raster, kind }) => sourcePicture(raster, kind)),
  classPicture({ height, width, data: truth }, colors),
  classPicture({ height, width, data: mapped }, colors),
];

const strip = newPicture(height * zoom, pictures.length * (width * zoom + gap) - gap);
for (const [at, { data }] of pictures.entries()) {
  for (let row = 0; row < height * zoom; row++) {
    for (let col = 0; col < width * zoom; col++) {
      const from = (Math.floor(row / zoom) * width + Math.floor(col / zoom)) * 4;
      strip.data.set(data.subarray(from, from + 4), (row * strip.width + at * (width * zoom + gap) + col) * 4);
    }
  }
}
await writeAtomically(to, encodePng(strip));
