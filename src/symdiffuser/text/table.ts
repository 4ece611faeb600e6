/** @file The table of text encoders. */
import { ConfigError } from "../../tensor/index.ts";
import { clipTextEncoder } from "./clip.ts";
import type { TextEncoder, TextEncoderName, TextOptions } from "./encoder.ts";
import { hashedTextEncoder } from "./hash.ts";
import { wordTextEncoder } from "./words.ts";

const table: Readonly<Record<TextEncoderName, (options: TextOptions) => TextEncoder | Promise<TextEncoder>>> = {
  hash: () => hashedTextEncoder(),
  words: () => wordTextEncoder(),
  clip: ({ folder }) => {
    if (folder === null) throw new ConfigError("text.folder", "expected a folder with a CLIP text model; got none");
    return clipTextEncoder(folder);
  },
};

/** The encoder that options name. @throws ConfigError, FormatError if its files cannot be used */
export async function openTextEncoder(options: TextOptions): Promise<TextEncoder> {
  return table[options.encoder](options);
}
