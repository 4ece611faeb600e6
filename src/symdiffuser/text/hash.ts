/** @file Class names as vectors by their letters alone. */
import { childKey, keyOf, ndarray, normal } from "../../tensor/index.ts";
import { normaliseRows, type TextEncoder } from "./encoder.ts";

/** A random direction for a text: the same for the same text, everywhere. */
function direction(text: string, width: number): Float32Array {
  return normal(childKey(keyOf(0), text), [width]).data;
}

/**
 * Add the vector of a word: its own direction and the mean of those of its character triples, so that words which share
 * a stem are near.
 *
 * @param into  `[width]`
 * @see Bojanowski et al. 2017, subword units
 */
export function addHashedWord(into: Float32Array, word: string): void {
  const padded = `^${word}$`;
  const triples = Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3));
  for (const feature of [padded, ...triples]) {
    const weight = feature === padded ? 1 : 1 / triples.length;
    for (const [at, value] of direction(feature, into.length).entries()) into[at]! += weight * value;
  }
}

/**
 * Words and their character triples, each a fixed random direction, summed: names that share words or stems are near,
 * any two different prompts differ. Needs no download and knows no meanings.
 */
export function hashedTextEncoder(width = 64): TextEncoder {
  return {
    name: "hash",
    encode: async (prompts) => {
      const table = new Float32Array(prompts.length * width);
      for (const [row, prompt] of prompts.entries()) {
        const vector = table.subarray(row * width, (row + 1) * width);
        const words = prompt.toLowerCase().split(/[^\p{L}\p{N}]+/u);
        for (const word of words.filter(Boolean)) addHashedWord(vector, word);
        if (vector.every((value) => value === 0)) addHashedWord(vector, prompt);
      }
      normaliseRows(table, width);
      return ndarray(table, [prompts.length, width]);
    },
  };
}
