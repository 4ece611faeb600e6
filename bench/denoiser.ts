/**
 * @file How long is one training step, and one pass of feature extraction, of the coupled denoisers, against the same
 * computation in PyTorch?
 *
 * Run: node --import tsx bench/denoiser.ts [small|base] [threads] [path of a Python with PyTorch]
 * Prints a JSON line for each round, and at last one of medians; with a Python, rounds of both alternate and the last
 * line holds the ratios, too.
 */
import {
  compileMicroBatches,
  initialState,
  microBatches,
  packParameters,
  rateInput,
  type Stage,
  symbolicParameters,
} from "../src/nn/index.ts";
import { type Csdiff, type CsdiffOptions, denoise, initCsdiff } from "../src/symdiffuser/csdiff.ts";
import { noiseSchedule } from "../src/symdiffuser/noise.ts";
import { pretrainingBatch, pretrainingObjective } from "../src/symdiffuser/pretrain.ts";
import { compileLanes, constant, inLanes, keyOf, type NdArray, normal, trace, zeros } from "../src/tensor/index.ts";
import { median } from "./figures.ts";
import { peakGflops } from "./peak.ts";
import { startTwin } from "./twin.ts";

const configurations = {
  small: { width: 64, skips: 1, heads: 4, mlpRatio: 2, patch: 12, batch: 8 },
  base: { width: 128, skips: 2, heads: 4, mlpRatio: 4, patch: 7, batch: 32 },
};
const bands = [12, 2];
const [name = "small", threadsText = "2", python] = process.argv.slice(2);
const { batch, ...size } = configurations[name as keyof typeof configurations];
const threads = Number(threadsText);
const options: CsdiffOptions = { ...size, steps: 1000, coupling: "chain", perception: "attention", tci: true };
const schedule = noiseSchedule("linear", 1000);
const text = normal(keyOf(5), [6, 64]);
const parameters = initCsdiff(keyOf(0), bands, 64, options);

/** Multiply-adds × 2 of one forward pass of both sources: products of linear layers and of attention. */
function forwardFlops(): number {
  const { width: d, skips: n, mlpRatio: ratio, patch } = options;
  const N = patch * patch;
  let total = 0;
  for (const channels of bands) {
    const block = (N + 1) * (4 + 2 * ratio) * d * d + 2 * (N + 1) ** 2 * d;
    total += N * channels * d * 2 + (2 * n + 1) * block + n * (N + 1) * 2 * d * d + 2 * d * d;
    total += N * 4 * d * d + 2 * N * N * d + N * 2 * d * d;
  }
  return 2 * batch * total;
}

async function timed(run: () => Promise<unknown>, seconds: number): Promise<number> {
  for (let warm = 0; warm < 3; warm++) await run();
  const times: number[] = [];
  const end = performance.now() + seconds * 1e3;
  while (performance.now() < end || times.length < 5) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}

const specs = pretrainingBatch(bands, batch, options, { masked: false, alone: false });
const feeds: Record<string, NdArray> = Object.fromEntries(
  Object.entries(specs).map(([key, { shape, dtype }]) => [
    key,
    dtype === "f32" ? normal(keyOf(3), shape) : zeros(shape, dtype),
  ]),
);
feeds["t"]!.data.fill(300);
feeds["ids"]!.data.fill(1);
const adamw = { betas: [0.9, 0.99], weightDecay: 0.03, clipNorm: 1 } as const;
const stage: Stage<Csdiff> = {
  ...pretrainingObjective(parameters, specs, text, schedule, options),
  ...{ name, adamw, averageDecay: null, microBatches: microBatches(batch) },
  batches: () => feeds,
  schedule: { rate: 1e-3, steps: 1000, warmUp: 0, floor: 1 },
};
const step = await compileMicroBatches(stage, initialState(parameters, false), threads);
const extraction = await compileLanes(
  trace(
    {
      parameters: { shape: packParameters(parameters).shape, dtype: "f32" },
      t: specs["t"]!,
      "x0.0": specs["x0.0"]!,
      "x0.1": specs["x0.1"]!,
    },
    (inputs) => {
      const latents = [inputs["x0.0"], inputs["x0.1"]];
      const condition = { ids: null, text: constant(text) };
      const halves = denoise(symbolicParameters(parameters, inputs.parameters), latents, inputs.t, condition, options);
      return Object.fromEntries(halves.map((half, at) => [`features.${at}`, half.features]));
    },
  ),
  { threads, constants: { parameters: packParameters(parameters) } },
);
const { t, "x0.0": a, "x0.1": b } = feeds as Record<string, NdArray>;

const seconds = 5;
const rounds = 5;
/** Batches of tiles, as a scene has many. */
const passes = 8;

/** What the twin prints of a round. */
interface TwinRound {
  readonly torch: string;
  readonly compileFault: string | null;
  readonly step: { readonly ms: number; readonly form: string };
  readonly extraction: { readonly tilesPerSecond: number; readonly form: string };
}

const twin = python
  ? await startTwin<TwinRound>(python, "denoiser.py", name, "--threads", `${threads}`, "--seconds", `${seconds}`)
  : null;
const ours: { stepMs: number; extractionMs: number; stepShareOfPeak: number; extractionShareOfPeak: number }[] = [];
const theirs: TwinRound[] = [];
for (let round = 0; round < rounds; round++) {
  const peak = await peakGflops(threads);
  const stepMs = await timed(() => step.run({ rate: rateInput(1e-3, 10, adamw), ...feeds }), seconds);
  const passMs = await timed(
    () =>
      inLanes(passes, extraction.lanes + 1, async () => void (await extraction.run({ t: t!, "x0.0": a!, "x0.1": b! }))),
    seconds / 2,
  );
  const extractionMs = passMs / passes;
  const rate = (ms: number, passes: number): number => (passes * forwardFlops()) / ms / 1e6 / peak;
  const mine = {
    stepMs,
    extractionMs,
    stepShareOfPeak: rate(stepMs, 3),
    extractionShareOfPeak: rate(extractionMs, 1),
  };
  ours.push(mine);
  console.log(JSON.stringify({ engine: "symdiffuser", name, threads, ...mine, peakGflops: peak }));
  if (twin) {
    theirs.push(await twin.round());
    console.log(JSON.stringify(theirs.at(-1)));
  }
}
twin?.stop();

const medianOf = (key: keyof (typeof ours)[number]): number => median(ours.map((one) => one[key]));
const last = theirs.at(-1);
// A tile's time: the twin takes the batch that suits it best.
const theirTileMs = median(theirs.map(({ extraction }) => 1e3 / extraction.tilesPerSecond));
console.log(
  JSON.stringify({
    name,
    threads,
    stepMs: medianOf("stepMs"),
    tilesPerSecond: (batch / medianOf("extractionMs")) * 1e3,
    stepShareOfPeak: medianOf("stepShareOfPeak"),
    extractionShareOfPeak: medianOf("extractionShareOfPeak"),
    ...(last && {
      stepRatio: medianOf("stepMs") / median(theirs.map(({ step }) => step.ms)),
      extractionRatio: medianOf("extractionMs") / batch / theirTileMs,
      twin: `PyTorch ${last.torch}, step ${last.step.form}, extraction ${last.extraction.form}${last.compileFault === null ? "" : `; torch.compile: ${last.compileFault}`}`,
    }),
  }),
);
