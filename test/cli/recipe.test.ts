import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/main.ts";
import { fetchRecipe } from "../../src/cli/recipe.ts";
import { openScene, openSplit, readers, recipes } from "../../src/scene/index.ts";
import { readConfig, sceneOptions } from "../../src/train/index.ts";
import { recipeFolder, recipeGoldens } from "../scene/recipe-goldens.ts";
import { kept } from "./streams.ts";

const scratch = mkdtempSync(join(tmpdir(), "cli-recipe-"));
after(() => rmSync(scratch, { recursive: true }));

async function told(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [kept(), kept()];
  const code = await run(["recipe", ...words], { out, err });
  return { code, out: out.text, err: err.text };
}

describe("recipe list", () => {
  it("has a line for each recipe", async () => {
    const { code, out } = await told("list");
    assert.equal(code, 0);
    const [head, , ...lines] = out.split("\n");
    assert.match(head!, /^Recipe +Pixels +Classes +Sources +Split +Files$/);
    assert.match(lines[0]!, /^houston2013 +349 × 1905 +15 +hsi, lidar, msi +published +by hand$/);
    assert.deepEqual(
      lines.slice(0, recipes.size).map((line) => line.split(" ")[0]),
      [...recipes.keys()],
    );
    const objects = (await told("list", "--json")).out.trimEnd().split("\n");
    assert.equal(JSON.parse(objects[0]!).name, "houston2013");
  });
});

