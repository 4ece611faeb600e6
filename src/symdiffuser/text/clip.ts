/** @file Class names as vectors by the text part of a CLIP model, from files. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ConfigError, FormatError, type NdArray, ndarray, openOnnxFile } from "../../tensor/index.ts";
import { normaliseRows, type TextEncoder } from "./encoder.ts";

/** Files of a CLIP text encoder, as exported for ONNX Runtime and named on the Hugging Face hub. */
export const clipFiles = { model: "text_model.onnx", tokenizer: "tokenizer.json" } as const;

/** What is used of a tokenizer: the package's own types do not compile with every setting. */
interface Tokenizer {
  encode(text: string): { readonly ids: number[] };
}

/** Most tokens of a prompt, first and last included. @see Radford et al. 2021, section 2.4 */
const contextLength = 77;

/** Outputs that hold one vector a text, the first that is there: projected to the space of images, or as pooled. */
const pooled = ["text_embeds", "pooler_output"] as const;

/**
 * The text encoder of CLIP.
 *
 * @param folder  holds `text_model.onnx` and `tokenizer.json`
 * @throws ConfigError if a file is not there; FormatError if it is no such model or tokenizer
 * @see Radford et al. 2021
 */
export async function clipTextEncoder(folder: string): Promise<TextEncoder> {
  const [model, tokenizerFile] = [join(folder, clipFiles.model), join(folder, clipFiles.tokenizer)];
  const missing = Object.values(clipFiles).filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) {
    const what = `expected a folder with ${Object.values(clipFiles).join(" and ")}; got ${folder} without ${missing.join(" and ")}`;
    throw new ConfigError("text.folder", `${what} — symdiffuser text-encoder fetch gets them`, folder);
  }
  const tokenizer = await readTokenizer(tokenizerFile);
  const hash = createHash("sha256");
  await pipeline(createReadStream(model), hash);
  return {
    name: `clip, SHA-256 ${hash.digest("hex")}`,
    encode: async (prompts) => {
      const opened = await openOnnxFile(model);
      try {
        const known = ["input_ids", "attention_mask"];
        const output = pooled.find((name) => opened.outputs.includes(name));
        const other = opened.inputs.find((name) => !known.includes(name));
        if (output === undefined || other !== undefined || !opened.inputs.includes("input_ids")) {
          const got = `${opened.inputs.join(", ")} to ${opened.outputs.join(", ")}`;
          throw new FormatError(model, `expected a text model from input_ids to ${pooled.join(" or ")}; got ${got}`);
        }
        const rows: Float32Array[] = [];
        for (const prompt of prompts) {
          const ids = clipTokens(tokenizer, prompt, tokenizerFile);
          // One text a run: nothing has to be padded, whatever a tokenizer pads with.
          const shape = [1, ids.length];
          const feeds: Record<string, NdArray> = { input_ids: ndarray(ids, shape, "i32") };
          if (opened.inputs.includes("attention_mask")) {
            feeds["attention_mask"] = ndarray(
              ids.map(() => 1),
              shape,
              "i32",
            );
          }
          const row = await opened.run(feeds, output);
          const isVector = row.shape.length === 2 && row.shape[0] === 1 && row.shape[1]! > 0;
          if (!isVector || !normaliseRows(row.data, row.shape[1]!)) {
            const got = isVector ? "zeros or no numbers" : `[${row.shape.join(", ")}]`;
            throw new FormatError(model, `expected ${output} to be one vector a text, [1, E]; got ${got}`);
          }
          rows.push(row.data);
        }
        const width = rows[0]?.length ?? 0;
        const table = new Float32Array(rows.length * width);
        for (const [at, row] of rows.entries()) table.set(row, at * width);
        return ndarray(table, [rows.length, width]);
      } finally {
        await opened.release();
      }
    },
  };
}

/** Ids of a prompt's tokens, cut as CLIP does: the last one is always the end of the text. */
export function clipTokens(tokenizer: Tokenizer, prompt: string, file: string): number[] {
  let ids: number[];
  try {
    ({ ids } = tokenizer.encode(prompt));
  } catch (cause) {
    throw notTokenizer(file, cause);
  }
  if (ids.length === 0 || ids.some((id) => !Number.isInteger(id) || id < 0)) {
    throw new FormatError(file, `expected a tokenizer that gives ids of tokens; got [${ids.join(", ")}]`);
  }
  return ids.length <= contextLength ? ids : [...ids.slice(0, contextLength - 1), ids.at(-1)!];
}

/** @throws FormatError if it cannot be used */
export async function readTokenizer(file: string): Promise<Tokenizer> {
  const text = await readFile(file, "utf8");
  const { Tokenizer } = await import("@huggingface/tokenizers");
  try {
    return new Tokenizer(JSON.parse(text), {});
  } catch (cause) {
    throw notTokenizer(file, cause);
  }
}

function notTokenizer(file: string, cause: unknown): FormatError {
  const got = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.slice(0, 100);
  return new FormatError(file, `expected a tokenizer as JSON, of Hugging Face's format; got: ${got}`, { cause });
}
