import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  leakage,
  makeSplit,
  parseSplitRule,
  readSplit,
  type Scene,
  type Split,
  splitRuleText,
  writeSplit,
} from "../../src/scene/index.ts";
import { ConfigError, DataError, FormatError, integers, keyOf } from "../../src/tensor/index.ts";

function sceneOf(labels: Uint16Array, height: number, width: number, valid: Uint8Array | null = null): Scene {
  const classCount = labels.reduce((most, label) => Math.max(most, label), 0);
  const classes = Array.from({ length: classCount }, (_, at) => ({
    name: `class ${at + 1}`,
    color: [0, 0, 0] as const,
    code: at + 1,
  }));
  const rest = { sources: [], georeference: null, plots: null, notes: [] };
  return { name: "test", height, width, labels: { data: labels, classes }, valid, ...rest };
}

/** Labels 0 … `classCount` at random. */
function randomScene(seed: number, height: number, width: number, classCount = 3): Scene {
  return sceneOf(Uint16Array.from(integers(keyOf(seed), [height * width], classCount + 1).data), height, width);
}

/** Six classes in smooth patches on 224 × 224 pixels, one of them small. */
function landscape(): Scene {
  const labels = new Uint16Array(224 * 224);
  for (let row = 0; row < 224; row++) {
    for (let col = 0; col < 224; col++) {
      const value = Math.sin(row / 23) + Math.cos(col / 31) + Math.sin((row + 2 * col) / 57);
      labels[row * 224 + col] = 1 + Math.min(4, Math.max(0, Math.floor(value * 1.2 + 2.5)));
    }
  }
  for (const [row, col] of [
    [30, 40],
    [120, 190],
    [200, 80],
  ] as const) {
    for (let at = 0; at < 30; at++) labels[(row + Math.floor(at / 6)) * 224 + col + (at % 6)] = 6;
  }
  return sceneOf(labels, 224, 224);
}

const countsOf = (pixels: Int32Array, scene: Scene): number[] =>
  scene.labels!.classes.map((_, at) => pixels.filter((pixel) => scene.labels!.data[pixel] === at + 1).length);

const isAscending = (pixels: Int32Array): boolean => pixels.every((pixel, at) => at === 0 || pixel > pixels[at - 1]!);