describe("recipe show", () => {
  for (const { name, layouts } of recipes.values()) {
    for (const layout of layouts) {
      it(`writes a configuration of ${name} as ${layout.name} that can be read`, async () => {
        const { code, out } = await told("show", name, "--layout", layout.name);
        assert.equal(code, 0);
        const file = join(scratch, "shown.yaml");
        writeFileSync(file, out);
        const { scene } = readConfig(file);
        assert.ok("sources" in scene);
        assert.ok(Object.keys(scene.sources).length >= 2);
        assert.ok(out.split("\n").every((line) => line.length <= 400));
      });
    }
  }

  it("simulates sensors from the hyperspectral source", async () => {
    const { out } = await told("show", "trento", "--layout", "hct", "--sources", "pan,lidar");
    const file = join(scratch, "pan.yaml");
    writeFileSync(file, out);
    const { scene } = readConfig(file);
    assert.ok("sources" in scene);
    assert.deepEqual(Object.keys(scene.sources), ["pan", "lidar"]);
    assert.match(out, /^ {4}pan: \{ file: HSI_Trento\.mat, wavelengths: \[ 402\.89, 989\.09 \], simulate: pan \}$/m);
  });

  it("tells splits, counts, licence and links as comments", async () => {
    const { out } = await told("show", "augsburg");
    assert.ok(out.startsWith("# Augsburg: city in Germany at 30 m, 7 classes\n#\n# pixels: 332 × 485, 30 m\n"));
    assert.match(out, /^# labelled: 78294 pixels; published split: 761 train, 77533 test$/m);
    assert.match(out, /^ {6}6: \{ name: Commercial, color: "#cc66cc" \} # 7 train, 1638 test$/m);
    assert.match(
      out,
      /^# labels\.tif and split\.json: written, with this configuration, by symdiffuser recipe prepare DIR$/m,
    );
    assert.match((await told("show", "idtrees")).out, /checksum\n# +not published\)$/m);
  });

  const faults: readonly (readonly [string[], number, RegExp])[] = [
    [["show", "paris"], 1, /^recipe: expected one of houston2013, trento, .*; got "paris"\n$/],
    [
      ["show", "muufl", "--layout", "s2fl"],
      1,
      /^layout of muufl: expected one of gatorsense, mats, collaborative; got "s2fl"\n$/,
    ],
    [
      ["show", "berlin", "--sources", "hsi,lidar"],
      1,
      /^sources: expected sources of hsi, sar, pan, rgb, msi; got "lidar"\n$/,
    ],
    [["show"], 2, /^recipe: expected the name of a recipe after show; got nothing\n/],
    [["list", "x"], 2, /^recipe: expected nothing after list; got x\n/],
    [["lst"], 2, /^recipe: expected one of list, show, check, prepare, fetch; got "lst"\n/],
    [["fetch", "houston2013"], 1, /^fetching houston2013 is not supported — its licence: .*; get it by hand: .*\n$/],
  ];
  for (const [words, expected, message] of faults) {
    it(`refuses ${words.join(" ")}`, async () => {
      const { code, out, err } = await told(...words);
      assert.deepEqual([code, out], [expected, ""]);
      assert.match(err, message);
    });
  }
});

const isThere = (format: RegExp): boolean => readers.some(({ name }) => format.test(name));

describe("recipe check and prepare", () => {
  for (const { recipe, layout, folder, height, width, classes } of recipeGoldens) {
    const skip =
      (layout === "contest" && !isThere(/roi/i)) || (folder.endsWith("v73") && !isThere(/hdf5/i))
        ? "the reader of its format is not there"
        : false;
    it(`makes ${folder} ready to open`, { skip }, async () => {
      const copy = join(scratch, folder);
      cpSync(recipeFolder + folder, copy, { recursive: true });
      const { code, out, err } = await told("prepare", copy, "--recipe", recipe);
      assert.equal(code, 0, err);
      assert.match(out, /^Wrote\n[\s\S]*Train on it with: symdiffuser train .*\.yaml\n$/);
      // These scenes are smaller than the published ones.
      assert.match(err, /expected \d+ × \d+ pixels; got /);
      const config = readConfig(join(copy, `${recipe}.yaml`));
      assert.ok("sources" in config.scene);
      const scene = await openScene(sceneOptions(config.name, config.scene));
      assert.deepEqual([scene.height, scene.width], [height, width]);
      const counts = Object.entries(classes);
      const labels = scene.labels!;
      assert.deepEqual(
        labels.classes.map(({ code }) => code),
        counts.map(([code]) => Number(code)),
      );
      const countOf = (pixels: Int32Array, at: number): number =>
        pixels.reduce((sum, pixel) => sum + Number(labels.data[pixel] === at + 1), 0);
      const all = Int32Array.from(labels.data.keys());
      assert.deepEqual(
        counts.map((_, at) => countOf(all, at)),
        counts.map(([, [total]]) => total),
      );
      if (counts[0]![1][1] === null) return;
      const split = await openSplit(scene, config.split.rule, 0);
      assert.deepEqual(
        counts.map((_, at) => [countOf(split.train, at), countOf(split.test, at)]),
        counts.map(([, [, train, test]]) => [train, test]),
      );
    });
  }

  it("does not write over files unless told to", async () => {
    const copy = join(scratch, "again");
    cpSync(`${recipeFolder}augsburg-s2fl`, copy, { recursive: true });
    const prepare = () => told("prepare", copy, "--recipe", "augsburg", "--json");
    assert.equal((await prepare()).code, 0);
    const { code, err } = await prepare();
    assert.equal(code, 1);
    assert.equal(err, `${join(copy, "labels.tif")}: expected no such file yet; got one — try --overwrite\n`);
    assert.equal((await told("prepare", copy, "--recipe", "augsburg", "--json", "--overwrite")).code, 0);
  });

  it("tells what is there, and ends with 1 where it is not as published", async () => {
    const folder = `${recipeFolder}berlin-s2fl`;
    const { code, out } = await told("check", folder, "--recipe", "berlin");
    assert.equal(code, 1);
    assert.ok(out.startsWith(`${folder}: berlin, layout s2fl (S2FL toolbox: `));
    assert.match(out, /^ {2}wrong {4}sar: data_SAR_HR\.mat — expected 1723 × 476 pixels; got 19 × 7$/m);
    assert.ok(out.endsWith("not ready: see above\n"));
    const { isUsable, verdicts } = JSON.parse((await told("check", folder, "--recipe", "berlin", "--json")).out);
    assert.deepEqual([isUsable, verdicts.length], [false, 3]);
  });
});

describe("recipe fetch", () => {
  it("fetches all files and says what was checked", async () => {
    const scene = readFileSync(fileURLToPath(new URL("../golden/zip/scene.zip", import.meta.url)));
    const bodies = new Map<string | undefined, Uint8Array | string>([["/a.zip", scene]]);
    const server = createServer(({ url }, response) => response.end(bodies.get(url) ?? `bytes of ${url}`));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const out = kept();
    const context = { out, err: kept(), argv: [], setExit: () => {} };
    const downloads = ["a.zip", "b.mat"].map((file) => ({ url: `${url}/${file}`, file, sha256: null, bytes: null }));
    const folder = join(scratch, "fetched");
    await fetchRecipe({ name: "small", downloads, licence: "", where: [] }, { out: folder }, context, true);
    const lines = out.text.split("\n");
    const [zip, mat] = downloads.map(({ file }) => join(folder, file));
    assert.match(lines[0]!, /: fetched, not checked, none is published: SHA-256 [0-9a-f]{64}; unpacked: 4 files$/);
    assert.ok(lines[1]!.startsWith(`${mat}: fetched, not checked`));
    assert.ok(lines[2]!.endsWith("--recipe small tells what is there"));
    assert.equal(readFileSync(mat!, "utf8"), "bytes of /b.mat");
    assert.deepEqual(readdirSync(join(folder, "Augsburg")).length, 4);
    assert.ok(!existsSync(`${zip}.part`));
  });
});
