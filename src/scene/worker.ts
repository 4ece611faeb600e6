/**
 * @file Code of others that takes apart what users bring (decoders, databases) runs in worker threads with limits of
 * time and memory, because damaged files can make it loop, trap or ask for room without end.
 */
import { Worker as Thread } from "node:worker_threads";
import { InternalError, SymdiffuserError, TimeoutError } from "../tensor/index.ts";

/** What runs in a worker. */
export interface WorkerProgram {
  /** For messages: `the HDF5 library`. */
  readonly name: string;
  /**
   * JavaScript that defines `answers`: a function for each question, with `start` asked first and `close`, if there is
   * one, last. As text, so that it runs the same from sources and from the built package. It may use
   * - `data`, as given here;
   * - `beat()`: limits of time are for one step of a long answer, and this is the next;
   * - `move(view)`: the memory of an answer moves instead of being copied;
   * - `Fault`: thrown for bytes that are wrong, where the code is fit for others;
   * - `LastFault`: the same where it is not, as after any other error.
   */
  readonly text: string;
  readonly data: unknown;
  /** Most memory for JavaScript's objects, without typed arrays. */
  readonly heapMb: number;
}

/** What an answer may take. */
export interface Limit {
  readonly ms: number;
  /** Of a WebAssembly memory. */
  readonly bytes: number;
}

/** Limit of a step that makes so many bytes. Generous: the slowest code makes some 50 MiB a second. */
export function limitFor(bytes: number): Limit {
  return { ms: stepMs + (bytes / 2 ** 20) * 200, bytes: stepBytes + 4 * bytes };
}

const stepMs = 1500;
const stepBytes = 2 ** 28;
/** Nothing that a file holds can make a start slow, only a machine that is busy with other things. */
const startLimit: Limit = { ms: 120_000, bytes: stepBytes };
const keepMs = 5_000;

/** What the code found wrong, or that it went over a limit; the reader makes a FormatError of it. */
export class WorkerFault extends SymdiffuserError {}

/** That it went over its limit of time. */
class LateFault extends WorkerFault {}

/** A running program. Answers come in the order of questions. */
export interface Worker {
  /**
   * @param moved  buffers among the terms that move to the worker
   * @throws WorkerFault
   */
  ask(question: string, terms: readonly unknown[], limit: Limit, moved?: readonly ArrayBuffer[]): Promise<unknown>;
  /** Let go: it is kept for the next one who takes it, for a while, if nothing went wrong. */
  release(): Promise<void>;
}

const before = `
const { parentPort, workerData } = require("node:worker_threads");
const { data } = workerData;
class Fault extends Error {}
class LastFault extends Error {}
let moved = [];
const move = (view) => {
  moved.push(view.buffer);
  return view;
};
const beat = () => parentPort.postMessage({ beat: true });
let mostBytes = 0;
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > mostBytes) throw new LastFault("no memory for so much");
  return grow.call(this, pages);
};
`;

const after = `
async function answerTo({ question, terms, bytes }) {
  moved = [];
  mostBytes = bytes;
  try {
    const value = await answers[question]?.(...terms);
    parentPort.postMessage({ value }, moved);
  } catch (cause) {
    const fault = (cause instanceof Error ? cause.message : String(cause)).split("\\n")[0];
    parentPort.postMessage({ fault, isLast: !(cause instanceof Fault) });
  }
}
let previous = Promise.resolve();
parentPort.on("message", (asked) => {
  previous = previous.then(() => answerTo(asked));
});
`;

interface Answer {
  /** Not an answer yet, but a sign that the code goes on. */
  readonly beat?: boolean;
  readonly value?: unknown;
  readonly fault?: string;
  readonly isLast?: boolean;
  readonly isLate?: boolean;
}

/** Free ones, one a program. */
const kept = new Map<WorkerProgram, Worker>();

/**
 * The worker that ran a program last, where it is free, else a new one.
 *
 * @throws TimeoutError if it does not start in time
 */
