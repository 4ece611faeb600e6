/**
 * @file How long do the denoisers take for the map of features of a whole scene, against the same in PyTorch?
 *
 * Run: node --import tsx bench/scene.ts [side 448] [threads 2] [path of a Python with PyTorch]
 * Tiles of 12 × 12 pixels, of which the inner 8 × 8 are kept; two sources of 12 and 2 bands, clean latents, width 64.
 * Prints a JSON line for each round, and at last one of medians; with a Python, rounds of both alternate.
 */
import type { Image } from "../src/scene/index.ts";
import { initCsdiff } from "../src/symdiffuser/csdiff.ts";
import { allOf, sceneFeatures } from "../src/symdiffuser/features.ts";
import { small as defaults } from "../src/symdiffuser/options.ts";
import { keyOf, normal } from "../src/tensor/index.ts";
import { median } from "./figures.ts";
import { startTwin } from "./twin.ts";

const [sideText = "448", threadsText = "2", python] = process.argv.slice(2);
const [side, threads, rounds] = [Number(sideText), Number(threadsText), 5];
const bands = [12, 2];
const small = { ...defaults, features: { ...defaults.features, from: "denoisers" } } as const;
const latents: Image[] = bands.map((channels, source) => ({
  ...{ height: side, width: side, channels },
  data: normal(keyOf(source), [side * side * channels]).data,
}));
const text = normal(keyOf(5), [6, 64]);
const network = initCsdiff(keyOf(0), bands, 64, small.network);
const map = new Float32Array(side * side * bands.length * small.network.width);
const region = { ...allOf({ height: side, width: side }), space: () => map };
const compute = { threads, device: "cpu" } as const;

/** Seconds of one map; opening the sessions counts. */
async function ours(): Promise<number> {
  const start = performance.now();
  const features = await sceneFeatures(network, latents, null, region, text, keyOf(1), small, compute, () => {});
  const seconds = (performance.now() - start) / 1e3;
  await features.release();
  return seconds;
}

/** What the twin prints of a round. */
interface TwinRound {
  readonly seconds: number;
  readonly form: string;
}

const words = [`${side}`, "--threads", `${threads}`];
const twin = python ? await startTwin<TwinRound>(python, "scene.py", ...words) : null;
await ours();
const mine: number[] = [];
const theirs: TwinRound[] = [];
for (let round = 0; round < rounds; round++) {
  mine.push(await ours());
  if (twin) theirs.push(await twin.round());
  console.log(JSON.stringify({ ours: mine.at(-1), theirs: theirs.at(-1) }));
}
twin?.stop();
const seconds = median(mine);
console.log(
  JSON.stringify({
    ...{ side, threads, seconds, pixelsPerSecond: Math.round(side ** 2 / seconds) },
    ...(twin && { ratio: seconds / median(theirs.map((one) => one.seconds)), twin: theirs.at(-1)!.form }),
  }),
);
