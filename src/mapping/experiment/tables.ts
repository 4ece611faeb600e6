/** @file The tables of an experiment, with the maps of all methods side by side, from the folders of its cells. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  classPicture,
  csvOf,
  encodePng,
  enlarged,
  factorFor,
  latexOf,
  type McNemar,
  markdownOf,
  mcnemar,
  overviewTable,
  type PaperColumn,
  type PaperScene,
  type Picture,
  paperTable,
  percent,
  pictureGrid,
  renderPaperPage,
  sourcePicture,
  spread,
} from "../../evaluate/index.ts";
import { readRaster, type Scene } from "../../scene/index.ts";
import { writeAtomically } from "../../tensor/index.ts";
import {
  type Cell,
  type Column,
  columnNames,
  type Experiment,
  openRunScene,
  ownMethod,
  readRunSplit,
} from "../../train/index.ts";
import type { CellOutcome } from "./cell-result.ts";
import { comparisonTables } from "./comparison.ts";
import { parseResultLines, resultLine, type Versus } from "./result-lines.ts";

type Finished = Extract<CellOutcome, { readonly state: "finished" }>;

/** Longest side of a picture in pixels. */
const pictureSide = 512;
/** The same in the file of all pictures side by side: the first with which it is small enough. */
const gridSides = [256, 192, 144, 112, 80, 56] as const;
const gridWidth = 1100;
const mostBytes = 200_000;

/** A picture of the page of a scene. */
interface ScenePicture {
  readonly title: string;
  readonly caption?: string;
  readonly picture: Picture;
}

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

/** McNemar's test of each finished cell against the first of the method's own on its split and sources, by cell. */
async function versusOwn(
  finished: readonly Finished[],
  scene: Scene,
  read: (cell: Cell) => Promise<Uint16Array | null>,
): Promise<ReadonlyMap<string, Versus>> {
  const found = new Map<string, Versus>();
  for (const { cell } of finished) {
    const rival = finished.find(
      (one) =>
        one.cell.method === ownMethod &&
        one.cell.splitSeed === cell.splitSeed &&
        String(one.cell.sources) === String(cell.sources),
    );
    if (rival === undefined || cell.method === ownMethod) continue;
    const [own, other] = [await read(cell), await read(rival.cell)];
    if (own === null || other === null) continue;
    const { z, pValue } = mcnemar(scene.labels!.data, own, other, readRunSplit(cell.config.out).test);
    found.set(cell.id, { cell: rival.cell.id, z, pValue });
  }
  return found;
}

/** Sources, ground truth, and the map of the first run of each column. */
async function picturesOf(
  columns: readonly Progress[],
  scene: Scene,
  read: (cell: Cell) => Promise<Uint16Array | null>,
  side = pictureSide,
): Promise<ScenePicture[]> {
  const { height, width, labels } = scene;
  const colors = labels!.classes.map(({ color }) => color);
  const picture = (data: ArrayLike<number>): Picture => classPicture({ height, width, data }, colors, side);
  const pictures: ScenePicture[] = scene.sources.map(({ name, kind, raster }) => ({
    title: name,
    ...(kind === name ? {} : { caption: kind }),
    picture: sourcePicture(raster, kind, side),
  }));
  pictures.push({ title: "Ground truth", picture: picture(labels!.data) });
  for (const { name, finished } of columns) {
    const map = finished[0] === undefined ? null : await read(finished[0].cell);
    if (map === null) continue;
    const { overallAccuracy } = finished[0]!.result.metrics;
    pictures.push({ title: name, caption: `OA ${percent(overallAccuracy)} %`, picture: picture(map) });
  }
  return pictures;
}

