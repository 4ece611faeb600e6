/** @file The grammar of split rules: `perClass:20`, `blocks:28,guard:5,perClass:40`, `file:split.json`. */
import { ConfigError } from "../../tensor/index.ts";

/** What every rule that draws pixels may add. */
interface Draw {
  /** Share of the training pixels of each class set aside for validation, in [0, 1). @default 0 */
  readonly validation?: number;
}

/** How the pixels of a split are chosen. */
export type SplitRule =
  | PerClassRule
  | FractionRule
  | BlocksRule
  | PlotsRule
  | OfficialRule
  | { readonly kind: "file"; readonly path: string };

/** `count` random pixels per class train, all other labelled pixels test. */
export interface PerClassRule extends Draw {
  readonly kind: "perClass";
  readonly count: number;
}

/** A share of each class, in (0, 1), trains, all other labelled pixels test. */
export interface FractionRule extends Draw {
  readonly kind: "fraction";
  readonly fraction: number;
}

/** Spatially disjoint blocks of `size` × `size` pixels either train or test. */
export interface BlocksRule extends Draw {
  readonly kind: "blocks";
  readonly size: number;
  /** Training pixels keep more than this distance, in pixels, from the blocks that test. @default 0 */
  readonly guard?: number;
  /** Share of the blocks that train, in (0, 1). @default 0.5 */
  readonly fraction?: number;
  /** At most this many training pixels per class, drawn at random from the training blocks. @default all */
  readonly perClass?: number;
}

/** Whole plots of a scene of many either train or test. */
export interface PlotsRule extends Draw {
  readonly kind: "plots";
  /** Share of the plots that train, in (0, 1). @default 0.5 */
  readonly fraction?: number;
  /** At most this many training pixels per class, drawn at random from the training plots. @default all */
  readonly perClass?: number;
}

/** The published masks of a scene as raster files, which `openSplit` reads. */
export interface MasksRule {
  readonly kind: "masks";
  /** File of the raster that is not 0 where a pixel trains. */
  readonly train: string;
  /** File of the raster that is not 0 where a pixel tests. */
  readonly test: string;
}

/** The published masks of a scene; only as an object, since a text cannot hold them. */
export interface OfficialRule extends Draw {
  readonly kind: "official";
  /** `[H, W]`, not 0 where a pixel trains. */
  readonly train: ArrayLike<number>;
  /** `[H, W]`, not 0 where a pixel tests. */
  readonly test: ArrayLike<number>;
  /** At most this many training pixels per class, drawn at random from the mask. @default all */
  readonly perClass?: number;
}

/** The rules as people write them. */
export const splitRules = [
  "perClass:N",
  "fraction:P",
  "blocks:SIZE[,guard:G][,fraction:F][,perClass:N]",
  "plots[,fraction:F][,perClass:N]",
  "official:TRAIN_MASK,TEST_MASK",
  "file:PATH",
] as const;

interface NumberKind {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

const count: NumberKind = { expected: "an integer ≥ 1", holds: (value) => Number.isInteger(value) && value >= 1 };
const distance: NumberKind = { expected: "an integer ≥ 0", holds: (value) => Number.isInteger(value) && value >= 0 };
const share: NumberKind = { expected: "a number between 0 and 1", holds: (value) => value > 0 && value < 1 };
const part: NumberKind = { expected: "a number from 0 to below 1", holds: (value) => value >= 0 && value < 1 };

interface Form {
  /** Field that the word after the rule's name sets, and its kind. */
  readonly head: readonly [string, NumberKind] | null;
  /** Further fields, in the order in which {@link splitRuleText} writes them. */
  readonly fields: ReadonlyMap<string, NumberKind>;
}

const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["perClass", { head: ["count", count], fields: new Map([["validation", part]]) }],
  ["fraction", { head: ["fraction", share], fields: new Map([["validation", part]]) }],
  [
    "blocks",
    {
      head: ["size", count],
      fields: new Map([
        ["guard", distance],
        ["fraction", share],
        ["perClass", count],
        ["validation", part],
      ]),
    },
  ],
  [
    "plots",
    {
      head: null,
      fields: new Map([
        ["fraction", share],
        ["perClass", count],
        ["validation", part],
      ]),
    },
  ],
  [
    "official",
    {
      head: null,
      fields: new Map([
        ["perClass", count],
        ["validation", part],
      ]),
    },
  ],
]);

