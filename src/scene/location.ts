/** @file Where a raster is: a file, or one variable in it. */
import { existsSync } from "node:fs";
import { basename, extname } from "node:path";

/** A file, or one variable in it: `scene.mat#hsi.Data`. */
export interface Location {
  readonly file: string;
  /** What stands after `#`; null where nothing does. */
  readonly field: string | null;
}

/** A variable of a file that holds several. */
export interface Variable {
  /** As it stands after `#`. */
  readonly path: string;
  /** `325×220×64 double`. */
  readonly content: string;
  /** Whether it can be a raster. */
  readonly isRaster: boolean;
}

/** `file` or `file#field`; a `#` in the name of a file that exists belongs to its name. */
export function toLocation(text: string): Location {
  const hash = text.lastIndexOf("#");
  if (hash <= 0 || existsSync(text)) return { file: text, field: null };
  return { file: text.slice(0, hash), field: text.slice(hash + 1) };
}

/** The file's name without folder, extension and field. */
export function fileStem(text: string): string {
  const { file } = toLocation(text);
  return basename(file, extname(file));
}
