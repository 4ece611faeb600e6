/** @file A compared network against the same one in PyTorch, made by a script in scripts/golden. */
import assert from "node:assert/strict";
import type { PatchNetwork, Task } from "../../src/baselines/network/network.ts";
import { channelsOf } from "../../src/baselines/network/prepare.ts";
import {
  countParameters,
  namedParameters,
  type Parameters,
  packParameters,
  symbolicParameters,
  trainingPass,
} from "../../src/nn/index.ts";
import {
  add,
  compile,
  constant,
  gradients,
  mul,
  type NdArray,
  ndarray,
  reshape,
  type Spec,
  sizeOf,
  sum,
  type Tensor,
  trace,
} from "../../src/tensor/index.ts";
import { assertClose, goldenCase } from "./golden.ts";

/** A parameter by a formula that both sides know: `filled` of the script. */
function filled(name: string, { shape }: NdArray): NdArray<"f32"> {
  const count = sizeOf(shape);
  const phase = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0) % 97;
  const amplitude = shape.length > 1 ? Math.sqrt((2 * shape[0]!) / count) : 0.1;
  const centre = shape.length > 1 || !name.endsWith("scale") ? 0 : 1;
  return ndarray(
    Float32Array.from({ length: count }, (_, at) => centre + amplitude * Math.sin(phase + 0.73 * at)),
    shape,
  );
}

/**
 * Logits in training, and the gradients of Σ logits·cotangent for the patches and every parameter, without dropout.
 *
 * @param name  of the case
 * @param file  test/golden/FILE.safetensors
 * @param components  how many of the channels of the first source are components behind its bands
 */
export async function assertNetwork<P extends Parameters>(
  network: PatchNetwork<P>,
  name: string,
  tolerance = 1e-4,
  file = "networks",
  components = 0,
): Promise<void> {
  const arrays = goldenCase(file, name);
  const inputs = [...arrays.keys()].filter((key) => key.startsWith("in/"));
  const [batch, , patch] = arrays.get("in/0")!.shape as [number, number, number];
  const task: Task = {
    sources: inputs.map((key, at) => {
      const channels = arrays.get(key)!.shape[1]!;
      return { name: key, kind: "other", bands: channels - (at === 0 ? components : 0), channels };
    }),
    classes: arrays.get("out")!.shape[1]!,
    patch,
  };
  const like = network.init({ high: 0, low: 0 }, task);
  const named = namedParameters(like);
  const vector = packParameters(Object.fromEntries([...named].map(([path, array]) => [path, filled(path, array)])));
  const specs: Record<string, Spec> = { parameters: vector };
  for (const key of inputs) specs[key] = { shape: arrays.get(key)!.shape, dtype: "f32" };
  const graph = trace(specs, (given: Readonly<Record<string, Tensor>>) => {
    const patches = inputs.map((key) => given[key]!);
    const weights = given["parameters"]!;
    const pass = { ...trainingPass(() => constant(0)), mask: () => null };
    const out = network.logits(symbolicParameters(like, weights), { patches }, pass, task);
    const loss = reshape(sum(mul(out, constant(arrays.get("cotangent")!))), []);
    const found = gradients(loss, [weights, ...patches]);
    return { out, weights: found[0]!, ...Object.fromEntries(inputs.map((_, at) => [`grad/${at}`, found[at + 1]!])) };
  });
  const feeds = { parameters: vector, ...Object.fromEntries(inputs.map((key) => [key, arrays.get(key)!])) };
  const program = await compile(graph, { threads: 1 });
  const run = await program.run(feeds);
  await program.release();
  assertClose(run["out"]!, arrays.get("out")!, tolerance, `${name} logits of ${batch}`);
  for (const at of inputs.keys())
    assertClose(run[`grad/${at}`]!, arrays.get(`grad/${at}`)!, tolerance, `gradient ${at}`);
  let from = 0;
  for (const [path, array] of named) {
    const values = filled(path, array).data;
    const gradient = (run["weights"]!.data as Float32Array).subarray(from, from + values.length);
    from += values.length;
    const product = gradient.reduce((total, value, at) => total + value * values[at]!, 0);
    const probe = ndarray([Math.sqrt(gradient.reduce((total, value) => total + value * value, 0)), product], [2]);
    assertClose(probe, arrays.get(`probe/${path}`)!, tolerance, `gradient of ${path}`);
  }
}

/** A network whose loss is added to its logits, every sample said to be of the first of four classes, which all are. */
export function withLoss<P extends Parameters>(network: PatchNetwork<P>): PatchNetwork<P> {
  const first = (rows: number): Tensor =>
    constant(
      ndarray(
        Float32Array.from({ length: 4 * rows }, (_, at) => (at % 4 === 0 ? 1 : 0)),
        [rows, 4],
      ),
    );
  // Types of weights as deep as theirs are no help here.
  const { logits, loss } = network as unknown as Required<PatchNetwork<Record<string, NdArray<"f32">>>>;
  const both: typeof logits = (weights, { patches }, pass, task) => {
    const examples = { patches, oneHot: first(patches[0]!.shape[0]!), shares: reshape(first(1), [4]) };
    return add(logits(weights, { patches }, pass, task), loss(weights, examples, pass, task));
  };
  return { ...network, logits: both as unknown as PatchNetwork<P>["logits"] };
}

/** Parameters of a network at its own patch. @param sizes  bands of each source, classes, parameters */
export function assertSizes<P extends Parameters>(
  { init, prepare, recipe: { patch } }: PatchNetwork<P>,
  sizes: readonly (readonly [bands: readonly number[], classes: number, parameters: number])[],
): void {
  for (const [bands, classes, parameters] of sizes) {
    const sources = bands.map((count, at) => {
      const source = { name: `${at}`, kind: "other" as const, bands: count };
      return { ...source, channels: channelsOf(count, prepare(source, at)) };
    });
    assert.equal(countParameters(init({ high: 0, low: 0 }, { sources, classes, patch })), parameters, `${bands}`);
  }
}
