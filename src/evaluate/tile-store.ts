/** @file Where encoded tiles wait until all are there: in memory, or in a temporary file. */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";

/** Where a tile lies in its store. */
export interface StoredTile {
  readonly at: number;
  readonly length: number;
}

export interface TileStore {
  put(tile: Uint8Array): StoredTile;
  get(tile: StoredTile): Uint8Array;
}

/** A store in memory. */
export function tilesInMemory(): TileStore {
  const held: Uint8Array[] = [];
  return {
    put: (tile) => ({ at: held.push(tile) - 1, length: tile.length }),
    get: ({ at }) => held[at]!,
  };
}

/** A store in a file, which is there until the store is closed. */
export function tilesInFile(file: string): TileStore & { close(): void } {
  const handle = openSync(file, "wx+");
  let end = 0;
  return {
    put(tile) {
      const at = end;
      for (let done = 0; done < tile.length; ) done += writeSync(handle, tile, done, tile.length - done, at + done);
      end += tile.length;
      return { at, length: tile.length };
    },
    get({ at, length }) {
      const tile = new Uint8Array(length);
      for (let done = 0; done < length; ) done += readSync(handle, tile, done, length - done, at + done);
      return tile;
    },
    close() {
      closeSync(handle);
      rmSync(file, { force: true });
    },
  };
}
