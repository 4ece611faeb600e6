/** @file A split: which labelled pixels train, validate and test, with the rule and seed that chose them. */

/** Pixel indices are `row · width + col`, ascending. */
export interface Split {
  /** The rule as written in a configuration, for example `blocks:28` or `perClass:20`. */
  readonly rule: string;
  readonly seed: number;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}
