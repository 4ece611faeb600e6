/** @file How large the pixels of a raster are. */
import { type PixelSize, pixelSizeOf } from "./grid.ts";
import { openRaster } from "./readers.ts";

/** The pixel size of a file, null where it does not say where it lies. @throws FormatError, UnsupportedError as the readers do */
export async function filePixelSize(file: string): Promise<PixelSize | null> {
  const raster = await openRaster(file);
  await raster.close();
  return raster.georeference && pixelSizeOf(raster.georeference);
}

/** Whether two sizes differ by no more than what files round. */
export function isSamePixelSize(a: PixelSize, b: PixelSize): boolean {
  return a.every((length, axis) => Math.abs(length - b[axis]!) <= 1e-6 * b[axis]!);
}
