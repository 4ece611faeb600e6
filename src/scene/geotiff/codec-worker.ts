/**
 * @file Rare TIFF codecs (JPEG, LERC, ZSTD) are those of the package `geotiff`. They run in a worker thread with a
 * time limit, because damaged blocks are known to make some of them loop for ever.
 */
import { limitFor, takeWorker, type WorkerProgram } from "../worker.ts";

/** What the package's decoders want to know. */
export interface CodecParameters {
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly planarConfiguration: number;
  readonly bitsPerSample: readonly number[];
  /** 1: predictors are undone here, not there. */
  readonly predictor: 1;
  readonly JPEGTables?: Uint8Array;
  readonly LercParameters?: readonly number[];
}

const text = `
console.warn = () => {};
let library, decoder;
async function start() {
  library ??= await import(data.geotiff);
}
async function open(compression, parameters) {
  decoder = await library.getDecoder(compression, parameters);
}
async function decode(block) {
  return move(new Uint8Array(await decoder.decodeBlock(block)));
}
const answers = { start, open, decode };
`;

const codecs: WorkerProgram = {
  name: "the codec",
  text,
  data: { geotiff: import.meta.resolve("geotiff") },
  heapMb: 1024,
};

/** A decoder in a thread of its own. */
export interface CodecWorker {
  /** One block at a time. Rejects with a `WorkerFault` if the codec throws or runs longer than the time limit. */
  decode(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  stop(): Promise<void>;
}

/**
 * Start a worker for one compression.
 *
 * @param timeoutMs  for one block
 */
export async function startCodecWorker(
  compression: number,
  parameters: CodecParameters,
  timeoutMs: number,
): Promise<CodecWorker> {
  const worker = await takeWorker(codecs);
  const { tileWidth, tileHeight, bitsPerSample } = parameters;
  const blockBytes = bitsPerSample.reduce((sum, bits) => sum + bits, 0) * ((tileWidth * tileHeight) / 8);
  const limit = { ...limitFor(blockBytes), ms: timeoutMs };
  try {
    await worker.ask("open", [compression, parameters], limit);
  } catch (cause) {
    await worker.release();
    throw cause;
  }
  return {
    decode: async ({ buffer }) => (await worker.ask("decode", [buffer], limit, [buffer])) as Uint8Array<ArrayBuffer>,
    stop: () => worker.release(),
  };
}
