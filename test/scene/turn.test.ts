import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { turner } from "../../src/scene/envi/turn.ts";

describe("planes turned into pixels by vector instructions", () => {
  it("put every word where it belongs, and touch no other", () => {
    const sizes = fc.record({
      ...{ bands: fc.integer({ min: 8, max: 40 }), lines: fc.integer({ min: 1, max: 4 }) },
      ...{ pixels: fc.integer({ min: 8, max: 50 }), rest: fc.integer({ min: 0, max: 9 }) },
      ...{ before: fc.integer({ min: 0, max: 5 }), isAcross: fc.boolean() },
    });
    fc.assert(
      fc.property(sizes, ({ bands, lines, pixels, rest, before, isAcross }) => {
        const pitch = pixels + rest;
        const length = lines * pitch;
        const width = before + bands + rest;
        const words = before + lines * pixels * width;
        const { buffer, planes, turn } = turner(words, bands * length * 2)!;
        const given = new Uint16Array(buffer, planes.byteOffset, bands * length).map((_, at) => at + 1);
        planes.set(new Uint8Array(given.buffer));
        const [line, pixel] = isAcross ? [width, lines * width] : [pixels * width, width];
        turn(bands, length, { lines, pixels, pitch }, { start: before, line, pixel });
        const expected = new Uint16Array(words);
        for (let band = 0; band < bands; band++) {
          for (let at = 0; at < lines * pixels; at++) {
            const [row, col] = [Math.floor(at / pixels), at % pixels];
            expected[before + row * line + col * pixel + band] = given[band * length + row * pitch + col]!;
          }
        }
        assert.deepEqual(new Uint16Array(buffer, 0, words), expected);
      }),
    );
  });

  it("are left to others where there is no such memory", () => assert.equal(turner(2 ** 31, 2 ** 20), null));
});
