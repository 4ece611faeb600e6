/** @file How well the sources of a scene go together, as files. */
import { join } from "node:path";
import { encodeGeoTiff, encodePng, encodeValueStyle, magma, percent, valuePanels } from "../evaluate/index.ts";
import type { Scene } from "../scene/index.ts";
import { type ConsistencyOptions, conditionsOf, consistencyErrors } from "../symdiffuser/index.ts";
import { writeAtomically } from "../tensor/index.ts";
import { originFields } from "./origin.ts";
import type { RunWork } from "./run-work.ts";

/** Times the usual error from which on a pixel is told of. */
export const unusual = 3;

function median(values: Float32Array, valid: Uint8Array | null): number {
  const sorted = values.filter((_, pixel) => valid?.[pixel] !== 0).sort();
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Write `consistency.tif`, one band a source: the error of denoising it given those it is conditioned on, in medians of the run's own
 * scene; with a style and a picture of all bands beside it.
 */
export async function consistency(
  options: ConsistencyOptions,
  { model, scene, own, isOwn, origin, folder, compute, progress, note }: RunWork,
): Promise<{ readonly files: string[] }> {
  const errorsOf = (of: Scene, task: string): Promise<Float32Array[]> =>
    consistencyErrors(model, of, options, compute, progress(task, "tile"));
  const errors = await errorsOf(scene, "consistency");
  const reference = isOwn ? scene : (await own()).scene;
  const usual = (isOwn ? errors : await errorsOf(reference, "own scene")).map((one) => median(one, reference.valid));
  const { height, width, georeference, valid } = scene;
  const [pixels, bands] = [height * width, errors.length];
  const data = new Float32Array(pixels * bands).fill(Number.NaN);
  for (const [source, error] of errors.entries()) {
    let [count, all] = [0, 0];
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (valid?.[pixel] === 0) continue;
      const ratio = error[pixel]! / (usual[source]! || 1);
      data[pixel * bands + source] = ratio;
      all++;
      if (ratio > unusual) count++;
    }
    const name = model.latents[source]!.source;
    note(`${name}: ${percent(count / all)} % of the pixels have more than ${unusual} times the usual error`);
  }
  const image = { height, width, bands, data, georeference, nodata: Number.NaN };
  const names = model.latents.map(({ source }) => source);
  const { coupling } = model.options.network;
  const bandNames = names.map((name, own) => {
    const seen = conditionsOf(own, names.length, coupling).map((source) => names[source]!);
    return `${name} given ${seen.join(" and ")}`;
  });
  const panels = bandNames.map((title, source) => ({
    title,
    values: { height, width, data: data.filter((_, at) => at % bands === source) },
  }));
  const colors = { colors: magma, most: 2 * unusual, meaning: "times the usual error" };
  const contents: readonly (readonly [string, Uint8Array | string])[] = [
    ["consistency.tif", encodeGeoTiff({ ...image, bandNames, ...originFields(origin) })],
    ["consistency.qml", encodeValueStyle(magma, 0, 2 * unusual)],
    ["consistency.png", encodePng(valuePanels(panels, colors))],
  ];
  const files: string[] = [];
  for (const [name, content] of contents) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await writeAtomically(join(folder, name), bytes);
    files.push(join(folder, name));
  }
  return { files };
}