describe("makeSplit", () => {
  it("gives the same split for the same seed and another for another", () => {
    const scene = randomScene(0, 40, 50);
    for (const rule of ["perClass:5", "fraction:0.2", "blocks:8", "blocks:8,guard:1,perClass:6"]) {
      assert.deepEqual(makeSplit(scene, rule, 3), makeSplit(scene, rule, 3));
      assert.notDeepEqual(makeSplit(scene, rule, 3).train, makeSplit(scene, rule, 4).train);
    }
  });

  it("puts every labelled pixel in at most one part, in ascending order, and unlabelled ones in none", () => {
    const rules = fc.constantFrom("perClass:5", "fraction:0.3", "blocks:4", "blocks:5,guard:1", "blocks:3,perClass:4");
    fc.assert(
      fc.property(fc.nat(99), rules, fc.constantFrom(0, 0.3), (seed, rule, validation) => {
        const scene = randomScene(seed, 23, 31);
        const split = makeSplit(scene, rule, seed, { validation });
        const parts = [split.train, split.validation, split.test];
        const all = parts.flatMap((part) => [...part]);
        assert.equal(new Set(all).size, all.length);
        assert.ok(all.every((pixel) => scene.labels!.data[pixel]! > 0));
        assert.ok(parts.every(isAscending));
      }),
    );
  });

  it("takes the asked number per class and tests on all others", () => {
    const scene = randomScene(1, 30, 30, 4);
    const split = makeSplit(scene, "perClass:7", 0);
    assert.deepEqual(countsOf(split.train, scene), [7, 7, 7, 7]);
    assert.equal(split.train.length + split.test.length, scene.labels!.data.filter((label) => label > 0).length);
  });

  it("leaves half of a class that is too small for perClass to test", () => {
    const scene = sceneOf(Uint16Array.from([1, 1, 1, 1, 1, 1, 2, 2, 2, 0]), 2, 5);
    const split = makeSplit(scene, "perClass:3", 0);
    assert.deepEqual(countsOf(split.train, scene), [3, 2]);
    assert.deepEqual(countsOf(split.test, scene), [3, 1]);
  });

  it("takes the asked share of each class", () => {
    const scene = randomScene(2, 50, 50, 2);
    const train = countsOf(makeSplit(scene, "fraction:0.1", 0).train, scene);
    const all = countsOf(
      Int32Array.from({ length: 2500 }, (_, pixel) => pixel),
      scene,
    );
    assert.deepEqual(
      train,
      all.map((count) => Math.round(0.1 * count)),
    );
  });

  it("sets a share of each class's training pixels aside for validation", () => {
    const scene = randomScene(3, 30, 30, 3);
    const split = makeSplit(scene, "perClass:20", 0, { validation: 0.25 });
    assert.deepEqual(countsOf(split.train, scene), [15, 15, 15]);
    assert.deepEqual(countsOf(split.validation, scene), [5, 5, 5]);
    assert.deepEqual(split.test, makeSplit(scene, "perClass:20", 0).test);
    assert.equal(split.rule, "perClass:20,validation:0.25");
  });

  it("keeps blocks whole: no 28 × 28 block both trains and tests", () => {
    const scene = landscape();
    for (const seed of [0, 1, 2]) {
      const split = makeSplit(scene, "blocks:28", seed, { perClass: 40 });
      const blockOf = (pixel: number): number => Math.floor(pixel / 224 / 28) * 8 + Math.floor((pixel % 224) / 28);
      const training = new Set([...split.train].map(blockOf));
      assert.ok(split.test.every((pixel) => !training.has(blockOf(pixel))));
      assert.equal(split.test.length, 32 * 28 * 28);
      assert.deepEqual(countsOf(split.train, scene).slice(0, 5), [40, 40, 40, 40, 40]);
      assert.ok(countsOf(split.test, scene).every((count) => count > 0));
      assert.equal(split.rule, "blocks:28,perClass:40");
    }
  });

  it("keeps each class's share of the training blocks near the asked one", () => {
    const scene = landscape();
    const split = makeSplit(scene, "blocks:28,fraction:0.4", 5);
    const test = countsOf(split.test, scene);
    for (const [at, count] of countsOf(split.train, scene).entries()) {
      const share = count / (count + test[at]!);
      assert.ok(share >= 0.2 && share <= 0.6, `class ${at + 1}: ${share}`);
    }
  });

  it("leaks nothing to patches up to the guard", () => {
    fc.assert(
      fc.property(fc.nat(99), fc.integer({ min: 0, max: 3 }), (seed, guard) => {
        const scene = randomScene(seed, 40, 33);
        const split = makeSplit(scene, { kind: "blocks", size: 9, guard }, seed);
        assert.equal(leakage(split, 40, 33, guard), 0);
        assert.ok(leakage(split, 40, 33, guard + 2) > 0);
      }),
      { numRuns: 30 },
    );
  });

  it("does not draw or test pixels that are missing in a source", () => {
    const labels = new Uint16Array(100).fill(1);
    const valid = Uint8Array.from({ length: 100 }, (_, pixel) => pixel % 2);
    const split = makeSplit(sceneOf(labels, 10, 10, valid), "perClass:5", 0);
    assert.ok([...split.train, ...split.test].every((pixel) => pixel % 2 === 1));
    assert.equal(split.train.length + split.test.length, 50);
  });

  it("follows published masks", () => {
    const scene = sceneOf(Uint16Array.from([1, 1, 1, 2, 2, 2, 0, 1]), 2, 4);
    const masks = { train: [1, 1, 0, 2, 2, 0, 0, 0], test: [0, 0, 1, 0, 0, 2, 0, 1] };
    const split = makeSplit(scene, { kind: "official", ...masks }, 0);
    assert.deepEqual([...split.train], [0, 1, 3, 4]);
    assert.deepEqual([...split.test], [2, 5, 7]);
    assert.equal(split.rule, "official");
  });

  it("ignores the labels of test pixels when it draws from masks", () => {
    const data = Uint16Array.from({ length: 60 }, (_, pixel) => 1 + (pixel % 3));
    const masks = {
      train: Array.from(data, (_, pixel) => Number(pixel < 30)),
      test: Array.from(data, (_, pixel) => Number(pixel >= 30)),
    };
    const rule = { kind: "official", perClass: 4, ...masks } as const;
    const shuffled = data.map((label, pixel) => (pixel < 30 ? label : 1 + (label % 3)));
    const split = makeSplit(sceneOf(data, 6, 10), rule, 1);
    assert.deepEqual(makeSplit(sceneOf(shuffled, 6, 10), rule, 1), split);
  });

  const scene = randomScene(8, 12, 12);
  const faults: [string, () => Split, string][] = [
    [
      "a scene without labels",
      () => makeSplit({ ...scene, labels: null }, "perClass:3", 0),
      "test: expected labels to split; got none",
    ],
    [
      "a class with too few pixels",
      () => makeSplit(sceneOf(Uint16Array.from([1, 1, 1, 1, 1, 2]), 2, 3), "perClass:3", 0),
      'perClass:3: expected at least 2 pixels of "class 2" to train; got 1',
    ],
    [
      "a guard that leaves nothing",
      () => makeSplit(scene, "blocks:4,guard:4,fraction:0.3", 0),
      'blocks:4,guard:4,fraction:0.3: expected at least 2 pixels of "class 1" to train; got 0',
    ],
    [
      "a single block",
      () => makeSplit(scene, "blocks:12", 0),
      "blocks:12: expected labelled pixels in at least 2 blocks; got 1 — try smaller blocks",
    ],
    [
      "masks of another size",
      () => makeSplit(scene, { kind: "official", train: [1], test: [0] }, 0),
      "official train mask: expected 144 pixels as in the labels; got 1",
    ],
    [
      "masks that overlap",
      () => makeSplit(scene, { kind: "official", train: scene.labels!.data, test: scene.labels!.data }, 0),
      `official masks: expected no pixel in both; got ${scene.labels!.data.filter((label) => label > 0).length}`,
    ],
  ];
  for (const [what, fails, message] of faults) {
    it(`refuses ${what}`, () => {
      assert.throws(fails, (error) => error instanceof DataError && error.message === message);
    });
  }

  it("refuses options that do not go with the rule", () => {
    const cases: [string, object, string][] = [
      [
        "perClass:5",
        { perClass: 4 },
        "split: expected perClass only with blocks, plots or official; got it with perClass",
      ],
      ["file:a.json", { validation: 0.1 }, "split: expected no validation share with file, which has its own; got one"],
      ["blocks:4", { perClass: 0 }, 'split: expected perClass to be an integer ≥ 1; got "0"'],
    ];
    for (const [rule, options, message] of cases) {
      assert.throws(
        () => makeSplit(scene, rule, 0, options),
        (error) => error instanceof ConfigError && error.message === message,
      );
    }
  });
});

