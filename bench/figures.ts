/** @file What benchmarks share: medians, and figures beside their targets as a table. */
import { formatTable, type TableStyle } from "../src/evaluate/index.ts";

/** The middle of some numbers; the upper one of two. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

/** What a figure should be. */
export type Target = { readonly most: number } | { readonly least: number };

/** One row of the table of benchmarks. */
export interface Figure {
  readonly figure: string;
  /** Null where the figure is for knowing only. */
  readonly target: Target | null;
  /** Null where it could not be measured: `note` says why. */
  readonly measured: number | null;
  readonly unit: string;
  readonly note: string | null;
}

/** Whether a figure is what it should be; null where there is no target or no measurement. */
export function isMet({ target, measured }: Figure): boolean | null {
  if (target === null || measured === null) return null;
  return "most" in target ? measured <= target.most : measured >= target.least;
}

/** Three significant digits, thousands whole. */
function shown(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Figure, target, measured, unit, and whether the target is met. */
export function figureTable(figures: readonly Figure[], style: TableStyle): string {
  const rows = figures.map((one) => {
    const { figure, target, measured, unit, note } = one;
    const met = isMet(one);
    return [
      figure,
      target === null ? "–" : "most" in target ? `≤ ${shown(target.most)}` : `≥ ${shown(target.least)}`,
      measured === null ? "not measured" : shown(measured),
      unit,
      met === null ? (note ?? "–") : `${met ? "met" : "not met"}${note === null ? "" : ` (${note})`}`,
    ];
  });
  return formatTable(["Figure", "Target", "Measured", "Unit", "Met"], rows, style);
}
