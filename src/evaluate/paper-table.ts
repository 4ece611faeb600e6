/**
 * @file The table of a comparison as papers print it: a row for each class, then overall accuracy, average accuracy and
 * kappa; a column for each method, mean ± sample standard deviation over its runs.
 */
import type { McNemar } from "./mcnemar.ts";
import type { NamedScores } from "./metrics.ts";
import { type Spread, spread } from "./scores.ts";

/** A method in the table. */
export interface PaperColumn {
  readonly name: string;
  /** Scores of its finished runs, all with the same classes. */
  readonly runs: readonly NamedScores[];
  /** Runs that it is to have. */
  readonly planned: number;
  /** Against the best other method, each of two runs on the same split; may be none. */
  readonly tests: readonly McNemar[];
}

/** One number of a table. */
export interface PaperValue {
  readonly column: string;
  /** Null where no run is finished, or one has no such number. */
  readonly spread: Spread | null;
  /** What is printed instead of the spread. */
  readonly text?: string;
  /** Whether it is the best of its row. */
  readonly isBest: boolean;
}

export interface PaperRow {
  readonly name: string;
  readonly kind: "class" | "overall" | "about";
  /** One a column. */
  readonly values: readonly PaperValue[];
}

export interface PaperTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly PaperRow[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
}

/** The level of significance of {@link testText}. */
const level = 0.05;

/** Columns of numbers, fractions of 1 each, as a row. */
function rowOf(
  name: string,
  kind: "class" | "overall",
  columns: readonly PaperColumn[],
  value: (run: NamedScores) => number | null,
): PaperRow {
  const spreads = columns.map(({ runs }) => {
    const values = runs.map(value);
    const known = values.filter((one) => one !== null);
    return known.length === 0 || known.length < values.length ? null : spread(known);
  });
  const known = spreads.flatMap((one) => (one === null ? [] : [one.mean]));
  const best = known.length > 1 ? Math.max(...known) : null;
  return {
    name,
    kind,
    values: columns.map((column, at) => ({
      column: column.name,
      spread: spreads[at]!,
      isBest: spreads[at] !== null && spreads[at]!.mean === best,
    })),
  };
}

/** `+4.1 (2 of 3)`: mean z, and how many tests are significant. */
function testText({ tests }: PaperColumn): string {
  if (tests.length === 0) return "–";
  const { mean } = spread(tests.map(({ z }) => z));
  const significant = tests.filter(({ pValue }) => pValue < level).length;
  return `${mean > 0 ? "+" : ""}${mean.toFixed(1).replace("-", "−")} (${significant} of ${tests.length})`;
}

function aboutRow(name: string, columns: readonly PaperColumn[], text: (column: PaperColumn) => string): PaperRow {
  const values = columns.map((column) => ({ column: column.name, spread: null, text: text(column), isBest: false }));
  return { name, kind: "about", values };
}

/** The table of one scene. @param notes  sentences below it, before those on what it shows */
export function paperTable(title: string, columns: readonly PaperColumn[], notes: readonly string[] = []): PaperTable {
  const classes = columns.flatMap(({ runs }) => runs)[0]?.perClass.map(({ name }) => name) ?? [];
  const isOpen = columns.some(({ runs, planned }) => runs.length < planned);
  const isTested = columns.some(({ tests }) => tests.length > 0);
  const isSpread = columns.some(({ runs }) => runs.length > 1);
  return {
    title,
    columns: columns.map(({ name }) => name),
    rows: [
      ...classes.map((name, at) => rowOf(name, "class", columns, ({ perClass }) => perClass[at]?.recall ?? null)),
      rowOf("OA (%)", "overall", columns, ({ overallAccuracy }) => overallAccuracy),
      rowOf("AA (%)", "overall", columns, ({ averageAccuracy }) => averageAccuracy),
      rowOf("κ × 100", "overall", columns, ({ kappa }) => kappa),
      ...(isTested ? [aboutRow("McNemar z", columns, testText)] : []),
      aboutRow("Runs", columns, ({ runs, planned }) => (isOpen ? `${runs.length} of ${planned}` : String(runs.length))),
    ],
    notes: [
      ...notes,
      isSpread
        ? "Rows of classes are recalls in per cent; mean ± sample standard deviation over runs."
        : "Rows of classes are recalls in per cent.",
      ...(isTested
        ? [
            `McNemar z: mean over runs, against the other column of best OA with the same split and training seed, positive where the column is better; in brackets how many tests have p < ${level}.`,
          ]
        : []),
    ],
  };
}

/** A scene of {@link overviewTable}: its columns are those of the scene's own table. */
export interface OverviewScene {
  readonly name: string;
  readonly columns: readonly PaperColumn[];
}

/** Overall accuracies of all scenes: a row for each method, a column for each scene. */
export function overviewTable(title: string, scenes: readonly OverviewScene[]): PaperTable {
  const names = scenes[0]!.columns.map(({ name }) => name);
  const across = scenes.map((scene) => rowOf("", "overall", scene.columns, ({ overallAccuracy }) => overallAccuracy));
  return {
    title,
    columns: scenes.map(({ name }) => name),
    rows: names.map((name, at) => ({
      name,
      kind: "overall",
      values: scenes.map((scene, which) => ({ ...across[which]!.values[at]!, column: scene.name })),
    })),
    notes: ["Overall accuracy in per cent."],
  };
}
