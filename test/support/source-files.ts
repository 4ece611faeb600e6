/** @file The project's own source text: its files, what they import, and what a room's door exports. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "..", "..");

/** A text file of the project; `path` is relative to the root, with `/`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** All files below a folder or a single file, whose names end so; empty where it does not exist. */
export function textFiles(place: string, ...ends: readonly string[]): TextFile[] {
  const whole = join(root, place);
  if (!existsSync(whole)) return [];
  const names = statSync(whole).isDirectory()
    ? readdirSync(whole, { recursive: true }).map((name) => `${place}/${String(name).replaceAll("\\", "/")}`)
    : [place];
  return names
    .filter((name) => ends.some((end) => name.endsWith(end)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Code without its comments; what a comment says is no violation. Texts in quotes stay. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, quoted?: string) => quoted ?? "",
  );
}

/** One import or re-export. */
export interface Import {
  readonly from: string;
  /** Names between the braces, as the other file calls them; `*` for all. */
  readonly names: readonly string[];
}

const clause =
  /(?:^|\n)\s*(?:import|export)\s+(?:type\s+)?(?:([\w$]+)\s*,?\s*)?(\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})?\s*from\s*"([^"]+)"/g;

function namesIn(braces: string): string[] {
  return braces
    .replace(/[{}]/g, "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

/** Everything that a file imports or re-exports, types too. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found = [...code.matchAll(clause)].map(([, , names = "", from]) => ({
    from: from!,
    names: names.startsWith("*")
      ? ["*"]
      : namesIn(names).map((name) => name.replace(/^type\s+/, "").replace(/\s+as\s.*$/, "")),
  }));
  const bare = [...code.matchAll(/(?:^|\n)\s*import\s*"([^"]+)"/g)].map(([, from]) => ({ from: from!, names: [] }));
  const dynamic = [
    ...code.matchAll(/\b(?:await import\(\s*"|import\(\s*"(?=\.)|import\.meta\.resolve\(\s*")([^"]+)"\s*\)/g),
  ].map(([, from]) => ({
    from: from!,
    names: [],
  }));
  return [...found, ...bare, ...dynamic];
}

/** Names that a file exports, sorted; a type is marked `type `, `export *` is followed. */
export function exportsOf(path: string): string[] {
  const code = withoutComments(readFileSync(join(root, path), "utf8"));
  const names: string[] = [];
  for (const [, isType, braces] of code.matchAll(/(?:^|\n)export\s+(type\s+)?(\{[^}]*\})/g)) {
    for (const name of namesIn(braces!)) {
      const [kind, rest] = /^type\s/.test(name)
        ? ["type ", name.replace(/^type\s+/, "")]
        : [isType ? "type " : "", name];
      names.push(`${kind}${rest.replace(/^.*\sas\s+/, "")}`);
    }
  }
  const declared =
    /(?:^|\n)export\s+(?:declare\s+)?(?:async\s+)?(const|let|function\*?|(?:abstract\s+)?class|interface|type)\s+([\w$]+)/g;
  for (const [, kind, name] of code.matchAll(declared)) {
    names.push(`${kind === "type" || kind === "interface" ? "type " : ""}${name}`);
  }
  for (const [, from] of code.matchAll(/(?:^|\n)export\s+\*\s+from\s+"([^"]+)"/g)) {
    names.push(...exportsOf(join(path, "..", from!)));
  }
  const bare = (name: string): string => name.replace(/^type /, "");
  return names.sort((a, b) => (bare(a) < bare(b) ? -1 : 1));
}
