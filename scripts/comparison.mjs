/**
 * @file `npm run comparison`: writes docs/comparison.md from the experiments configs/compare-*.yaml. What runs/ holds of
 * them is first taken over into docs/results/NAME.jsonl, a line a cell, and docs/comparison/*.png.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
const load = (room) => import(pathToFileURL(join(root, "dist", room, "index.js")).href);
const { comparisonTables, gridFile, parseResultLines } = await load("mapping");
const { markdownOf } = await load("evaluate");
const { readExperiment } = await load("train");

const docs = join(root, "docs");
for (const folder of ["results", "comparison"]) mkdirSync(join(docs, folder), { recursive: true });

/** Lines by cell. */
const linesOf = (file) => {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  return new Map(
    lines.map((line) => [JSON.parse(line), line]).map(([{ cell, state }, line]) => [cell, { state, line }]),
  );
};

const parts = readdirSync(join(root, "configs"))
  .filter((file) => /^compare-.*\.yaml$/.test(file))
  .sort()
  .map((file) => {
    const experiment = readExperiment(join(root, "configs", file));
    const kept = join(docs, "results", `${experiment.name}.jsonl`);
    const known = linesOf(kept);
    for (const [cell, { state, line }] of linesOf(join(experiment.out, "results.jsonl"))) {
      if (state === "finished") known.set(cell, { state, line });
    }
    const text = experiment.cells.flatMap(({ id }) => (known.has(id) ? [`${known.get(id).line}\n`] : [])).join("");
    if (text === "") return "";
    writeFileSync(kept, text);
    const pictures = [...experiment.scenes.keys()].flatMap((scene) => {
      const [from, to] = [join(experiment.out, gridFile(scene)), join("comparison", gridFile(scene))];
      if (existsSync(from)) copyFileSync(from, join(docs, to));
      return existsSync(join(docs, to)) ? [`![Sources, ground truth and maps of ${scene}](${to})\n`] : [];
    });
    const tables = comparisonTables(experiment, parseResultLines(text, kept)).map(markdownOf);
    const source = `From [${file}](../configs/${file}): [cells](results/${experiment.name}.jsonl).\n`;
    return [...tables, ...pictures, source].join("\n");
  });

const file = join(docs, "comparison.md");
const mark = "<!-- what follows: npm run comparison -->\n";
const text = readFileSync(file, "utf8");
writeFileSync(file, `${text.slice(0, text.indexOf(mark))}${mark}\n${parts.filter(Boolean).join("\n")}`);
console.log(`docs/comparison.md: ${parts.filter(Boolean).length} of ${parts.length} experiments`);
