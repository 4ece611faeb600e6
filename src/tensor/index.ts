/** @file Door of the room `tensor/`: a function of tensors, traced once, differentiated as a graph, run by ONNX Runtime. */
export {
  ConfigError,
  DataError,
  FormatError,
  type FormatFault,
  InternalError,
  ShapeError,
  StoppedError,
  SymdiffuserError,
  UnsupportedError,
} from "./errors.ts";
export { type ArrayOf, type DType, isSameShape, type NdArray, ndarray, type Shape, sizeOf, zeros } from "./ndarray.ts";
export { childKey, integers, type Key, keyOf, normal, permutation, philox, uniform } from "./random.ts";
