/** @file Scenes that lack sources, or pixels of sources, and the latents that stand in for what is missing. */
import {
  cutValid,
  type Image,
  type Progress,
  type Raster,
  type Rectangle,
  type Scene,
  type Source,
} from "../scene/index.ts";
import { type Compute, childKey, DataError, keyOf } from "../tensor/index.ts";
import { positionNoises } from "./denoiser-program.ts";
import { type LatentEncoder, sceneLatents } from "./latent.ts";
import type { SymDiffuserModel } from "./model.ts";
import { type Missing, type SamplingOptions, sampleLatents } from "./sample.ts";

type Valid = Uint8Array | null;

/** Pixels valid in any of some sources; null where that is every pixel. */
function validInAny({ height, width, sources }: Scene): Valid {
  const masks = sources.map(({ raster }) => raster.valid);
  if (masks.includes(null)) return null;
  const any = masks[0]!.map((_, pixel) => Number(masks.some((mask) => mask![pixel] === 1)));
  return cutValid(any, width, { row: 0, col: 0, height, width });
}

/**
 * A scene as if it had never had some sources: what they lack makes no pixel invalid.
 *
 * @throws DataError for a source that the scene has not, and where none is left
 */
export function withoutSources(scene: Scene, names: readonly string[]): Scene {
  const known = scene.sources.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name)) throw new DataError(scene.name, `expected one of ${known.join(", ")}; got "${name}"`);
  }
  const sources = scene.sources.filter(({ name }) => !names.includes(name));
  if (sources.length === 0)
    throw new DataError(scene.name, `expected a source to be left of ${known.join(", ")}; got none`);
  const masks = sources.flatMap(({ raster }) => raster.valid ?? []);
  const all = masks.length === 0 ? null : masks[0]!.map((_, pixel) => Number(masks.every((mask) => mask[pixel] === 1)));
  return { ...scene, sources, valid: all };
}

/** A scene whose pixels are valid where any source is, so that the others can be filled. */
export function withHoles(scene: Scene): Scene {
  return { ...scene, valid: validInAny(scene) };
}

/** A source without a valid pixel. */
function emptySource({ source: name, bands }: LatentEncoder, { height, width, georeference }: Scene): Source {
  const raster: Raster = {
    ...{ height, width, bands, georeference },
    data: new Uint8Array(height * width * bands),
    valid: new Uint8Array(height * width),
    ...{ bandNames: null, wavelengthsNm: null, nodata: null, categories: null },
  };
  return { name, kind: "other", raster };
}

/** A scene with all sources of a model, in its order; those that it lacks have no valid pixel. */
export function completed(scene: Scene, encoders: readonly LatentEncoder[]): Scene {
  const sources = encoders.map(
    (encoder) => scene.sources.find(({ name }) => name === encoder.source) ?? emptySource(encoder, scene),
  );
  return { ...scene, sources };
}

/** What each source of a scene lacks where the scene is valid. */
export function missingOf({ sources, valid }: Scene): Missing[] {
  return sources.map(({ raster }) => {
    const own = raster.valid;
    if (own === null) return null;
    const missing = own.map((known, pixel) => Number(known === 0 && valid?.[pixel] !== 0));
    return missing.includes(1) ? missing : null;
  });
}

/** What stands in for missing latents: a sample of p(missing | known), by its number, or the mean of all, 0. */
export type Filling = { readonly sampling: SamplingOptions; readonly draw: number } | "mean";

/**
 * Latents of a scene, what is missing filled.
 *
 * @param scene  with all sources of the model, see {@link completed}
 * @param place  where it lies in a larger one
 */
export async function filledLatents(
  { pretrained, options, latents: encoders, text, seed }: SymDiffuserModel,
  scene: Scene,
  place: Pick<Rectangle, "row" | "col">,
  filling: Filling,
  compute: Compute,
  progress: Progress = () => {},
): Promise<Image[]> {
  const latents = await sceneLatents(scene, encoders, options.network.patch, compute);
  const missing = missingOf(scene);
  for (const [source, { channels, data }] of latents.entries()) {
    for (const [pixel, isMissing] of (missing[source] ?? []).entries()) {
      if (isMissing === 1) data.fill(0, pixel * channels, (pixel + 1) * channels);
    }
  }
  if (filling === "mean") return latents;
  const key = childKey(childKey(keyOf(seed), "sample"), filling.draw);
  const noises = positionNoises(latents, key, place);
  return sampleLatents(pretrained, latents, missing, noises, text, options, filling.sampling, compute, progress);
}
