/** @file All cells of an experiment: those that are finished are kept, the others computed, several at a time. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { StoppedError, writeAtomically } from "../../tensor/index.ts";
import { type Cell, type Experiment, runFiles } from "../../train/index.ts";
import type { JobEvent, JobHooks } from "../job.ts";
import { type CellOutcome, type CellResult, cellFault, cellResult } from "./cell-result.ts";
import { resultLine } from "./result-lines.ts";
import { runCell } from "./run-cell.ts";

/** How to run an experiment. */
export interface ExperimentOptions {
  /** Cells at a time. */
  readonly jobs: number;
  /** Threads of all of them together; 0 = as many as the machine has cores. */
  readonly threads: number;
  /** Whether cells with other settings are removed; else they are refused. */
  readonly overwrite: boolean;
  /** Which cells are run; others stay as they are. @default all */
  readonly isWanted?: (cell: Cell) => boolean;
  /** The command line, for the reports of runs. */
  readonly command: string;
}

export interface ExperimentHooks extends JobHooks {
  /** A cell is finished or has failed, or was so before. */
  onOutcome(outcome: CellOutcome): void;
}

/** How far all cells are, from their folders; nothing is run. @throws ConfigError for a cell with other settings */
export async function cellOutcomes({ cells }: Experiment): Promise<CellOutcome[]> {
  for (const cell of cells) {
    const fault = cellFault(cell);
    if (fault !== null) throw fault;
  }
  return Promise.all(
    cells.map(async (cell): Promise<CellOutcome> => {
      const result = await cellResult(cell);
      if (result !== null) return { state: "finished", cell, result };
      return { state: "open", cell, isBegun: existsSync(join(cell.config.out, runFiles.config)) };
    }),
  );
}

/** The sentence of a failure without the cell's name, which stands beside it. */
function sentence(cell: Cell, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith(`${cell.id}: `) ? message.slice(cell.id.length + 2) : message;
}

/**
 * Run all cells that are not finished; one that fails does not keep the others. `results.jsonl` in the experiment's
 * folder has a line for each that is finished or failed, and is written anew after each of them.
 *
 * @returns how far each cell is, in order; `open` only where `stop` asked to end, or a cell is not wanted
 */
export async function runExperiment(
  experiment: Experiment,
  { jobs, threads, overwrite, command, isWanted = () => true }: ExperimentOptions,
  { onEvent, onOutcome, stop }: ExperimentHooks,
): Promise<CellOutcome[]> {
  for (const cell of overwrite ? experiment.cells : []) {
    if (cellFault(cell) !== null) await rm(cell.config.out, { recursive: true, force: true });
  }
  const outcomes = await cellOutcomes(experiment);
  await mkdir(experiment.out, { recursive: true });
  const write = (): Promise<void> =>
    writeAtomically(join(experiment.out, "results.jsonl"), outcomes.map((one) => resultLine(one)).join(""));
  for (const outcome of outcomes) if (outcome.state === "finished") onOutcome(outcome);
  await write();
  const waiting = [...outcomes.keys()].filter((at) => outcomes[at]!.state === "open" && isWanted(outcomes[at]!.cell));
  const workers = Math.max(1, Math.min(jobs, waiting.length));
  const all = threads > 0 ? threads : availableParallelism();
  const each = workers === 1 ? threads : Math.max(1, Math.floor(all / workers));
  let done = outcomes.filter(({ state }) => state === "finished").length;
  const total = done + waiting.length;
  let writing = Promise.resolve();

  const compute = async (at: number): Promise<void> => {
    const cell = { ...outcomes[at]!.cell, config: { ...outcomes[at]!.cell.config, threads: each } };
    const tell = (event: JobEvent): void => {
      if (event.kind === "note") return;
      const detail = `${cell.id}: ${event.task} ${event.done}/${event.total}`;
      onEvent({ kind: "task", task: "cells", done, total, unit: "cell", detail });
    };
    try {
      await runCell(cell, command, { onEvent: tell, stop });
      outcomes[at] = { state: "finished", cell, result: (await cellResult(cell)) as CellResult };
    } catch (error) {
      if (error instanceof StoppedError) return;
      outcomes[at] = { state: "failed", cell, message: sentence(cell, error) };
    }
    done++;
    onOutcome(outcomes[at]!);
    onEvent({ kind: "task", task: "cells", done, total, unit: "cell" });
    writing = writing.then(write);
    await writing;
  };
  const work = async (): Promise<void> => {
    for (let at = waiting.shift(); at !== undefined && !stop.aborted; at = waiting.shift()) await compute(at);
  };
  await Promise.all(Array.from({ length: workers }, work));
  return outcomes;
}