describe("parseSplitRule", () => {
  it("reads what splitRuleText writes", () => {
    const share = fc.double({ min: 1e-9, max: 0.999999, noNaN: true });
    const whole = fc.integer({ min: 1, max: 1e6 });
    const rule = fc.oneof(
      fc.record({ kind: fc.constant("perClass" as const), count: whole }),
      fc.record({ kind: fc.constant("fraction" as const), fraction: share }),
      fc.record({ kind: fc.constant("file" as const), path: fc.string({ minLength: 1 }) }),
      fc.record(
        {
          kind: fc.constant("blocks" as const),
          size: whole,
          guard: fc.nat(50),
          fraction: share,
          perClass: whole,
          validation: share,
        },
        { requiredKeys: ["kind", "size"] },
      ),
    );
    fc.assert(fc.property(rule, (given) => assert.deepEqual(parseSplitRule(splitRuleText(given)), { ...given })));
  });

  const known =
    "perClass:N, fraction:P, blocks:SIZE[,guard:G][,fraction:F][,perClass:N], plots[,fraction:F][,perClass:N], official:TRAIN_MASK,TEST_MASK, file:PATH";
  const faults: [string, string][] = [
    ["random", `split: expected one of ${known}; got "random"`],
    ["toString:3", `split: expected one of ${known}; got "toString:3"`],
    ["blocks", `split: expected one of ${known}; got "blocks"`],
    ["perClass:0", 'split: expected perClass to be an integer ≥ 1; got "0"'],
    ["perClass:", 'split: expected perClass to be an integer ≥ 1; got ""'],
    ["fraction:1", 'split: expected fraction to be a number between 0 and 1; got "1"'],
    ["fraction:0x1", 'split: expected fraction to be a number between 0 and 1; got "0x1"'],
    ["blocks:8,guard:-1", 'split: expected guard to be an integer ≥ 0; got "-1"'],
    [
      "blocks:8,margin:2",
      'split: expected each of guard:…, fraction:…, perClass:…, validation:… at most once after blocks; got "margin:2"',
    ],
    [
      "blocks:8,guard:1,guard:2",
      'split: expected each of guard:…, fraction:…, perClass:…, validation:… at most once after blocks; got "guard:2"',
    ],
    ["file:", 'split: expected file:PATH; got "file:"'],
    ["official", 'split: expected official:TRAIN_MASK,TEST_MASK; got "official"'],
  ];
  for (const [rule, message] of faults) {
    it(`refuses "${rule}"`, () => {
      assert.throws(
        () => parseSplitRule(rule),
        (error) => error instanceof ConfigError && error.message === message,
      );
    });
  }
});

