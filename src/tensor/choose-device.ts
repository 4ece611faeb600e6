/** @file Which device to compute on: the one that was asked for, or the faster one by a short test. */
import type { Compute, Device } from "./device.ts";
import { UnsupportedError } from "./errors.ts";
import { gradients } from "./gradient.ts";
import { add, gelu, matMul, mean, mul, reshape, slice, sub } from "./operations/index.ts";
import { keyOf, normal } from "./random.ts";
import { compile } from "./session.ts";
import { compileStateful } from "./stateful.ts";
import { type Graph, type Tensor, trace } from "./tensor.ts";

/** What one may ask for. */
export const deviceChoices = ["cpu", "webgpu", "cuda", "auto"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** A device that works here. */
export interface ChosenDevice {
  readonly device: Device;
  /** Why it is this one, as a sentence; null where there is nothing to tell. */
  readonly note: string | null;
}

/** How many times as fast as the processor a GPU must be to be chosen: less is within what the test can tell, and trainings make better use of several cores. */
const clearly = 2;

/** Of the test: as many tokens and channels, in as small operations, as a step of a small training. */
const [tokens, width, blocks] = [1152, 64, 2] as const;

/** A training step of a residual network without bells and whistles. */
function testStep(): Graph {
  const count = 4 * width * width;
  const specs = {
    x: { shape: [tokens, width], dtype: "f32" },
    weights: { shape: [blocks, count], dtype: "f32" },
  } as const;
  return trace(specs, ({ x, weights }) => {
    let hidden = x;
    for (let block = 0; block < blocks; block++) {
      const own = slice(weights, [block, 0], [block + 1, count]);
      const half = (part: number, shape: readonly number[]): Tensor =>
        reshape(slice(own, [0, (part * count) / 2], [1, ((part + 1) * count) / 2]), shape);
      const inner = gelu(matMul(hidden, half(0, [width, 2 * width])));
      hidden = add(hidden, matMul(inner, half(1, [2 * width, width])));
    }
    const loss = reshape(mean(mul(hidden, hidden)), []);
    const [gradient] = gradients(loss, [weights]) as [Tensor];
    return { weights: sub(weights, mul(gradient, 1e-3)), loss };
  });
}

/** Seconds that the quickest of a few steps takes. */
async function secondsOf(compute: Compute): Promise<number> {
  const weights = normal(keyOf(1), [blocks, 4 * width * width]);
  for (let at = 0; at < weights.data.length; at++) weights.data[at]! *= 0.1;
  const x = normal(keyOf(2), [tokens, width]);
  const program = await compileStateful(testStep(), { weights }, compute);
  try {
    // The first step prepares kernels and memory.
    await program.run({ x });
    let best = Number.POSITIVE_INFINITY;
    const end = performance.now() + 500;
    for (let step = 0; step < 3 || (step < 20 && performance.now() < end); step++) {
      const start = performance.now();
      await program.run({ x });
      best = Math.min(best, (performance.now() - start) / 1e3);
      if (best > 1) break;
    }
    return best;
  } finally {
    await program.release();
  }
}

async function requireDevice(compute: Compute): Promise<void> {
  const program = await compile(
    trace({ x: { shape: [1], dtype: "f32" } }, ({ x }) => ({ y: add(x, 1) })),
    compute,
  );
  await program.release();
}

async function fastest(threads: number): Promise<ChosenDevice> {
  let gpu: number;
  try {
    gpu = await secondsOf({ threads, device: "webgpu" });
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { device: "cpu", note: "Computing on the cpu: no GPU that WebGPU can use was found" };
  }
  const ratio = (await secondsOf({ threads, device: "cpu" })) / gpu;
  const device = ratio >= clearly ? "webgpu" : "cpu";
  return {
    device,
    note: `Computing on ${device === "cpu" ? "the cpu" : device}: in a short test, webgpu was ${ratio.toPrecision(2)} times as fast as the cpu`,
  };
}

/**
 * The device to compute on. `auto` is webgpu where a short test finds it clearly faster than the processor.
 *
 * @throws UnsupportedError if a device was asked for that cannot be used here
 */
export async function chooseDevice(choice: DeviceChoice, threads: number): Promise<ChosenDevice> {
  if (choice === "auto") return fastest(threads);
  if (choice === "cpu") return { device: choice, note: null };
  await requireDevice({ threads, device: choice });
  return { device: choice, note: `Computing on ${choice}` };
}
