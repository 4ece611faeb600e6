/**
 * @file The same trainings and maps on the processor and by WebGPU; prints the largest differences as JSON. A program of
 * its own, for a GPU's driver may take the process with it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Block, block, initBlock, meanSquaredError, type Stage, wholeBatch } from "../../src/nn/index.ts";
import { makeSplit, simulateScene } from "../../src/scene/index.ts";
import { fitSymDiffuser, hashedTextEncoder, symDiffuserClassifier } from "../../src/symdiffuser/index.ts";
import {
  type Arrays,
  attend,
  childKey,
  compile,
  concat,
  type Device,
  interpret,
  keyOf,
  logSoftmax,
  matMul,
  normal,
  StoppedError,
  split,
  trace,
} from "../../src/tensor/index.ts";
import { type LoopOptions, runStage } from "../../src/train/index.ts";
import { tiny, workOf } from "./tiny-method.ts";
import { tinyStage } from "./tiny-stage.ts";

const key = keyOf(3);
const folder = mkdtempSync(join(tmpdir(), "webgpu-"));

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let at = 0; at < a.length; at++) {
    // Not classified on both sides is no difference; NaN on one side alone is.
    if (Number.isNaN(a[at]!) && Number.isNaN(b[at]!)) continue;
    const difference = Math.abs(a[at]! - b[at]!);
    if (!(difference <= most)) most = difference;
  }
  return most;
}

/** What WebGPU's provider lacks, written out in other operations. */
async function writtenOut(): Promise<number> {
  const graph = trace({ a: { shape: [2, 3, 4], dtype: "f32" }, b: { shape: [2, 5, 4], dtype: "f32" } }, ({ a, b }) => ({
    product: matMul(a, b, { transposeB: true }),
    other: matMul(a, concat([a, a], 2), { transposeA: true }),
    attended: attend(a, b, b),
    logs: logSoftmax(a),
    parts: split(b, 1, [1, 1, 1, 2])[3]!,
  }));
  const feeds = { a: normal(childKey(key, "a"), [2, 3, 4]), b: normal(childKey(key, "b"), [2, 5, 4]) };
  const program = await compile(graph, { device: "webgpu" });
  const got: Arrays = await program.run(feeds);
  await program.release();
  const expected = Object.entries(interpret(graph, feeds));
  return Math.max(...expected.map(([name, { data }]) => largest(data, got[name]!.data)));
}

/** A transformer block that learns to swap the channels of its tokens. */
function swapStage(steps: number): Stage<Block> {
  const batch = { shape: [4, 6, 8], dtype: "f32" } as const;
  return {
    name: "swap",
    parameters: initBlock(childKey(key, "start"), 8, 2),
    batch: { x: batch, y: batch },
    loss: (weights, inputs) => meanSquaredError(block(weights, inputs["x"]!, 2), inputs["y"]!),
    batches: (step) => {
      const x = normal(childKey(childKey(key, "x"), step), [4, 6, 8]);
      return { x, y: { ...x, data: x.data.map((_, at) => x.data[at ^ 1]!) } };
    },
    schedule: { rate: 0.01, steps, warmUp: 0.1, floor: 0.02 },
    adamw: { betas: [0.9, 0.99], weightDecay: 0.01, clipNorm: 1 },
    averageDecay: 0.9,
    microBatches: wholeBatch,
  };
}

const loop = (device: Device, more: Partial<LoopOptions> = {}): LoopOptions => ({
  threads: 1,
  device,
  checkpoint: null,
  checkpointEvery: 20,
  fingerprint: "",
  isStopped: () => false,
  onStep: () => {},
  ...more,
});

async function trained() {
  const [expected, got] = [await runStage(swapStage(50), loop("cpu")), await runStage(swapStage(50), loop("webgpu"))];
  return { first: expected.losses[0]!, last: expected.losses[49]!, losses: largest(expected.losses, got.losses) };
}

/** Stopped between two checkpoints and taken up again, against a straight run. */
async function resumed() {
  const straight = await runStage(tinyStage(30), loop("webgpu"));
  const checkpoint = join(folder, "tiny.safetensors");
  let step = 0;
  const stopping = loop("webgpu", { checkpoint, isStopped: () => step === 25, onStep: () => step++ });
  const outcome: unknown = await runStage(tinyStage(30), stopping).catch((error: unknown) => error);
  const { losses } = await runStage(tinyStage(30), loop("webgpu", { checkpoint }));
  return { isStopped: outcome instanceof StoppedError, losses: largest(straight.losses, losses) };
}

async function mapped(): Promise<number> {
  const sources = ["msi", "lidar"] as const;
  const scene = simulateScene({ seed: 0, height: 48, width: 40, sources });
  const options = { ...tiny, network: { ...tiny.network, patch: 4 }, head: { ...tiny.head, count: 1 } };
  const split = makeSplit(scene, "perClass:6", 0);
  const model = await fitSymDiffuser(scene, split, options, 0, hashedTextEncoder(16), workOf());
  const small = simulateScene({ seed: 1, height: 16, width: 16, sources });
  const on = (device: Device): Promise<Float32Array> =>
    symDiffuserClassifier(model, { threads: 1, device, progress: () => () => {} }).predict(small);
  return largest(await on("cpu"), await on("webgpu"));
}

try {
  const times: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[name] = Math.round(performance.now() - start);
    return result;
  };
  const operations = await timed("operations", writtenOut);
  const training = await timed("training", trained);
  const resumption = await timed("resumption", resumed);
  const map = await timed("map", mapped);
  process.stdout.write(`${JSON.stringify({ operations, training, resumption, map, times })}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
