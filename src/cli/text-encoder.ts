/** @file `symdiffuser text-encoder`: gets the files of a CLIP text encoder, for the setting text.encoder: clip. */
import type { Download } from "../scene/index.ts";
import { clipFiles } from "../symdiffuser/index.ts";
import { addCommonFlags, type CommonFlags, type Context, type Define, flag } from "./command.ts";
import { fetchFiles } from "./fetch.ts";
import { commandText } from "./job.ts";
import { UsageError } from "./usage-error.ts";

interface TextEncoderFlags extends CommonFlags {
  readonly to: string;
}

/** CLIP ViT-B/32 of OpenAI (MIT licence) as exported for ONNX Runtime. */
export const clipSource = "https://huggingface.co/Xenova/clip-vit-base-patch32/resolve/main";

/** Fetch the files of a CLIP text encoder. @param source  address of the folder that holds them @param allowLocal  for tests */
export async function fetchTextEncoder(
  flags: TextEncoderFlags,
  context: Context,
  source: string = clipSource,
  allowLocal = false,
): Promise<void> {
  const published = { sha256: null, bytes: null };
  const downloads: Download[] = [
    { url: `${source}/${clipFiles.tokenizer}`, file: clipFiles.tokenizer, ...published },
    { url: `${source}/onnx/${clipFiles.model}`, file: clipFiles.model, ...published },
  ];
  const told = await fetchFiles(downloads, flags.to, flags, context, allowLocal);
  if (flags.json) return;
  const next = commandText(["train", "CONFIG.yaml", "--text.encoder", "clip", "--text.folder", flags.to]);
  context.out.write(`${told.join("")}Train with it: ${next}\n`);
}

export const define: Define = (command, context) => {
  command.addOption(flag("--to <dir>", "folder for the files").default("clip"));
  addCommonFlags(command);
  command.action(async (action: string, flags: TextEncoderFlags) => {
    if (action !== "fetch") throw new UsageError("text-encoder", `expected fetch; got "${action}"`);
    await fetchTextEncoder(flags, context);
  });
};
