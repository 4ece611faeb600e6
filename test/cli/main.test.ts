import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { run } from "../../src/cli/main.ts";
import { readConfig } from "../../src/train/index.ts";
import { kept } from "./streams.ts";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
after(() => rmSync(folder, { recursive: true }));

/** What a command line prints, and its exit code. */
async function told(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [kept(), kept()];
  const code = await run(words, { out, err });
  return { code, out: out.text, err: err.text };
}

const golden = join(import.meta.dirname, "../golden/help");

describe("--help", () => {
  for (const words of [[], ...commands.map(({ name }) => [name])]) {
    const name = words[0] ?? "symdiffuser";
    it(`of ${name} is that of test/golden/help/${name}.txt (made anew with UPDATE_GOLDEN=1)`, async () => {
      const { code, out, err } = await told(...words, "--help");
      const file = join(golden, `${name}.txt`);
      if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, out);
      assert.equal(out, readFileSync(file, "utf8"));
      assert.deepEqual([code, err], [0, ""]);
      assert.ok(out.split("\n").every((line) => line.length <= 100));
    });
  }

  it("is printed where no command is given, which is an error", async () => {
    const { code, out, err } = await told();
    assert.deepEqual([code, out], [2, ""]);
    assert.ok(err.startsWith("Usage: symdiffuser <command> [flags]\n"));
  });
});

describe("--version", () => {
  it("is that of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    assert.deepEqual(await told("--version"), { code: 0, out: `${version}\n`, err: "" });
  });
});

describe("a command line that cannot be understood", () => {
  const usage = (command: string, words: string): string =>
    `Usage: symdiffuser ${command}${words}\nAll flags: symdiffuser${command && ` ${command.trim()}`} --help\n`;
  const known = "demo, train, map, evaluate, translate, consistency, experiment, info, simulate, recipe, text-encoder";
  const faults: readonly (readonly [string, string])[] = [
    [
      "trian",
      `symdiffuser: unknown command trian; known are ${known} — did you mean train?\n${usage("", "<command> [flags]")}`,
    ],
    ["toString", `symdiffuser: unknown command toString; known are ${known}\n${usage("", "<command> [flags]")}`],
    ["--verison", `symdiffuser: unknown flag --verison — did you mean --version?\n${usage("", "<command> [flags]")}`],
    [
      "train --head.cuont 3",
      `train: unknown flag --head.cuont — did you mean --head.count?\n${usage("train ", "[config] [flags]")}`,
    ],
    [
      "train --scene.sources.s2.band 3",
      `train: unknown flag --scene.sources.s2.band — did you mean --scene.sources.s2.bands?\n${usage("train ", "[config] [flags]")}`,
    ],
    ["train --seed", `train: expected a value after --seed; got nothing\n${usage("train ", "[config] [flags]")}`],
    [
      "train --source s2.tif",
      `train: --source: expected NAME=FILE or NAME:KIND=FILE; got "s2.tif"\n${usage("train ", "[config] [flags]")}`,
    ],
    [
      "train",
      `train: expected a configuration file, or --source and --labels; got neither\n${usage("train ", "[config] [flags]")}`,
    ],
    [
      "train a.yaml --resume --overwrite",
      `train: expected --resume or --overwrite; got both\n${usage("train ", "[config] [flags]")}`,
    ],
    ["train a b", `train: expected 1 word besides flags; got more\n${usage("train ", "[config] [flags]")}`],
    ["demo a", `demo: expected no words but flags; got more\n${usage("demo ", "[flags]")}`],
    ["map", `map: expected <run>; got nothing\n${usage("map ", "<run> [flags]")}`],
    [
      "map a --source s2:msi=b.tif",
      `map: --source: expected NAME=FILE, the kind is that of the run; got "s2:msi=b.tif"\n${usage("map ", "<run> [flags]")}`,
    ],
    ["map a --threads x", `map: --threads: expected an integer ≥ 0; got "x"\n${usage("map ", "<run> [flags]")}`],
    ["info", `info: expected <file>; got nothing\n${usage("info ", "<file...> [flags]")}`],
    ["simulate", `simulate: expected --out <dir>; got nothing\n${usage("simulate ", "[flags]")}`],
    [
      "simulate --out x --format bmp",
      `simulate: --format: expected one of tif; got "bmp"\n${usage("simulate ", "[flags]")}`,
    ],
  ];
  for (const [line, message] of faults) {
    it(line, async () => assert.deepEqual(await told(...line.split(" ")), { code: 2, out: "", err: message }));
  }
});

