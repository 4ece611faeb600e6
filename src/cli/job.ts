/** @file Does a job while it shows progress, and ends it in good order when people press Ctrl-C. */
import { formatTable, type Metrics, methodTable, percent, type Uncertainty } from "../evaluate/index.ts";
import { type Job, type JobResult, runJob, type Translation } from "../mapping/index.ts";
import { StoppedError } from "../tensor/index.ts";
import { type CommonFlags, type Context, printJson } from "./command.ts";
import { type ProgressStyle, progressView } from "./progress.ts";

/** Exit code after Ctrl-C, as shells have it: 128 + SIGINT. */
export const interrupted = 130;

/** How progress suits the reader of a stream. */
export function styleOf({ json }: CommonFlags, { err }: Context): ProgressStyle {
  return json ? "json" : err.isTTY ? "bars" : "lines";
}

const signals = ["SIGINT", "SIGTERM"] as const;

/** First Ctrl-C: `stop`; second: the process ends at once. Returns what undoes this. */
export function onInterrupt(stop: () => void): () => void {
  let isAsked = false;
  const listen = (): void => {
    if (isAsked) process.exit(interrupted);
    isAsked = true;
    stop();
  };
  for (const signal of signals) process.on(signal, listen);
  return () => {
    for (const signal of signals) process.off(signal, listen);
  };
}

/**
 * Do a job, print what came of it, and set the exit code.
 *
 * @param resumeCommand  how to go on after Ctrl-C; null where the job starts anew
 */
export async function doJob(
  job: Job,
  resumeCommand: string | null,
  flags: CommonFlags,
  context: Context,
): Promise<void> {
  const { out, err, setExit } = context;
  const stop = new AbortController();
  const view = progressView(styleOf(flags, context), flags.json ? out : err);
  const ignoreInterrupts = onInterrupt(() => {
    stop.abort();
    view.onEvent({ kind: "note", text: "Stopping after this step — Ctrl-C again to stop at once" });
  });
  try {
    const result = await runJob(job, { onEvent: view.onEvent, stop: stop.signal });
    view.end();
    if (flags.json) printJson(out, { kind: "result", ...result });
    else out.write(resultText(result));
  } catch (error) {
    view.end();
    if (!(error instanceof StoppedError)) throw error;
    if (flags.json) printJson(out, { kind: "stopped", message: error.message, resume: resumeCommand });
    else if (resumeCommand === null) err.write("Stopped; nothing was written\n");
    else err.write(`Stopped; what was done is saved — go on with: ${resumeCommand}\n`);
    setExit(interrupted);
  } finally {
    ignoreInterrupts();
  }
}

/** `12 345` with narrow spaces would not survive a log: groups are set apart by a plain space. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** The numbers of a run in a few lines. */
export function metricsText(metrics: Metrics): string {
  const { rule, seed, train, test } = metrics.split;
  const methods = [
    { name: metrics.method ?? "SymDiffuser", scores: metrics },
    ...Object.entries(metrics.baselines).map(([name, scores]) => ({ name, scores })),
  ];
  const leak =
    metrics.leakage === null ? "" : `; ${percent(metrics.leakage)} % of them have a training pixel in their patch`;
  const pixels = `${grouped(test)} test pixels, ${grouped(train)} for training (split ${rule}, seed ${seed})${leak}`;
  return `${methodTable(methods)}\n${pixels}\n${metrics.uncertainty ? uncertaintyText(metrics.uncertainty) : ""}`;
}

/** How far probabilities and label sets can be trusted on the test pixels, a line each. */
function uncertaintyText({ calibration, labelSets, abstention }: Uncertainty): string {
  const lines: string[] = [];
  if (calibration !== null) {
    const { temperature, test } = calibration;
    const error = ({ expectedCalibrationError }: { expectedCalibrationError: number }): string =>
      percent(expectedCalibrationError);
    lines.push(
      `Calibration error ${error(test.before)} % before, ${error(test.after)} % after temperature ${temperature.toFixed(2)}`,
    );
  }
  if (labelSets !== null) {
    const { wanted, found } = labelSets;
    lines.push(
      `Label sets hold the class of ${percent(found.coverage)} % of them (wanted: ${percent(wanted.coverage)} %), with ${found.meanSize.toFixed(2)} classes on average`,
    );
  }
  if (abstention !== null) {
    const { when, share, overallAccuracy } = abstention;
    const which = when === "sets" ? "where label sets have not exactly one class" : `where confidence is below ${when}`;
    const rest = overallAccuracy === null ? "none is left" : `OA of the others ${percent(overallAccuracy)}`;
    lines.push(`Abstaining ${which} leaves out ${percent(share)} %: ${rest}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** How near a generated source is to the real one. */
function translationText({ from, to, pixels, scores }: Translation): string {
  const digits = (value: number | null, places: number): string => (value === null ? "–" : value.toFixed(places));
  const rows = Object.entries(scores).map(([name, one]) => [
    ...[name, digits(one.psnr, 2), digits(one.ssim, 3), digits(one.spectralAngle, 2), digits(one.correlation, 3)],
  ]);
  const table = formatTable([`${to} from ${from.join(", ")}`, "PSNR dB", "SSIM", "SAM °", "r"], rows);
  return `${table}\n${grouped(pixels)} test pixels; pre-training saw them, as it sees all, without labels\n`;
}

/** What a job made, and where to look. */
export function resultText({ folder, files, metrics, translation }: JobResult): string {
  const text = metrics ? metricsText(metrics) : translation ? translationText(translation) : "";
  const numbers = text === "" ? "" : `${text}\n`;
  const report = files.find((file) => file.endsWith("report.html"));
  const look = report ?? files.find((file) => file.endsWith(".png"));
  return `${numbers}${look === undefined ? "" : `Open ${look}\n`}All files are in ${folder}\n`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word.replace(/(["$`\\])/g, "\\$1")}"`;
}

/** The command line again, as one would type it. */
export function commandText(argv: readonly string[]): string {
  return ["symdiffuser", ...argv.map(quoted)].join(" ");
}

/** How the program is typed where it was started by npm; words that npm's script gives are left out. */
const starts: ReadonlyMap<string, { readonly program: string; readonly given: number }> = new Map([
  ["npx", { program: "npx symdiffuser", given: 0 }],
  ["demo", { program: "npm run demo --", given: 1 }],
]);

/**
 * The command line that goes on with a stopped run.
 *
 * @param script  npm's name for what it runs, as in the environment's `npm_lifecycle_event`
 */
export function resumeText(argv: readonly string[], script: string | undefined): string {
  const { program, given } = starts.get(script ?? "") ?? { program: "symdiffuser", given: 0 };
  const words = argv.slice(given).filter((word) => word !== "--resume" && word !== "--overwrite");
  return [program, ...words.map(quoted), "--resume"].join(" ");
}
