/** @file A program with a memory: outputs that are fed to it again, on its device where it has one. */
import { deviceTable } from "./device.ts";
import { type NdArray, zeros } from "./ndarray.ts";
import { type Arrays, type CompileOptions, type Kept, openSession, type Values } from "./session.ts";
import { type Graph, type Tensor, trace } from "./tensor.ts";

/** A compiled graph some of whose outputs are its inputs of the next run. */
export interface StatefulProgram {
  /**
   * Run once, and the state moves on.
   *
   * @param feeds  one array for each input that is no state
   * @returns      the outputs that are no state
   */
  run(feeds: Arrays): Promise<Record<string, NdArray>>;
  /** The state as the last run left it; good to read until the next run. */
  state(): Promise<Arrays>;
  /** Give the memory back; the program cannot run again. */
  release(): Promise<void>;
}

function without(values: Values, names: readonly string[]): Record<string, NdArray> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))) as Record<
    string,
    NdArray
  >;
}

/**
 * Compile a graph whose inputs named in `state` are also outputs.
 *
 * @param state  before the first run; the arrays are the program's from now on
 * @throws UnsupportedError if the device cannot be used here
 */
export function compileStateful(graph: Graph, state: Arrays, options: CompileOptions = {}): Promise<StatefulProgram> {
  return deviceTable[options.device ?? "cpu"].keepsState
    ? keptOnDevice(graph, state, options)
    : keptInMemory(graph, state, options);
}

/** Two sets of arrays: a run reads one and writes the other. */
async function keptInMemory(graph: Graph, state: Arrays, options: CompileOptions): Promise<StatefulProgram> {
  const names = Object.keys(state);
  const session = await openSession(graph, options);
  let front = state;
  let back: Arrays = Object.fromEntries(names.map((name) => [name, zeros(state[name]!.shape, state[name]!.dtype)]));
  return {
    run: async (feeds) => {
      const results = await session.run({ ...feeds, ...front }, back);
      [front, back] = [back, front];
      return without(results, names);
    },
    state: async () => front,
    release: session.release,
  };
}

/** Buffers of the device: a run reads those of the last one, which are then given back. */
async function keptOnDevice(graph: Graph, state: Arrays, options: CompileOptions): Promise<StatefulProgram> {
  const names = Object.keys(state);
  const session = await openSession(graph, options, names);
  // ONNX Runtime cannot read a buffer of the device; a program that changes nothing, with outputs in the memory, can.
  const specs = Object.fromEntries(names.map((name) => [name, graph.inputs.get(name)!]));
  const reader = await openSession(
    trace(specs, (inputs: Readonly<Record<string, Tensor>>) => inputs),
    options,
  );
  let held: Values = state;
  const giveBack = (): void => {
    for (const value of Object.values(held)) if ("location" in value) value.dispose();
  };
  return {
    run: async (feeds) => {
      const results = await session.run({ ...feeds, ...held });
      giveBack();
      held = Object.fromEntries(names.map((name): [string, NdArray | Kept] => [name, results[name]!]));
      return without(results, names);
    },
    state: async () => (await reader.run(held)) as Arrays,
    release: async () => {
      giveBack();
      held = state;
      await reader.release();
      await session.release();
    },
  };
}
