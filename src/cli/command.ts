/** @file What a command is: words and flags, and one call. */
import { type Command, Option } from "commander";
import type { Stream } from "./progress.ts";

/** Where a command prints, and how it ends. */
export interface Context {
  /** Results. */
  readonly out: Stream;
  /** Progress and messages. */
  readonly err: Stream;
  /** What stands after `symdiffuser`. */
  readonly argv: readonly string[];
  /** The exit code, 0 unless set. */
  readonly setExit: (code: number) => void;
}

/** What the file of a command exports as `define`: gives it flags and action. */
export type Define = (command: Command, context: Context) => void;

/** An entry of the table of commands. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Words besides flags, as `<file>` or `[file]`, and what they mean. */
  readonly words: Readonly<Record<string, string>>;
  /** Its file, read only when it is called: what commands import takes long to load. */
  readonly load: () => Promise<{ readonly define: Define }>;
}

/** Flags that every command has. */
export interface CommonFlags {
  readonly json?: true;
  readonly trace?: true;
}

/** A flag in a group of the help. Complete it before it is added: commander reads defaults then. */
export function flag(flags: string, meaning: string, group = "Flags:"): Option {
  return new Option(flags, meaning).helpGroup(group);
}

/** Add the flags that every command has. */
export function addCommonFlags(command: Command): void {
  command.addOption(flag("--json", "print JSON, one object a line"));
  command.addOption(flag("--trace", "print where in the program an error arose"));
  command.addHelpOption(flag("-h, --help", "print this help"));
}

/** One object of the output of `--json`. */
export function printJson(stream: Stream, value: unknown): void {
  stream.write(`${JSON.stringify(value)}\n`);
}
