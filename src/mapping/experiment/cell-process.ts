/** @file A process in which one cell is computed: what it takes of memory, and how it ends, is its own affair. */
import { type Cell, ownMethod } from "../../train/index.ts";
import type { JobEvent } from "../job.ts";
import { packError } from "../packed-error.ts";
import { runJob } from "../run-job.ts";
import { runBaseline } from "./baseline-run.ts";

/** What the process is told. */
export type CellRequest =
  | { readonly kind: "start"; readonly cell: Cell; readonly command: string }
  | { readonly kind: "stop" };

/** What it tells. */
export type CellReport =
  | { readonly kind: "event"; readonly event: JobEvent }
  | { readonly kind: "finished" }
  | { readonly kind: "failed"; readonly name: string; readonly message: string };

const stop = new AbortController();
// Ctrl-C reaches all processes of a terminal: the experiment's tells this one when to stop.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
process.on("disconnect", () => stop.abort());

const send = (report: CellReport): void => {
  if (process.connected) process.send!(report);
};

async function start(cell: Cell, command: string): Promise<void> {
  const onEvent = (event: JobEvent): void => send({ kind: "event", event });
  const { method, config } = cell;
  if (method === ownMethod) {
    const job = { job: "train", config, resume: true, overwrite: false, command } as const;
    await runJob(job, { onEvent, stop: stop.signal });
  } else {
    await runBaseline(method, config, { onEvent, isStopped: () => stop.signal.aborted });
  }
}

process.on("message", async (request: CellRequest) => {
  if (request.kind === "stop") {
    stop.abort();
    return;
  }
  try {
    await start(request.cell, request.command);
    send({ kind: "finished" });
  } catch (error) {
    const { name, message } = packError(error);
    send({ kind: "failed", name, message });
  }
  if (process.connected) process.disconnect();
});
