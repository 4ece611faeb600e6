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
