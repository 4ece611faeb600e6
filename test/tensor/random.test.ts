import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bernoulli,
  childKey,
  integers,
  type Key,
  keyOf,
  normal,
  permutation,
  philox,
  uniform,
} from "../../src/tensor/index.ts";

const moments = (values: ArrayLike<number>): { mean: number; variance: number } => {
  let mean = 0;
  let squares = 0;
  for (let at = 0; at < values.length; at++) mean += values[at]! / values.length;
  for (let at = 0; at < values.length; at++) squares += (values[at]! - mean) ** 2 / values.length;
  return { mean, variance: squares };
};

describe("philox", () => {
  // Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds).
  const cases: { key: Key; counter: [number, number, number, number]; words: string }[] = [
    { key: { low: 0, high: 0 }, counter: [0, 0, 0, 0], words: "6627e8d5 e169c58d bc57ac4c 9b00dbd8" },
    {
      key: { low: 0xffffffff, high: 0xffffffff },
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      words: "408f276d 41c83b0e a20bc7c6 6d5451fd",
    },
    {
      key: { low: 0xa4093822, high: 0x299f31d0 },
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      words: "d16cfe09 94fdcceb 5001e420 24126ea1",
    },
  ];
  for (const { key, counter, words } of cases) {
    it(`gives the known answer ${words}`, () => {
      const into = new Uint32Array(4);
      philox(key, counter, into);
      assert.equal([...into].map((word) => word.toString(16).padStart(8, "0")).join(" "), words);
    });
  }
});

describe("uniform", () => {
  it("starts with the words of the generator at counters 0, 1, …", () => {
    const key = keyOf(7);
    const words = new Uint32Array(4);
    philox(key, [1, 0, 0, 0], words);
    assert.equal(uniform(key, [8]).data[5], (words[1]! >>> 8) / 2 ** 24);
  });

  it("has the mean and variance of the uniform distribution and stays in [low, high)", () => {
    const { data } = uniform(keyOf(1), [100_000], -1, 3);
    const { mean, variance } = moments(data);
    // Five standard errors.
    assert.ok(Math.abs(mean - 1) < 5 * Math.sqrt(16 / 12 / 100_000), `mean ${mean}`);
    assert.ok(Math.abs(variance - 16 / 12) < 0.02, `variance ${variance}`);
    assert.ok(data.every((value) => value >= -1 && value < 3));
  });

  it("fills sixteen bins evenly", () => {
    const bins = new Float64Array(16);
    for (const value of uniform(keyOf(2), [160_000]).data) bins[Math.floor(value * 16)]!++;
    const chiSquared = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // The 99.9 % point of χ² with 15 degrees of freedom.
    assert.ok(chiSquared < 37.7, `χ² = ${chiSquared}`);
  });

  it("does not change its beginning when more is asked for", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), fc.nat(40), (seed, size, more) => {
        const short = uniform(keyOf(seed), [size]).data;
        assert.deepEqual(uniform(keyOf(seed), [size + more]).data.subarray(0, size), short);
      }),
    );
  });
});

describe("normal", () => {
  it("drawn from a later number on has the numbers of the whole draw", () => {
    const whole = normal(keyOf(5), [60]).data;
    for (let first = 0; first < 30; first++) {
      for (const size of [0, 1, 2, 5, 30]) {
        assert.deepEqual(normal(keyOf(5), [size], first).data, whole.slice(first, first + size));
      }
    }
  });

  it("has mean 0, variance 1, no skew and the tails of the normal distribution", () => {
    const { data } = normal(keyOf(3), [100_001]);
    const { mean, variance } = moments(data);
    assert.ok(Math.abs(mean) < 0.016, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.023, `variance ${variance}`);
    const skewness = data.reduce((sum, value) => sum + value ** 3 / data.length, 0);
    assert.ok(Math.abs(skewness) < 0.05, `skewness ${skewness}`);
    const beyond = data.filter((value) => Math.abs(value) > 1.959964).length / data.length;
    assert.ok(Math.abs(beyond - 0.05) < 0.0035, `beyond 1.96: ${beyond}`);
  });
});

describe("integers", () => {
  it("gives every integer below the bound about as often", () => {
    const counts = new Int32Array(7);
    for (const value of integers(keyOf(4), [70_000], 7).data) counts[value]!++;
    assert.ok(counts.every((count) => Math.abs(count - 10_000) < 500));
  });
});

describe("permutation", () => {
  it("holds every index once", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(300), (seed, size) => {
        const sorted = permutation(keyOf(seed), size).sort();
        assert.deepEqual(
          sorted,
          Int32Array.from({ length: size }, (_, at) => at),
        );
      }),
    );
  });
});

describe("childKey", () => {
  it("gives streams that are uncorrelated with their parent's and with each other", () => {
    const parent = keyOf(5);
    const keys = [parent, childKey(parent, 0), childKey(parent, 1), childKey(parent, "a"), childKey(parent, "b")];
    const streams = keys.map((key) => normal(key, [20_000]).data);
    for (const [one, a] of streams.entries()) {
      for (const b of streams.slice(one + 1)) {
        const correlation = a.reduce((sum, value, at) => sum + (value * b[at]!) / a.length, 0);
        assert.ok(Math.abs(correlation) < 5 / Math.sqrt(20_000), `correlation ${correlation}`);
      }
    }
  });

  it("gives different keys to different purposes and the same key to the same", () => {
    const purposes = ["", "a", "b", "ab", "ba", "aa", 0, 1, 2, 2 ** 32, 97];
    const keys = purposes.slice(1).map((purpose) => JSON.stringify(childKey(keyOf(6), purpose)));
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(childKey(keyOf(6), "noise"), childKey(keyOf(6), "noise"));
  });
});

describe("bernoulli", () => {
  it("is 1 with its probability, and the same for the same key", () => {
    const { data } = bernoulli(keyOf(3), [100_001], 0.3);
    const share = data.reduce((sum, value) => sum + value, 0) / data.length;
    // Five standard deviations of the mean of so many draws.
    assert.ok(Math.abs(share - 0.3) < 5 * Math.sqrt((0.3 * 0.7) / data.length), `${share}`);
    assert.deepEqual(bernoulli(keyOf(3), [100_001], 0.3).data, data);
    assert.ok(bernoulli(keyOf(3), [100], 0).data.every((value) => value === 0));
  });
});
