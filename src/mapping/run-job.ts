/** @file A job in a thread of its own. */
import { Worker } from "node:worker_threads";
import { InternalError } from "../tensor/index.ts";
import type { Job, JobEvent, JobHooks, JobResult } from "./job.ts";
import { type PackedError, unpackError } from "./packed-error.ts";

type Message =
  | { readonly kind: "event"; readonly event: JobEvent }
  | { readonly kind: "result"; readonly result: JobResult }
  | { readonly kind: "error"; readonly error: PackedError };

/** Do a job in a worker thread. @throws what the job throws */
export function runJob(job: Job, { onEvent, stop }: JobHooks): Promise<JobResult> {
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const here = import.meta.url;
  // The same file name beside this one, in TypeScript or compiled.
  const worker = new Worker(new URL(here.endsWith(".ts") ? "./worker.ts" : "./worker.js", here), {
    workerData: { job, stopped },
  });
  const onStop = (): void => {
    Atomics.store(stopped, 0, 1);
  };
  if (stop.aborted) onStop();
  stop.addEventListener("abort", onStop);
  return new Promise<JobResult>((resolve, reject) => {
    worker.on("message", (message: Message) => {
      if (message.kind === "event") onEvent(message.event);
      else if (message.kind === "result") resolve(message.result);
      else reject(unpackError(message.error));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new InternalError(`the worker ended with code ${code} and no result`)));
  }).finally(() => stop.removeEventListener("abort", onStop));
}
