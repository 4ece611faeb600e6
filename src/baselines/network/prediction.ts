/** @file A trained patch network at work: class probabilities of pixels, from the patches around them. */
import {
  type ChannelStatistics,
  type Parameters,
  packParameters,
  predictingPass,
  symbolicParameters,
} from "../../nn/index.ts";
import type { Image, Progress } from "../../scene/index.ts";
import {
  type Compute,
  compileLanes,
  inLanes,
  type NdArray,
  type Spec,
  softmax,
  trace,
  zeros,
} from "../../tensor/index.ts";
import type { PatchNetwork, Task } from "./network.ts";
import { cutPatches, patchSpecs, patchTensors } from "./patches.ts";

/** Patches classified in one run. */
const patchesPerRun = 64;

/** A network that prediction needs nothing else for. */
export interface TrainedNetwork<P extends Parameters> {
  readonly task: Task;
  readonly parameters: P;
  /** Of each batch normalisation, in order. */
  readonly statistics: readonly ChannelStatistics[];
}

/** A compiled network. */
export interface NetworkProgram {
  /**
   * Class probabilities, `[n, K]`.
   *
   * @param images  one a source, prepared
   * @param pixels  of the images
   */
  classify(images: readonly Image[], pixels: Int32Array, progress: Progress): Promise<Float32Array>;
}

/** Compile a trained network. */
export async function networkProgram<P extends Parameters>(
  network: PatchNetwork<P>,
  { task, parameters, statistics }: TrainedNetwork<P>,
  { threads, device }: Compute,
): Promise<NetworkProgram> {
  const { sources, patch, classes } = task;
  const channels = sources.map((source) => source.channels);
  const vector = packParameters(parameters);
  const own = patchSpecs(channels, patchesPerRun, patch);
  const graph = trace({ ...own, parameters: vector as Spec }, (inputs) => {
    const examples = { patches: patchTensors(inputs, sources.length, patch) };
    const flat = inputs["parameters"]!;
    const pass = predictingPass(statistics);
    return { probabilities: softmax(network.logits(symbolicParameters(parameters, flat), examples, pass, task)) };
  });
  const program = await compileLanes(graph, { threads, device, constants: { parameters: vector } });
  const buffers = Array.from({ length: program.lanes + 1 }, () => ({
    places: new Int32Array(patchesPerRun * patch * patch),
    feeds: Object.fromEntries(Object.entries(own).map(([name, { shape }]): [string, NdArray] => [name, zeros(shape)])),
    probabilities: zeros([patchesPerRun, classes]),
  }));
  return {
    classify: async (images, pixels, progress) => {
      const result = new Float32Array(pixels.length * classes);
      let done = 0;
      await inLanes(Math.ceil(pixels.length / patchesPerRun), buffers.length, async (run, slot) => {
        const { places, feeds, probabilities } = buffers[slot]!;
        const first = run * patchesPerRun;
        const here = pixels.subarray(first, first + patchesPerRun);
        cutPatches(images, here, null, patch, places, feeds);
        await program.run(feeds, { probabilities });
        result.set(probabilities.data.subarray(0, here.length * classes), first * classes);
        done += here.length;
        progress(done, pixels.length);
      });
      return result;
    },
  };
}
