/** @file Errors to sentences and exit codes. */
import { type Command, CommanderError } from "commander";
import { SymdiffuserError } from "../tensor/index.ts";
import { nearest } from "../train/index.ts";
import { type Context, printJson } from "./command.ts";
import { UsageError } from "./usage-error.ts";

const quoted = /'([^']*)'/;

/** What the parser of the command line refused, in our words. */
function usageError(error: CommanderError, program: Command, words: readonly string[]): UsageError {
  const command = program.commands.find((one) => one.name() === words[0]);
  const name = command?.name() ?? "";
  const text = error.message.replace(/^error: /, "");
  const subject = quoted.exec(text)?.[1] ?? "";
  const near = (known: readonly string[]): string => {
    const found = nearest(subject.replace(/=.*$/s, ""), known);
    return found === null ? "" : ` — did you mean ${found}?`;
  };
  const { options } = command ?? program;
  const messages: Readonly<Record<string, () => string>> = {
    "commander.unknownOption": () =>
      `unknown flag ${subject}${near(options.flatMap(({ long }) => (long ? withNames(long, subject) : [])))}`,
    "commander.unknownCommand": () => {
      const known = program.commands.map((one) => one.name());
      return `unknown command ${subject}; known are ${known.join(", ")}${near(known)}`;
    },
    "commander.optionMissingArgument": () => `expected a value after ${subject.split(" ")[0]}; got nothing`,
    "commander.missingArgument": () => `expected <${subject}>; got nothing`,
    "commander.missingMandatoryOptionValue": () => `expected ${subject}; got nothing`,
    "commander.excessArguments": () => `expected ${argumentCount(command)}; got more`,
    "commander.invalidArgument": () =>
      text.replace(
        /^option '(\S+).*?' argument '.*' is invalid\. (.*)$/s,
        (_, flag: string, why: string) => `${flag}: ${why}`,
      ),
  };
  return new UsageError(name, messages[error.code]?.() ?? text, { cause: error });
}

/** `--scene.sources.<name>.bands` with the names of what was typed. */
function withNames(flag: string, typed: string): string {
  const parts = typed.split(".");
  return flag
    .split(".")
    .map((part, at) => (part.startsWith("<") ? (parts[at] ?? part) : part))
    .join(".");
}

function argumentCount(command: Command | undefined): string {
  const count = command?.registeredArguments.length ?? 0;
  return count === 0 ? "no words but flags" : `${count} word${count === 1 ? "" : "s"} besides flags`;
}

/** Faults of files and disks come from the system with a sentence of their own. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && /^E[A-Z0-9]+$/.test(String((error as NodeJS.ErrnoException).code));
}

/**
 * Print what went wrong.
 *
 * @param fault  what was thrown
 * @returns the exit code: 1, or 2 for a command line that cannot be understood
 */
export function refuse(fault: unknown, program: Command, { out, err, argv: words }: Context): number {
  const error = fault instanceof CommanderError ? usageError(fault, program, words) : fault;
  const isTraced = words.includes("--trace");
  const isKnown = error instanceof SymdiffuserError || isSystemError(error);
  const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  if (words.includes("--json")) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    printJson(out, { kind: "error", name, message });
  }
  if (!isKnown) {
    err.write(`This is a fault of the program, not yours: please report it with the lines below.\n${stack}\n`);
    return 1;
  }
  err.write(`${error.message}\n`);
  if (error instanceof UsageError) {
    const command = program.commands.find((one) => one.name() === error.command) ?? program;
    const path = command === program ? "symdiffuser" : `symdiffuser ${command.name()}`;
    err.write(`Usage: ${path} ${command.usage()}\nAll flags: ${path} --help\n`);
  }
  if (isTraced) err.write(`${stack}\n`);
  return error instanceof UsageError ? 2 : 1;
}
