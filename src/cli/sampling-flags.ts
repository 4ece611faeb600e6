/** @file Flags of commands that generate what is missing. */
import { type Command, InvalidArgumentError } from "commander";
import { knownLatents, type SamplingOptions, usualSampling } from "../symdiffuser/index.ts";
import { flag } from "./command.ts";
import { wholeNumber } from "./flags.ts";
import { UsageError } from "./usage-error.ts";

export interface SamplingFlags {
  readonly draws?: number;
  readonly samplingSteps?: number;
  readonly known?: SamplingOptions["known"];
}

/** An integer from 1 as a flag's value. @throws InvalidArgumentError */
export function positive(text: string): number {
  const number = /^\d+$/.test(text) ? wholeNumber(text) : 0;
  if (number > 0) return number;
  throw new InvalidArgumentError(`expected an integer ≥ 1; got "${text}"`);
}

function knownOf(text: string): SamplingOptions["known"] {
  const found = knownLatents.find((one) => one === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${knownLatents.join(", ")}; got "${text}"`);
}

/** Names after each other, `s1` or `s1,dem`, of a flag that may be given again. */
export function sourceNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((name) => name.trim())];
}

export function addSamplingFlags(command: Command): void {
  const { draws, steps } = usualSampling;
  command.addOption(flag("--draws <number>", `samples that are averaged (default: ${draws})`).argParser(positive));
  command.addOption(
    flag("--sampling-steps <number>", `steps of the reverse process (default: ${steps})`).argParser(positive),
  );
  command.addOption(
    flag(
      "--known <how>",
      "how the other sources are given at every step: clean, or noised as in training (default: clean)",
    ).argParser(knownOf),
  );
}

/** @throws UsageError for flags of sampling where nothing is sampled; `needed` are the flags that ask for it */
export function refuseSampling(name: string, { draws, samplingSteps, known }: SamplingFlags, needed: string): void {
  const flags = { "--draws": draws, "--sampling-steps": samplingSteps, "--known": known };
  const given = Object.entries(flags).find(([, value]) => value !== undefined);
  if (given !== undefined) throw new UsageError(name, `expected ${needed} with ${given[0]}; got none`);
}

/** What the flags say; the usual where they are not given. */
export function samplingOptions({ draws, samplingSteps, known }: SamplingFlags): SamplingOptions {
  const usual = usualSampling;
  return { draws: draws ?? usual.draws, steps: samplingSteps ?? usual.steps, known: known ?? usual.known };
}
