/** @file One cell of an experiment, in a process of its own. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DataError, StoppedError } from "../../tensor/index.ts";
import type { Cell } from "../../train/index.ts";
import type { JobHooks } from "../job.ts";
import type { CellReport, CellRequest } from "./cell-process.ts";

/** The process beside this file; uncompiled, it has the loader of TypeScript that this one was started with. */
function startProcess() {
  const here = import.meta.url;
  const file = new URL(here.endsWith(".ts") ? "./cell-process.ts" : "./cell-process.js", here);
  return fork(fileURLToPath(file), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
}

/** Of what a process last said before it broke off. */
const keptSigns = 500;

/**
 * Compute a cell.
 *
 * @throws StoppedError if it was stopped; DataError with the sentence of whatever else went wrong
 */
export function runCell(cell: Cell, command: string, { onEvent, stop }: JobHooks): Promise<void> {
  const child = startProcess();
  const send = (request: CellRequest): void => {
    if (child.connected) child.send(request);
  };
  const onStop = (): void => send({ kind: "stop" });
  let last = "";
  child.stderr!.on("data", (text) => {
    last = (last + String(text)).slice(-keptSigns);
  });
  return new Promise<void>((resolve, reject) => {
    child.on("message", (report: CellReport) => {
      if (report.kind === "event") onEvent(report.event);
      else if (report.kind === "finished") resolve();
      else reject(report.name === "StoppedError" ? new StoppedError(report.message) : failure(report.message));
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const how = signal === null ? `code ${code}` : signal;
      const advice = signal === "SIGKILL" ? " — out of memory? try fewer --jobs" : "";
      const words = last.trim().split("\n").at(-1);
      reject(failure(`expected a result of its process; it ended with ${how}${words ? `: ${words}` : ""}${advice}`));
    });
    stop.addEventListener("abort", onStop);
    send({ kind: "start", cell, command });
    if (stop.aborted) onStop();
  }).finally(() => stop.removeEventListener("abort", onStop));

  function failure(message: string): DataError {
    return new DataError(cell.id, message);
  }
}
