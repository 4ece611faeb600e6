/** @file `symdiffuser train`: from files to a trained run with map, numbers and report. */
import { type RunConfig, readConfig } from "../train/index.ts";
import { addCommonFlags, type CommonFlags, type Context, type Define, flag } from "./command.ts";
import { addConfigFlags } from "./flags.ts";
import { commandText, doJob, resumeText } from "./job.ts";
import { UsageError } from "./usage-error.ts";

/** Flags of commands that train. */
export interface TrainFlags extends CommonFlags {
  readonly resume?: true;
  readonly overwrite?: true;
}

/** Train what a configuration describes. */
export async function trainConfig(config: RunConfig, flags: TrainFlags, context: Context): Promise<void> {
  const [resume, overwrite] = [flags.resume === true, flags.overwrite === true];
  const command = commandText(context.argv);
  const resumeCommand = resumeText(context.argv, process.env["npm_lifecycle_event"]);
  await doJob({ job: "train", config, resume, overwrite, command }, resumeCommand, flags, context);
}

export const define: Define = (command, context) => {
  const given = addConfigFlags(command, context.argv);
  command.addOption(flag("--resume", "go on with a run that was stopped"));
  command.addOption(flag("--overwrite", "remove the run that is in the folder first"));
  addCommonFlags(command);
  command.action(async (file: string | undefined, flags: TrainFlags) => {
    const overrides = given();
    if (file === undefined && !overrides.some(({ path }) => path[0] === "scene")) {
      throw new UsageError("train", "expected a configuration file, or --source and --labels; got neither");
    }
    if (flags.resume && flags.overwrite) {
      throw new UsageError("train", "expected --resume or --overwrite; got both");
    }
    await trainConfig(readConfig(file ?? null, overrides), flags, context);
  });
};
