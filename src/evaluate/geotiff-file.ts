/** @file A GeoTIFF file that gets its pixels part by part, and is there whole or not at all. */
import { temporaryName, writeAtomically } from "../tensor/index.ts";
import { type GeoTiffHead, type GeoTiffWriter, geoTiffWriter } from "./geotiff-writer.ts";
import { tilesInFile } from "./tile-store.ts";

/** A file in the making: encoded tiles wait in a temporary file beside it. */
export interface GeoTiffFile extends Pick<GeoTiffWriter, "write"> {
  readonly file: string;
  /** Put the file in its place. */
  finish(): Promise<void>;
  /** Remove what is temporary; after `finish` there is nothing left to remove. */
  abandon(): void;
}

/** Begin a GeoTIFF file, in a folder that exists. */
export function createGeoTiff(file: string, image: GeoTiffHead): GeoTiffFile {
  const store = tilesInFile(temporaryName(file));
  let isOpen = true;
  const abandon = (): void => {
    if (isOpen) store.close();
    isOpen = false;
  };
  try {
    const writer = geoTiffWriter(image, store);
    return {
      file,
      write: writer.write,
      finish: async () => {
        await writeAtomically(file, writer.parts());
        abandon();
      },
      abandon,
    };
  } catch (fault) {
    abandon();
    throw fault;
  }
}
