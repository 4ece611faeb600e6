/** @file `symdiffuser map`: a trained run on its own scene again, or on other files of the same sources. */
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Area } from "../evaluate/index.ts";
import { type PolygonFormat, polygonFormats } from "../mapping/index.ts";
import type { DeviceChoice } from "../tensor/index.ts";
import { addCommonFlags, type CommonFlags, type Define, flag } from "./command.ts";
import { addSource, deviceFlag, wholeNumber } from "./flags.ts";
import { doJob } from "./job.ts";
import {
  addSamplingFlags,
  refuseSampling,
  type SamplingFlags,
  samplingOptions,
  sourceNames,
} from "./sampling-flags.ts";
import { addUncertaintyFlags, type UncertaintyFlags, uncertaintyOptions } from "./uncertainty-flags.ts";
import { UsageError } from "./usage-error.ts";

interface MapFlags extends CommonFlags, UncertaintyFlags, SamplingFlags {
  readonly without?: readonly string[];
  readonly fillHoles?: true;
  readonly source?: Readonly<Record<string, readonly string[]>>;
  readonly out?: string;
  readonly threads: number;
  readonly device?: DeviceChoice;
  readonly cog?: true;
  readonly probabilities?: true;
  readonly uncertainty?: true;
  readonly polygons?: PolygonFormat;
  readonly minArea?: Area;
}

function polygonFormat(text: string): PolygonFormat {
  const known = polygonFormats.find((format) => format === text);
  if (known === undefined) {
    throw new InvalidArgumentError(`expected one of ${polygonFormats.join(", ")}; got "${text}"`);
  }
  return known;
}

/** `25` pixels or `400m2`. */
function parseArea(text: string): Area {
  const parts = /^(\d+(?:\.\d+)?)(m2|m²)?$/.exec(text);
  if (parts === null) {
    throw new InvalidArgumentError(`expected pixels, as 25, or square metres, as 400m2; got "${text}"`);
  }
  return { value: Number(parts[1]), unit: parts[2] === undefined ? "pixels" : "m²" };
}

export const define: Define = (command, context) => {
  command.addOption(
    flag("--source <name=FILE>", "raster of another scene; repeat for every source of the run").argParser(addSource),
  );
  command.addOption(
    flag("--without <names>", "generate these sources from the others, as s1 or s1,dem").argParser(sourceNames),
  );
  command.addOption(flag("--fill-holes", "generate pixels that some sources lack"));
  addSamplingFlags(command);
  command.addOption(flag("--out <dir>", "folder of the map (default: map in the folder of the run)"));
  command.addOption(
    flag("--threads <number>", "threads to compute with").argParser(wholeNumber).default(0, "all cores"),
  );
  command.addOption(deviceFlag());
  command.addOption(flag("--cog", "write rasters with overviews, as cloud-optimised GeoTIFF"));
  command.addOption(flag("--probabilities", "write probabilities.tif, too: one band a class"));
  command.addOption(flag("--uncertainty", "write entropy.tif and disagreement.tif of the model's heads, too"));
  addUncertaintyFlags(command);
  command.addOption(
    flag("--polygons <format>", "write the regions of the map as polygons, too: gpkg or geojson").argParser(
      polygonFormat,
    ),
  );
  command.addOption(
    flag("--min-area <area>", "smallest polygon, as 25 (pixels) or 400m2; smaller ones join a neighbour").argParser(
      parseArea,
    ),
  );
  addCommonFlags(command);
  command.action(async (run: string, flags: MapFlags) => {
    const {
      source,
      out,
      threads,
      device = "cpu",
      cog = false,
      probabilities = false,
      polygons = null,
      minArea = null,
    } = flags;
    if (minArea !== null && polygons === null) {
      throw new UsageError("map", "expected --polygons with --min-area; got none");
    }
    const { without = [], fillHoles = false } = flags;
    const twice = without.find((name) => source !== undefined && Object.hasOwn(source, name));
    if (twice !== undefined) throw new UsageError("map", `expected --source or --without for ${twice}; got both`);
    const isComplete = without.length === 0 && !fillHoles;
    if (isComplete) refuseSampling("map", flags, "--without or --fill-holes");
    const generation = { without, fillHoles, sampling: samplingOptions(flags) };
    const folder = out === undefined ? null : resolve(out);
    const uncertainty = uncertaintyOptions("map", flags, flags.uncertainty);
    const files = { cog, probabilities, polygons, smallestArea: minArea };
    await doJob(
      {
        ...{ job: "map", run: resolve(run), sources: source ?? null, out: folder, files, threads, device },
        ...(uncertainty === null ? {} : { uncertainty }),
        ...(isComplete ? {} : { generation }),
      },
      null,
      flags,
      context,
    );
  });
};
