import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Command } from "commander";
import fc from "fast-check";
import { addConfigFlags } from "../../src/cli/flags.ts";
import { type ConfigKey, configKeys, type RunConfig, resolveConfig } from "../../src/train/index.ts";

/** The configuration of a command line. */
function fromFlags(words: readonly string[]): RunConfig {
  const command = new Command().exitOverride();
  const given = addConfigFlags(command, words);
  command.parse([...words], { from: "user" });
  return resolveConfig({}, "", process.cwd(), given());
}

const fromFile = (raw: unknown): RunConfig => resolveConfig(raw, "", process.cwd());

/** The configuration, or why there is none, without who is to blame. */
function outcome(make: () => RunConfig): unknown {
  try {
    return make();
  } catch (error) {
    return (error as Error).message.replace(/^.*?: (?=expected|unknown)/s, "");
  }
}

const fileWords = ["--source", "a=a.tif", "--source", "b=b.tif", "--labels", "l.tif"];
const fileScene = { sources: { a: { file: "a.tif" }, b: { file: "b.tif" } }, labels: { file: "l.tif" } };
const word = fc.stringMatching(/^[a-z#./ ]{1,12}$/).filter((text) => text.trim() !== "" && text !== "null");
const rules = fc.constantFrom("blocks:9", "blocks:9,guard:2", "perClass:20", "fraction:0.2", "file:s.json", "9", "x:1");

/** A value of a key, good or bad, as YAML would have it. */
function valueFor({ path, type, choices, isList, isPath, isNullable }: ConfigKey): fc.Arbitrary<unknown> {
  const integer = fc.integer({ min: -4, max: 300 });
  const plain: Readonly<Record<ConfigKey["type"], fc.Arbitrary<unknown>>> = {
    boolean: fc.boolean(),
    integer,
    number: fc.oneof(
      integer,
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
    ),
    string: path.at(-1) === "rule" ? rules : path.at(-1) === "color" ? fc.constantFrom("#a0B1c2", "red") : word,
  };
  const one = choices ? fc.constantFrom(...choices, "other") : plain[type];
  const value: fc.Arbitrary<unknown> = isList
    ? fc.array(one, isPath ? { minLength: 1, maxLength: 4 } : { maxLength: 4 })
    : one;
  return isNullable ? fc.option(value) : value;
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(",") : String(value));
/** Lists of files are given one by one, since their names may hold commas. */
const wordsOf = (flag: string, value: unknown, isPath: boolean): string[] =>
  isPath && Array.isArray(value) ? value.flatMap((one) => [flag, String(one)]) : [flag, textOf(value)];

/** `[a, b], 1` → `{ a: { b: 1 } }` over what is there. */
function put(raw: Record<string, unknown>, [first, ...rest]: readonly string[], value: unknown): object {
  const inner = (raw[first!] ?? {}) as Record<string, unknown>;
  return { ...raw, [first!]: rest.length === 0 ? value : put(inner, rest, value) };
}

describe("flags and keys", () => {
  for (const key of configKeys) {
    it(`--${key.path.join(".")} does what the key does`, () => {
      const isSimulated = key.path[1] === "simulate";
      const scene = isSimulated ? { simulate: { width: 64 } } : fileScene;
      const base = isSimulated ? ["--scene.simulate.width", "64"] : fileWords;
      const path = key.path.map((part) => (part === "<name>" ? "b" : part === "<code>" ? "7" : part));
      fc.assert(
        fc.property(valueFor(key), (value) => {
          const flag = `--${path.join(".")}`;
          // The short flag of the same name sets the seed of the split, too.
          const seeds = flag === "--seed" ? { split: { seed: value } } : {};
          const raw = put({ scene, ...seeds }, path, value);
          assert.deepEqual(
            outcome(() => fromFlags([...base, ...wordsOf(flag, value, key.isPath)])),
            outcome(() => fromFile(raw)),
          );
        }),
        { numRuns: 40 },
      );
    });
  }

  it("stand in the help of train", () => {
    const help = readFileSync(join(import.meta.dirname, "../golden/help/train.txt"), "utf8");
    for (const { path } of configKeys) assert.ok(help.includes(`  --${path.join(".")} <`), path.join("."));
  });
});

describe("flags of daily use", () => {
  const base = fromFile({ scene: fileScene });

  it("name sources with their kinds, in order", () => {
    const { scene } = fromFlags(["--source", "z:sar=z.tif", "--source", "a=x=y.tif", "--labels", "l.tif"]);
    assert.ok("sources" in scene);
    assert.deepEqual(Object.keys(scene.sources), ["z", "a"]);
    assert.equal(scene.sources["z"]!.kind, "sar");
    assert.ok(scene.sources["a"]!.file[0]!.endsWith("x=y.tif"));
  });

  it("take more files of a source, and sensors simulated from it", () => {
    const more = ["--source", "a=1.tif", "--source", "b=2.tif", "--source", "a=3.tif", "--labels", "l.tif"];
    const { scene } = fromFlags([...more, "--simulate", "pan:a", "--scene.sources.a.wavelengths", "400,900"]);
    assert.ok("sources" in scene);
    assert.deepEqual(Object.keys(scene.sources), ["a", "b", "pan"]);
    const { a, pan } = scene.sources;
    assert.deepEqual(
      a!.file.map((file) => file.slice(-6)),
      ["/1.tif", "/3.tif"],
    );
    assert.deepEqual(pan, { ...a, simulate: "pan" });
    for (const [text, message] of [
      ["pan", '--simulate: expected SENSOR:SOURCE, as pan:hsi; got "pan"'],
      ["pan:c", "--simulate: expected --source c=FILE beside it; got none"],
      ["uv:a", '--simulate: expected one of pan, rgb, msi; got "uv"'],
    ] as const) {
      assert.throws(() => fromFlags([...more, "--simulate", text]), { name: "ConfigError", message });
    }
  });

  it("set split, labels and threads", () => {
    const words = "--unlabelled 0,255 --split blocks:9 --per-class 40 --threads 2 --baseline svm --baseline rf".split(
      " ",
    );
    const { scene, split, threads, baselines } = fromFlags([...fileWords, ...words]);
    assert.deepEqual("labels" in scene && scene.labels.unlabelled, [0, 255]);
    assert.deepEqual(split, { ...base.split, rule: "blocks:9", perClass: 40 });
    assert.deepEqual([threads, baselines], [2, ["svm", "rf"]]);
  });

  it("one seed is that of the split, unless that has its own, in any order", () => {
    const seeds = (...words: string[]): number[] => {
      const { seed, split } = fromFlags([...fileWords, ...words]);
      return [seed, split.seed];
    };
    assert.deepEqual(seeds("--seed", "4"), [4, 4]);
    assert.deepEqual(seeds("--split-seed", "2", "--seed", "4"), [4, 2]);
    assert.deepEqual(seeds("--seed", "4", "--split.seed", "2"), [4, 2]);
    assert.deepEqual(seeds("--split-seed", "2"), [0, 2]);
  });
});
