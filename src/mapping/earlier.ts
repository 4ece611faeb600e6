/** @file What an earlier map left in a folder: removed where a new map lacks it, so that nothing stale lies beside it. */
import { existsSync } from "node:fs";
import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { uncertaintyNames } from "./uncertainty-files.ts";

/** Name and version of this program, which all that it writes bears near its start. */
const mark = /symdiffuser \d+\.\d+\.\d+/;
const startBytes = 2 ** 16;

async function isOwn(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(startBytes), 0, startBytes, 0);
    return mark.test(buffer.toString("latin1", 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Remove files that this program wrote; others, and those that are not there, stay as they are. */
export async function removeOwn(files: Iterable<string>): Promise<void> {
  for (const file of files) if (existsSync(file) && (await isOwn(file))) await rm(file);
}

/** Files that some maps have and others have not. */
const optionalFiles = [
  ...["generated.tif", "probabilities.tif", "polygons.gpkg", "polygons.geojson", "polygons.qml"],
  ...uncertaintyNames.flatMap((name) => [`${name}.tif`, `${name}.qml`]),
];

/**
 * Remove what an earlier map left in a folder.
 *
 * @param written  paths of the files of the new one, which stay
 */
export async function removeEarlierMap(folder: string, written: readonly string[]): Promise<void> {
  const isStale = (file: string): boolean => !written.includes(file);
  await removeOwn(optionalFiles.map((file) => join(folder, file)).filter(isStale));
  const plots = join(folder, "plots");
  if (!existsSync(plots)) return;
  const maps = (await readdir(plots)).filter((file) => file.endsWith(".tif")).map((file) => join(plots, file));
  for (const map of maps.filter(isStale)) {
    await removeOwn([map]);
    if (!existsSync(map)) await rm(`${map}.aux.xml`, { force: true });
  }
}
