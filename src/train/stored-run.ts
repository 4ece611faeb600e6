/** @file A finished run as it lies in its folder: SymDiffuser, or a compared method. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { baselineOf, methodNameOf } from "../baselines/index.ts";
import { type LandCoverClass, type PartClassifier, readSplit, type Split } from "../scene/index.ts";
import {
  backbonePlans,
  modelFromCheckpoint,
  type SymDiffuserModel,
  symDiffuserClassifier,
  type Work,
} from "../symdiffuser/index.ts";
import { DataError, FormatError, readCheckpoint } from "../tensor/index.ts";
import { type RunConfig, readConfig } from "./config.ts";
import { runFiles } from "./run-files.ts";

/** What a run made. */
export interface StoredRun {
  readonly config: RunConfig;
  readonly classes: readonly LandCoverClass[];
  readonly seed: number;
  /** Name of the method in tables. */
  readonly title: string;
  /** Side of the surroundings of a pixel that decide its class, for the leakage figure. */
  readonly patch: number;
  /** Null where the run trained a compared method. */
  readonly model: SymDiffuserModel | null;
  /** What was trained, at work. */
  classifier(work: Omit<Work, "runStage">): PartClassifier;
}

/** @throws FormatError if the folder holds no finished run */
export async function openRun(folder: string): Promise<StoredRun> {
  const file = join(folder, runFiles.model);
  if (!existsSync(file)) {
    const started = existsSync(join(folder, runFiles.config));
    throw new FormatError(
      folder,
      started
        ? "expected a finished run; got one that stopped — try train --resume"
        : "expected the folder of a run; got none",
    );
  }
  const config = readConfig(join(folder, runFiles.config));
  const checkpoint = await readCheckpoint(file);
  const name = methodNameOf(checkpoint);
  if (name === null) {
    const model = modelFromCheckpoint(checkpoint, file);
    return { config, model, ...describeModel(model), classifier: (work) => symDiffuserClassifier(model, work) };
  }
  const method = baselineOf(name);
  const { classes, seed } = method.load(checkpoint, file, { threads: 0, device: "cpu" });
  return {
    ...{ config, classes, seed, model: null, title: method.title, patch: method.patch },
    classifier: (compute) => method.load(checkpoint, file, compute),
  };
}

/** What is told of a trained SymDiffuser. */
export function describeModel({
  classes,
  seed,
  options,
}: SymDiffuserModel): Pick<StoredRun, "classes" | "seed" | "title" | "patch"> {
  return { classes, seed, title: "SymDiffuser", patch: options.network.patch };
}

/**
 * The model of a run that knows one source given others.
 *
 * @param what  it is to do
 * @throws DataError for a compared method, and for variants without denoisers, pre-training or a look at other sources
 */
export function symDiffuserOf({ config, model, title }: StoredRun, what: string): SymDiffuserModel {
  const refused = (got: string): DataError =>
    new DataError(config.name, `expected a run of SymDiffuser, which can ${what}; got one ${got}`);
  if (model === null) throw refused(`of ${title}`);
  const { features, network, backbone, pretraining } = model.options;
  if (features.from === "latents") throw refused("without denoisers: features.from is latents");
  if (network.perception === "none") throw refused("whose sources see no other: network.perception is none");
  if (!backbonePlans[backbone].pretrained) throw refused(`without pre-training: backbone is ${backbone}`);
  if (pretraining.steps === 0) throw refused("without pre-training: pretraining.steps is 0");
  return model;
}

/** The split of a run. */
export function readRunSplit(folder: string): Split {
  return readSplit(join(folder, runFiles.split));
}
