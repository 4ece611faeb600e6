/** @file The tables of an experiment, with the maps of all methods side by side, from the folders of its cells. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  classPicture,
  csvOf,
  encodePng,
  latexOf,
  type McNemar,
  markdownOf,
  mcnemar,
  overviewTable,
  type PaperColumn,
  type PaperScene,
  paperTable,
  percent,
  type ReportPicture,
  renderPaperPage,
  sourcePicture,
  spread,
} from "../../evaluate/index.ts";
import { readRaster, type Scene } from "../../scene/index.ts";
import { writeAtomically } from "../../tensor/index.ts";
import { type Cell, type Column, columnNames, type Experiment, openRunScene, readRunSplit } from "../../train/index.ts";
import type { CellOutcome } from "./cell-result.ts";

type Finished = Extract<CellOutcome, { readonly state: "finished" }>;

/** Longest side of a picture in pixels. */
const pictureSide = 512;

const isOf =
  ({ method, variant, sources }: Column) =>
  ({ cell }: CellOutcome): boolean =>
    cell.method === method && cell.variant === variant && String(cell.sources) === String(sources);

/** The map of a cell as labels of the scene's classes, 0 elsewhere; null where it is not on the scene's grid. */
async function labelsOf({ config: { out } }: Cell, { height, width, labels }: Scene): Promise<Uint16Array | null> {
  const file = join(out, "map.tif");
  if (!existsSync(file)) return null;
  const map = await readRaster(file);
  if (map.height !== height || map.width !== width) return null;
  const indices = new Map(labels!.classes.map(({ code }, at) => [code, at + 1]));
  return Uint16Array.from(map.data as ArrayLike<number>, (code) => indices.get(code) ?? 0);
}

/** Reads each map once. */
function mapReader(scene: Scene): (cell: Cell) => Promise<Uint16Array | null> {
  const known = new Map<string, Promise<Uint16Array | null>>();
  return (cell) => {
    const map = known.get(cell.id) ?? labelsOf(cell, scene);
    known.set(cell.id, map);
    return map;
  };
}

/** A column with what is finished of it. */
interface Progress {
  readonly name: string;
  readonly finished: readonly Finished[];
  readonly planned: number;
}

const meanAccuracy = ({ finished }: Progress): number =>
  finished.length === 0 ? -1 : spread(finished.map(({ result }) => result.metrics.overallAccuracy)).mean;

/** The column of best mean overall accuracy among others; null where none has a run. */
function bestOther(columns: readonly Progress[], own: Progress): Progress | null {
  const others = columns.filter((one) => one !== own && one.finished.length > 0);
  return others.reduce<Progress | null>(
    (best, one) => (best === null || meanAccuracy(one) > meanAccuracy(best) ? one : best),
    null,
  );
}

/** McNemar's tests of a column against another: of runs on the same split, with the same seed where both have it. */
async function testsOf(
  own: Progress,
  other: Progress | null,
  scene: Scene,
  read: (cell: Cell) => Promise<Uint16Array | null>,
): Promise<McNemar[]> {
  const results: McNemar[] = [];
  for (const { cell } of other === null ? [] : own.finished) {
    const same = other!.finished.filter((one) => one.cell.splitSeed === cell.splitSeed);
    const partner = same.find((one) => one.cell.seed === cell.seed) ?? same[0];
    if (partner === undefined) continue;
    const [first, second] = [await read(cell), await read(partner.cell)];
    if (first === null || second === null) continue;
    results.push(mcnemar(scene.labels!.data, first, second, readRunSplit(cell.config.out).test));
  }
  return results;
}

/** Sources, ground truth, and the map of the first run of each column. */
async function picturesOf(
  columns: readonly Progress[],
  scene: Scene,
  read: (cell: Cell) => Promise<Uint16Array | null>,
): Promise<ReportPicture[]> {
  const { height, width, labels } = scene;
  const colors = labels!.classes.map(({ color }) => color);
  const picture = (data: ArrayLike<number>): Uint8Array =>
    encodePng(classPicture({ height, width, data }, colors, pictureSide));
  const pictures: ReportPicture[] = scene.sources.map(({ name, kind, raster }) => ({
    title: name,
    ...(kind === name ? {} : { caption: kind }),
    png: encodePng(sourcePicture(raster, kind, pictureSide)),
  }));
  pictures.push({ title: "Ground truth", png: picture(labels!.data) });
  for (const { name, finished } of columns) {
    const map = finished[0] === undefined ? null : await read(finished[0].cell);
    if (map === null) continue;
    const { overallAccuracy } = finished[0]!.result.metrics;
    pictures.push({ title: name, caption: `OA ${percent(overallAccuracy)} %`, png: picture(map) });
  }
  return pictures;
}