describe("writeSplit and readSplit", () => {
  const folder = mkdtempSync(join(tmpdir(), "split-"));
  const file = join(folder, "split.json");
  const scene = randomScene(9, 20, 30);
  const split = makeSplit(scene, "blocks:5,guard:1", 4, { perClass: 9, validation: 0.2 });

  it("gives the split back, also through a rule", () => {
    writeSplit(file, split, scene);
    assert.deepEqual(readSplit(file), split);
    assert.deepEqual(makeSplit(scene, `file:${file}`, 77), split);
  });

  it("refuses every truncation", () => {
    writeSplit(file, split, scene);
    const whole = readFileSync(file, "utf8").trimEnd();
    const broken = join(folder, "broken.json");
    for (let length = 0; length < whole.length; length += 37) {
      writeFileSync(broken, whole.slice(0, length));
      assert.throws(() => readSplit(broken), {
        name: "FormatError",
        message: `${broken}: expected JSON; got something else or a truncated file`,
      });
    }
  });

  const head = { kind: "symdiffuser split", rule: "perClass:1", seed: 0, height: 2, width: 2 };
  const parts = { train: [0], validation: [1], test: [2, 3] };
  const faults: [string, object, string][] = [
    [
      "another kind of file",
      { ...head, ...parts, kind: "x" },
      'expected a split file with "symdiffuser split" as "kind"; got "x"',
    ],
    [
      "an unknown key",
      { ...head, ...parts, more: 1 },
      'expected a split file with the keys kind, rule, seed, height, width, train, validation, test; got "more", too',
    ],
    ["a list of something", [head], "expected a split file; got other JSON"],
    [
      "an absent key",
      { ...head, train: [], test: [] },
      'expected a split file with a list of pixel indices as "validation"; got none',
    ],
    [
      "a fractional seed",
      { ...head, ...parts, seed: 0.5 },
      'expected a split file with an integer ≥ 0 as "seed"; got 0.5',
    ],
    ["a fractional index", { ...head, ...parts, train: [0.5] }, 'expected pixel indices below 4 in "train"; got 0.5'],
    ["an index beyond the grid", { ...head, ...parts, test: [4] }, 'expected pixel indices below 4 in "test"; got 4'],
    [
      "indices out of order",
      { ...head, ...parts, test: [3, 2] },
      'expected ascending pixel indices in "test"; got 2 after 3',
    ],
    [
      "a pixel in two parts",
      { ...head, ...parts, test: [0, 3] },
      'expected each pixel in one part; got 0 in "train" and "test"',
    ],
  ];
  for (const [what, json, message] of faults) {
    it(`refuses ${what}`, () => {
      writeFileSync(file, JSON.stringify(json));
      assert.throws(
        () => readSplit(file),
        (error) => error instanceof FormatError && error.message === `${file}: ${message}`,
      );
    });
  }

  it("refuses another grid, an absent file and pixels without a label", () => {
    writeSplit(file, split, scene);
    assert.throws(() => readSplit(file, { height: 30, width: 20 }), {
      name: "FormatError",
      message: `${file}: expected a split for 30 rows and 20 columns; got one for 20 and 30`,
    });
    const absent = join(folder, "absent.json");
    assert.throws(() => readSplit(absent), {
      name: "FormatError",
      message: `${absent}: expected a readable file; got none`,
    });
    const bare = sceneOf(new Uint16Array(600), 20, 30);
    assert.throws(() => makeSplit(bare, `file:${file}`, 0), {
      name: "DataError",
      message: `${file}: expected labelled and valid pixels in "train"; got pixel ${split.train[0]}, which is not`,
    });
  });
});
