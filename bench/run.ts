/**
 * @file All benchmarks as one table: figure, target, measured, unit, met or not.
 *
 * Run: npm run bench -- [words] [flags]; words choose benchmarks by parts of their names, without any all but the slow
 * ones run. --help lists the flags.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benches } from "./benches.ts";
import { type Figure, figureTable, isMet } from "./figures.ts";

const help = `npm run bench -- [words] [flags]

  words                without any, all but those marked "slow": ${benches.map(({ name, isSlow }) => (isSlow ? `${name} (slow)` : name)).join(", ")}
  --python <file>      a Python with PyTorch, SciPy and h5py, to compare with
  --gdal-python <file> a Python with GDAL, to compare reading with
  --minutes <number>   length of the training that checks steadiness (default: 2; 120 for the full check)
  --json <file>        write the figures as JSON, too
  --document           write the table into docs/benchmarks.md, too
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string" },
    "gdal-python": { type: "string" },
    minutes: { type: "string", default: "2" },
    json: { type: "string" },
    document: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const [cpu] = cpus();
const machine = {
  cpu: cpu?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 1e9),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
};

/** Put text between the marks of docs/benchmarks.md. */
function document(text: string): void {
  const file = join(import.meta.dirname, "../docs/benchmarks.md");
  const [before, after] = ["<!-- table: npm run bench -- --document -->\n", "<!-- end of table -->\n"];
  const page = readFileSync(file, "utf8");
  const start = page.indexOf(before) + before.length;
  writeFileSync(file, page.slice(0, start) + text + page.slice(page.indexOf(after)));
}

const chosen = benches.filter(({ name, isSlow }) =>
  positionals.length === 0 ? !isSlow : positionals.some((word) => name.includes(word)),
);

if (values.help) console.log(help);
else if (chosen.length === 0) {
  console.error(`expected one of ${benches.map(({ name }) => name).join(", ")}; got ${positionals.join(", ")}`);
  process.exitCode = 2;
} else {
  const figures: Figure[] = [];
  for (const { name, measure } of chosen) {
    console.error(`${name} …`);
    const options = {
      python: values.python ?? null,
      gdalPython: values["gdal-python"] ?? null,
      minutes: Number(values.minutes),
    };
    figures.push(...measure(options));
  }
  const date = new Date().toISOString().slice(0, 10);
  const about = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`;
  console.log(`${about}\n\n${figureTable(figures, "plain")}`);
  if (values.document) document(`${date}, ${about}.\n\n${figureTable(figures, "markdown")}`);
  if (values.json !== undefined) {
    const all = figures.map((one) => ({ ...one, isMet: isMet(one) }));
    writeFileSync(values.json, `${JSON.stringify({ date, machine, figures: all }, null, 2)}\n`);
  }
}
