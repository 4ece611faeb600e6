#!/usr/bin/env node
/**
 * @file Entry of the program `symdiffuser`: words to commands. What takes long to load comes when it is needed, so that
 * `--help` answers at once: the file of the command that is called, and the sentences for what goes wrong.
 */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { argv, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, type OutputConfiguration } from "commander";
import type { Context } from "./command.ts";
import { commands } from "./commands.ts";
import type { Stream } from "./progress.ts";

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
    .configureHelp({ subcommandTerm: (one) => `${one.name()} ${one.usage().replace(/ ?\[flags\]$/, "")}` })
    .showSuggestionAfterError(false)
    .exitOverride()
    .usage("<command> [flags]")
    .addHelpText("after", "\nFlags of a command: symdiffuser <command> --help");
  for (const { name, summary, words } of commands) {
    const command = program.command(name).summary(summary).optionsGroup("Flags:");
    command.description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
    for (const [word, meaning] of Object.entries(words)) command.argument(word, meaning);
    command.usage([...Object.keys(words), "[flags]"].join(" "));
  }
  return program.hook("preSubcommand", async (_, command) => {
    const { define } = await commands.find(({ name }) => name === command.name())!.load();
    define(command, context);
  });
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
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { refuse } = await import("./refusal.ts");
    return refuse(error, program, context);
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
