/**
 * @file A file on a web server, read in ranges (HTTP Range), so that a cloud-optimised image is read without the rest.
 * Readers read synchronously; a worker fetches, and this thread waits for it.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { FormatError, UnsupportedError } from "../tensor/index.ts";
import type { Bytes } from "./bytes.ts";

/** Whether a location is a web address. */
export function isRemote(file: string): boolean {
  return /^https?:\/\//i.test(file);
}

const blockBytes = 2 ** 18;
/** Blocks kept, 64 MiB. */
const keptBlocks = 256;
/** Most bytes asked for at once. */
const requestBytes = 2 ** 25;
const timeoutMs = 60_000;
const attempts = 3;

// As text, so that it runs the same from sources and from the built package.
const program = `
const { workerData } = require("node:worker_threads");
const { port, flag, timeoutMs, attempts } = workerData;
const done = new Int32Array(flag);
const once = async ({ url, first, last }) => {
  const response = await fetch(url, {
    headers: { range: "bytes=" + first + "-" + last },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 206) {
    await response.body?.cancel();
    return { status: response.status, retry: response.status >= 500 };
  }
  const range = /\\/(\\d+)$/.exec(response.headers.get("content-range") ?? "");
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: 206, size: range === null ? null : Number(range[1]), bytes };
};
port.on("message", async (request) => {
  let answer;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      answer = await once(request);
    } catch (cause) {
      answer = { status: 0, retry: true, message: String(cause?.cause?.message ?? cause?.message ?? cause) };
    }
    if (!answer.retry) break;
    await new Promise((resolve) => setTimeout(resolve, 200 * 4 ** attempt));
  }
  port.postMessage(answer, answer.bytes ? [answer.bytes.buffer] : []);
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
`;

interface Answer {
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Of the whole file. */
  readonly size?: number | null;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly message?: string;
}

/** Whether a web server has a file. @throws FormatError if it cannot be reached */
export function isThereRemotely(url: string): boolean {
  try {
    openRemote(url).close();
    return true;
  } catch (cause) {
    if (cause instanceof FormatError && cause.got === "HTTP status 404") return false;
    throw cause;
  }
}

/**
 * Open a file on a web server.
 *
 * @throws FormatError if the server cannot be reached or has no such file
 * @throws UnsupportedError if it does not answer requests for ranges
 */
export function openRemote(url: string): Bytes {
  const flag = new SharedArrayBuffer(4);
  const done = new Int32Array(flag);
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    workerData: { port: port2, flag, timeoutMs, attempts },
    transferList: [port2],
  });
  worker.unref();
  port1.unref();

  const fetched = (first: number, last: number): Required<Pick<Answer, "size" | "bytes">> => {
    Atomics.store(done, 0, 0);
    port1.postMessage({ url, first, last });
    const limitMs = attempts * timeoutMs + 10_000;
    if (Atomics.wait(done, 0, 0, limitMs) === "timed-out") {
      throw new FormatError(url, `expected an answer within ${limitMs / 1000} s; got none`);
    }
    const { status, size, bytes, message } = receiveMessageOnPort(port1)!.message as Answer;
    if (status === 0) throw new FormatError(url, `expected an answer; got none (${message})`);
    if (status === 200) {
      throw new UnsupportedError(`${url}: a server without range requests`, "download the file first");
    }
    if (status !== 206 || bytes === undefined || size === undefined || size === null) {
      const got = `HTTP status ${status}`;
      throw new FormatError(url, `expected a file that can be read; got ${got}`, { got });
    }
    return { size, bytes };
  };

  const blocks = new Map<number, Uint8Array>();
  const keep = (first: number, bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; at += blockBytes) {
      blocks.set(first + at / blockBytes, bytes.slice(at, at + blockBytes));
    }
    for (const oldest of blocks.keys()) {
      if (blocks.size <= keptBlocks) break;
      blocks.delete(oldest);
    }
  };
  let size: number;
  try {
    const start = fetched(0, blockBytes - 1);
    size = start.size!;
    keep(0, start.bytes);
  } catch (cause) {
    worker.terminate();
    throw cause;
  }

  return {
    file: url,
    size,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        const expected = `${length} bytes at offset ${offset}`;
        throw new FormatError(url, `expected ${expected}; got the end of the file after ${size} bytes`, { offset });
      }
      const into = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const block = Math.floor((offset + at) / blockBytes);
        let held = blocks.get(block);
        if (held === undefined) {
          const wanted = Math.min(offset + length, block * blockBytes + requestBytes);
          const last = Math.min(size, Math.ceil(wanted / blockBytes) * blockBytes) - 1;
          const { bytes } = fetched(block * blockBytes, last);
          if (bytes.length !== last - block * blockBytes + 1) {
            throw new FormatError(
              url,
              `expected ${last - block * blockBytes + 1} bytes at ${block * blockBytes}; got ${bytes.length}`,
            );
          }
          const from = offset + at - block * blockBytes;
          into.set(bytes.subarray(from, from + length - at), at);
          at += Math.min(length - at, bytes.length - from);
          keep(block, bytes);
          continue;
        }
        // Used again: it stays.
        blocks.delete(block);
        blocks.set(block, held);
        held = held.subarray(offset + at - block * blockBytes);
        into.set(held.subarray(0, length - at), at);
        at += Math.min(length - at, held.length);
      }
      return into;
    },
    close: () => {
      port1.close();
      void worker.terminate();
    },
  };
}
