/** @file The pixels of a PNG file, decoded by the package `fast-png` in a worker. */
import type { DecodedPng } from "fast-png";
import { FormatError } from "../../tensor/index.ts";
import { limitFor, takeWorker, WorkerFault, type WorkerProgram } from "../worker.ts";

/** What is decoded: samples, palette and the one colour that is see-through. */
export type Picture = Pick<DecodedPng, "data" | "palette" | "transparency">;

const fastPng: WorkerProgram = {
  name: "the PNG decoder",
  text: `
let library;
async function start() {
  library ??= await import(data.fastPng);
}
function decode(bytes) {
  try {
    const { data, palette, transparency } = library.decode(bytes, { checkCrc: true });
    return { data: move(data), palette, transparency };
  } catch (cause) {
    // The decoder keeps nothing from one file to the next.
    throw new Fault(cause instanceof Error ? cause.message : String(cause));
  }
}
const answers = { start, decode };
`,
  data: { fastPng: import.meta.resolve("fast-png") },
  heapMb: 256,
};

/**
 * Decode a PNG file that was found to be whole.
 *
 * @param bytes      of the file; they move to the worker
 * @param pixelBytes  of all samples
 * @throws FormatError if a checksum is wrong, or the decoder goes over a limit
 */
export async function decodePng(
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
  pixelBytes: number,
  program: WorkerProgram = fastPng,
): Promise<Picture> {
  const worker = await takeWorker(program);
  try {
    return (await worker.ask("decode", [bytes], limitFor(pixelBytes), [bytes.buffer])) as Picture;
  } catch (cause) {
    if (!(cause instanceof WorkerFault)) throw cause;
    throw new FormatError(file, `expected a PNG file; got damaged bytes (${cause.message})`, { cause });
  } finally {
    await worker.release();
  }
}
