/** @file `symdiffuser simulate`: the simulated scene as files, with a configuration beside them. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { encodeAuxXml, encodeGeoTiff } from "../evaluate/index.ts";
import { type Color, type Raster, type Scene, simulatedSources, simulateScene } from "../scene/index.ts";
import { ConfigError, writeAtomically } from "../tensor/index.ts";
import { addCommonFlags, type CommonFlags, type Context, type Define, flag, printJson } from "./command.ts";
import { wholeNumber } from "./flags.ts";
import { commandText } from "./job.ts";

type SimulatedSource = (typeof simulatedSources)[number];

interface SimulateFlags extends CommonFlags {
  readonly out: string;
  readonly seed: number;
  readonly height: number;
  readonly width: number;
  readonly sources: readonly SimulatedSource[];
  readonly format: string;
  readonly overwrite?: true;
}

/** Files of a raster, by name of the format: names and contents. */
const formats: ReadonlyMap<string, (name: string, raster: Raster) => [string, Uint8Array][]> = new Map([
  [
    "tif",
    (name: string, raster: Raster): [string, Uint8Array][] => {
      const { categories } = raster;
      const names = categories && encodeAuxXml(categories.map(({ value, name, color }) => ({ value, name, color })));
      const beside: [string, Uint8Array][] = names ? [[`${name}.tif.aux.xml`, new TextEncoder().encode(names)]] : [];
      return [[`${name}.tif`, encodeGeoTiff(raster)], ...beside];
    },
  ],
]);

const choice =
  (known: Iterable<string>) =>
  (text: string): string => {
    const all = [...known];
    if (all.includes(text)) return text;
    throw new InvalidArgumentError(`expected one of ${all.join(", ")}; got "${text}"`);
  };

const hex = (color: Color): string => `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** The labels of a scene as a raster, 0 = unlabelled. */
function labelRaster({ labels, height, width, georeference }: Scene): Raster {
  const { data, classes } = labels!;
  return {
    ...{ height, width, georeference, bands: 1, data: Uint8Array.from(data, (label) => classes[label - 1]?.code ?? 0) },
    ...{ valid: null, bandNames: ["land cover"], wavelengthsNm: null, nodata: 0 },
    categories: classes.map(({ code, name, color }) => ({ value: code, name, color })),
  };
}

/** A configuration for the files of a scene, complete but for the defaults. */
function configurationText(scene: Scene, format: string, command: string): string {
  const classes = scene.labels!.classes.map(({ code, name, color }) => [code, { name, color: hex(color) }]);
  const sources = scene.sources.map(({ name, kind }) => [name, { file: `${name}.${format}`, kind }]);
  const config = {
    name: scene.name,
    scene: {
      sources: Object.fromEntries(sources),
      labels: { file: `labels.${format}`, classes: Object.fromEntries(classes) },
    },
    split: { rule: "blocks:28" },
    baselines: ["rf", "svm"],
  };
  return `# A simulated scene, made by: ${command}\n# Train on it with: symdiffuser train config.yaml\n${stringify(config)}`;
}

async function simulateFiles(flags: SimulateFlags, context: Context): Promise<void> {
  const { out: folder, format, seed, height, width, sources, overwrite } = flags;
  const scene = simulateScene({ seed, height, width, sources });
  const encode = formats.get(format)!;
  const files = [
    ...scene.sources.flatMap(({ name, raster }) => encode(name, raster)),
    ...encode("labels", labelRaster(scene)),
    ["config.yaml", new TextEncoder().encode(configurationText(scene, format, commandText(context.argv)))] as const,
  ];
  const taken = overwrite ? undefined : files.find(([name]) => existsSync(join(folder, name)));
  if (taken !== undefined) {
    throw new ConfigError("--out", `expected a folder without ${taken[0]}; got ${folder} — try --overwrite`, folder);
  }
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeAtomically(join(folder, name), bytes);
  const paths = files.map(([name]) => join(folder, name));
  if (flags.json) printJson(context.out, { kind: "result", folder, files: paths });
  else {
    const list = paths.map((path) => `  ${path}\n`).join("");
    context.out.write(`Wrote\n${list}Train on it with: ${commandText(["train", join(folder, "config.yaml")])}\n`);
  }
}

export const define: Define = (command, context) => {
  command.addOption(flag("--out <dir>", "folder to write to").makeOptionMandatory());
  command.addOption(flag("--seed <number>", "seed of the scene").argParser(wholeNumber).default(0));
  command.addOption(flag("--height <pixels>", "rows, 16 to 2048").argParser(wholeNumber).default(128));
  command.addOption(flag("--width <pixels>", "columns, 16 to 2048").argParser(wholeNumber).default(128));
  command.addOption(
    flag("--sources <list>", `sensors, of ${simulatedSources.join(", ")}`)
      .argParser((text) => text.split(",").map((one) => choice(simulatedSources)(one.trim())))
      .default(["hsi", "lidar", "sar"], "hsi,lidar,sar"),
  );
  command.addOption(
    flag("--format <name>", "format of the rasters: tif (GeoTIFF)")
      .argParser(choice(formats.keys()))
      .default("tif", "tif"),
  );
  command.addOption(flag("--overwrite", "write over files that are there"));
  addCommonFlags(command);
  command.action((flags: SimulateFlags) => simulateFiles(flags, context));
};
