/** @file How the features of a pixel are laid out. */

/** Lengths of the axes of features `[n, V, M·C + L]`: each view holds M tokens of C channels, then L of all latents. */
export interface FeatureShape {
  /** V. */
  readonly views: number;
  /** M: steps × sources; 0 where no denoiser is asked. */
  readonly tokens: number;
  /** C. */
  readonly channels: number;
  /** L; 0 where the latents themselves take no part. */
  readonly latents: number;
}

/** Number of features of a view, M·C + L. */
export function viewSize({ tokens, channels, latents }: FeatureShape): number {
  return tokens * channels + latents;
}

/** Number of features of a pixel, F = V·(M·C + L). */
export function featureCount(shape: FeatureShape): number {
  return shape.views * viewSize(shape);
}

/** The columns of the latents among the features of a pixel, `[V·L]`. */
export function latentColumns(shape: FeatureShape): Int32Array {
  const { views, latents } = shape;
  const size = viewSize(shape);
  return Int32Array.from({ length: views * latents }, (_, at) => {
    const view = Math.floor(at / latents);
    return view * size + (size - latents) + (at % latents);
  });
}

/**
 * What a head or a tree sees of the features: the last ones, as many as this share of all, see the latents alone.
 *
 * @param shape    of all features, `[n, V, M·C + L]`
 * @param at       its place, 0 … count − 1
 * @param count    of heads, or of trees
 * @param options  of the model; those of older versions name no share
 * @returns        the shape itself, or `[n, V, L]`, without the denoisers' tokens
 */
export function seenShape(
  shape: FeatureShape,
  at: number,
  count: number,
  { latentShare = 0 }: { readonly latentShare?: number },
): FeatureShape {
  const hasBoth = shape.tokens > 0 && shape.latents > 0;
  return hasBoth && at >= count - Math.floor(latentShare * count) ? { ...shape, tokens: 0 } : shape;
}
