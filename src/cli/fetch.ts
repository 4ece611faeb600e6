/** @file Published files fetched by direct links, with progress, and what is told of each. */
import { type Download, download, unpack } from "../scene/index.ts";
import { type CommonFlags, type Context, printJson } from "./command.ts";
import { progressView } from "./progress.ts";

/**
 * Fetch files into a folder; ZIP archives are unpacked there.
 *
 * @param allowLocal  whether `http:` is allowed from this machine itself; for tests
 * @returns one line a file, for people; with --json, what it says is printed instead
 */
export async function fetchFiles(
  downloads: readonly Download[],
  folder: string,
  flags: CommonFlags,
  { out, err }: Context,
  allowLocal = false,
): Promise<string[]> {
  const view = progressView(flags.json ? "json" : err.isTTY ? "bars" : "lines", flags.json ? out : err);
  const told: string[] = [];
  try {
    for (const item of downloads) told.push(await fetchOne(item));
  } finally {
    view.end();
  }
  return told;

  async function fetchOne(item: Download): Promise<string> {
    const onProgress = (done: number, total: number | null): void => {
      if (total !== null) view.onEvent({ kind: "task", task: item.file, done, total, unit: "byte" });
    };
    const { path, sha256, wasThere } = await download(item, folder, { onProgress, allowLocal });
    const unpacked = path.endsWith(".zip") ? await unpack(path, folder) : [];
    const isChecked = item.sha256 !== null;
    if (flags.json) printJson(out, { kind: "result", file: path, sha256, wasThere, isChecked, unpacked });
    const check = isChecked ? "checksum as published" : `not checked, none is published: SHA-256 ${sha256}`;
    const files = unpacked.length > 0 ? `; unpacked: ${unpacked.length} files` : "";
    return `${path}: ${wasThere ? "there already" : "fetched"}, ${check}${files}\n`;
  }
}
