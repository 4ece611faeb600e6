/** @file Flags on uncertainty that `map` and `evaluate` share: label sets, and pixels without a class. */
import { type Command, InvalidArgumentError } from "commander";
import { type SetScore, setScores } from "../evaluate/index.ts";
import { type UncertaintyOptions, usualLabelSets } from "../mapping/index.ts";
import { flag } from "./command.ts";
import { UsageError } from "./usage-error.ts";

export interface UncertaintyFlags {
  readonly coverage?: number;
  readonly setScore?: SetScore;
  readonly classConditional?: true;
  readonly abstain?: "sets" | number;
}

/** A number above 0 and below 1. */
function parseShare(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError(`expected a number between 0 and 1; got "${text}"`);
  return value;
}

function parseScore(text: string): SetScore {
  const known = setScores.find((score) => score === text);
  if (known === undefined) throw new InvalidArgumentError(`expected one of ${setScores.join(", ")}; got "${text}"`);
  return known;
}

function parseAbstain(text: string): "sets" | number {
  if (text === "sets") return text;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value > 0 && value < 1)) {
    throw new InvalidArgumentError(`expected sets or a number between 0 and 1; got "${text}"`);
  }
  return value;
}

export function addUncertaintyFlags(command: Command): void {
  command.addOption(
    flag("--coverage <share>", "label sets that hold the true class of so many pixels, as 0.9").argParser(parseShare),
  );
  command.addOption(
    flag("--set-score <name>", "how label sets are made: lac, the smallest ones, or aps (default: lac)").argParser(
      parseScore,
    ),
  );
  command.addOption(flag("--class-conditional", "keep the coverage of label sets for each class by itself"));
  command.addOption(
    flag(
      "--abstain <when>",
      "no class for pixels less confident than a number, as 0.6, or whose label set has not exactly one: sets",
    ).argParser(parseAbstain),
  );
}

/** What the flags ask for; null where none is given. @throws UsageError for flags that need another */
export function uncertaintyOptions(name: string, flags: UncertaintyFlags, entropy = false): UncertaintyOptions | null {
  const { coverage, setScore, classConditional, abstain = null } = flags;
  const isOfSets = coverage !== undefined || abstain === "sets";
  if (!isOfSets && (setScore !== undefined || classConditional !== undefined)) {
    const given = setScore === undefined ? "--class-conditional" : "--set-score";
    throw new UsageError(name, `expected --coverage with ${given}; got none`);
  }
  if (!isOfSets && abstain === null && !entropy) return null;
  const labelSets = {
    coverage: coverage ?? usualLabelSets.coverage,
    score: setScore ?? usualLabelSets.score,
    classConditional: classConditional ?? false,
  };
  return { entropy, labelSets: isOfSets ? labelSets : null, abstain };
}