/** Pictures of a scene in one file of at most {@link mostBytes}; those of a small scene are enlarged. */
async function gridOf(pictures: (side: number) => Promise<readonly ScenePicture[]>): Promise<Uint8Array> {
  let png = new Uint8Array(0);
  for (const side of gridSides) {
    const large = (await pictures(side)).map(({ title, picture }) => ({
      title,
      picture: enlarged(picture, factorFor(picture, side)),
    }));
    png = Uint8Array.from(encodePng(pictureGrid(large, gridWidth)));
    if (png.length <= mostBytes) break;
  }
  return png;
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

interface SceneTable extends PaperScene {
  readonly columns: readonly PaperColumn[];
  /** All pictures side by side; null where nothing is finished. */
  readonly grid: Uint8Array | null;
  readonly versus: ReadonlyMap<string, Versus>;
}

/** Table and pictures of one scene. */
async function sceneTable(experiment: Experiment, name: string, outcomes: readonly CellOutcome[]): Promise<SceneTable> {
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
  const pictures = read === null ? [] : await picturesOf(columns, scene!, read);
  const notes = [...(isOpen ? [`${stateText(own)}.`] : []), ...splitNote(finished)];
  const first = columns.find((column) => column.finished.length > 0)?.finished[0]?.cell;
  return {
    table: paperTable(isOpen ? `${name} (${finished.length} of ${own.length} cells)` : name, paperColumns, notes),
    classes: scene?.labels?.classes ?? [],
    pictures: pictures.map(({ picture, ...about }) => ({ ...about, png: encodePng(picture) })),
    grid: read === null ? null : await gridOf((side) => picturesOf(columns, scene!, read, side)),
    versus: read === null ? new Map() : await versusOwn(finished, scene!, read),
    caption: first === undefined ? "" : `Maps of split seed ${first.splitSeed}, training seed ${first.seed}.`,
    columns: paperColumns,
  };
}

/** The file of all maps of a scene. */
export const gridFile = (scene: string): string => `maps-${scene.replaceAll(" ", "_")}.png`;

/**
 * Write the tables of an experiment, of whatever is finished: `results.jsonl`, `comparison.md`, `maps-SCENE.png`,
 * `tables.md`, `tables.tex`, `tables.csv` and, with pictures, `tables.html`.
 *
 * @returns their paths
 */
export async function writeTables(experiment: Experiment, outcomes: readonly CellOutcome[]): Promise<string[]> {
  const scenes = [];
  const names = [...experiment.scenes.keys()];
  for (const name of names) scenes.push(await sceneTable(experiment, name, outcomes));
  const versus = new Map(scenes.flatMap((scene) => [...scene.versus]));
  const state = stateText(outcomes);
  const overview =
    scenes.length < 2
      ? null
      : overviewTable(
          "All scenes",
          scenes.map(({ columns }, at) => ({ name: names[at]!, columns })),
        );
  const tables = [...(overview === null ? [] : [overview]), ...scenes.map(({ table }) => table)];
  const page = { title: experiment.name, summary: `${state}.`, overview, scenes };
  const lines = outcomes.map((one) => resultLine(one, versus.get(one.cell.id))).join("");
  const comparison = comparisonTables(experiment, parseResultLines(lines, "results.jsonl"));
  const grids = scenes.flatMap(({ grid }, at) => (grid === null ? [] : [[gridFile(names[at]!), grid] as const]));
  const files = [
    ["results.jsonl", lines],
    ["comparison.md", `# ${experiment.name}\n\n${comparison.map(markdownOf).join("\n")}`],
    ...grids,
    ["tables.md", `# ${experiment.name}\n\n${state}.\n\n${tables.map(markdownOf).join("\n")}`],
    ["tables.tex", `% ${experiment.name}: ${state}\n${tables.map(latexOf).join("\n")}`],
    ["tables.csv", csvOf(tables)],
    ["tables.html", renderPaperPage(page)],
  ] as const;
  const paths = files.map(([file]) => join(experiment.out, file));
  for (const [at, [, text]] of files.entries()) await writeAtomically(paths[at]!, text);
  return paths;
}
