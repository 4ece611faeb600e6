/** @file A comparison from the lines of its cells: a row for each method, with its scores, its costs and its parameters. */

import { baselineOf } from "../../baselines/index.ts";
import { type PaperRow, type PaperTable, type PaperValue, percent, spread } from "../../evaluate/index.ts";
import { type Cell, type Column, columnNames, type Experiment, ownMethod } from "../../train/index.ts";
import type { ResultLine } from "./result-lines.ts";

const level = 0.05;
const costs = ["Training (s)", "Map (pixels/s)", "Parameters", "McNemar z", "Runs"] as const;

/** A method on a scene, with the lines of its finished cells. */
interface Row {
  readonly name: string;
  readonly lines: readonly ResultLine[];
  readonly planned: number;
}

/** A column of scores: means of what a row has in it, in bold the best of them. */
interface ScoreColumn {
  readonly name: string;
  readonly of: (row: Row) => PaperValue["spread"];
  /** Whether a row's mean can be compared with those of the other rows. */
  readonly isComparable: (row: Row) => boolean;
}

/** `1 234 567` */
const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** `GLT-Net (epochs 40 of 500)` */
function nameOf({ method }: Column, own: string, lines: readonly ResultLine[]): string {
  const title = method === ownMethod ? own : baselineOf(method).title;
  const shortened = lines.find(({ epochs, publishedEpochs }) => epochs !== publishedEpochs);
  return shortened === undefined ? title : `${title} (epochs ${shortened.epochs} of ${shortened.publishedEpochs})`;
}

/** Mean z, and how many tests are significant. */
function versusText(lines: readonly ResultLine[]): string {
  const tests = lines.flatMap(({ versus }) => (versus === null ? [] : [versus]));
  if (tests.length === 0) return "–";
  const z = mean(tests.map((test) => test.z));
  const significant = tests.filter(({ pValue }) => pValue < level).length;
  return `${z > 0 ? "+" : ""}${z.toFixed(1).replace("-", "−")} (${significant} of ${tests.length})`;
}

function speedText(lines: readonly ResultLine[]): string {
  const known = lines.flatMap(({ mapPixels, mapSeconds }) => (mapPixels === null ? [] : [mapPixels / mapSeconds]));
  return known.length === 0 ? "–" : grouped(mean(known));
}

type Score = "overallAccuracy" | "averageAccuracy" | "kappa";

/** Mean of a score over lines; null where a line has none. */
function meanOf(lines: readonly ResultLine[], score: Score): PaperValue["spread"] {
  const values = lines.flatMap((line) => (line[score] === null ? [] : [line[score]]));
  return values.length === 0 || values.length < lines.length ? null : spread(values);
}

/**
 * Means over all splits; while cells are open, which then are of unequal splits, those of the first split beside them.
 *
 * @param cells    all of a scene, of the first split first
 * @param isWhole  whether all of the table's are finished
 */
function scoreColumns(cells: readonly Cell[], isWhole: boolean): ScoreColumn[] {
  const firstSplit = cells[0]?.splitSeed ?? 0;
  const firstCells = new Set(cells.filter(({ splitSeed }) => splitSeed === firstSplit).map(({ id }) => id));
  const isFirst = ({ cell }: ResultLine): boolean => firstCells.has(cell);
  const all = (name: string, score: Score): ScoreColumn => ({
    name,
    of: ({ lines }) => meanOf(lines, score),
    isComparable: ({ lines, planned }) => lines.length === planned,
  });
  const first = (name: string, score: Score): ScoreColumn => ({
    name: `${name}, split ${firstSplit}`,
    of: ({ lines }) => meanOf(lines.filter(isFirst), score),
    isComparable: () => true,
  });
  const means = [all("OA (%)", "overallAccuracy"), all("AA (%)", "averageAccuracy"), all("κ × 100", "kappa")];
  const isEqual = isWhole || firstCells.size === cells.length;
  return isEqual ? means : [...means, first("OA", "overallAccuracy"), first("AA", "averageAccuracy")];
}

/** The best mean of a column. */
function bestOf({ of, isComparable }: ScoreColumn, rows: readonly Row[]): number {
  return Math.max(...rows.filter(isComparable).map((row) => of(row)?.mean ?? -1));
}

function rowOf(row: Row, columns: readonly ScoreColumn[], best: readonly number[]): PaperRow {
  const { name, lines, planned } = row;
  const none = lines.length === 0;
  const texts = [
    none ? "–" : grouped(mean(lines.map(({ trainSeconds }) => trainSeconds))),
    speedText(lines),
    none || lines[0]!.parameters === null ? "–" : grouped(lines[0]!.parameters),
    versusText(lines),
    lines.length < planned ? `${lines.length} of ${planned}` : String(planned),
  ];
  const values = columns.map((column, at): PaperValue => {
    const found = column.of(row);
    const isBest = found !== null && column.isComparable(row) && found.mean === best[at];
    return { column: column.name, spread: found, isBest };
  });
  const others = texts.map((text, at): PaperValue => ({ column: costs[at]!, spread: null, text, isBest: false }));
  return { name, kind: "overall", values: [...values, ...others] };
}

/** How far it is, and how the splits of the lines were made. */
function notesOf(lines: readonly ResultLine[], planned: number): string[] {
  const state = `${lines.length < planned ? `${lines.length} of ${planned}` : `All ${planned}`} cells are finished.`;
  const [first] = lines;
  if (first === undefined) return [state];
  const leaked = lines.flatMap(({ leakage }) => (leakage === null ? [] : [leakage]));
  const share =
    leaked.length === 0
      ? ""
      : `; on average over methods, ${percent(mean(leaked))} % of test pixels have a training pixel in their patch`;
  return [`${state} Split ${first.rule}, ${first.train} training and ${first.test} test pixels in the first${share}.`];
}

/** A table for each scene and set of sources of an experiment, of whatever is finished. */
export function comparisonTables(experiment: Experiment, lines: readonly ResultLine[]): PaperTable[] {
  const known = new Map(lines.map((line) => [line.cell, line]));
  const sets = [...new Set(experiment.columns.map(({ sources }) => sources?.join(" + ") ?? ""))];
  return [...experiment.scenes.keys()].flatMap((scene) =>
    sets.map((set): PaperTable => {
      const own = experiment.columns.filter(({ sources }) => (sources?.join(" + ") ?? "") === set);
      const names = columnNames(own);
      const cellsOf = (column: Column): Cell[] =>
        experiment.cells.filter(
          (cell) =>
            cell.scene === scene &&
            cell.method === column.method &&
            cell.variant === column.variant &&
            String(cell.sources) === String(column.sources),
        );
      const rows = own.map((column, at): Row => {
        const cells = cellsOf(column);
        const finished = cells.flatMap(({ id }) => known.get(id) ?? []);
        return { name: nameOf(column, names[at]!, finished), lines: finished, planned: cells.length };
      });
      const finished = rows.flatMap((row) => row.lines);
      const planned = rows.reduce((sum, row) => sum + row.planned, 0);
      const columns = scoreColumns(
        experiment.cells.filter((cell) => cell.scene === scene),
        finished.length === planned,
      );
      const best = columns.map((column) => bestOf(column, rows));
      return {
        title: set === "" ? scene : `${scene}: ${set}`,
        columns: [...columns.map(({ name }) => name), ...costs],
        rows: rows.map((row) => rowOf(row, columns, best)),
        notes: notesOf(finished, planned),
      };
    }),
  );
}
