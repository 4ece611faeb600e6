import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { recipes } from "../../src/scene/index.ts";
import { openTextEncoder, promptOf, small, type TextEncoder, textEncoders } from "../../src/symdiffuser/index.ts";
import { clipTextEncoder, clipTokens, readTokenizer } from "../../src/symdiffuser/text/clip.ts";
import { wordTextEncoder } from "../../src/symdiffuser/text/words.ts";

const clipFolder = join(import.meta.dirname, "..", "golden", "clip");
const scratch = mkdtempSync(join(tmpdir(), "text-"));
after(() => rmSync(scratch, { recursive: true }));

const opened = (encoder: (typeof textEncoders)[number]): Promise<TextEncoder> =>
  openTextEncoder({ ...small.text, encoder, folder: clipFolder });

/** Cosines of all pairs of texts. */
async function cosines(encoder: TextEncoder, ...texts: string[]): Promise<(a: string, b: string) => number> {
  const { data, shape } = await encoder.encode(texts);
  const row = (text: string): Float32Array => data.subarray(texts.indexOf(text) * shape[1]!).subarray(0, shape[1]!);
  return (a, b) => row(a).reduce((sum, value, at) => sum + value * row(b)[at]!, 0);
}

describe("every text encoder", () => {
  for (const name of textEncoders) {
    it(`${name} gives unit vectors, the same for the same text, different for different names`, async () => {
      const encoder = await opened(name);
      const names = ["parking lot 1", "parking lot 2", "class 1", "1", "2", "12", "Wald", "森林", "🌳", "", "x"];
      const { data, shape } = await encoder.encode(names);
      assert.equal(shape[0], names.length);
      const rows = names.map((_, at) => data.slice(at * shape[1]!, (at + 1) * shape[1]!));
      for (const row of rows) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-5);
      assert.equal(new Set(rows.map(String)).size, names.length);
      const again = await (await opened(name)).encode(["Wald"]);
      assert.deepEqual(again.data, rows[names.indexOf("Wald")]);
    });
  }
});

describe("prompts", () => {
  it("hold the class's name where [class] stands, whatever is in it", () => {
    assert.equal(promptOf(small.text.prompt, "oak"), "a sample of oak");
    assert.equal(promptOf("[class], seen from above: [class]", "$& roof"), "$& roof, seen from above: $& roof");
  });
});

describe("the encoder words", () => {
  const words = wordTextEncoder();

  it("puts words of like meaning near each other", async () => {
    const nearer = [
      ["oak", "maple", "road"],
      ["oak", "pine", "asphalt"],
      ["wheat", "barley", "concrete"],
      ["road", "highway", "trees"],
      ["water", "river", "asphalt"],
      ["Residential", "Commercial", "crops"],
      ["healthy grass", "stressed grass", "railway"],
      ["roof", "building", "low vegetation"],
      ["snow and ice", "glacier", "cropland"],
      ["evergreen needle-leaved forest", "broadleaf woodland", "dirt road"],
    ] as const;
    for (const [name, near, far] of nearer) {
      const cosine = await cosines(words, name, near, far);
      assert.ok(cosine(name, near) > cosine(name, far) + 0.1, `${name}: ${cosine(name, near)}, ${cosine(name, far)}`);
    }
  });

  it("looks past case, plurals, accents, joined words and words that tell nothing", async () => {
    const same = [
      ["Oaks", "oak"],
      ["ParkingLot", "parking lot"],
      ["Forêt of the oak", "foret oak"],
      ["trees_and_shrubs", "Tree, shrub"],
    ] as const;
    for (const [one, other] of same) {
      const cosine = await cosines(words, one, other);
      assert.ok(cosine(one, other) > 0.8, `${one}: ${cosine(one, other)}`);
    }
    const numbered = await cosines(words, "parking lot 1", "parking lot 2");
    assert.ok(numbered("parking lot 1", "parking lot 2") > 0.8);
  });

  it("knows the words of the recipes' class names", async () => {
    const table = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../src/symdiffuser/text/words.json"), "utf8"),
    ) as { readonly words: string };
    const known = new Set(table.words.split(" "));
    const names = Array.from(recipes.values()).flatMap(({ classes }) => classes.map(({ name }) => name));
    const used = names.flatMap((name) => name.toLowerCase().match(/[a-z]{2,}/g) ?? []);
    assert.ok(used.length > 100);
    const unknown = used.filter((word) => !known.has(word) && !known.has(word.replace(/s$/, "")));
    assert.deepEqual([...new Set(unknown)], []);
  });
});

