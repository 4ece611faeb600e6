/** @file A fetched ZIP archive unpacked beside itself. Nothing is written outside the folder, nor over other files. */
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError, FormatError, SymdiffuserError, UnsupportedError, writeAtomically } from "../../tensor/index.ts";
import { type Bytes, openBytes } from "../bytes.ts";
import { type ZipEntry, zipEntries, zipFile } from "../numpy/zip.ts";

const maxBytes = 2 ** 34;
const maxFileBytes = 2 ** 31;
const maxFiles = 100_000;
/** Stored and deflated. */
const knownMethods: ReadonlySet<number> = new Set([0, 8]);

/**
 * Unpack an archive. Files that are there already, of the same size, stay as they are.
 *
 * @returns  paths of its files
 * @throws FormatError if the archive is damaged, or a name in it leads out of the folder
 * @throws ConfigError if another file is in the way
 */
export async function unpack(archive: string, folder: string): Promise<readonly string[]> {
  const bytes = openBytes(archive);
  try {
    const entries = filesOf(bytes);
    const paths = entries.map(({ name }) => join(folder, name));
    const isThere = paths.map((path, at) => standing(path, entries[at]!.bytes));
    for (const [at, entry] of entries.entries()) {
      if (isThere[at]) continue;
      const content = zipFile(bytes, entry);
      mkdirSync(dirname(paths[at]!), { recursive: true });
      await writeAtomically(paths[at]!, content);
    }
    return paths;
  } catch (cause) {
    const isOurs = cause instanceof SymdiffuserError || (cause as NodeJS.ErrnoException).syscall !== undefined;
    if (isOurs) throw cause;
    throw new FormatError(archive, `expected a ZIP archive; got damaged bytes (${(cause as Error).message})`, {
      cause,
    });
  } finally {
    bytes.close();
  }
}

/** The files of an archive that are worth having, found to be harmless. */
function filesOf(bytes: Bytes): ZipEntry[] {
  const entries = zipEntries(bytes).filter(({ name }) => !name.endsWith("/") && !name.startsWith("__MACOSX/"));
  const seen = new Set<string>();
  let total = 0;
  let packed = 0;
  for (const { name, bytes: size, packedBytes, method } of entries) {
    if (!isInside(name)) throw fault(bytes, "names of files within the folder", JSON.stringify(name));
    if (seen.has(name)) throw fault(bytes, "every file once", `${name} again`);
    if (!knownMethods.has(method)) {
      throw new UnsupportedError(`${bytes.file}: ZIP compression ${method}`, "unpack it with another program");
    }
    if (size > maxFileBytes) throw fault(bytes, `files of at most ${maxFileBytes} bytes`, `${name} of ${size}`);
    seen.add(name);
    total += size;
    packed += packedBytes;
  }
  if (entries.length > maxFiles) throw fault(bytes, `at most ${maxFiles} files`, String(entries.length));
  if (total > maxBytes) throw fault(bytes, `at most ${maxBytes} bytes of files`, String(total));
  // Files that share their packed bytes make much of little.
  if (packed > bytes.size) throw fault(bytes, `at most ${bytes.size} packed bytes`, String(packed));
  return entries;
}

/** Whether a name stays within a folder on every system: no root, drive, way up, or character that some refuse. */
function isInside(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return !/[\\:\0-\x1f]/.test(name) && name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Whether a file of that size is there. @throws ConfigError if something else is */
function standing(path: string, size: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isFile() && found.size === size) return true;
  const got = found.isFile() ? `one of ${found.size} bytes` : "a folder";
  throw new ConfigError(path, `expected no file yet, or one of ${size} bytes; got ${got} — remove it first`, path);
}

function fault({ file }: Bytes, expected: string, got: string): FormatError {
  return new FormatError(file, `expected ${expected}; got ${got}`, { expected, got });
}
