/** @file `symdiffuser translate`: one source of a run made from others. */
import { resolve } from "node:path";
import type { DeviceChoice } from "../tensor/index.ts";
import { addCommonFlags, type CommonFlags, type Define, flag } from "./command.ts";
import { addSource, deviceFlag, wholeNumber } from "./flags.ts";
import { doJob } from "./job.ts";
import { addSamplingFlags, type SamplingFlags, samplingOptions, sourceNames } from "./sampling-flags.ts";
import { UsageError } from "./usage-error.ts";

interface TranslateFlags extends CommonFlags, SamplingFlags {
  readonly from?: readonly string[];
  readonly to?: string;
  readonly source?: Readonly<Record<string, readonly string[]>>;
  readonly out?: string;
  readonly threads: number;
  readonly device?: DeviceChoice;
}

export const define: Define = (command, context) => {
  command.addOption(flag("--from <names>", "sources to make it from (default: all others)").argParser(sourceNames));
  command.addOption(flag("--to <name>", "source to make"));
  addSamplingFlags(command);
  command.addOption(
    flag("--source <name=FILE>", "raster of another scene; repeat for every source that is there").argParser(addSource),
  );
  command.addOption(flag("--out <dir>", "folder of the results (default: translation in the folder of the run)"));
  command.addOption(
    flag("--threads <number>", "threads to compute with").argParser(wholeNumber).default(0, "all cores"),
  );
  command.addOption(deviceFlag());
  addCommonFlags(command);
  command.action(async (run: string, flags: TranslateFlags) => {
    const { from = null, to, source = null, out, threads, device = "cpu" } = flags;
    if (to === undefined) throw new UsageError("translate", "expected --to with the name of a source; got none");
    const options = { from, to, sampling: samplingOptions(flags) };
    const folder = out === undefined ? null : resolve(out);
    await doJob(
      { job: "translate", run: resolve(run), sources: source, out: folder, options, threads, device },
      null,
      flags,
      context,
    );
  });
};
