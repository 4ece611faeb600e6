/** @file `symdiffuser evaluate`: a trained run against its own or other labels. */
import { resolve } from "node:path";
import type { DeviceChoice } from "../tensor/index.ts";
import { addCommonFlags, type CommonFlags, type Define, flag } from "./command.ts";
import { deviceFlag, wholeNumber } from "./flags.ts";
import { commandText, doJob } from "./job.ts";
import {
  addSamplingFlags,
  refuseSampling,
  type SamplingFlags,
  samplingOptions,
  sourceNames,
} from "./sampling-flags.ts";
import { addUncertaintyFlags, type UncertaintyFlags, uncertaintyOptions } from "./uncertainty-flags.ts";

interface EvaluateFlags extends CommonFlags, UncertaintyFlags, SamplingFlags {
  readonly without?: readonly string[];
  readonly labels?: string;
  readonly split?: string;
  readonly out?: string;
  readonly threads: number;
  readonly device?: DeviceChoice;
}

export const define: Define = (command, context) => {
  command.addOption(flag("--labels <file>", "other labels on the grid of the run (default: those of the run)"));
  command.addOption(flag("--split <file>", "other split, as split.json of a run (default: that of the run)"));
  addUncertaintyFlags(command);
  command.addOption(
    flag(
      "--without <names>",
      "generate these sources from the others, as s1 or s1,dem, and compare with what else one could do",
    ).argParser(sourceNames),
  );
  addSamplingFlags(command);
  command.addOption(flag("--out <dir>", "folder of the results (default: evaluation in the folder of the run)"));
  command.addOption(
    flag("--threads <number>", "threads to compute with").argParser(wholeNumber).default(0, "all cores"),
  );
  command.addOption(deviceFlag());
  addCommonFlags(command);
  command.action(async (run: string, { labels, split, out, threads, device = "cpu", ...flags }: EvaluateFlags) => {
    const uncertainty = uncertaintyOptions("evaluate", flags);
    const { without = [] } = flags;
    if (without.length === 0) refuseSampling("evaluate", flags, "--without");
    const generation = { without, fillHoles: false, sampling: samplingOptions(flags) };
    const absolute = (path: string | undefined): string | null => (path === undefined ? null : resolve(path));
    await doJob(
      {
        job: "evaluate",
        run: resolve(run),
        labels: labels ?? null,
        split: absolute(split),
        out: absolute(out),
        threads,
        command: commandText(context.argv),
        device,
        ...(uncertainty === null ? {} : { uncertainty }),
        ...(without.length === 0 ? {} : { generation }),
      },
      null,
      flags,
      context,
    );
  });
};
