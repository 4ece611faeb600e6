/**
 * @file All benchmarks as one table: figure, target, measured, unit, met or not.
 *
 * Run: npm run bench -- [words] [flags]; words choose benchmarks by parts of their names, without any all but the slow
 * ones run. --help lists the flags.
 */
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { benches } from "./benches.ts";
import { type Figure, figureTable, isMet } from "./figures.ts";

const help = `npm run bench -- [words] [flags]

  words                without any, all but those marked "slow": ${benches.map(({ name, isSlow }) => (isSlow ? `${name} (slow)` : name)).join(", ")}
  --python <file>      a Python with PyTorch, SciPy and h5py, to compare with
  --gdal-python <file> a Python with GDAL, to compare reading with
  --minutes <number>   length of the training that checks steadiness (default: 2; 120 for the full check)
  --json <file>        write the figures as JSON, too
  --markdown           print the table as Markdown
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string" },
    "gdal-python": { type: "string" },
    minutes: { type: "string", default: "2" },
    json: { type: "string" },
    markdown: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const [cpu] = cpus();
const machine = {
  cpu: cpu?.model ?? "unknown",
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 1e9),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
};

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
  const about = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`;
  console.log(`${about}\n\n${figureTable(figures, values.markdown ? "markdown" : "plain")}`);
  if (values.json !== undefined) {
    const all = figures.map((one) => ({ ...one, isMet: isMet(one) }));
    const date = new Date().toISOString().slice(0, 10);
    writeFileSync(values.json, `${JSON.stringify({ date, machine, figures: all }, null, 2)}\n`);
  }
}
