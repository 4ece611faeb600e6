/** @file A model that others made, from an ONNX file, run on the processor. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { FormatError, InternalError, UnsupportedError } from "./errors.ts";
import { type NdArray, ndarray } from "./ndarray.ts";

/** An opened model. */
export interface OnnxFile {
  /** Names of what it takes. */
  readonly inputs: readonly string[];
  /** Names of what it gives. */
  readonly outputs: readonly string[];
  /**
   * One output for whole numbers as input.
   *
   * @param feeds  `i32`; widened where the model takes 64 bits
   * @throws FormatError if the model fails on them
   */
  run(feeds: Readonly<Record<string, NdArray>>, output: string): Promise<NdArray<"f32">>;
  release(): Promise<void>;
}

/** @throws FormatError if the file is no model that ONNX Runtime can load */
export async function openOnnxFile(file: string): Promise<OnnxFile> {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  let session: InferenceSession;
  try {
    // One thread: sums are then the same on every machine with the same processor.
    session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
  } catch (cause) {
    throw new FormatError(file, `expected an ONNX model; got: ${reason(cause)}`, { cause });
  }
  const types = new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : "no tensor"]));
  const toOrt = (name: string, { data, shape }: NdArray): OrtTensor => {
    const type = types.get(name);
    if (type === "int64") return new Tensor("int64", BigInt64Array.from(data as Int32Array, BigInt), shape);
    if (type === "int32") return new Tensor("int32", data as Int32Array, shape);
    throw new UnsupportedError(`${file}: input ${name} of type ${type}`, "int64 and int32 are");
  };
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds, output) => {
      if (!session.outputNames.includes(output)) throw new InternalError(`${file} has no output ${output}`);
      const fed = Object.fromEntries(Object.entries(feeds).map(([name, array]) => [name, toOrt(name, array)]));
      let got: OrtTensor;
      try {
        got = (await session.run(fed, [output]))[output]!;
      } catch (cause) {
        throw new FormatError(file, `expected a model that takes these inputs; got: ${reason(cause)}`, { cause });
      }
      if (got.type !== "float32") throw new UnsupportedError(`${file}: output ${output} of type ${got.type}`);
      return ndarray(Float32Array.from(got.data as Float32Array), [...got.dims]);
    },
    release: () => session.release(),
  };
}

function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.slice(0, 200);
}
