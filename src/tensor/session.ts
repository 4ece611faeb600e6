/** @file The only file that knows ONNX Runtime: a graph, compiled and run. */
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { DataError, InternalError } from "./errors.ts";
import { type NdArray, zeros } from "./ndarray.ts";
import { outputName, toOnnx } from "./onnx.ts";
import { simplify } from "./simplify.ts";
import { type Graph, requireFit, type Spec } from "./tensor.ts";

/** Arrays by the name of an input or output. */
export type Arrays = Readonly<Record<string, NdArray>>;

/** A compiled graph. */
export interface Program {
  readonly inputs: ReadonlyMap<string, Spec>;
  readonly outputs: ReadonlyMap<string, Spec>;
  /**
   * @param feeds  one array for each input that is not a stored constant
   * @param into   arrays that receive outputs in place of new ones; never one that is also fed
   * @throws ShapeError if an array does not fit
   */
  run(feeds: Arrays, into?: Arrays): Promise<Record<string, NdArray>>;
  /** Give the memory back; the program cannot run again. */
  release(): Promise<void>;
}

/** How to compile. */
export interface CompileOptions {
  /** Inputs stored in the model: trained weights, prepared once for fast products. */
  readonly constants?: Arrays;
  /** @default 0: as many as the machine has cores */
  readonly threads?: number;
}

const ortType = { f32: "float32", i32: "int32", bool: "bool" } as const;

/** Simplify a graph and compile it for the CPU. */
export async function compile(graph: Graph, { constants = {}, threads = 0 }: CompileOptions = {}): Promise<Program> {
  for (const [name, value] of Object.entries(constants)) {
    const input = graph.inputs.get(name);
    if (!input) throw new InternalError(`constant "${name}" is not an input of the graph`);
    requireFit(name, input, value);
  }
  const model = toOnnx(simplify(graph), { constants });
  // Loaded by those who compute: most commands do not.
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const toOrt = (name: string, spec: Spec, array: NdArray): OrtTensor => {
    requireFit(name, spec, array);
    return new Tensor(ortType[spec.dtype], array.data as Float32Array, array.shape);
  };
  const session = await InferenceSession.create(model, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
  });
  const inputs = new Map([...graph.inputs].filter(([name]) => !Object.hasOwn(constants, name)));
  let isReleased = false;
  return {
    inputs,
    outputs: graph.outputs,
    run: async (feeds, into = {}) => {
      if (isReleased) throw new InternalError("a program was run after its release");
      refuseUnknown("feed", feeds, inputs);
      refuseUnknown("output", into, graph.outputs);
      const fed: Record<string, OrtTensor> = {};
      for (const [name, spec] of inputs) {
        const array = feeds[name];
        if (!array) throw new DataError(name, "expected an array for this input; got none");
        fed[name] = toOrt(name, spec, array);
      }
      const results: Record<string, NdArray> = {};
      const fetched: Record<string, OrtTensor> = {};
      for (const [name, spec] of graph.outputs) {
        results[name] = into[name] ?? zeros(spec.shape, spec.dtype);
        fetched[outputName(graph, name)] = toOrt(name, spec, results[name]);
      }
      await session.run(fed, fetched);
      return results;
    },
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      await session.release();
    },
  };
}

/** An array that nothing asks for is a misspelt name. */
function refuseUnknown(what: string, arrays: Arrays, known: ReadonlyMap<string, Spec>): void {
  for (const name of Object.keys(arrays)) {
    if (!known.has(name)) {
      throw new DataError(name, `expected one of ${[...known.keys()].join(", ")}; got an unknown ${what}`);
    }
  }
}
