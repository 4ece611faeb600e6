/** @file Progress as it suits the reader: a bar on a terminal, a few plain lines in a log, JSON for a program. */
import type { JobEvent } from "../mapping/index.ts";

/** Where text goes: `process.stdout`, or a test's list. */
export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width of a terminal in characters. */
  readonly columns?: number;
}

/** Shows what a job tells. */
export interface ProgressView {
  onEvent(event: JobEvent): void;
  /** Leave the terminal tidy; nothing is shown afterwards. */
  end(): void;
}

type TaskEvent = Extract<JobEvent, { readonly kind: "task" }>;

/** A task from its first event on; its speed is measured from there, so that a resumed task is not thought fast. */
interface Task {
  readonly startMs: number;
  readonly startDone: number;
  readonly last: TaskEvent;
}

/** `45 s`, `3 min 05 s`, `1 h 02 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function rateOf({ startMs, startDone, last }: Task, nowMs: number): number | null {
  const seconds = (nowMs - startMs) / 1000;
  return seconds > 0 && last.done > startDone ? (last.done - startDone) / seconds : null;
}

const threeDigits = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const countText = ({ done, total, unit }: TaskEvent): string => `${done}/${total} ${unit}${total === 1 ? "" : "s"}`;

/** Speed and remaining time, as far as they are known. */
function paceParts(task: Task, nowMs: number): string[] {
  const rate = rateOf(task, nowMs);
  if (rate === null) return [];
  const { done, total, unit } = task.last;
  const speed = rate >= 0.1 ? `${threeDigits(rate)} ${unit}s/s` : `${durationText(1 / rate)} a ${unit}`;
  return [speed, `${durationText((total - done) / rate)} left`];
}

function finishedLine({ startMs, last }: Task, nowMs: number): string {
  const detail = last.detail ? `, ${last.detail}` : "";
  return `${last.task}: ${countText(last)} in ${durationText((nowMs - startMs) / 1000)}${detail}`;
}

const barWidth = 24;

/** One line of at most `columns` characters: of bar, count, pace and detail what fits, the most needed first. */
export function barLine(task: Task, nowMs: number, columns: number): string {
  const { task: name, done, total, detail } = task.last;
  const share = done / Math.max(1, total);
  const filled = Math.min(barWidth, Math.floor(barWidth * share));
  const bar = `[${"=".repeat(filled)}${" ".repeat(barWidth - filled)}]`;
  const [speed, left] = paceParts(task, nowMs);
  const count = countText(task.last);
  const ordered = [name.padEnd(12), bar, count, speed, left, detail];
  const chosen = new Set<string | undefined>();
  const line = (): string => ordered.filter((part) => part !== undefined && chosen.has(part)).join("  ");
  for (const part of [ordered[0], count, left, bar, detail, speed]) {
    chosen.add(part);
    if (line().length > columns) chosen.delete(part);
  }
  return chosen.has(count) ? line() : `${name} ${Math.floor(100 * share)} %`.slice(0, Math.max(0, columns));
}

/** Follows the tasks of a job; `finish` is told of one that is done or given up for another. */
function follow(now: () => number, finish: (task: Task) => void) {
  let current: Task | null = null;
  const close = (): void => {
    if (current !== null) finish(current);
    current = null;
  };
  return {
    close,
    see: (event: TaskEvent): Task => {
      if (current?.last.task !== event.task) {
        close();
        current = { startMs: now(), startDone: event.done, last: event };
      }
      current = { ...current!, last: event };
      return current;
    },
  };
}

const redrawMs = 100;
const clearLine = "\r\u001b[2K";

/** A bar that is drawn again and again in the last line of a terminal. */
function bars(stream: Stream, now: () => number): ProgressView {
  let drawnMs = Number.NEGATIVE_INFINITY;
  const tasks = follow(now, (task) => stream.write(`${clearLine}${finishedLine(task, now())}\n`));
  return {
    onEvent: (event) => {
      if (event.kind === "note") {
        stream.write(`${clearLine}${event.text}\n`);
        return;
      }
      const task = tasks.see(event);
      if (event.done >= event.total) {
        tasks.close();
      } else if (now() - drawnMs >= redrawMs) {
        drawnMs = now();
        // One column stays free: some terminals wrap when the last one is filled.
        stream.write(clearLine + barLine(task, now(), (stream.columns ?? 80) - 1));
      }
    },
    end: () => tasks.close(),
  };
}

const lineShare = 0.1;
const lineMs = 15_000;
/** A task that is faster than this is told of once, when it is done. */
const quickMs = 1500;

/** Plain lines: one for 10 % of a task or for 15 s, and one at its end. */
function lines(stream: Stream, now: () => number): ProgressView {
  let told: { readonly task: string; readonly done: number; readonly ms: number } | null = null;
  const tasks = follow(now, (task) => stream.write(`${finishedLine(task, now())}\n`));
  return {
    onEvent: (event) => {
      if (event.kind === "note") {
        stream.write(`${event.text}\n`);
        return;
      }
      const task = tasks.see(event);
      if (event.done >= event.total) {
        tasks.close();
        return;
      }
      const ms = now();
      if (told?.task !== event.task) told = { task: event.task, done: event.done, ms };
      const isShare = event.done - told.done >= lineShare * event.total && ms - told.ms >= quickMs;
      if (!isShare && ms - told.ms < lineMs) return;
      told = { task: event.task, done: event.done, ms };
      const parts = [countText(event), ...paceParts(task, ms), ...(event.detail ? [event.detail] : [])];
      stream.write(`${event.task}: ${parts.join(", ")}\n`);
    },
    end: () => tasks.close(),
  };
}

const jsonMs = 200;

/** Every event as a line of JSON; of a fast task, some are left out, never its last. */
function jsonLines(stream: Stream, now: () => number): ProgressView {
  let task = "";
  let toldMs = 0;
  return {
    onEvent: (event) => {
      if (event.kind === "task") {
        if (event.task === task && event.done < event.total && now() - toldMs < jsonMs) return;
        [task, toldMs] = [event.task, now()];
      }
      stream.write(`${JSON.stringify(event)}\n`);
    },
    end: () => {},
  };
}

/** How progress may be shown. */
export type ProgressStyle = "bars" | "lines" | "json";

const views: Readonly<Record<ProgressStyle, (stream: Stream, now: () => number) => ProgressView>> = {
  bars,
  lines,
  json: jsonLines,
};

/** The view for a stream. @param now  clock in ms */
export function progressView(
  kind: ProgressStyle,
  stream: Stream,
  now: () => number = () => performance.now(),
): ProgressView {
  return views[kind](stream, now);
}
