/** @file `symdiffuser experiment`: many runs of one file, and their tables. */
import { InvalidArgumentError } from "commander";
import { formatTable, percent } from "../evaluate/index.ts";
import { type CellOutcome, cellOutcomes, runExperiment, stateText, writeTables } from "../mapping/index.ts";
import { ConfigError, type DeviceChoice } from "../tensor/index.ts";
import { type Cell, type Experiment, type Override, readExperiment } from "../train/index.ts";
import { addCommonFlags, type CommonFlags, type Context, type Define, flag, printJson } from "./command.ts";
import { deviceFlag, wholeNumber } from "./flags.ts";
import { commandText, interrupted, onInterrupt, styleOf } from "./job.ts";
import { durationText, progressView } from "./progress.ts";

interface ExperimentFlags extends CommonFlags {
  readonly dryRun?: true;
  readonly jobs?: number;
  readonly methods?: readonly string[];
  readonly splits?: readonly number[];
  readonly out?: string;
  readonly threads?: number;
  readonly device?: DeviceChoice;
  readonly overwrite?: true;
}

/** What is known of a finished or failed cell, in a line. */
function outcomeText(outcome: CellOutcome): string {
  const { cell, state } = outcome;
  if (state !== "finished") return state === "open" ? `${cell.id}: open` : `${cell.id} failed: ${outcome.message}`;
  const { overallAccuracy, averageAccuracy, timingsSeconds } = outcome.result.metrics;
  const seconds = Object.values(timingsSeconds).reduce((sum, one) => sum + one, 0);
  return `${cell.id}: OA ${percent(overallAccuracy)}, AA ${percent(averageAccuracy)}, ${durationText(seconds)}`;
}

/** The cells of an experiment that flags ask for, and how far each is; nothing is run. */
async function listCells(experiment: Experiment, flags: ExperimentFlags, { out }: Context): Promise<void> {
  const isWanted = wantedCells(experiment, flags);
  const outcomes = (await cellOutcomes(experiment)).filter(({ cell }) => isWanted(cell));
  if (flags.json) {
    for (const { cell, state } of outcomes) printJson(out, { kind: "cell", cell: cell.id, state });
    return;
  }
  const rows = outcomes.map(({ cell, ...outcome }) => [
    cell.scene,
    cell.method,
    cell.variant ?? "–",
    cell.sources?.join("+") ?? "all",
    String(cell.splitSeed),
    String(cell.seed),
    outcome.state === "open" && outcome.isBegun ? "begun" : outcome.state,
  ]);
  out.write(formatTable(["Scene", "Method", "Variant", "Sources", "Split", "Seed", "State"], rows));
  out.write(`\n${stateText(outcomes)}; folder ${experiment.out}\n`);
}

/** The cells that flags ask for. @throws ConfigError for a method or split that the experiment has not */
function wantedCells({ cells }: Experiment, { methods, splits }: ExperimentFlags): (cell: Cell) => boolean {
  const chosen = <Value>(name: string, wanted: readonly Value[] | undefined, of: (cell: Cell) => Value) => {
    const known = [...new Set(cells.map(of))];
    const unknown = wanted?.find((one) => !known.includes(one));
    if (unknown !== undefined) {
      throw new ConfigError(name, `expected some of ${known.join(", ")}; got ${String(unknown)}`, unknown);
    }
    return (cell: Cell): boolean => wanted === undefined || wanted.includes(of(cell));
  };
  const isMethod = chosen("--methods", methods, ({ method }) => method);
  const isSplit = chosen("--splits", splits, ({ splitSeed }) => splitSeed);
  return (cell) => isMethod(cell) && isSplit(cell);
}

async function runCells(experiment: Experiment, flags: ExperimentFlags, context: Context): Promise<void> {
  const { out, err, setExit, argv } = context;
  const stop = new AbortController();
  const view = progressView(styleOf(flags, context), flags.json ? out : err);
  const note = (text: string): void => view.onEvent({ kind: "note", text });
  const ignoreInterrupts = onInterrupt(() => {
    stop.abort();
    note("Stopping after the steps that are computed now — Ctrl-C again to stop at once");
  });
  const { jobs = 1, threads = 0, overwrite = false } = flags;
  const isWanted = wantedCells(experiment, flags);
  try {
    const outcomes = await runExperiment(
      experiment,
      { jobs, threads, overwrite, command: commandText(argv), isWanted },
      { onEvent: view.onEvent, onOutcome: (outcome) => note(outcomeText(outcome)), stop: stop.signal },
    );
    const tables = await writeTables(experiment, outcomes);
    view.end();
    const files = tables;
    const state = stateText(outcomes);
    const isStopped = stop.signal.aborted && outcomes.some((one) => one.state === "open");
    const failures = outcomes.filter((one) => one.state === "failed");
    if (flags.json) printJson(out, { kind: isStopped ? "stopped" : "result", folder: experiment.out, files, state });
    else {
      out.write(`${state}\n${failures.map((one) => `  ${outcomeText(one)}\n`).join("")}`);
      out.write(`Open ${tables.at(-1)}\nAll files are in ${experiment.out}\n`);
      if (isStopped) err.write("Stopped; what was done is saved — go on with the same command\n");
    }
    if (isStopped) setExit(interrupted);
    else if (failures.length > 0) setExit(1);
  } finally {
    view.end();
    ignoreInterrupts();
  }
}

export const define: Define = (command, context) => {
  command.addOption(flag("--dry-run", "list the cells and how far they are; run nothing"));
  command.addOption(
    flag("--jobs <number>", "cells to compute at a time, each in a process of its own (default: 1)").argParser(
      (text: string) => {
        const jobs = wholeNumber(text);
        if (jobs < 1) throw new InvalidArgumentError(`expected an integer ≥ 1; got "${text}"`);
        return jobs;
      },
    ),
  );
  command.addOption(flag("--methods <names...>", "run the cells of these methods only (default: all)"));
  command.addOption(
    flag("--splits <seeds...>", "run the cells of these split seeds only (default: all)").argParser(
      (text: string, before: readonly number[] = []) => [...before, wholeNumber(text)],
    ),
  );
  command.addOption(flag("--out <dir>", "folder of the experiment (default: that of the file, else runs/NAME)"));
  command.addOption(
    flag("--threads <number>", "threads of all cells together (default: all cores)").argParser(wholeNumber),
  );
  command.addOption(deviceFlag());
  command.addOption(flag("--overwrite", "start cells anew that have other settings than the file has now"));
  addCommonFlags(command);
  command.action(async (file: string, flags: ExperimentFlags) => {
    const device: Override[] =
      flags.device === undefined ? [] : [{ path: ["device"], value: flags.device, flag: "--device" }];
    const experiment = readExperiment(file, device, flags.out);
    await (flags.dryRun ? listCells : runCells)(experiment, flags, context);
  });
};