/** `7 of 12 cells finished, 1 failed`. */
export function stateText(outcomes: readonly CellOutcome[]): string {
  const count = (state: CellOutcome["state"]): number => outcomes.filter((one) => one.state === state).length;
  const failed = count("failed");
  const all = outcomes.length;
  const finished = count("finished") === all ? `All ${all}` : `${count("finished")} of ${all}`;
  return `${finished} cell${all === 1 ? "" : "s"} finished${failed > 0 ? `, ${failed} failed` : ""}`;
}

/** How the splits of the runs were made. */
function splitNote(finished: readonly Finished[]): string[] {
  if (finished.length === 0) return [];
  const { split, leakage } = finished[0]!.result.metrics;
  const seeds = [...new Set(finished.map(({ cell }) => cell.splitSeed))].join(", ");
  const known = finished.flatMap(({ result }) => (result.metrics.leakage === null ? [] : [result.metrics.leakage]));
  const share = leakage === null || known.length === 0 ? "not determined" : `${percent(spread(known).mean)} %`;
  return [
    `Split ${split.rule}, seed${seeds.includes(",") ? "s" : ""} ${seeds}: ${split.train} training and ${split.test} test pixels in the first; leakage ${share}.`,
  ];
}

/** Table and pictures of one scene. */
async function sceneTable(
  experiment: Experiment,
  name: string,
  outcomes: readonly CellOutcome[],
): Promise<PaperScene & { readonly columns: readonly PaperColumn[] }> {
  const names = columnNames(experiment.columns);
  const own = outcomes.filter(({ cell }) => cell.scene === name);
  const columns = experiment.columns.map((column, at): Progress => {
    const all = own.filter(isOf(column));
    const finished = all.filter((one): one is Finished => one.state === "finished");
    return { name: names[at]!, finished, planned: all.length };
  });
  const finished = own.filter((one): one is Finished => one.state === "finished");
  const scene = finished.length > 0 ? await openRunScene(experiment.scenes.get(name)!) : null;
  const read = scene === null ? null : mapReader(scene);
  const paperColumns: PaperColumn[] = [];
  for (const column of columns) {
    const runs = column.finished.map(({ result }) => result.metrics);
    const tests = read === null ? [] : await testsOf(column, bestOther(columns, column), scene!, read);
    paperColumns.push({ name: column.name, runs, planned: column.planned, tests });
  }
  const isOpen = own.length > finished.length;
  const notes = [...(isOpen ? [`${stateText(own)}.`] : []), ...splitNote(finished)];
  const first = columns.find((column) => column.finished.length > 0)?.finished[0]?.cell;
  return {
    table: paperTable(isOpen ? `${name} (${finished.length} of ${own.length} cells)` : name, paperColumns, notes),
    classes: scene?.labels?.classes ?? [],
    pictures: read === null ? [] : await picturesOf(columns, scene!, read),
    caption: first === undefined ? "" : `Maps of split seed ${first.splitSeed}, training seed ${first.seed}.`,
    columns: paperColumns,
  };
}

/**
 * Write the tables of an experiment, of whatever is finished: `tables.md`, `tables.tex`, `tables.csv` and, with pictures,
 * `tables.html`.
 *
 * @returns their paths
 */
export async function writeTables(experiment: Experiment, outcomes: readonly CellOutcome[]): Promise<string[]> {
  const scenes = [];
  for (const name of experiment.scenes.keys()) scenes.push(await sceneTable(experiment, name, outcomes));
  const state = stateText(outcomes);
  const overview =
    scenes.length < 2
      ? null
      : overviewTable(
          "All scenes",
          scenes.map(({ columns }, at) => ({ name: [...experiment.scenes.keys()][at]!, columns })),
        );
  const tables = [...(overview === null ? [] : [overview]), ...scenes.map(({ table }) => table)];
  const page = { title: experiment.name, summary: `${state}.`, overview, scenes };
  const files = [
    ["tables.md", `# ${experiment.name}\n\n${state}.\n\n${tables.map(markdownOf).join("\n")}`],
    ["tables.tex", `% ${experiment.name}: ${state}\n${tables.map(latexOf).join("\n")}`],
    ["tables.csv", csvOf(tables)],
    ["tables.html", renderPaperPage(page)],
  ] as const;
  const paths = files.map(([file]) => join(experiment.out, file));
  for (const [at, [, text]] of files.entries()) await writeAtomically(paths[at]!, text);
  return paths;
}
