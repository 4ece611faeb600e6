/** @file A graph, compiled and run by ONNX Runtime, which only this file, onnx-file.ts and lane-thread.ts know. */
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { type Device, deviceTable } from "./device.ts";
import { DataError, InternalError, UnsupportedError } from "./errors.ts";
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
  /** @default cpu */
  readonly device?: Device;
}

/** An output that stays on the device that made it, to be fed to a session there. It is disposed of by who asked for it. */
export interface Kept {
  readonly location: string;
  dispose(): void;
}

/** What a session takes and gives. */
export type Values = Readonly<Record<string, NdArray | Kept>>;

/** An open session of ONNX Runtime. */
export interface Session {
  /** Inputs that are to be fed. */
  readonly inputs: ReadonlyMap<string, Spec>;
  run(feeds: Values, into?: Arrays): Promise<Values>;
  release(): Promise<void>;
}

const ortType = { f32: "float32", i32: "int32", bool: "bool" } as const;

/**
 * Simplify a graph and open a session for it.
 *
 * @param kept  outputs that stay on the device
 * @throws UnsupportedError if the device cannot be used here
 */
export async function openSession(
  graph: Graph,
  { constants = {}, threads = 0, device = "cpu" }: CompileOptions,
  kept: readonly string[] = [],
): Promise<Session> {
  for (const [name, value] of Object.entries(constants)) {
    const input = graph.inputs.get(name);
    if (!input) throw new InternalError(`constant "${name}" is not an input of the graph`);
    requireFit(name, input, value);
  }
  const { lacking, advice } = deviceTable[device];
  const model = toOnnx(simplify(graph), { constants, lacking });
  // Loaded by those who compute: most commands do not.
  const { env, InferenceSession, Tensor } = await import("onnxruntime-node");
  // What a provider writes of its failure is in the error, too.
  if (device !== "cpu") env.logLevel = "fatal";
  const onDevice = async <T>(work: Promise<T>, feature: string, advice: string): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      if (device === "cpu") throw cause;
      throw new UnsupportedError(`${feature} on device ${device}`, advice, { cause });
    }
  };
  const creation = InferenceSession.create(model, {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: device === "cpu" ? 3 : 4,
    ...(kept.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(kept.map((name) => [outputName(graph, name), "gpu-buffer"])) }),
  });
  const session = await onDevice(creation, "computing", advice);
  const inputs = new Map([...graph.inputs].filter(([name]) => !Object.hasOwn(constants, name)));
  const toOrt = (name: string, spec: Spec, array: NdArray): OrtTensor => {
    requireFit(name, spec, array);
    return new Tensor(ortType[spec.dtype], array.data as Float32Array, array.shape);
  };
  let isReleased = false;
  return {
    inputs,
    run: async (feeds, into = {}) => {
      if (isReleased) throw new InternalError("a program was run after its release");
      refuseUnknown("feed", feeds, inputs);
      refuseUnknown("output", into, graph.outputs);
      const fed: Record<string, OrtTensor> = {};
      for (const [name, spec] of inputs) {
        const given = feeds[name];
        if (!given) throw new DataError(name, "expected an array for this input; got none");
        fed[name] = "location" in given ? (given as OrtTensor) : toOrt(name, spec, given);
      }
      const results: Record<string, NdArray | Kept> = {};
      const fetched: Record<string, OrtTensor | null> = {};
      for (const [name, spec] of graph.outputs) {
        const isKept = kept.includes(name);
        const array = isKept ? null : (into[name] ?? zeros(spec.shape, spec.dtype));
        if (array) results[name] = array;
        // A session that keeps outputs writes into no array that it is given.
        fetched[outputName(graph, name)] = array && kept.length === 0 ? toOrt(name, spec, array) : null;
      }
      const got = await onDevice(session.run(fed, fetched), "a program like this", "compute with device cpu");
      if (kept.length === 0) return results;
      for (const name of graph.outputs.keys()) {
        const made = got[outputName(graph, name)]!;
        const array = results[name] as NdArray | undefined;
        if (array) array.data.set(made.data as Float32Array);
        else results[name] = made;
      }
      return results;
    },
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      await session.release();
    },
  };
}

/**
 * Simplify a graph and compile it.
 *
 * @throws UnsupportedError if the device cannot be used here
 */
export async function compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
  const { inputs, run, release } = await openSession(graph, options);
  return {
    inputs,
    outputs: graph.outputs,
    run: (feeds, into) => run(feeds, into) as Promise<Record<string, NdArray>>,
    release,
  };
}

/** An array that nothing asks for is a misspelt name. */
export function refuseUnknown(what: string, arrays: Values, known: ReadonlyMap<string, Spec>): void {
  for (const name of Object.keys(arrays)) {
    if (!known.has(name)) {
      throw new DataError(name, `expected one of ${[...known.keys()].join(", ")}; got an unknown ${what}`);
    }
  }
}
