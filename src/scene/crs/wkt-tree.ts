/** @file Well-known text as a tree: `PROJCS["name",GEOGCS[…],UNIT["metre",1]]`. */
import { DataError } from "../../tensor/index.ts";

/** A keyword and what stands in its brackets. */
export interface WktNode {
  /** Upper case. */
  readonly keyword: string;
  readonly values: readonly (string | number | WktNode)[];
}

const maxDepth = 32;
const token = /\s*(?:"((?:[^"]|"")*)"|([[\](),])|([^\s"[\](),]+))/y;

/**
 * @param subject  what the text describes, for the error
 * @throws DataError if the text is not such a tree
 */
export function wktTree(text: string, subject: string): WktNode {
  let at = 0;
  const fault = (expected: string): never => {
    const rest = text.slice(at, at + 20);
    const got = rest.trim() === "" ? "its end" : JSON.stringify(rest);
    throw new DataError(subject, `expected well-known text with ${expected} at character ${at}; got ${got}`);
  };
  const next = (expected: string): RegExpExecArray => {
    token.lastIndex = at;
    const found = token.exec(text) ?? fault(expected);
    at = token.lastIndex;
    return found;
  };
  const peek = (): string | undefined => {
    token.lastIndex = at;
    return token.exec(text)?.[2];
  };
  const isOpen = (bracket: string | undefined): boolean => bracket === "[" || bracket === "(";

  function node(keyword: string, depth: number): WktNode {
    if (depth > maxDepth) fault(`at most ${maxDepth} nested brackets`);
    const values: (string | number | WktNode)[] = [];
    next("a bracket");
    for (let isLast = false; !isLast; ) {
      const [, quoted, , word] = next("a value");
      if (quoted !== undefined) values.push(quoted.replaceAll('""', '"'));
      else if (word === undefined) fault("a value");
      else if (isOpen(peek())) values.push(node(word.toUpperCase(), depth + 1));
      else values.push(Number.isNaN(Number(word)) ? word : Number(word));
      const after = peek();
      if (after !== "," && after !== "]" && after !== ")") fault("a comma or closing bracket");
      next("a comma or closing bracket");
      isLast = after !== ",";
    }
    return { keyword, values };
  }

  const [, , , keyword] = next("a keyword");
  if (keyword === undefined || !isOpen(peek())) fault("a keyword and a bracket");
  return node(keyword!.toUpperCase(), 0);
}

/** The first child with one of these keywords, or null. */
export function child(node: WktNode, ...keywords: readonly string[]): WktNode | null {
  return children(node, ...keywords)[0] ?? null;
}

export function children(node: WktNode, ...keywords: readonly string[]): WktNode[] {
  return node.values.filter((value): value is WktNode => typeof value === "object" && keywords.includes(value.keyword));
}

/** The first node of the tree, itself or below, with one of these keywords, or null. */
export function descendant(node: WktNode, ...keywords: readonly string[]): WktNode | null {
  if (keywords.includes(node.keyword)) return node;
  for (const value of node.values) {
    const found = typeof value === "object" ? descendant(value, ...keywords) : null;
    if (found !== null) return found;
  }
  return null;
}

/** The name that stands first, or "". */
export function nameOf(node: WktNode | null): string {
  return typeof node?.values[0] === "string" ? node.values[0] : "";
}

/** The number in a place, null where there is none. */
export function numberAt(node: WktNode | null, place: number): number | null {
  const value = node?.values[place];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The EPSG code that a node's AUTHORITY or ID names, or null. */
export function epsgCodeOf(node: WktNode | null): number | null {
  const id = node === null ? null : child(node, "AUTHORITY", "ID");
  return id === null || nameOf(id).toUpperCase() !== "EPSG" ? null : Number.parseInt(String(id.values[1]), 10);
}
