/** @file A published file fetched: over HTTPS, resumed where it stopped, checked, and renamed into place when whole. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { DataError, FormatError, StoppedError, UnsupportedError } from "../../tensor/index.ts";

/** A file that may be had by a direct link. */
export interface Download {
  readonly url: string;
  /** Its name once fetched. */
  readonly file: string;
  /** Lower-case hexadecimal; null where none is published. */
  readonly sha256: string | null;
  /** Null where it is not published. */
  readonly bytes: number | null;
}

export interface DownloadOptions {
  /** @param total  null where the server does not tell it */
  readonly onProgress?: (done: number, total: number | null) => void;
  readonly stop?: AbortSignal;
  /** Whether `http:` is allowed from this machine itself; for tests. @default false */
  readonly allowLocal?: boolean;
  /** Longest wait for the next bytes. @default 60 000 */
  readonly timeoutMs?: number;
}

/** A file that was fetched, or was there before. */
export interface Fetched {
  readonly path: string;
  readonly sha256: string;
  readonly wasThere: boolean;
}

/**
 * Fetch a file into a folder. What arrives is kept in `FILE.part` until it is whole: after a fault the next call goes
 * on from there.
 *
 * @throws DataError if the server does not give the file; FormatError if it is not the published one
 */
export async function download(item: Download, folder: string, options: DownloadOptions = {}): Promise<Fetched> {
  const path = join(folder, item.file);
  if (existsSync(path))
    return { path, sha256: await checked(path, item, "remove it to fetch it anew"), wasThere: true };
  await mkdir(folder, { recursive: true });
  const part = `${path}.part`;
  await receive(item, part, options);
  let sha256: string;
  try {
    sha256 = await checked(part, item, "what was fetched is removed; fetch it again");
  } catch (fault) {
    await rm(part, { force: true });
    throw fault;
  }
  await rename(part, path);
  return { path, sha256, wasThere: false };
}

/** The checksum of a file. @throws FormatError if size or checksum are not the published ones */
async function checked(path: string, { bytes, sha256 }: Download, advice: string): Promise<string> {
  const { size } = statSync(path);
  if (bytes !== null && size !== bytes) {
    throw new FormatError(path, `expected ${bytes} bytes; got ${size} — ${advice}`);
  }
  const hash: Hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const got = hash.digest("hex");
  if (sha256 === null || got === sha256) return got;
  throw new FormatError(path, `expected SHA-256 ${sha256}; got ${got} — ${advice}`);
}

/** Bring `part` to the length of the whole file. */
async function receive(item: Download, part: string, options: DownloadOptions): Promise<void> {
  const { onProgress, stop, timeoutMs = 60_000 } = options;
  const before = existsSync(part) ? statSync(part).size : 0;
  if (item.bytes !== null && before >= item.bytes) return;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), timeoutMs);
  const signal = stop === undefined ? silence.signal : AbortSignal.any([silence.signal, stop]);
  try {
    const response = await requested(item.url, before, signal, options.allowLocal ?? false);
    // The range begins behind the end: the part is whole, or not of this file; its checksum tells.
    if (response.status === 416 && item.sha256 !== null) return;
    const isRest = response.status === 206 && rangeStart(response) === before;
    if (!isRest && response.status !== 200) {
      await response.body?.cancel();
      if (response.status === 416) await rm(part);
      throw new DataError(item.url, `expected the file; got status ${response.status} ${response.statusText}`.trim());
    }
    const start = isRest ? before : 0;
    const total = totalOf(response, start);
    let done = start;
    if (item.bytes !== null && total !== null && total !== item.bytes) {
      await response.body?.cancel();
      throw new DataError(item.url, `expected ${item.bytes} bytes; the server has ${total}`);
    }
    const most = item.bytes ?? total ?? Number.POSITIVE_INFINITY;
    // What has arrived is written at once, so that a cut connection loses none of it.
    const file = await open(part, isRest ? "a" : "w");
    try {
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        done += chunk.length;
        if (done > most) throw new DataError(item.url, `expected ${most} bytes; got more`);
        await file.writeFile(chunk);
        onProgress?.(done, total ?? item.bytes);
      }
    } finally {
      await file.close();
    }
    if (done < (total ?? 0))
      throw new DataError(item.url, `expected ${total} bytes; got ${done} — run it again to go on`);
  } catch (cause) {
    throw faultOf(cause, item.url, silence.signal.aborted ? timeoutMs : null, stop);
  } finally {
    clearTimeout(timer);
  }
}

const mostRedirects = 8;

/** The answer for all bytes from `from` on, after redirects, each of which must be as safe as the first address. */
async function requested(address: string, from: number, signal: AbortSignal, allowLocal: boolean): Promise<Response> {
  let url = new URL(address);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const isLocal = allowLocal && url.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname);
    if (url.protocol !== "https:" && !isLocal) {
      throw new UnsupportedError(`fetching ${url}`, "only addresses that begin with https: are fetched");
    }
    // Compressed transfer would count other bytes than those of the file.
    const headers = { "accept-encoding": "identity", ...(from > 0 && { range: `bytes=${from}-` }) };
    const response = await fetch(url.href, { headers, signal, redirect: "manual" });
    const next = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || next === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(next, url.href)) throw new DataError(address, `expected an address to go on to; got "${next}"`);
    url = new URL(next, url);
  }
  throw new DataError(address, `expected at most ${mostRedirects} redirects; got more`);
}

function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
}

/** Length of the whole file, null where the server does not tell it. */
function totalOf({ headers }: Response, start: number): number | null {
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) && !headers.has("content-encoding") ? start + Number(length) : null;
}

/** Faults of the network in our words; our own as they are. */
function faultOf(cause: unknown, url: string, silentMs: number | null, stop: AbortSignal | undefined): unknown {
  if (cause instanceof DataError || cause instanceof UnsupportedError) return cause;
  if (stop?.aborted) return new StoppedError();
  if ((cause as NodeJS.ErrnoException).syscall === "write" || (cause as NodeJS.ErrnoException).syscall === "open") {
    return cause;
  }
  const reason = (cause as Error).cause;
  const got =
    silentMs !== null
      ? `nothing for ${silentMs / 1000} s`
      : String((reason as Error)?.message ?? (cause as Error).message);
  const error = new DataError(url, `expected an answer; got ${got} — run it again to go on where it stopped`);
  error.cause = cause;
  return error;
}