function parseNumber(field: string, text: string, kind: NumberKind): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!kind.holds(value)) {
    throw new ConfigError("split", `expected ${field} to be ${kind.expected}; got "${text}"`, text);
  }
  return value;
}

function unknownRule(rule: string): ConfigError {
  return new ConfigError("split", `expected one of ${splitRules.join(", ")}; got "${rule}"`, rule);
}

/**
 * A rule from its text.
 *
 * @throws ConfigError if the rule, one of its fields or a value is not known
 */
export function parseSplitRule(rule: string): Exclude<SplitRule, OfficialRule> | MasksRule {
  if (/^plots(,|$)/.test(rule)) return { kind: "plots", ...numbersOf(rule, "plots", rule.split(",").slice(1)) };
  const colon = rule.indexOf(":");
  const kind = colon < 0 ? rule : rule.slice(0, colon);
  if (kind === "official") {
    const [train, test, ...more] = colon < 0 ? [] : rule.slice(colon + 1).split(",");
    if (!train || !test || more.length > 0) {
      throw new ConfigError("split", `expected official:TRAIN_MASK,TEST_MASK; got "${rule}"`, rule);
    }
    return { kind: "masks", train, test };
  }
  if (colon < 0) throw unknownRule(rule);
  if (kind === "file") {
    const path = rule.slice(colon + 1);
    if (path === "") throw new ConfigError("split", 'expected file:PATH; got "file:"', rule);
    return { kind, path };
  }
  const form = forms.get(kind);
  if (form?.head == null) throw unknownRule(rule);
  const [head, ...rest] = rule.slice(colon + 1).split(",");
  const [field, numberKind] = form.head;
  const numbers = { [field]: parseNumber(kind, head!, numberKind), ...numbersOf(rule, kind, rest) };
  return { kind, ...numbers } as unknown as Exclude<SplitRule, OfficialRule>;
}

/** The fields that follow a rule's head. */
function numbersOf(rule: string, kind: string, words: readonly string[]): Record<string, number> {
  const { fields } = forms.get(kind)!;
  const numbers = new Map<string, number>();
  for (const word of words) {
    const at = word.indexOf(":");
    const field = at < 0 ? word : word.slice(0, at);
    const known = fields.get(field);
    if (at < 0 || known === undefined || numbers.has(field)) {
      const names = [...fields.keys()].map((name) => `${name}:…`).join(", ");
      throw new ConfigError("split", `expected each of ${names} at most once after ${kind}; got "${word}"`, rule);
    }
    numbers.set(field, parseNumber(field, word.slice(at + 1), known));
  }
  return Object.fromEntries(numbers);
}

/**
 * The text of a rule, from which, except for `official`, {@link parseSplitRule} gives the rule again.
 *
 * @throws ConfigError if a number of the rule is out of its range
 */
export function splitRuleText(rule: SplitRule): string {
  if (rule.kind === "file") return `file:${rule.path}`;
  const form = forms.get(rule.kind)!;
  const numbers = rule as unknown as Readonly<Record<string, number | undefined>>;
  const words: string[] = [];
  if (form.head !== null) {
    const [field, kind] = form.head;
    words.push(String(parseNumber(rule.kind, String(numbers[field]), kind)));
  }
  for (const [field, kind] of form.fields) {
    if (numbers[field] !== undefined) words.push(`${field}:${parseNumber(field, String(numbers[field]), kind)}`);
  }
  if (form.head === null) return [rule.kind, ...words].join(",");
  return `${rule.kind}:${words.join(",")}`;
}
