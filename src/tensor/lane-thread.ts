/** @file Threads that run ONNX Runtime sessions, one thread of the processor each; started when needed, then kept. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { InternalError } from "./errors.ts";

// As text, so that it runs the same from sources and from the built package.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const programs = new Map();
const kinds = { f32: ["float32", Float32Array], i32: ["int32", Int32Array], bool: ["bool", Uint8Array] };

const answers = {
  async open({ id, model, kept, inputs, outputs }) {
    const { InferenceSession, Tensor } = await import(workerData.ort);
    // ONNX Runtime refuses shared memory: a run copies what was shared into memory of its own.
    const own = (list) => list.map(([name, { dtype, shape }, shared]) => {
      const [type, Array] = kinds[dtype];
      const size = shape.reduce((a, b) => a * b, 1);
      const data = new Array(size);
      return { name, shared: new Array(shared, 0, size), data, tensor: new Tensor(type, data, shape) };
    });
    const session = await InferenceSession.create(model, {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "all",
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      logSeverityLevel: 3,
    });
    programs.set(id, { session, version: 0, kept: own(kept), inputs: own(inputs), outputs: own(outputs) });
  },
  async run({ id, version }) {
    const program = programs.get(id);
    const { session, kept, inputs, outputs } = program;
    for (const { shared, data } of program.version === version ? inputs : [...kept, ...inputs]) data.set(shared);
    program.version = version;
    const tensors = (list) => Object.fromEntries(list.map(({ name, tensor }) => [name, tensor]));
    await session.run(tensors([...kept, ...inputs]), tensors(outputs));
    for (const { shared, data } of outputs) shared.set(data);
  },
  async close({ id }) {
    await programs.get(id).session.release();
    programs.delete(id);
  },
};

let previous = Promise.resolve();
parentPort.on("message", ({ question, terms }) => {
  previous = previous.then(async () => {
    try {
      await answers[question](terms);
      parentPort.postMessage(null);
    } catch (cause) {
      parentPort.postMessage(cause instanceof Error ? cause.message : String(cause));
    }
  });
});
`;

/** A thread of the processor that runs one session at a time. */
export interface LaneThread {
  /** @throws InternalError if ONNX Runtime refuses */
  ask(question: "open" | "run" | "close", terms: object): Promise<void>;
}

const free: LaneThread[] = [];
const waiting: ((thread: LaneThread) => void)[] = [];
let started = 0;

/** Number of lanes for a number of threads, where 0 stands for as many as the machine has cores. */
export function laneCount(threads: number): number {
  return threads > 0 ? threads : availableParallelism();
}

/**
 * Work on a free thread, as soon as there is one.
 *
 * @param most     threads that may have been started in all before one is waited for
 * @param prefers  which of several free threads to take
 */
export async function onLane<T>(
  most: number,
  prefers: (thread: LaneThread) => boolean,
  work: (thread: LaneThread) => Promise<T>,
): Promise<T> {
  const thread = await takeThread(most, prefers);
  try {
    return await work(thread);
  } finally {
    const next = waiting.shift();
    if (next === undefined) free.push(thread);
    else next(thread);
  }
}

function takeThread(most: number, prefers: (thread: LaneThread) => boolean): Promise<LaneThread> | LaneThread {
  const known = free.findIndex(prefers);
  if (known >= 0) return free.splice(known, 1)[0]!;
  if (free.length > 0) return free.pop()!;
  if (started < most) {
    started++;
    return startThread();
  }
  return new Promise((take) => waiting.push(take));
}

function startThread(): LaneThread {
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    workerData: { ort: import.meta.resolve("onnxruntime-node") },
  });
  const answers: ((fault: string | null) => void)[] = [];
  worker.on("message", (fault: string | null) => {
    // A program that is done need not wait for its threads.
    if (answers.length === 1) worker.unref();
    answers.shift()!(fault);
  });
  const fail = (fault: string): void => {
    for (const answer of answers.splice(0)) answer(fault);
  };
  worker.on("error", (cause) => fail(cause instanceof Error ? cause.message : String(cause)));
  worker.on("exit", () => fail("the thread has ended"));
  worker.unref();
  return {
    ask: async (question, terms) => {
      worker.ref();
      const fault = await new Promise<string | null>((answer) => {
        answers.push(answer);
        worker.postMessage({ question, terms });
      });
      if (fault !== null) throw new InternalError(`a session did not ${question}: ${fault}`);
    },
  };
}
