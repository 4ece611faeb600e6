/** @file Writes a file whole or not at all: a reader, or a crash, never meets half of it. */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A name beside a file, which no other file has, for what is to become it. */
export function temporaryName(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomUUID().slice(0, 8)}.tmp`);
}

/**
 * Write a file under a temporary name in its folder, flush it to the disk, then rename it into place. After a failure
 * the old file, if any, is as it was and nothing is left behind.
 *
 * @param content  text (UTF-8), bytes, or chunks of bytes that are written as they come
 */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = temporaryName(file);
  const handle = await open(temporary, "wx");
  try {
    try {
      for await (const chunk of chunksOf(content)) await writeFully(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (fault) {
    await rm(temporary, { force: true });
    throw fault;
  }
  await syncFolder(dirname(file));
}

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

function chunksOf(content: string | Uint8Array | Chunks): Chunks {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeFully(handle: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten;
}

/** Make the new name itself durable; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
