#!/usr/bin/env node
/** @file Entry of the program `symdiffuser`: words to commands, errors to sentences and exit codes. */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { argv, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { SymdiffuserError } from "../tensor/index.ts";
import { nearest } from "../train/index.ts";
import { type Context, printJson } from "./command.ts";
import { commands } from "./commands.ts";
import type { Stream } from "./progress.ts";
import { UsageError } from "./usage-error.ts";

/** Where a run of the program prints. */
export interface Streams {
  readonly out: Stream;
  readonly err: Stream;
}

const widestHelp = 120;

function programOf(context: Context): Command {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const width = (stream: Stream) => () => Math.min(widestHelp, stream.columns ?? widestHelp);
  const output: OutputConfiguration = {
    writeOut: (text) => context.out.write(text),
    writeErr: () => {},
    getOutHelpWidth: width(context.out),
    getErrHelpWidth: width(context.err),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
  const program = new Command("symdiffuser")
    .optionsGroup("Flags:")
    .description("Land-cover maps from any co-registered remote-sensing sources and a few labelled pixels.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureOutput(output)
    .configureHelp({ subcommandTerm: (one) => [one.name(), ...one.registeredArguments.map(wordText)].join(" ") })
    .showSuggestionAfterError(false)
    .exitOverride()
    .usage("<command> [flags]")
    .addHelpText("after", "\nFlags of a command: symdiffuser <command> --help");
  for (const { name, summary, define } of commands) {
    const command = program.command(name).summary(summary).optionsGroup("Flags:");
    command.description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
    define(command, context);
    command.usage([...command.registeredArguments.map(wordText), "[flags]"].join(" "));
  }
  return program;
}

function wordText(argument: Command["registeredArguments"][number]): string {
  const word = argument.name() + (argument.variadic ? "..." : "");
  return argument.required ? `<${word}>` : `[${word}]`;
}

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

/** Print an error; returns the exit code. */
function refuse(error: unknown, program: Command, { out, err, argv: words }: Context): number {
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

/**
 * Run the program.
 *
 * @param words  what stands after `symdiffuser`
 * @returns the exit code: 0, 1 for an error, 2 for a command line that cannot be understood, 130 after Ctrl-C
 */
export async function run(words: readonly string[], streams: Streams = { out: stdout, err: stderr }): Promise<number> {
  let code = 0;
  const context: Context = {
    ...streams,
    argv: words,
    setExit: (value) => {
      code = value;
    },
  };
  const program = programOf(context);
  try {
    if (words.length === 0) {
      streams.err.write(program.helpInformation());
      return 2;
    }
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return refuse(error, program, context);
    return error.exitCode === 0 ? 0 : refuse(usageError(error, program, words), program, context);
  }
}

/** Whether this file is the program, not a module of it; a package manager's link counts. */
function isProgram(): boolean {
  const started = argv[1];
  return started !== undefined && existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url);
}

if (isProgram()) {
  // A reader that has seen enough, such as head, closes the pipe: that is no error.
  stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.exitCode = await run(argv.slice(2));
}
