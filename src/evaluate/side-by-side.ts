/** @file A source and another image of it in one picture, in the same colours. */
import type { Raster, SourceKind } from "../scene/index.ts";
import { drawText, enlarged, factorFor, newPicture, type Picture, place } from "./canvas.ts";
import { lineHeight } from "./font.ts";
import { sourcePicture } from "./source-picture.ts";

const longest = 480;
const scale = 2;
const gap = 4;

/** @param titles  of the two */
export function sideBySide(
  left: Raster,
  right: Pick<Raster, "data">,
  kind: SourceKind,
  titles: readonly [string, string],
): Picture {
  const { height, width, bands } = left;
  const wide = 2 * width + gap;
  const data = new Float32Array(height * wide * bands);
  const valid = new Uint8Array(height * wide);
  for (let row = 0; row < height; row++) {
    for (const [half, image] of [left, right].entries()) {
      const to = row * wide + half * (width + gap);
      data.set(image.data.subarray(row * width * bands, (row + 1) * width * bands), to * bands);
      for (let col = 0; col < width; col++) valid[to + col] = left.valid?.[row * width + col] ?? 1;
    }
  }
  // As one raster, both get the same stretch.
  const small = sourcePicture({ ...left, width: wide, data, valid }, kind, 2 * longest);
  const both = enlarged(small, factorFor(small, 2 * longest));
  const title = (lineHeight + 4) * scale;
  const picture = newPicture(both.height + title, both.width, [255, 255, 255]);
  place(picture, both, title, 0);
  const second = Math.round((both.width * (width + gap)) / wide);
  for (const [at, text] of titles.entries()) drawText(picture, text, scale, at * second + 2, scale, [33, 37, 41]);
  return picture;
}
