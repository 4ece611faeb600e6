/** @file Every kind of model that the program hands to ONNX Runtime, small, with numbers to run it on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type BatchSpec,
  initialState,
  type Parameters,
  packParameters,
  rateInput,
  type Stage,
  symbolicParameters,
  trainingStep,
} from "../../src/nn/index.ts";
import { denoise, initCsdiff } from "../../src/symdiffuser/csdiff.ts";
import { featureCount } from "../../src/symdiffuser/feature-shape.ts";
import { fitFeatureScale, freshHead, headStage } from "../../src/symdiffuser/fusion.ts";
import { head } from "../../src/symdiffuser/head.ts";
import { noiseSchedule } from "../../src/symdiffuser/noise.ts";
import { small } from "../../src/symdiffuser/options.ts";
import { pretrainingStage } from "../../src/symdiffuser/pretrain.ts";
import {
  type Arrays,
  childKey,
  constant,
  encodeSafetensors,
  type Graph,
  integers,
  interpret,
  keyOf,
  normal,
  type Spec,
  simplify,
  softmax,
  toOnnx,
  trace,
  uniform,
} from "../../src/tensor/index.ts";
import { outputName } from "../../src/tensor/onnx.ts";
import { feedsOf, gradientGraphOf, graphOf, operationCases } from "./op-cases.ts";

/** A graph as it is compiled, and numbers for its inputs. */
export interface Model {
  /** Unique. */
  readonly name: string;
  readonly graph: Graph;
  readonly feeds: Arrays;
}

const key = keyOf(21);
const size = { ...small.network, width: 8, heads: 2, patch: 4, steps: 50 };
const channels = [3, 2];
const classes = 4;
const text = normal(childKey(key, "text"), [classes, 6]);
const network = initCsdiff(childKey(key, "network"), channels, 6, size);

/** A step of a stage, in the midst of it: with moments of zero, AdamW makes much of the least rounding. */
function stepModel<P extends Parameters, Batch extends BatchSpec>(stage: Stage<P, Batch>): Model {
  const { name, adamw, averageDecay, schedule, parameters, batches } = stage;
  const state = initialState(parameters, averageDecay !== null);
  const { shape } = state.parameters;
  const first = uniform(childKey(key, "first"), shape, -0.01, 0.01);
  const second = uniform(childKey(key, "second"), shape, 0.01, 0.1);
  const feeds = { ...state, first, second, ...batches(0), rate: rateInput(schedule.rate, 20, adamw) };
  return { name: `${name}-step`, graph: simplify(trainingStep(stage, adamw, averageDecay)), feeds };
}

/** Stage 1: a scene of 6 × 7 pixels, one of them invalid, three of them labelled. */
function pretrainingModel(): Model {
  const [height, width] = [6, 7];
  const latents = channels.map((count, source) => {
    const { data } = normal(childKey(childKey(key, "latent"), source), [height, width, count]);
    return { height, width, channels: count, data };
  });
  const valid = new Uint8Array(height * width).fill(1).fill(0, 9, 10);
  const trainingLabels = new Uint16Array(height * width).fill(2, 20, 23);
  const options = { ...small.pretraining, batch: 4, averageDecay: 0.9 };
  const data = { height, width, latents, valid, trainingLabels };
  const schedule = noiseSchedule("linear", size.steps);
  return stepModel(pretrainingStage("csdiff", childKey(key, "csdiff"), data, network, text, schedule, size, options));
}

/** Features of tiles, as for a map: no class is told. */
function featuresModel(): Model {
  const tiles = 2;
  const vector = packParameters(network);
  const specs: Record<string, Spec> = { parameters: vector, t: { shape: [tiles], dtype: "i32" } };
  const feeds: Record<string, Arrays[string]> = {
    parameters: vector,
    t: { dtype: "i32", shape: [tiles], data: Int32Array.of(-1, 7) },
  };
  for (const [source, count] of channels.entries()) {
    const shape = [tiles, size.patch ** 2, count];
    specs[`x.${source}`] = { shape, dtype: "f32" };
    feeds[`x.${source}`] = normal(childKey(childKey(key, "tile"), source), shape);
  }
  const graph = trace(specs, (inputs) => {
    const latents = channels.map((_, source) => inputs[`x.${source}`]!);
    const weights = symbolicParameters(network, inputs["parameters"]!);
    const halves = denoise(weights, latents, inputs["t"]!, { ids: null, text: constant(text) }, size);
    return Object.fromEntries(halves.map(({ features }, source) => [`f.${source}`, features]));
  });
  return { name: "features", graph: simplify(graph), feeds };
}

/** Stage 2: a head on 12 pixels, in training and at work. */
function headModels(): Model[] {
  const shape = { views: 3, tokens: 2, channels: 4, latents: 5 };
  const count = 12;
  const rows = normal(childKey(key, "rows"), [count, featureCount(shape)]);
  const classOf = integers(childKey(key, "classes"), [count], classes).data;
  const options = { ...small.head, width: 8 };
  const scale = fitFeatureScale(rows.data, rows.shape[1]!);
  const stage = headStage("head", childKey(key, "head"), rows.data, classOf, classes, scale, shape, shape, options);
  const like = freshHead(childKey(key, "head"), shape, classes, options);
  const vector = packParameters(like);
  const tokens = normal(childKey(key, "tokens"), [count, shape.views * shape.tokens, shape.channels]);
  const latents = normal(childKey(key, "latents"), [count, shape.views, shape.latents]);
  const feeds = { head: vector, tokens, latents };
  const prediction = trace(feeds, (inputs) => ({
    probabilities: softmax(head(symbolicParameters(like, inputs.head), [inputs.tokens, inputs.latents])),
  }));
  return [stepModel(stage), { name: "prediction", graph: simplify(prediction), feeds }];
}

/** Every example of every operation, its gradient, and the trainings and predictions of the method. */
export function models(): Model[] {
  const operations = Object.entries(operationCases).flatMap(([operation, cases]) =>
    cases.flatMap((example, at): Model[] => {
      const name = `${operation}-${at}`;
      const feeds = feedsOf(example);
      const forward = { name, graph: simplify(graphOf(example)), feeds };
      if (example.differentiable === false) return [forward];
      return [forward, { name: `${name}-gradient`, graph: simplify(gradientGraphOf(example)), feeds }];
    }),
  );
  return [...operations, pretrainingModel(), featuresModel(), ...headModels()];
}

/**
 * Write every model as NAME.onnx, and as NAME.safetensors the numbers to run it on (`in/…`) and what the interpreter makes
 * of them (`out/…`). Returns how many there are.
 */
export function writeModels(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const all = models();
  for (const { name, graph, feeds } of all) {
    const results = interpret(graph, feeds);
    const arrays = Object.fromEntries([
      ...[...graph.inputs.keys()].map((input) => [`in/${input}`, feeds[input]!] as const),
      ...Object.entries(results).map(([output, array]) => [`out/${outputName(graph, output)}`, array] as const),
    ]);
    writeFileSync(join(folder, `${name}.onnx`), toOnnx(graph, { metadata: { name } }));
    writeFileSync(join(folder, `${name}.safetensors`), encodeSafetensors({ arrays, metadata: {} }));
  }
  return all.length;
}