interface Expected {
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly embedding: readonly number[];
}

describe("the encoder clip", () => {
  const expected = JSON.parse(readFileSync(join(clipFolder, "expected.json"), "utf8")) as readonly Expected[];

  it("cuts texts into the tokens of the reference", async () => {
    const file = join(clipFolder, "tokenizer.json");
    const tokenizer = await readTokenizer(file);
    for (const { prompt, ids } of expected) assert.deepEqual(clipTokens(tokenizer, prompt, file), ids, prompt);
  });

  it("gives the vectors of the reference, to 1e-4", async () => {
    const encoder = await clipTextEncoder(clipFolder);
    assert.match(encoder.name, /^clip, SHA-256 [0-9a-f]{64}$/);
    const { data, shape } = await encoder.encode(expected.map(({ prompt }) => prompt));
    assert.deepEqual(shape, [expected.length, 12]);
    for (const [row, { prompt, embedding }] of expected.entries()) {
      const length = Math.hypot(...embedding);
      for (const [at, value] of embedding.entries()) {
        const difference = Math.abs(data[row * 12 + at]! - value / length);
        assert.ok(difference < 1e-4, `${prompt}[${at}]: ${difference}`);
      }
    }
  });

  const model = readFileSync(join(clipFolder, "text_model.onnx"));
  const tokenizer = readFileSync(join(clipFolder, "tokenizer.json"));
  const renamed = (from: string, to: string): Buffer =>
    Buffer.from(model.toString("latin1").replaceAll(from, to), "latin1");
  const large = tokenizer.toString().replaceAll("718", "100000");
  const faults: readonly (readonly [string, Uint8Array, Uint8Array | string, RegExp])[] = [
    ["no tokenizer in its JSON", model, "{}", /tokenizer\.json: expected a tokenizer as JSON, .*; got: ./],
    ["text that is no JSON", model, "<html>", /tokenizer\.json: expected a tokenizer as JSON, .*; got: ./],
    ["no model", Buffer.from("not found"), tokenizer, /text_model\.onnx: expected an ONNX model; got: ./],
    ["half a model", model.subarray(0, 40_000), tokenizer, /text_model\.onnx: expected an ONNX model; got: ./],
    [
      "a model of something else",
      renamed("text_embeds", "image_embed"),
      tokenizer,
      /text_model\.onnx: expected a text model from input_ids to text_embeds or pooler_output; got input_ids, attention_mask to last_hidden_state, image_embed$/,
    ],
    [
      "tokens that the model does not know",
      model,
      large,
      /text_model\.onnx: expected a model that takes these inputs; got: ./,
    ],
  ];
  for (const [what, modelBytes, tokenizerText, message] of faults) {
    it(`refuses ${what}`, async () => {
      writeFileSync(join(scratch, "text_model.onnx"), modelBytes);
      writeFileSync(join(scratch, "tokenizer.json"), tokenizerText);
      const work = async (): Promise<unknown> => (await clipTextEncoder(scratch)).encode(["oak"]);
      await assert.rejects(work, (error: Error) => {
        assert.equal(error.name, "FormatError");
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("says what a folder lacks, and how to get it", async () => {
    const folder = mkdtempSync(join(scratch, "lacking-"));
    copyFileSync(join(clipFolder, "tokenizer.json"), join(folder, "tokenizer.json"));
    await assert.rejects(clipTextEncoder(folder), {
      name: "ConfigError",
      message: `text.folder: expected a folder with text_model.onnx and tokenizer.json; got ${folder} without text_model.onnx — symdiffuser text-encoder fetch gets them`,
    });
  });
});