describe("a command that cannot be done", () => {
  it("says why in one sentence", async () => {
    const expected = "none.yaml: expected a configuration file; got no such file\n";
    assert.deepEqual(await told("train", "none.yaml"), { code: 1, out: "", err: expected });
  });

  it("names the flag to blame", async () => {
    const { err } = await told("demo", "--head.count", "none");
    assert.equal(err, '--head.count: expected an integer ≥ 1; got "none"\n');
  });

  it("adds where with --trace", async () => {
    const { code, err } = await told("train", "none.yaml", "--trace");
    assert.equal(code, 1);
    assert.match(err, /^none\.yaml: .*\nFormatError: none\.yaml: .*\n +at /);
  });

  it("says it in JSON, too, with --json", async () => {
    const { out } = await told("train", "none.yaml", "--json");
    assert.deepEqual(JSON.parse(out), {
      kind: "error",
      name: "FormatError",
      message: "none.yaml: expected a configuration file; got no such file",
    });
  });

  it("does not empty a folder that no run made", async () => {
    const { code, err } = await told("demo", "--out", import.meta.dirname);
    const expected = `out: expected the folder of a run, or a new one; got ${import.meta.dirname}, which holds other files\n`;
    assert.deepEqual([code, err], [1, expected]);
    assert.ok(existsSync(import.meta.filename));
  });
});

describe("simulate and info", () => {
  const out = join(folder, "scene");
  const simulated = () => told("simulate", "--out", out, "--height", "24", "--width", "17", "--overwrite", "--json");

  it("write a scene whose configuration can be trained from", async () => {
    const { code, out: text } = await simulated();
    const { files } = JSON.parse(text);
    assert.equal(code, 0);
    assert.ok(files.every((file: string) => existsSync(file)));
    const { name, scene } = readConfig(join(out, "config.yaml"));
    assert.equal(name, "simulated-0");
    assert.deepEqual("sources" in scene && scene.sources["lidar"], {
      file: [join(out, "lidar.tif")],
      kind: "lidar",
      bands: null,
      nodata: null,
      wavelengths: null,
      simulate: null,
    });
    assert.deepEqual("labels" in scene && scene.labels.classes["5"], { name: "water", color: "#326ec8" });
  });

  it("do not write over files unless told to", async () => {
    await simulated();
    const { code, err } = await told("simulate", "--out", out);
    assert.deepEqual([code, err], [1, `--out: expected a folder without hsi.tif; got ${out} — try --overwrite\n`]);
  });

  it("tell of rasters for people and for programs", async () => {
    await simulated();
    const file = join(out, "lidar.tif");
    const people = await told("info", file);
    assert.ok(people.out.startsWith(`${file}: GeoTIFF\n  24 rows × 17 columns × 1 band, f32\n  valid pixels: all\n`));
    const { raster } = JSON.parse((await told("info", file, "--json")).out);
    assert.deepEqual([raster.height, raster.width, raster.crs.epsg], [24, 17, 32632]);
  });

  it("tell of polygons and points", async () => {
    const file = join(import.meta.dirname, "..", "golden", "vector", "semicolons.csv");
    const { out } = await told("info", file);
    assert.ok(out.startsWith(`${file}: CSV\n  5 features, 0 polygons and 5 points\n\nClass          Features\n`));
    assert.match(out, /^Asphalt {15}1\ngräs {18}1\nroof {18}1\nroof, red "1" {9}1\n–/m);
  });
});
