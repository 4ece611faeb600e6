/** @file A simulated scene as files, with as many bands as a question asks for. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeGeoTiff } from "../src/evaluate/index.ts";
import { type Raster, simulateScene } from "../src/scene/index.ts";

/** A raster of 16-bit integers with some number of bands, taken evenly from those of another, again where they are few. */
function withBands({ data, bands, ...raster }: Raster, count: number): Raster {
  const taken = Array.from({ length: count }, (_, band) => Math.floor((band * bands) / count));
  const into = new Int16Array(raster.height * raster.width * count);
  for (let at = 0; at < into.length; at++) {
    into[at] = 1e4 * data[Math.floor(at / count) * bands + taken[at % count]!]!;
  }
  return { ...raster, bands: count, data: into, bandNames: null, wavelengthsNm: null };
}

/**
 * Write two sources, labels and a configuration.
 *
 * @param bands  of the first source; the second has 2 (radar) or 1 (laser scanner)
 * @returns the configuration's path
 */
export function writeMadeScene(
  folder: string,
  [height, width]: readonly [number, number],
  bands: number,
  other: "sar" | "lidar",
): string {
  const scene = simulateScene({ seed: 0, height, width, sources: ["hsi", other] });
  const [first, second] = scene.sources;
  const { data, classes } = scene.labels!;
  const labels: Raster = {
    ...first!.raster,
    ...{ bands: 1, data: Uint8Array.from(data), bandNames: null, wavelengthsNm: null, nodata: 0 },
  };
  const files = { a: withBands(first!.raster, bands), b: second!.raster, labels };
  for (const [name, raster] of Object.entries(files)) writeFileSync(join(folder, `${name}.tif`), encodeGeoTiff(raster));
  const config = {
    name: `${bands} + ${second!.raster.bands} bands`,
    scene: {
      sources: { a: { file: "a.tif", kind: bands > 20 ? "hsi" : "msi" }, b: { file: "b.tif", kind: other } },
      labels: { file: "labels.tif", classes: Object.fromEntries(classes.map(({ name }, at) => [at + 1, { name }])) },
    },
    split: { rule: "blocks:28", perClass: 40 },
    threads: 2,
  };
  const file = join(folder, "config.yaml");
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  return file;
}
