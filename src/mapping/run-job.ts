/** @file A job in a thread of its own. */
import { Worker, type WorkerOptions } from "node:worker_threads";
import { InternalError } from "../tensor/index.ts";
import type { Job, JobEvent, JobHooks, JobResult } from "./jobs.ts";
import { type PackedError, unpackError } from "./packed-error.ts";

type Message =
  | { readonly kind: "event"; readonly event: JobEvent }
  | { readonly kind: "result"; readonly result: JobResult }
  | { readonly kind: "error"; readonly error: PackedError };

/** The worker beside this file; uncompiled, it first needs a loader of TypeScript, which threads do not inherit. */
function startWorker(options: WorkerOptions): Worker {
  const here = import.meta.url;
  if (!here.endsWith(".ts")) return new Worker(new URL("./worker.js", here), options);
  const file = JSON.stringify(new URL("./worker.ts", here).href);
  const load = `import("tsx/esm/api").then(({ register }) => { register(); return import(${file}); });`;
  return new Worker(load, { ...options, eval: true });
}

/** Do a job in a worker thread. @throws what the job throws */
export function runJob(job: Job, { onEvent, stop }: JobHooks): Promise<JobResult> {
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const worker = startWorker({ workerData: { job, stopped } });
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
