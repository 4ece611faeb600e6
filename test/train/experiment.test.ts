import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";
import { ConfigError } from "../../src/tensor/index.ts";
import {
  columnNames,
  experimentJsonSchema,
  readConfig,
  readExperiment,
  resolveExperiment,
} from "../../src/train/index.ts";

const project = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "experiment-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, "made.yaml"),
  "scene: { simulate: { seed: 3 } }\nhead: { count: 2 }\nbaselines: [rf, svm]\n",
);

const base = { name: "trial", scenes: "made.yaml" };
const resolved = (keys: object) => resolveExperiment({ ...base, ...keys }, "trial.yaml", folder);

function messageOf(keys: object): string {
  try {
    resolved(keys);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return "no error";
}

describe("resolveExperiment", () => {
  it("makes a cell of every method, variant, set of sources, split and seed", () => {
    const { cells } = resolved({
      methods: ["symdiffuser", "rf", "svm"],
      variants: ["full", "V2"],
      sources: [
        ["hsi", "lidar"],
        ["hsi", "sar"],
      ],
      splits: [0, 1],
      seeds: [4, 5, 6],
    });
    const count = (method: string): number => cells.filter((cell) => cell.method === method).length;
    // Nothing in a support vector machine is random: one seed is enough.
    assert.deepEqual([count("symdiffuser"), count("rf"), count("svm")], [24, 12, 4]);
    assert.equal(new Set(cells.map(({ config }) => config.out)).size, cells.length);
    assert.equal(cells[0]!.id, "made/symdiffuser-full-hsi+lidar-split0-seed4");
    assert.equal(cells[0]!.config.out, resolve("runs/trial/cells/made/symdiffuser-full-hsi+lidar-split0-seed4"));
  });

  it("gives each cell its seeds, sources and settings, a variant's before the experiment's before the scene's", () => {
    const { cells } = resolved({
      settings: { head: { steps: 9 }, network: { tci: true } },
      variants: { own: { network: { tci: false }, head: { width: 32 } } },
      sources: [["sar", "hsi"]],
      splits: [7],
      seeds: [8],
    });
    const { config } = cells[0]!;
    const { count, steps, width } = config.head;
    assert.deepEqual([count, steps, width, config.network.tci], [2, 9, 32, false]);
    assert.deepEqual([config.split.seed, config.seed, config.baselines], [7, 8, []]);
    assert.deepEqual("simulate" in config.scene && config.scene.simulate.sources, ["hsi", "sar"]);
  });

  it("gives single methods settings and seeds of their own", () => {
    const { cells } = resolved({
      methods: { cnn: { epochs: 3 }, svm: {}, symdiffuser: { head: { steps: 7 } } },
      seeds: [5],
      seedsOf: { symdiffuser: [0, 1] },
    });
    assert.deepEqual(
      cells.map(({ method, seed, config }) => [method, seed, config.epochs, config.head.steps === 7]),
      [
        ["cnn", 5, 3, false],
        ["svm", 5, null, false],
        ["symdiffuser", 0, null, true],
        ["symdiffuser", 1, null, true],
      ],
    );
  });

  it("runs a published split once, whatever the seeds of splits", () => {
    const scenes = { a: { scene: { simulate: {} }, split: { rule: "official:a.tif,b.tif" } } };
    assert.equal(resolved({ scenes, splits: [0, 1] }).cells.length, 1);
    const drawn = { a: { ...scenes.a, split: { ...scenes.a.split, perClass: 20 } } };
    assert.equal(resolved({ scenes: drawn, splits: [0, 1] }).cells.length, 2);
  });

  it("takes the paper's variants by name, under other names too", () => {
    const cells = resolved({ variants: { bare: "V2", "no MPB": "V3a" } }).cells;
    const told = cells.map(({ variant, config }) => [variant, config.network.perception, config.network.tci]);
    assert.deepEqual(told, [
      ["bare", "none", false],
      ["no MPB", "none", true],
    ]);
  });

  it("takes scenes from files, from lists of files, and written out", () => {
    const inline = { a: "made.yaml", b: { scene: { simulate: { seed: 4 } } } };
    assert.deepEqual([...resolved({ scenes: inline }).scenes.keys()], ["a", "b"]);
    assert.equal(resolved({ scenes: inline }).scenes.get("b")!.name, "b");
    assert.deepEqual([...resolved({ scenes: ["made.yaml"] }).scenes.keys()], ["made"]);
  });

  it("refuses what cannot be run, and says where it stands in the file", () => {
    assert.equal(
      messageOf({ method: ["rf"] }),
      "trial.yaml: method: unknown key; known are name, scenes, settings, methods, variants, sources, splits, seeds, seedsOf, out — did you mean methods?",
    );
    const lists = "the file of a run's configuration, a list of such files, or files or configurations by name";
    assert.equal(messageOf({ scenes: 5 }), `trial.yaml: scenes: expected ${lists}; got 5`);
    assert.match(messageOf({ methods: "rf" }), /^trial\.yaml: methods: expected a list of symdiffuser, .*; got "rf"$/);
    assert.equal(messageOf({ splits: [] }), "trial.yaml: splits: expected at least one number; got []");
    assert.equal(messageOf({ seeds: [1, 1] }), "trial.yaml: seeds: expected every value once; got 1 again");
    assert.equal(
      messageOf({ seedsOf: { rf: [2, 2] } }),
      "trial.yaml: seedsOf.rf: expected every value once; got 2 again",
    );
    assert.equal(
      messageOf({ sources: [["hsi"]] }),
      'trial.yaml: sources[0]: expected two sources or more; got ["hsi"]',
    );
    assert.equal(
      messageOf({ sources: [["hsi", "dem"]] }),
      'trial.yaml: sources: expected sources of made, which are hsi, lidar, sar; got "dem"',
    );
    assert.equal(
      messageOf({ variants: { own: { network: { width: 7 } } } }),
      "trial.yaml: variants.own.network.width: expected an even number, half sines and half cosines of time; got 7",
    );
    assert.match(
      messageOf({ settings: { hedd: { count: 1 } }, variants: ["V2"] }),
      /^trial\.yaml: settings\.hedd: unknown key; known are .* — did you mean head\?$/,
    );
    assert.match(
      messageOf({ settings: { network: { heds: 8 } }, variants: ["V2"] }),
      /^trial\.yaml: settings\.network\.heds: unknown key; .* — did you mean heads\?$/,
    );
    assert.equal(
      messageOf({ scenes: ["made.yaml", "./made.yaml"] }),
      "trial.yaml: expected names of scenes, variants and sets of sources that differ; got made/symdiffuser-full-split0-seed0 twice",
    );
  });

  it("says which of several scenes, methods and variants cannot be used", () => {
    const names = "expected a name of letters, digits, spaces and . _ + -";
    const variants = "V1, V2, V3a, V3b, V4, full";
    assert.equal(messageOf({ scenes: { "a/b": "made.yaml" } }), `trial.yaml: scenes: ${names}; got "a/b"`);
    assert.equal(messageOf({ variants: { "my way's": "V1" } }), `trial.yaml: variants: ${names}; got "my way's"`);
    assert.equal(
      messageOf({ variants: ["V1", "V9"] }),
      `trial.yaml: variants[1]: expected one of ${variants}; got "V9"`,
    );
    assert.equal(
      messageOf({ variants: { own: "V9" } }),
      `trial.yaml: variants.own: expected one of ${variants}, or settings; got "V9"`,
    );
    assert.equal(messageOf({ variants: {} }), "trial.yaml: variants: expected at least one, by name; got {}");
    assert.match(
      messageOf({ methods: ["rff"] }),
      /^trial\.yaml: methods\[0\]: expected one of symdiffuser, .*; got "rff"$/,
    );
    const unknown =
      /^trial\.yaml: (methods|seedsOf)\.rff: unknown key; known are symdiffuser, rf, .* — did you mean rf\?$/;
    assert.match(messageOf({ methods: { rff: {} } }), unknown);
    assert.match(messageOf({ seedsOf: { rff: [0] } }), unknown);
  });

  it("blames a variant for what does not go with its scene", () => {
    const variants = { own: { pretraining: { alone: 0 } } };
    const rule = "features.alone: expected false where pretraining.alone is 0; got true";
    assert.equal(messageOf({ variants }), `trial.yaml: variants.own: ${join(folder, "made.yaml")}: ${rule}`);
    const scenes = { a: { scene: { simulate: {} } } };
    assert.equal(messageOf({ variants, scenes }), `trial.yaml: variants.own: scenes.a: ${rule}`);
    const paper = { own: { pretraining: { alone: 0, stepPower: 1 }, features: { alone: false } } };
    assert.deepEqual(resolved({ variants: paper }).cells[0]!.config.features.alone, false);
  });
});

describe("columnNames", () => {
  it("hold what differs between columns", () => {
    const own = { method: "symdiffuser", sources: null };
    const rf = { method: "rf", variant: null, sources: null };
    const [full, plain] = [
      { ...own, variant: "full" },
      { ...own, variant: "V2" },
    ];
    const sets = [
      ["hsi", "sar"],
      ["hsi", "lidar"],
    ];
    assert.deepEqual(columnNames([full]), ["SymDiffuser"]);
    assert.deepEqual(columnNames([full, rf]), ["SymDiffuser", "rf"]);
    assert.deepEqual(columnNames([full, plain]), ["full", "V2"]);
    assert.deepEqual(columnNames([full, plain, rf]), ["SymDiffuser full", "SymDiffuser V2", "rf"]);
    assert.deepEqual(columnNames(sets.map((sources) => ({ ...full, sources }))), ["hsi+sar", "hsi+lidar"]);
  });
});

describe("what is published of experiments", () => {
  it("schema-experiment.json is up to date (npm run schema)", () => {
    const text = readFileSync(join(project, "schema-experiment.json"), "utf8");
    assert.deepEqual(JSON.parse(text), experimentJsonSchema());
  });

  it("the example of docs/experiments.md can be used", () => {
    const [, example] = /```yaml\n(.*?)```/s.exec(readFileSync(join(project, "docs/experiments.md"), "utf8"))!;
    const { cells } = resolveExperiment({ name: "example", ...parse(example!) }, "", join(project, "configs"));
    assert.ok(cells.length > 0);
  });

  it("the paper's way of docs/method-variants.md is the same in a file, an experiment and flags", () => {
    const text = readFileSync(join(project, "docs/method-variants.md"), "utf8");
    const settings = parse(/```yaml\n(.*?)```/s.exec(text)![1]!);
    const flags = [.../`(--pretraining[^`]*)`/.exec(text)![1]!.matchAll(/--(\S+) (\S+)/g)];
    const overrides = flags.map(([flag, path, value]) => ({ path: path!.split("."), value: parse(value!), flag }));
    const wanted = readConfig(join(folder, "made.yaml"), overrides);
    const ways = [resolved({ settings }), resolved({ variants: { paper: settings } })];
    for (const { cells } of ways) {
      const { pretraining, features } = cells[0]!.config;
      assert.deepEqual({ pretraining, features }, { pretraining: wanted.pretraining, features: wanted.features });
      assert.deepEqual([pretraining.alone, pretraining.stepPower, features.alone], [0, 1, false]);
    }
  });

  const files = readdirSync(join(project, "configs")).filter((file) => /^experiment-.*\.yaml$/.test(file));
  for (const file of files) {
    it(`configs/${file} can be used and says how`, () => {
      const text = readFileSync(join(project, "configs", file), "utf8");
      assert.ok(text.startsWith("# yaml-language-server: $schema=../schema-experiment.json\n"));
      assert.ok(text.includes(`\n# command: symdiffuser experiment configs/${file}`));
      // Of the paper's own scenes, the configurations come from recipes; another scene stands in for them.
      const raw = parse(text);
      const isPaper = file.startsWith("experiment-paper-");
      const standIn = {
        sources: { hsi: "a", lidar: "a", sar: "a", msi: "a", dsm: "a", pan: "a", rgb: "a" },
        labels: "a",
      };
      const scenes = { scene: { scene: standIn } };
      const cells = isPaper
        ? resolveExperiment({ name: "paper", ...raw, scenes }, file, project).cells
        : readExperiment(join(project, "configs", file)).cells;
      assert.ok(cells.length > 1);
      if (/ablation|table4/.test(file)) {
        assert.ok(new Set(cells.map(({ seed }) => seed)).size >= 3, "three seeds of pre-training or more");
      }
    });
  }
});
