/** @file Door of the room `tensor/`: a function of tensors, traced once, differentiated as a graph, run by ONNX Runtime. */

export { temporaryName, writeAtomically } from "./atomic.ts";
export { type ChosenDevice, chooseDevice, type DeviceChoice, deviceChoices } from "./choose-device.ts";
export type { Compute, Device } from "./device.ts";
export { dims } from "./dims.ts";
export {
  ConfigError,
  DataError,
  FormatError,
  type FormatFault,
  InternalError,
  ShapeError,
  StoppedError,
  SymdiffuserError,
  TimeoutError,
  UnsupportedError,
} from "./errors.ts";
export { gradients } from "./gradient.ts";
export { interpret } from "./interpret.ts";
export { compileLanes, inLanes, type LaneProgram } from "./lanes.ts";
export { type ArrayOf, type DType, isSameShape, type NdArray, ndarray, type Shape, sizeOf, zeros } from "./ndarray.ts";
export { type ModelOptions, toOnnx } from "./onnx.ts";
export { type OnnxFile, openOnnxFile } from "./onnx-file.ts";
export * from "./operations/index.ts";
export {
  bernoulli,
  childKey,
  eitherOf,
  integers,
  type Key,
  keyOf,
  normal,
  permutation,
  philox,
  uniform,
} from "./random.ts";
export {
  arrayOf,
  type Checkpoint,
  decodeSafetensors,
  encodeSafetensors,
  readCheckpoint,
  writeCheckpoint,
} from "./safetensors.ts";
export { type Arrays, type CompileOptions, compile, type Program } from "./session.ts";
export { simplify } from "./simplify.ts";
export { compileStateful, type StatefulProgram } from "./stateful.ts";
export { constant, type Graph, type Operand, type Spec, type Tensor, trace } from "./tensor.ts";
