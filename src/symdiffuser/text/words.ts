/** @file Class names as means of word vectors, from a table of words of land cover. */
import { readFile } from "node:fs/promises";
import { ndarray } from "../../tensor/index.ts";
import { normaliseRows, type TextEncoder } from "./encoder.ts";
import { addHashedWord } from "./hash.ts";

/** Written by scripts/words.mjs. */
interface WordFile {
  readonly width: number;
  /** With spaces between them. */
  readonly words: string;
  /** `i8 [words, width]` in Base64, each row up to a factor. */
  readonly vectors: string;
}

interface WordTable {
  readonly width: number;
  /** Word → vector of length 1, `[width]`. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

let table: Promise<WordTable> | undefined;

async function readTable(): Promise<WordTable> {
  const file = JSON.parse(await readFile(new URL("./words.json", import.meta.url), "utf8")) as WordFile;
  const { width } = file;
  const rows = Float32Array.from(new Int8Array(Buffer.from(file.vectors, "base64")));
  normaliseRows(rows, width);
  const words = file.words.split(" ");
  return { width, vectors: new Map(words.map((word, at) => [word, rows.subarray(at * width, (at + 1) * width)])) };
}

/** Say nothing of a class, as long as another word does. */
const fillers = new Set(["a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"]);

/** `ParkingLot 1` → parking, lot, 1. Accents are taken off. */
function tokens(text: string): string[] {
  const plain = text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const spaced = plain
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .normalize("NFC")
    .toLowerCase();
  return spaced.match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? [];
}

/** What a word may be the plural of, itself first. */
function singulars(word: string): string[] {
  const endings = [
    [/$/, ""],
    [/ies$/, "y"],
    [/ves$/, "f"],
    [/es$/, ""],
    [/s$/, ""],
  ] as const;
  return endings.filter(([ending]) => ending.test(word)).map(([ending, other]) => word.replace(ending, other));
}

/** Share of a number next to a word: it tells classes apart and means nothing. */
const numberWeight = 0.5;

/**
 * Mean of the vectors of the words, which are near for words used alike: oak and maple, road and pavement. Words that
 * the table does not hold, and numbers, are hashed, so that every name gets a vector of its own.
 *
 * @see Pennington, Socher, Manning 2014, GloVe
 */
export function wordTextEncoder(): TextEncoder {
  return {
    name: "words",
    encode: async (prompts) => {
      table ??= readTable();
      const { width, vectors } = await table;
      const encoded = new Float32Array(prompts.length * width);
      for (const [row, prompt] of prompts.entries()) {
        const sum = encoded.subarray(row * width, (row + 1) * width);
        const all = tokens(prompt);
        const telling = all.filter((token) => !fillers.has(token));
        for (const token of telling.length > 0 ? telling : all.length > 0 ? all : [prompt]) {
          const singular = singulars(token).find((one) => vectors.has(one));
          const vector = singular === undefined ? hashed(token, width) : vectors.get(singular)!;
          const weight = /^\p{N}/u.test(token) ? numberWeight : 1;
          for (let at = 0; at < width; at++) sum[at]! += weight * vector[at]!;
        }
      }
      normaliseRows(encoded, width);
      return ndarray(encoded, [prompts.length, width]);
    },
  };
}

function hashed(word: string, width: number): Float32Array {
  const vector = new Float32Array(width);
  addHashedWord(vector, word);
  normaliseRows(vector, width);
  return vector;
}
