import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type LabelSetOptions,
  type LabelSetScores,
  labelSetRule,
  labelSets,
  type Reliability,
  reliability,
  scoreLabelSets,
  setSizesAndBits,
} from "../../src/evaluate/index.ts";

interface GoldenSets extends LabelSetOptions {
  readonly thresholds: (number | null)[];
  readonly bits: number[];
  readonly sizes: number[];
  readonly scores: LabelSetScores;
}

interface Case {
  readonly name: string;
  readonly classes: number;
  readonly heldOut: number[];
  readonly heldOutClassOf: number[];
  readonly probabilities: number[];
  readonly classOf: number[];
  readonly reliability: Reliability;
  readonly labelSets: GoldenSets[];
}

const path = new URL("../golden/uncertainty.json", import.meta.url);
const golden: { cases: Case[] } = JSON.parse(readFileSync(path, "utf8"));

/** Equal in all but the rounding of sums, at any depth. */
function assertClose(actual: unknown, expected: unknown, what: string): void {
  if (typeof expected === "number") {
    assert.ok(Math.abs((actual as number) - expected) < 1e-9, `${what}: ${actual} ≠ ${expected}`);
  } else if (expected === null) assert.equal(actual, null, what);
  else {
    assert.deepEqual(Object.keys(actual as object), Object.keys(expected as object), what);
    for (const [key, value] of Object.entries(expected as object)) {
      assertClose((actual as Record<string, unknown>)[key], value, `${what}.${key}`);
    }
  }
}

describe("reliability and label sets agree with NumPy and scikit-learn", () => {
  for (const { name, classes, classOf, ...given } of golden.cases) {
    const probabilities = Float32Array.from(given.probabilities);
    it(`reliability: ${name}`, () => {
      assertClose(reliability(probabilities, classOf, classes), given.reliability, name);
    });
    for (const { thresholds, bits, sizes, scores, ...options } of given.labelSets) {
      const { score, coverage, classConditional } = options;
      it(`${score} at ${coverage}${classConditional ? " of each class" : ""}: ${name}`, () => {
        const rule = labelSetRule(Float32Array.from(given.heldOut), given.heldOutClassOf, classes, options);
        const finite = Array.from(rule.thresholds, (one) => (Number.isFinite(one) ? one : null));
        assertClose(finite, thresholds, "thresholds");
        const members = labelSets(probabilities, rule);
        const found = setSizesAndBits(members, classes);
        assert.deepEqual([[...found.sizes], [...found.bits!]], [sizes, bits]);
        assertClose(scoreLabelSets(members, classOf, classes), scores, "scores");
      });
    }
  }
});

describe("reliability", () => {
  it("refuses what does not go together, and nothing", () => {
    assert.throws(() => reliability(new Float32Array(6), [0, 1], 2), {
      name: "ShapeError",
      message: "reliability: expected 2 × 2 probabilities; got 6",
    });
    assert.throws(() => reliability(new Float32Array(0), [], 2), {
      name: "DataError",
      message: "reliability: expected at least one labelled pixel; got none",
    });
  });
});

const tables = fc.record({
  classes: fc.integer({ min: 2, max: 6 }),
  rows: fc.integer({ min: 1, max: 40 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

/** Probabilities and classes of some rows: no golden values, but never the same. */
function drawn({ classes, rows, seed }: { classes: number; rows: number; seed: number }): [Float32Array, Int32Array] {
  let state = seed;
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const raw = Float64Array.from({ length: rows * classes }, () => next() ** 3 + 1e-6);
  const sums = Float64Array.from({ length: rows }, (_, row) =>
    raw.subarray(row * classes, (row + 1) * classes).reduce((a, b) => a + b, 0),
  );
  return [
    Float32Array.from(raw, (value, at) => value / sums[Math.floor(at / classes)]!),
    Int32Array.from({ length: rows }, () => Math.floor(next() * classes)),
  ];
}

describe("label sets", () => {
  it("hold the wanted share of the very pixels that made the rule, and grow with the coverage", () => {
    fc.assert(
      fc.property(tables, fc.constantFrom("lac", "aps"), fc.boolean(), (table, score, classConditional) => {
        const [probabilities, classOf] = drawn(table);
        let before = new Uint8Array(probabilities.length);
        for (const coverage of [0.3, 0.6, 0.9]) {
          const options = { coverage, score, classConditional };
          const members = labelSets(
            probabilities,
            labelSetRule(probabilities, classOf, table.classes, options),
          ) as Uint8Array<ArrayBuffer>;
          assert.ok(scoreLabelSets(members, classOf, table.classes).coverage >= coverage);
          assert.ok(members.every((one, at) => one >= before[at]!));
          before = members;
        }
      }),
      { numRuns: 100 },
    );
  });

  it("are empty where there is no probability, and have no bits above 31 classes", () => {
    const rule = { coverage: 0.9, score: "lac", classConditional: false, thresholds: Float64Array.of(1, 1) } as const;
    const members = labelSets(Float32Array.of(Number.NaN, Number.NaN, 0.5, 0.5), rule);
    assert.deepEqual([...members], [0, 0, 1, 1]);
    const whole = setSizesAndBits(new Uint8Array(31).fill(1), 31);
    assert.deepEqual([whole.sizes[0], whole.bits![0]], [31, 0x7fff_ffff]);
    assert.equal(setSizesAndBits(new Uint8Array(32), 32).bits, null);
  });
});
