/**
 * @file Strips without compression, cut anew. Writers make them of one or two rows, or one of the whole image: the first
 * are slow to read one by one, the other is a second copy of the image in memory. Their bytes can be cut anywhere.
 */
import type { TiffImage } from "./header.ts";

/** Of the new strips of all bands together. */
const cutBytes = 2 ** 22;

/** The image with other strips where its strips are stored plainly and one after another; else as it is. */
export function recut(image: TiffImage): TiffImage {
  const { height, width, bands, bits, isPlanar, blockHeight, blocksDown, offsets, sizes } = image;
  if (image.isTiled || image.compression !== 1) return image;
  const planes = isPlanar ? bands : 1;
  const rowBytes = Math.ceil((width * (isPlanar ? 1 : bands) * bits) / 8);
  for (let strip = 0; strip < planes * blocksDown; strip++) {
    const down = strip % blocksDown;
    const isNext = down === 0 || offsets[strip] === offsets[strip - 1]! + sizes[strip - 1]!;
    if (!isNext || sizes[strip] !== Math.min(blockHeight, height - down * blockHeight) * rowBytes) return image;
  }
  const rows = Math.min(height, Math.max(1, Math.floor(cutBytes / (planes * rowBytes))));
  const down = Math.ceil(height / rows);
  const cut = Array.from({ length: planes * down }, (_, strip) => {
    const row = (strip % down) * rows;
    const offset = offsets[Math.floor(strip / down) * blocksDown]! + row * rowBytes;
    return { offset, size: Math.min(rows, height - row) * rowBytes };
  });
  return {
    ...image,
    ...{ blockHeight: rows, blocksDown: down },
    ...{ offsets: cut.map(({ offset }) => offset), sizes: cut.map(({ size }) => size) },
  };
}
