/**
 * @file Keyed, counter-based random numbers: a value depends only on its key and its position, never on what was
 * drawn before. The generator is Philox4x32-10.
 *
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"
 */
import { type NdArray, type Shape, sizeOf } from "./ndarray.ts";

/** Two 32-bit words that name a stream of random numbers. */
export interface Key {
  readonly high: number;
  readonly low: number;
}

/** High 32 bits of the unsigned 64-bit product, as a signed word; all in 32-bit integers, which is what makes it fast. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const cross = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (cross & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (cross >>> 16) + (carry >>> 16)) | 0;
}

/** Ten rounds on the four words of `block`, in place. */
function scramble(key: Key, block: Int32Array): void {
  let c0 = block[0]!;
  let c1 = block[1]!;
  let c2 = block[2]!;
  let c3 = block[3]!;
  let k0 = key.low | 0;
  let k1 = key.high | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53 | 0, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57 | 0, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/**
 * One Philox4x32-10 block.
 *
 * @param counter  four words, `u32`
 * @param into     receives four random words
 */
export function philox(key: Key, counter: readonly [number, number, number, number], into: Uint32Array): void {
  const block = Int32Array.from(counter, (word) => word | 0);
  scramble(key, block);
  into.set(new Uint32Array(block.buffer));
}

/** The key of a seed, an integer from 0 to 2⁵³ − 1. */
export function keyOf(seed: number): Key {
  return { high: Math.floor(seed / 2 ** 32) >>> 0, low: seed >>> 0 };
}

/** An independent key for a named or numbered purpose: `childKey(key, "noise")`, `childKey(key, step)`. */
export function childKey(key: Key, purpose: string | number): Key {
  const block = new Uint32Array(4);
  if (typeof purpose === "number") {
    philox(key, [purpose >>> 0, Math.floor(purpose / 2 ** 32) >>> 0, 1, 0xc0ffee], block);
    return { high: block[0]!, low: block[1]! };
  }
  let child = key;
  for (let at = 0; at < purpose.length; at++) {
    philox(child, [purpose.charCodeAt(at), at, 2, 0xc0ffee], block);
    child = { high: block[0]!, low: block[1]! };
  }
  return child;
}

/** Fill with random words, `u32`. @param counter  of the first four */
function fillWords(key: Key, into: Uint32Array, counter = 0): void {
  const block = new Int32Array(4);
  const whole = into.length - (into.length % 4);
  for (let start = 0; start < into.length; start += 4) {
    block[0] = counter + start / 4;
    block[1] = 0;
    block[2] = 0;
    block[3] = 0;
    scramble(key, block);
    if (start < whole) {
      into[start] = block[0]!;
      into[start + 1] = block[1]!;
      into[start + 2] = block[2]!;
      into[start + 3] = block[3]!;
    } else for (let lane = 0; start + lane < into.length; lane++) into[start + lane] = block[lane]!;
  }
}

/** Uniform numbers in [low, high), `f32`. */
export function uniform(key: Key, shape: Shape, low = 0, high = 1): NdArray<"f32"> {
  const words = new Uint32Array(sizeOf(shape));
  fillWords(key, words);
  const data = new Float32Array(words.length);
  // 24 bits, so that rounding to f32 never reaches `high` from below 1.
  for (let at = 0; at < words.length; at++) data[at] = low + (high - low) * ((words[at]! >>> 8) / 2 ** 24);
  return { dtype: "f32", shape, data };
}

/** One of two numbers: `first` with a probability, else `second`. Half a random word decides. */
function drawEither(
  key: Key,
  into: Uint8Array | Float32Array,
  probability: number,
  first: number,
  second: number,
): void {
  const words = new Uint32Array(Math.ceil(into.length / 2));
  fillWords(key, words);
  const threshold = Math.round(probability * 65536);
  const pairs = into.length >> 1;
  for (let pair = 0; pair < pairs; pair++) {
    const word = words[pair]!;
    into[2 * pair] = (word & 0xffff) < threshold ? first : second;
    into[2 * pair + 1] = word >>> 16 < threshold ? first : second;
  }
  if (into.length % 2 === 1) into[2 * pairs] = (words[pairs]! & 0xffff) < threshold ? first : second;
}

/** 1 with a probability, else 0, `bool`. The probability is rounded to a multiple of 2⁻¹⁶. */
export function bernoulli(key: Key, shape: Shape, probability: number): NdArray<"bool"> {
  const data = new Uint8Array(sizeOf(shape));
  drawEither(key, data, probability, 1, 0);
  return { dtype: "bool", shape, data };
}

/** One of two numbers, `f32`: the first where {@link bernoulli} gives 1. */
export function eitherOf(key: Key, shape: Shape, probability: number, first: number, second: number): NdArray<"f32"> {
  const data = new Float32Array(sizeOf(shape));
  drawEither(key, data, probability, first, second);
  return { dtype: "f32", shape, data };
}

/**
 * Standard normal numbers by the Box–Muller transform, `f32`.
 *
 * @param first  number of the stream to begin with: a part of a longer draw has its numbers
 */
export function normal(key: Key, shape: Shape, first = 0): NdArray<"f32"> {
  const size = sizeOf(shape);
  // A block makes four numbers, two by two.
  const skipped = first % 4;
  const words = new Uint32Array(skipped + size + ((skipped + size) % 2));
  fillWords(key, words, (first - skipped) / 4);
  const data = new Float32Array(size);
  for (let at = skipped - (skipped % 2); at < words.length; at += 2) {
    const radius = Math.sqrt(-2 * Math.log((words[at]! + 1) / 2 ** 32));
    const angle = (2 * Math.PI * words[at + 1]!) / 2 ** 32;
    const to = at - skipped;
    if (to >= 0) data[to] = radius * Math.cos(angle);
    if (to + 1 < size) data[to + 1] = radius * Math.sin(angle);
  }
  return { dtype: "f32", shape, data };
}

/** Integers from 0 to `bound − 1`, `i32`; `bound` ≤ 2³¹. */
export function integers(key: Key, shape: Shape, bound: number): NdArray<"i32"> {
  const words = new Uint32Array(sizeOf(shape));
  fillWords(key, words);
  const data = new Int32Array(words.length);
  for (let at = 0; at < words.length; at++) data[at] = Math.floor((words[at]! / 2 ** 32) * bound);
  return { dtype: "i32", shape, data };
}

/** A random order of 0 … size − 1 (Fisher–Yates). */
export function permutation(key: Key, size: number): Int32Array {
  const order = Int32Array.from({ length: size }, (_, at) => at);
  const words = new Uint32Array(size);
  fillWords(key, words);
  for (let at = size - 1; at > 0; at--) {
    const other = Math.floor((words[at]! / 2 ** 32) * (at + 1));
    const held = order[at]!;
    order[at] = order[other]!;
    order[other] = held;
  }
  return order;
}