export async function takeWorker(program: WorkerProgram, limit: Limit = startLimit): Promise<Worker> {
  const worker = kept.get(program) ?? start(program);
  kept.delete(program);
  try {
    await worker.ask("start", [], limit);
    return worker;
  } catch (cause) {
    await worker.release();
    if (cause instanceof LateFault) {
      const expected = `expected it to start within ${limit.ms / 1000} s; got no answer`;
      throw new TimeoutError(`${program.name}: ${expected} — try again when the machine is less busy`, { cause });
    }
    throw new InternalError(`${program.name} does not start (${(cause as Error).message})`, { cause });
  }
}

interface Timer {
  /** Begin anew. */
  refresh(): void;
  clear(): void;
}

/** Steps of a limit of time. */
const timerSteps = 8;

/**
 * Calls back after so many milliseconds in which this thread could take an answer: it counts in steps, so that the time
 * for which the machine sleeps, or the thread is at other work, counts as one of them.
 */
function startTimer(ms: number, over: () => void): Timer {
  let step = 0;
  let last: NodeJS.Immediate | undefined;
  const timer = setInterval(() => {
    // What came in the meantime is taken first.
    if (++step === timerSteps) last = setImmediate(over);
  }, ms / timerSteps);
  const clear = () => {
    clearInterval(timer);
    clearImmediate(last);
  };
  return {
    refresh: () => {
      clearImmediate(last);
      step = 0;
      timer.refresh();
    },
    clear,
  };
}

function start(program: WorkerProgram): Worker {
  const { name, text, data, heapMb } = program;
  const thread = new Thread(before + text + after, {
    ...{ eval: true, execArgv: [], stdout: true, stderr: true },
    workerData: { data },
    // New objects get the share of it that V8 gives them by itself.
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: (heapMb * 3) / 64 },
  });
  const waiting: ((answer: Answer) => void)[] = [];
  let end: Answer | null = null;
  let isFit = true;
  let keeping: NodeJS.Timeout | undefined;
  let timer: Timer | undefined;
  const stop = (fault: string, isLate = false) => {
    end ??= { fault, isLast: true, isLate };
    for (const answer of waiting.splice(0)) answer(end);
    if (kept.get(program) === worker) kept.delete(program);
  };
  thread.on("message", (answer: Answer) => {
    if (answer.beat === true) timer?.refresh();
    else waiting.shift()?.(answer);
  });
  thread.on("error", (cause: unknown) => stop(cause instanceof Error ? cause.message : String(cause)));
  thread.on("exit", () => stop(`${name} has stopped`));

  async function answerTo(
    question: string,
    terms: readonly unknown[],
    { ms, bytes }: Limit,
    moved: readonly ArrayBuffer[],
  ): Promise<Answer> {
    clearTimeout(keeping);
    thread.ref();
    thread.postMessage({ question, terms, bytes }, moved);
    // The last question's limit runs from when it was asked: those before it have answered by then, or run too long.
    timer?.clear();
    const own = startTimer(ms, () => stop(`${name} ran longer than ${Math.round(ms)} ms`, true));
    timer = own;
    const answer = await new Promise<Answer>((resolve) => {
      if (end === null) waiting.push(resolve);
      else resolve(end);
    });
    own.clear();
    if (answer.isLast === true) isFit = false;
    return answer;
  }

  const worker: Worker = {
    async ask(question, terms, limit, moved = []) {
      const { value, fault, isLate = false } = await answerTo(question, terms, limit, moved);
      if (fault === undefined) return value;
      throw isLate ? new LateFault(fault) : new WorkerFault(fault);
    },
    async release() {
      if (isFit) await answerTo("close", [], limitFor(0), []);
      if (!isFit || kept.has(program)) {
        await thread.terminate();
        return;
      }
      kept.set(program, worker);
      // A program that is done need not wait for it.
      thread.unref();
      keeping = setTimeout(() => {
        kept.delete(program);
        thread.terminate();
      }, keepMs).unref();
    },
  };
  return worker;
}
