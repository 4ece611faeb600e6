/**
 * @file `node scripts/turn.mjs`: writes `src/scene/envi/turn-module.ts`, the WebAssembly that turns planes of 16-bit words
 * into pixels, 8 × 8 at a time. It needs `npm install --no-save wabt`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** The bytes of lanes of so many bytes, 0 … of the first vector and then of the second, as `i8x16.shuffle` wants them. */
const lanes = (list, bytes) =>
  list.flatMap((lane) => Array.from({ length: bytes }, (_, byte) => lane * bytes + byte)).join(" ");
/** Lanes of two vectors in turn: of their low halves, and of their high halves. */
const zips = {
  words: [lanes([0, 8, 1, 9, 2, 10, 3, 11], 2), lanes([4, 12, 5, 13, 6, 14, 7, 15], 2)],
  pairs: [lanes([0, 4, 1, 5], 4), lanes([2, 6, 3, 7], 4)],
  fours: [lanes([0, 2], 8), lanes([1, 3], 8)],
};
const zip = (zips, from, to) =>
  zips.map(
    (order, at) => `(local.set ${to[at]} (i8x16.shuffle ${order} (local.get ${from[0]}) (local.get ${from[1]})))`,
  );
const eight = [0, 1, 2, 3, 4, 5, 6, 7];
const named = (name) => eight.map((at) => `$${name}${at}`);
const [a, b] = [named("a"), named("b")];

const lines = [
  ...a.flatMap((vector) => [
    `(local.set ${vector} (v128.load (local.get $from)))`,
    "(local.set $from (i32.add (local.get $from) (local.get $plane)))",
  ]),
  // Pixels 0–3 and 4–7 of bands 0 and 1, 2 and 3, …
  ...[0, 2, 4, 6].flatMap((at) => zip(zips.words, [a[at], a[at + 1]], [b[at], b[at + 1]])),
  // Pixels 0 and 1, 2 and 3, … of bands 0–3; then the same of bands 4–7.
  ...[0, 1, 4, 5].flatMap((at) => {
    const to = at < 4 ? 2 * at : 4 + 2 * (at - 4);
    return zip(zips.pairs, [b[at], b[at + 2]], [a[to], a[to + 1]]);
  }),
  // All eight bands of pixel 0, of pixel 1, …
  ...[0, 1, 2, 3].flatMap((at) => zip(zips.fours, [a[at], a[at + 4]], [b[2 * at], b[2 * at + 1]])),
  ...b.flatMap((vector) => [
    `(v128.store (local.get $to) (local.get ${vector}))`,
    "(local.set $to (i32.add (local.get $to) (local.get $step)))",
  ]),
];

const text = `(module
  (import "scene" "memory" (memory 1))
  (func (export "turn")
    (param $planes i32) (param $plane i32) (param $bands i32) (param $pixels i32) (param $out i32) (param $step i32)
    (local $band i32) (local $from i32) (local $to i32) (local $start i32)
    ${[...a, ...b].map((vector) => `(local ${vector} v128)`).join(" ")}
    (loop $nextPixels
      (local.set $from (local.get $planes))
      (local.set $start (local.get $out))
      (local.set $band (local.get $bands))
      (loop $nextBands
        (local.set $to (local.get $start))
        ${lines.join("\n        ")}
        (local.set $start (i32.add (local.get $start) (i32.const 16)))
        (br_if $nextBands (local.tee $band (i32.sub (local.get $band) (i32.const 8)))))
      (local.set $planes (i32.add (local.get $planes) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $step) (i32.const 3))))
      (br_if $nextPixels (local.tee $pixels (i32.sub (local.get $pixels) (i32.const 8)))))))`;

const { default: wabt } = await import("wabt");
const bytes = (await wabt()).parseWat("turn.wat", text, { simd: true }).toBinary({}).buffer;
writeFileSync(
  join(root, "src/scene/envi/turn-module.ts"),
  `/** @file Written by \`scripts/turn.mjs\`, which tells what is in it. Do not edit. */

/** A WebAssembly module, in base 64. */
export const turnModule =
  "${Buffer.from(bytes).toString("base64")}";
`,
);
