/**
 * @file Rare TIFF codecs (JPEG, LERC, ZSTD) are those of the package `geotiff`. They run in a worker thread with a
 * time limit, because damaged blocks are known to make some of them loop for ever.
 */
import { Worker } from "node:worker_threads";
import { CodecError } from "./codec-error.ts";

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

// As text, so that it runs the same from sources and from the built package.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
console.warn = () => {};
(async () => {
  const { getDecoder } = await import(workerData.geotiff);
  const decoder = await getDecoder(workerData.compression, workerData.parameters);
  parentPort.on("message", async (block) => {
    try {
      const bytes = new Uint8Array(await decoder.decodeBlock(block));
      parentPort.postMessage({ bytes });
    } catch (cause) {
      parentPort.postMessage({ cause });
    }
  });
  parentPort.postMessage({});
})().catch((cause) => parentPort.postMessage({ cause }));
`;

interface Answer {
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly cause?: unknown;
}

const startMs = 30_000;

/** A decoder in a thread of its own. */
export interface CodecWorker {
  /** One block at a time. Rejects with whatever the codec throws, or with a `CodecError` after the time limit. */
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
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    workerData: { geotiff: import.meta.resolve("geotiff"), compression, parameters },
  });
  const answer = (send: () => void, limitMs: number): Promise<Uint8Array<ArrayBuffer>> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(new CodecError(`the codec ran longer than ${limitMs} ms`)), limitMs);
      const onMessage = ({ bytes, cause }: Answer) => done(cause ?? null, bytes);
      const onError = (cause: unknown) => done(cause);
      function done(cause: unknown, bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)): void {
        clearTimeout(timer);
        worker.off("message", onMessage);
        worker.off("error", onError);
        if (cause === null) resolve(bytes);
        else reject(cause);
      }
      worker.on("message", onMessage);
      worker.on("error", onError);
      send();
    });
  const stop = async () => {
    await worker.terminate();
  };
  try {
    await answer(() => {}, startMs);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { decode: (block) => answer(() => worker.postMessage(block.buffer, [block.buffer]), timeoutMs), stop };
}
