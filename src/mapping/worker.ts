/** @file Thread in which a job runs, so that progress and Ctrl-C stay alive while ONNX Runtime computes. */
import { parentPort, workerData } from "node:worker_threads";
import { doJob } from "./job.ts";
import type { Job } from "./jobs.ts";
import { packError } from "./packed-error.ts";

const { job, stopped } = workerData as { readonly job: Job; readonly stopped: Int32Array };
const send = (message: unknown): void => parentPort!.postMessage(message);

try {
  const result = await doJob(job, {
    onEvent: (event) => send({ kind: "event", event }),
    isStopped: () => Atomics.load(stopped, 0) !== 0,
  });
  send({ kind: "result", result });
} catch (error) {
  send({ kind: "error", error: packError(error) });
}
