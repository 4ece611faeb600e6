/** @file `symdiffuser consistency`: where the sources of a scene do not go together. */
import { resolve } from "node:path";
import { usualConsistency } from "../symdiffuser/index.ts";
import type { DeviceChoice } from "../tensor/index.ts";
import { addCommonFlags, type CommonFlags, type Define, flag } from "./command.ts";
import { addSource, deviceFlag, wholeNumber } from "./flags.ts";
import { doJob } from "./job.ts";
import { positive } from "./sampling-flags.ts";

interface ConsistencyFlags extends CommonFlags {
  readonly draws?: number;
  readonly source?: Readonly<Record<string, readonly string[]>>;
  readonly out?: string;
  readonly threads: number;
  readonly device?: DeviceChoice;
}

export const define: Define = (command, context) => {
  command.addOption(
    flag("--draws <number>", `draws of noise that are averaged (default: ${usualConsistency.draws})`).argParser(
      positive,
    ),
  );
  command.addOption(
    flag("--source <name=FILE>", "raster of another scene; repeat for every source of the run").argParser(addSource),
  );
  command.addOption(flag("--out <dir>", "folder of the results (default: consistency in the folder of the run)"));
  command.addOption(
    flag("--threads <number>", "threads to compute with").argParser(wholeNumber).default(0, "all cores"),
  );
  command.addOption(deviceFlag());
  addCommonFlags(command);
  command.action(async (run: string, flags: ConsistencyFlags) => {
    const { source = null, out, threads, device = "cpu", draws = usualConsistency.draws } = flags;
    const options = { ...usualConsistency, draws };
    const folder = out === undefined ? null : resolve(out);
    await doJob(
      { job: "consistency", run: resolve(run), sources: source, out: folder, options, threads, device },
      null,
      flags,
      context,
    );
  });
};
