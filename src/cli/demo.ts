/** @file `symdiffuser demo`: a training on a simulated scene, with no file needed. */
import { resolveConfig } from "../train/index.ts";
import { addCommonFlags, type Define, flag } from "./command.ts";
import { addConfigFlags } from "./flags.ts";
import { type TrainFlags, trainConfig } from "./train.ts";

/** The same as configs/demo.yaml, which an installed package does not have. */
export const demoConfig = {
  name: "demo",
  scene: { simulate: { seed: 0, height: 128, width: 128, sources: ["hsi", "lidar", "sar"] } },
  split: { rule: "blocks:28", perClass: 40 },
  baselines: ["rf", "svm"],
} as const;

/** The scene is settled, and all the rest is listed by the help of train. */
const isOfDemo = (flag: string): boolean => ["--seed", "--baseline", "--out", "--threads", "--device"].includes(flag);

export const define: Define = (command, context) => {
  const given = addConfigFlags(command, context.argv, isOfDemo);
  command.addOption(flag("--resume", "go on with a run that was stopped"));
  addCommonFlags(command);
  command.addHelpText("after", "\nOther flags of train that set a key of the configuration may be given, too.");
  command.action(async (flags: TrainFlags) => {
    const config = resolveConfig(demoConfig, "", process.cwd(), given());
    await trainConfig(config, { ...flags, ...(flags.resume ? {} : { overwrite: true }) }, context);
  });
};
