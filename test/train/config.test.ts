import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";
import { baselines } from "../../src/baselines/index.ts";
import { demoConfig } from "../../src/cli/demo.ts";
import { small } from "../../src/symdiffuser/index.ts";
import { ConfigError, FormatError } from "../../src/tensor/index.ts";
import {
  configKeys,
  configText,
  jsonSchema,
  methodOptions,
  type RunConfig,
  readConfig,
  resolveConfig,
  sceneOptions,
} from "../../src/train/index.ts";

const project = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "config-"));
after(() => rmSync(folder, { recursive: true }));

const none = { kind: null, bands: null, nodata: null, wavelengths: null, simulate: null };
const files = { scene: { sources: { s2: "a.tif", s1: { file: "b.mat#x/y", bands: [0] } }, labels: "l.tif" } };
const simulated = { scene: { simulate: {} } };

/** A configuration with further keys. */
const withKeys = (keys: object): object => ({ ...files, ...keys });

function messageOf(raw: unknown): string {
  try {
    resolveConfig(raw, "train.yaml", folder);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return "no error";
}

describe("resolveConfig", () => {
  it("takes the method's defaults from the preset", () => {
    assert.deepEqual(methodOptions(resolveConfig(simulated, "", folder)), small);
  });

  it("makes paths absolute that may be null", () => {
    const raw = { ...files, text: { encoder: "clip", folder: "clip" } };
    const labels = { file: "l.tif", join: "more.csv" };
    const config = resolveConfig({ ...raw, scene: { ...files.scene, labels } }, "", folder);
    assert.equal(config.text.folder, resolve(folder, "clip"));
    assert.ok("labels" in config.scene);
    assert.equal(config.scene.labels.join, resolve(folder, "more.csv"));
  });

  it("makes files absolute, fields of a file left alone", () => {
    const { scene } = resolveConfig(files, "", folder) as RunConfig & { scene: { sources: object; labels: object } };
    assert.deepEqual(scene, {
      sources: {
        s2: { ...none, file: [resolve(folder, "a.tif")] },
        s1: { ...none, file: [`${resolve(folder, "b.mat")}#x/y`], bands: [0] },
      },
      labels: {
        file: [resolve(folder, "l.tif")],
        field: null,
        allTouched: false,
        join: null,
        unlabelled: null,
        minPixels: 1,
        classes: {},
      },
      grid: null,
    });
  });

  it("names a run after its first source, and its folder after the run", () => {
    const { name, out } = resolveConfig(files, "", folder);
    assert.deepEqual([name, out], ["a", resolve("runs/a")]);
    assert.equal(resolveConfig({ scene: { simulate: { seed: 7 } } }, "", folder).name, "simulated-7");
  });

  it("lets later overrides win, and keeps what they do not name", () => {
    const config = resolveConfig(withKeys({ head: { count: 5, steps: 20 } }), "", folder, [
      { path: ["head", "count"], value: 7, flag: "--head.count" },
      { path: ["head", "count"], value: 9, flag: "--head.count" },
      { path: ["scene", "sources", "s2", "bands"], value: [3], flag: "--scene.sources.s2.bands" },
    ]);
    assert.deepEqual({ ...small.head, count: 9, steps: 20 }, config.head);
    assert.deepEqual("sources" in config.scene && config.scene.sources["s2"]?.bands, [3]);
  });

  it("names the flag whose value cannot be used", () => {
    const flag = { path: ["head", "count"], value: 0, flag: "--head.count" };
    assert.throws(() => resolveConfig(files, "train.yaml", folder, [flag]), {
      name: "ConfigError",
      message: "--head.count: expected an integer ≥ 1; got 0",
      path: "--head.count",
      value: 0,
    });
  });

  const head =
    "width, blocks, steps, rate, weightDecay, dropout, labelSmoothing, balanced, count, trees, treeShare, latentShare";
  const faults: readonly (readonly [unknown, string])[] = [
    [[], "train.yaml: expected keys with values; got []"],
    [{}, "train.yaml: scene: expected sources and labels, or simulate; got nothing"],
    [{ scene: {} }, "train.yaml: scene: expected sources and labels, or simulate; got nothing"],
    [{ scene: 3 }, "train.yaml: scene: expected sources and labels, or simulate; got 3"],
    [{ scene: { sources: { a: "x", b: "y" } } }, "train.yaml: scene: expected sources and labels; got sources only"],
    [
      { scene: { simulate: {}, labels: "x" } },
      "train.yaml: scene: expected sources and labels, or simulate; got simulate and labels",
    ],
    [
      { scene: { source: {}, labels: "x" } },
      "train.yaml: scene.source: unknown key; known are sources, labels, grid, simulate — did you mean sources?",
    ],
    [
      { scene: { sources: { a: "x" }, labels: "y" } },
      'train.yaml: scene.sources: expected at least two sources; got only "a"',
    ],
    [
      { scene: { sources: { "1a": "x", b: "y" }, labels: "y" } },
      'train.yaml: scene.sources: expected a name of letters, digits, _ and -; got "1a"',
    ],
    [
      { scene: { sources: { a: { bands: [0] }, b: "y" }, labels: "y" } },
      "train.yaml: scene.sources.a.file: expected a file; got nothing",
    ],
    [
      { scene: { sources: { a: "x", b: "y" }, labels: { file: "l", classes: { 1: { color: "red" } } } } },
      'train.yaml: scene.labels.classes.1.color: expected a colour as #rrggbb; got "red"',
    ],
    [
      { scene: { sources: { a: "x", b: "y" }, labels: { file: "l", classes: { one: "water" } } } },
      'train.yaml: scene.labels.classes: expected a class code; got "one"',
    ],
    [
      { scene: { simulate: { sources: ["hsi", "hsi"] } } },
      'train.yaml: scene.simulate.sources: expected every source once; got "hsi" again',
    ],
    [
      { scene: { simulate: { height: 8 } } },
      "train.yaml: scene.simulate.height: expected an integer from 16 to 2048; got 8",
    ],
    [withKeys({ head: { cuont: 3 } }), `train.yaml: head.cuont: unknown key; known are ${head} — did you mean count?`],
    [withKeys({ head: { constructor: 3 } }), `train.yaml: head.constructor: unknown key; known are ${head}`],
    [withKeys({ head: 3 }), "train.yaml: head: expected keys with values; got 3"],
    [withKeys({ head: { count: "5" } }), 'train.yaml: head.count: expected an integer ≥ 1; got "5"'],
    [withKeys({ head: { width: 30 } }), "train.yaml: head.width: expected a multiple of 4; got 30"],
    [withKeys({ mode: "dens" }), 'train.yaml: mode: expected one of dense, centre; got "dens"'],
    [withKeys({ preset: "toString" }), 'train.yaml: preset: expected one of small; got "toString"'],
    [
      withKeys({ baselines: ["rff"] }),
      `train.yaml: baselines[0]: expected one of ${[...baselines.keys()].join(", ")}; got "rff"`,
    ],
    [
      withKeys({ network: { width: 66 } }),
      "train.yaml: network.width: expected a multiple of network.heads, which is 4; got 66",
    ],
    [
      withKeys({ network: { width: 63 } }),
      "train.yaml: network.width: expected an even number, half sines and half cosines of time; got 63",
    ],
    [withKeys({ network: { patch: 1 } }), "train.yaml: network.patch: expected an integer ≥ 2; got 1"],
    [withKeys({ network: { tci: "yes" } }), 'train.yaml: network.tci: expected true or false; got "yes"'],
    [
      withKeys({ features: { core: 13 } }),
      "train.yaml: features.core: expected at most network.patch, which is 12; got 13",
    ],
    [
      withKeys({ features: { steps: [-1, 1000] } }),
      "train.yaml: features.steps: expected steps from −1 to below network.steps, which is 1000; got 1000",
    ],
    [
      withKeys({ features: { from: "latents", steps: [-1, 50] } }),
      "train.yaml: features.steps: expected -1 alone where features.from is latents; got [-1,50]",
    ],
    [
      withKeys({ pretraining: { alone: 0 } }),
      "train.yaml: features.alone: expected false where pretraining.alone is 0; got true",
    ],
    [
      withKeys({ pretraining: { alone: 1 } }),
      "train.yaml: pretraining.alone: expected a number from 0 to below 1; got 1",
    ],
    [
      withKeys({ pretraining: { stepPower: 0.5 } }),
      "train.yaml: pretraining.stepPower: expected a number of at least 1; got 0.5",
    ],
    [
      withKeys({ features: { from: "latents" }, backbone: "scratch" }),
      'train.yaml: backbone: expected frozen where features.from is latents; got "scratch"',
    ],
    [withKeys({ latent: { penalty: 0.1 } }), "train.yaml: latent.penalty: expected a number from 0 to 0.001; got 0.1"],
    [withKeys({ features: { steps: [-2] } }), "train.yaml: features.steps[0]: expected an integer ≥ −1; got -2"],
    [
      withKeys({ features: { windows: { mean: [3, 4] } } }),
      "train.yaml: features.windows.mean: expected odd sides; got 4",
    ],
    [
      withKeys({ features: { windows: { deviation: [3, 3] } } }),
      "train.yaml: features.windows.deviation: expected every number once; got 3 again",
    ],
    [
      withKeys({ features: { windows: { mean: [], deviation: [] } } }),
      "train.yaml: features.windows: expected at least one window in mean or deviation; got none",
    ],
    [
      withKeys({ text: { prompt: "a class" } }),
      'train.yaml: text.prompt: expected a text with [class] in it; got "a class"',
    ],
    [
      withKeys({ text: { encoder: "clip" } }),
      "train.yaml: text.folder: expected a folder with a CLIP text model, as text.encoder is clip; got none — symdiffuser text-encoder fetch gets one",
    ],
    [withKeys({ text: "clip" }), 'train.yaml: text: expected keys with values; got "clip"'],
    [withKeys({ smoothing: 2 }), "train.yaml: smoothing: expected an odd side of a window; got 2"],
    [
      withKeys({ split: { rule: "blok:3" } }),
      'train.yaml: split.rule: expected one of perClass:N, fraction:P, blocks:SIZE[,guard:G][,fraction:F][,perClass:N], plots[,fraction:F][,perClass:N], official:TRAIN_MASK,TEST_MASK, file:PATH; got "blok:3"',
    ],
    [
      withKeys({ split: { rule: "fraction:0.1", perClass: 3 } }),
      "train.yaml: split.perClass: expected a number only with a rule blocks:…, plots or official:…; got 3 with fraction:0.1",
    ],
    [
      withKeys({ pretraining: { averageDecay: 1 } }),
      "train.yaml: pretraining.averageDecay: expected a number from 0 to below 1; got 1",
    ],
  ];
  for (const [raw, message] of faults) {
    it(`refuses ${JSON.stringify(raw)}`, () => assert.equal(messageOf(raw), message));
  }
});

describe("readConfig", () => {
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it("names a run after its file", () => {
    const { name } = readConfig(write("valley.yaml", "scene: { simulate: { seed: 3 } }\n"));
    assert.equal(name, "valley");
  });

  it("tells the line where the text is not YAML", () => {
    const file = write("broken.yaml", "scene:\n  simulate: {}\nscene: {}\n");
    assert.throws(() => readConfig(file), {
      name: FormatError.name,
      message: `${file}: expected YAML; got: Map keys must be unique — line 3`,
    });
  });

  it("refuses a file that is not there", () => {
    assert.throws(() => readConfig("missing.yaml"), {
      name: FormatError.name,
      message: "missing.yaml: expected a configuration file; got no such file",
    });
  });

  it("takes an empty file for one without keys", () => {
    const file = write("empty.yaml", "# nothing\n");
    assert.throws(() => readConfig(file), {
      message: `${file}: scene: expected sources and labels, or simulate; got nothing`,
    });
  });
});

describe("configText", () => {
  it("is a configuration that resolves to the same, wherever it lies", () => {
    for (const raw of [files, simulated]) {
      const config = resolveConfig(raw, "", folder);
      assert.deepEqual(resolveConfig(parse(configText(config)), "", "/elsewhere"), config);
    }
  });

  it("does not depend on the order in which keys were written", () => {
    const one = resolveConfig({ ...files, head: { count: 5, width: 32 }, seed: 1 }, "", folder);
    const other = resolveConfig({ seed: 1, head: { width: 32, count: 5 }, ...files }, "", folder);
    assert.equal(configText(one), configText(other));
  });
});

describe("sceneOptions", () => {
  it("leaves out what is not settled and turns colours to numbers", () => {
    const labels = { file: "l.tif", unlabelled: [0], classes: { 2: { name: "trees", color: "#1f6B36" }, 5: "road" } };
    const { scene } = resolveConfig({ scene: { ...files.scene, labels } }, "", folder);
    assert.ok("sources" in scene);
    assert.deepEqual(sceneOptions("valley", scene), {
      name: "valley",
      sources: [
        { name: "s2", file: [resolve(folder, "a.tif")] },
        { name: "s1", file: [`${resolve(folder, "b.mat")}#x/y`], bands: [0] },
      ],
      labels: {
        file: [resolve(folder, "l.tif")],
        allTouched: false,
        minPixels: 1,
        unlabelled: [0],
        classes: [
          { code: 2, name: "trees", color: [31, 107, 54] },
          { code: 5, name: "road" },
        ],
      },
    });
  });
});

describe("what is published of the configuration", () => {
  it("schema.json is up to date (npm run schema)", () => {
    assert.deepEqual(JSON.parse(readFileSync(join(project, "schema.json"), "utf8")), jsonSchema());
  });

  it("every key has a meaning, and stands in docs/configuration.md with it and its default", () => {
    const text = readFileSync(join(project, "docs/configuration.md"), "utf8");
    const rows = text.split("\n").map((line) => line.split(" | "));
    for (const { path, meaning, default: value } of configKeys) {
      assert.notEqual(meaning, "", path.join("."));
      const row = rows.find(([key]) => key === `| \`${path.join(".")}\``);
      assert.deepEqual(row?.slice(2), [value === undefined ? "" : `\`${JSON.stringify(value)}\``, `${meaning} |`]);
    }
  });

  it("the example of docs/configuration.md can be used", () => {
    const text = readFileSync(join(project, "docs/configuration.md"), "utf8");
    const [, example] = /```yaml\n(.*?)```/s.exec(text)!;
    assert.equal(resolveConfig(parse(example!), "", folder).head.count, 5);
  });

  for (const name of ["demo", "muufl-lidar", "terramesh-433d", "terramesh-433d-dem"]) {
    it(`configs/${name}.yaml can be used and says how`, () => {
      const file = join(project, "configs", `${name}.yaml`);
      const lines = readFileSync(file, "utf8").split("\n");
      assert.equal(lines[0], "# yaml-language-server: $schema=../schema.json");
      assert.ok(lines.includes(`# command: symdiffuser train configs/${name}.yaml`));
      assert.equal(readConfig(file).name, name);
    });
  }

  it("configs/demo.yaml is what the demo does", () => {
    assert.deepEqual(readConfig(join(project, "configs/demo.yaml")), resolveConfig(demoConfig, "", project));
  });
});
