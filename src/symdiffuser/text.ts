/** @file Class names as vectors. */
import { childKey, keyOf, normal } from "../tensor/index.ts";

/** Turns prompts into unit vectors that are near for near meanings, as far as the encoder knows meanings. */
export interface TextEncoder {
  readonly name: string;
  /** Length of a vector. */
  readonly width: number;
  /** @returns `f32 [prompts, width]`, rows of length 1 */
  encode(prompts: readonly string[]): Promise<Float32Array>;
}

/**
 * Words and their character triples, each a fixed random direction, summed: names that share words or stems are near,
 * any two different prompts differ. Needs no download and knows no meanings.
 *
 * @see Bojanowski et al. 2017, subword units
 */
export function hashedTextEncoder(width = 64): TextEncoder {
  const direction = (feature: string): Float32Array => normal(childKey(keyOf(0), feature), [width]).data;
  return {
    name: "hash",
    width,
    encode: async (prompts) => {
      const table = new Float32Array(prompts.length * width);
      for (const [row, prompt] of prompts.entries()) {
        const vector = table.subarray(row * width, (row + 1) * width);
        for (const word of prompt
          .toLowerCase()
          .split(/[^\p{L}\p{N}]+/u)
          .filter(Boolean)) {
          const padded = `^${word}$`;
          const triples = Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3));
          for (const feature of [padded, ...triples]) {
            const weight = feature === padded ? 1 : 1 / triples.length;
            for (const [at, value] of direction(feature).entries()) vector[at]! += weight * value;
          }
        }
        const length = Math.hypot(...vector) || 1;
        for (let at = 0; at < width; at++) vector[at]! /= length;
      }
      return table;
    },
  };
}

/** The prompt of a class. @see SymDiffuser section 3.5 */
export function promptOf(className: string): string {
  return `a sample of ${className}`;
}
