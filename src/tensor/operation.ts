/** @file What an operation is: one record with its shape rule, gradient rule, ONNX lowering and reference kernel. */
import type { Emit } from "./onnx.ts";
import type * as functions from "./operations/index.ts";
import type { Attributes, Spec, Tensor } from "./tensor.ts";

/** All functions of tensors, handed to gradient rules. */
export type Functions = typeof functions;

/** One application, seen from its gradient rule. */
export interface GradientCall {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** ∂loss/∂output, one an output; null where the loss does not depend on it. */
  readonly cotangents: readonly (Tensor | null)[];
}

/** One application, seen from its ONNX lowering. */
export interface LowerCall {
  readonly emit: Emit;
  /** Names of the input values. */
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
  readonly inputSpecs: readonly Spec[];
  readonly outputSpecs: readonly Spec[];
  /** Whether anything uses each output. */
  readonly used: readonly boolean[];
}

/** One application, seen from its reference kernel. Numbers of every element type are held as f64. */
export interface ReferenceCall {
  readonly inputs: readonly Float64Array[];
  readonly attributes: Attributes;
  readonly inputSpecs: readonly Spec[];
  readonly outputSpecs: readonly Spec[];
}

/** A kind of computation. Adding one is one entry in one of the tables of `operations/`. */
export interface Operation {
  readonly name: string;
  /** Shapes and element types of the outputs. @throws ShapeError */
  infer(inputs: readonly Tensor[], attributes: Attributes): readonly Spec[];
  /** ∂loss/∂input, one an input; null where it is zero or not defined. */
  gradient(call: GradientCall, t: Functions): readonly (Tensor | null)[];
  /** Emit ONNX nodes; returns the names of the outputs. */
  lower(call: LowerCall): readonly string[];
  /** Plain and slow: the meaning of the operation. */
  reference(call: ReferenceCall): readonly Float64Array[];
}
