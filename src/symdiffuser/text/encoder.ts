/** @file Class names as vectors: what an encoder is, and the prompt that a name stands in. */
import type { NdArray } from "../../tensor/index.ts";

/** Turns prompts into unit vectors that are near for near meanings, as far as the encoder knows meanings. */
export interface TextEncoder {
  /** Kept in the model; it tells encoders apart that give different vectors. */
  readonly name: string;
  /** @returns `[prompts, E]`, rows of length 1 */
  encode(prompts: readonly string[]): Promise<NdArray<"f32">>;
}

/** Encoders to choose from: hashed words, known words, a CLIP model. */
export const textEncoders = ["hash", "words", "clip"] as const;
export type TextEncoderName = (typeof textEncoders)[number];

/** How classes are told to the denoisers. */
export interface TextOptions {
  readonly encoder: TextEncoderName;
  /** Where the files of `clip` lie; null for the others. */
  readonly folder: string | null;
  /** What is encoded of a class; `[class]` in it stands for the class's name. */
  readonly prompt: string;
}

/** Stands for the class's name in a prompt. */
export const classMark = "[class]";

/** The prompt of a class. @see SymDiffuser section 3.5 */
export function promptOf(prompt: string, className: string): string {
  return prompt.replaceAll(classMark, () => className);
}

/** Divide each row by its length, in place. @returns false if a row has no length to divide by */
export function normaliseRows(rows: Float32Array, width: number): boolean {
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const length = Math.hypot(...row);
    if (!(length > 0 && Number.isFinite(length))) return false;
    for (let at = 0; at < width; at++) row[at]! /= length;
  }
  return true;
}
