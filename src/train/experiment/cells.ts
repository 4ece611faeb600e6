/** @file The cells of an experiment: what is run, each with its whole configuration. */
import type { RunConfig } from "../config-schema.ts";

/** What a column of a table stands for. */
export interface Column {
  /** `symdiffuser` or the name of a baseline. */
  readonly method: string;
  /** Null for a baseline. */
  readonly variant: string | null;
  /** Null: all of the scene. */
  readonly sources: readonly string[] | null;
}

/** One run of an experiment. */
export interface Cell extends Column {
  /** Folder below that of the experiment, with `/`. */
  readonly id: string;
  readonly scene: string;
  readonly splitSeed: number;
  /** Of training. */
  readonly seed: number;
  readonly config: RunConfig;
}

/** Names as columns have them; a part that all columns share is left out. */
export function columnNames(columns: readonly Column[]): string[] {
  const hasMany = (part: (column: Column) => string): boolean => new Set(columns.map(part)).size > 1;
  const sourcesOf = ({ sources }: Column): string => sources?.join("+") ?? "";
  const hasSources = hasMany(sourcesOf);
  const own = columns.filter(({ variant }) => variant !== null);
  const hasVariants = new Set(own.map(({ variant }) => variant)).size > 1;
  const hasMethods = hasMany(({ method }) => method);
  return columns.map((column) => {
    const { method, variant } = column;
    const title = variant === null ? method : "SymDiffuser";
    const parts = [
      ...(hasMethods || !(hasVariants || hasSources) ? [title] : []),
      ...(hasVariants && variant !== null ? [variant] : []),
      ...(hasSources ? [sourcesOf(column)] : []),
    ];
    return parts.join(" ");
  });
}

/** Where the run of a cell lies: short, the same for the same cell, and with no sign that a file system refuses. */
export function cellId({ scene, method, variant, sources, splitSeed, seed }: Omit<Cell, "id" | "config">): string {
  const parts = [method, variant, sources?.join("+") ?? null, `split${splitSeed}`, `seed${seed}`];
  return [scene, parts.filter((part) => part !== null).join("-")].map((part) => part.replaceAll(" ", "_")).join("/");
}
