/**
 * @file Runs of a program side by side, each in a thread of its own. Small products gain little from a second thread:
 * two runs at once on one thread each are faster than one after the other on two.
 */
import { DataError, InternalError } from "./errors.ts";
import { type LaneThread, laneCount, onLane } from "./lane-thread.ts";
import { type NdArray, sizeOf, zeros } from "./ndarray.ts";
import { outputName, toOnnx } from "./onnx.ts";
import { type Arrays, type CompileOptions, compile, type Program, refuseUnknown } from "./session.ts";
import { simplify } from "./simplify.ts";
import { type Graph, requireFit, type Spec } from "./tensor.ts";

/** A program that may be run again before a run has ended; what is fed must stay as it is until the run ends. */
export interface LaneProgram extends Program {
  /** Runs that go on at once; more wait for their turn. */
  readonly lanes: number;
  /** Feeds that stay the same from now on, until they are given anew; no run may be under way. */
  keep(feeds: Arrays): void;
}

/** A value's place in memory that the thread sees, too. */
interface Shared {
  readonly name: string;
  readonly spec: Spec;
  readonly memory: SharedArrayBuffer;
  readonly view: NdArray["data"];
}

const arrays = { f32: Float32Array, i32: Int32Array, bool: Uint8Array } as const;

let programs = 0;

/**
 * Compile a graph to be run several times at once on the processor, one by one on other devices.
 *
 * @param kept  inputs that are not fed to each run, but given to `keep`
 */
export async function compileLanes(
  graph: Graph,
  options: CompileOptions = {},
  kept: readonly string[] = [],
): Promise<LaneProgram> {
  const { constants = {}, threads = 0, device = "cpu" } = options;
  if (device !== "cpu") return oneByOne(await compile(graph, options));
  const id = programs++;
  const model = toOnnx(simplify(graph), { constants });
  const lanes = laneCount(threads);
  const free = [...graph.inputs].filter(([name]) => !Object.hasOwn(constants, name));
  const inputs = new Map(free.filter(([name]) => !kept.includes(name)));
  const common = free.filter(([name]) => kept.includes(name)).map(([name, spec]) => shared(name, spec));
  /** How often what is kept was given: a thread copies it when it has not seen it. */
  let version = 0;
  const opened = new Map<LaneThread, { readonly inputs: readonly Shared[]; readonly outputs: readonly Shared[] }>();
  let isReleased = false;

  const open = async (thread: LaneThread) => {
    const place = {
      inputs: Array.from(inputs, ([name, spec]) => shared(name, spec)),
      outputs: Array.from(graph.outputs, ([name, spec]) => shared(name, spec)),
    };
    const told = (one: Shared, name: string) => [name, one.spec, one.memory];
    await thread.ask("open", {
      ...{ id, model },
      kept: common.map((one) => told(one, one.name)),
      inputs: place.inputs.map((one) => told(one, one.name)),
      outputs: place.outputs.map((one) => told(one, outputName(graph, one.name))),
    });
    opened.set(thread, place);
    return place;
  };

  return {
    ...{ lanes, inputs, outputs: graph.outputs },
    keep: (feeds) => {
      fill(common, feeds);
      version++;
    },
    run: async (feeds, into = {}) => {
      if (isReleased) throw new InternalError("a program was run after its release");
      refuseUnknown("feed", feeds, inputs);
      refuseUnknown("output", into, graph.outputs);
      if (common.length > 0 && version === 0)
        throw new InternalError("a program was run before what it keeps was given");
      requireAll(inputs, feeds);
      return onLane(
        lanes,
        (thread) => opened.has(thread),
        async (thread) => {
          const place = opened.get(thread) ?? (await open(thread));
          fill(place.inputs, feeds);
          await thread.ask("run", { id, version });
          return results(place.outputs, into);
        },
      );
    },
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      await Promise.all(Array.from(opened.keys(), (thread) => thread.ask("close", { id })));
    },
  };
}

function oneByOne(program: Program): LaneProgram {
  let last: Promise<unknown> = Promise.resolve();
  let held: Arrays = {};
  const keep = (feeds: Arrays): void => {
    held = feeds;
  };
  const run: Program["run"] = (feeds, into) => {
    const own = last.then(() => program.run({ ...held, ...feeds }, into));
    last = Promise.allSettled([own]);
    return own;
  };
  return { ...program, lanes: 1, run, keep };
}

function requireAll(inputs: ReadonlyMap<string, Spec>, feeds: Arrays): void {
  for (const [name, spec] of inputs) {
    if (!feeds[name]) throw new DataError(name, "expected an array for this input; got none");
    requireFit(name, spec, feeds[name]);
  }
}

function fill(places: readonly Shared[], feeds: Arrays): void {
  requireAll(new Map(places.map(({ name, spec }) => [name, spec])), feeds);
  for (const { name, view } of places) view.set(feeds[name]!.data);
}

function shared(name: string, { dtype, shape }: Spec): Shared {
  const spec = { dtype, shape };
  const Data = arrays[spec.dtype];
  const size = sizeOf(spec.shape);
  const memory = new SharedArrayBuffer(size * Data.BYTES_PER_ELEMENT);
  return { name, spec, memory, view: new Data(memory as unknown as ArrayBuffer, 0, size) };
}

function results(outputs: readonly Shared[], into: Arrays): Record<string, NdArray> {
  const all: Record<string, NdArray> = {};
  for (const { name, spec, view } of outputs) {
    const result = into[name] ?? zeros(spec.shape, spec.dtype);
    requireFit(name, spec, result);
    result.data.set(view);
    all[name] = result;
  }
  return all;
}

/**
 * Do pieces of work, a few at a time.
 *
 * @param atOnce  of them; each has a `slot` from 0 to `atOnce − 1` that no other has at the time, for its buffers
 */
export async function inLanes(
  count: number,
  atOnce: number,
  work: (index: number, slot: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (slot: number): Promise<void> => {
    while (next < count) await work(next++, slot);
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, (_, slot) => lane(slot)));
}
