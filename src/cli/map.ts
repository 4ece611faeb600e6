/** @file `symdiffuser map`: a trained run on its own scene again, or on other files of the same sources. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { addCommonFlags, type CommandEntry, type CommonFlags, type Context, flag } from "./command.ts";
import { parseSource, wholeNumber } from "./flags.ts";
import { doJob } from "./job.ts";

interface MapFlags extends CommonFlags {
  readonly source?: Readonly<Record<string, string>>;
  readonly out?: string;
  readonly threads: number;
}

function addSource(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { name, kind, file } = parseSource(text);
  if (kind !== null) throw new InvalidArgumentError(`expected NAME=FILE, the kind is that of the run; got "${text}"`);
  return { ...before, [name]: file };
}

export const map: CommandEntry = {
  name: "map",
  summary: "map a scene with a trained run",
  define: (command: Command, context: Context) => {
    command.argument("<run>", "folder of the run");
    command.addOption(
      flag("--source <name=FILE>", "raster of another scene; repeat for every source of the run").argParser(addSource),
    );
    command.addOption(flag("--out <dir>", "folder of the map (default: map in the folder of the run)"));
    command.addOption(
      flag("--threads <number>", "threads to compute with").argParser(wholeNumber).default(0, "all cores"),
    );
    addCommonFlags(command);
    command.action(async (run: string, flags: MapFlags) => {
      const { source, out, threads } = flags;
      const folder = out === undefined ? null : resolve(out);
      await doJob(
        { job: "map", run: resolve(run), sources: source ?? null, out: folder, threads },
        null,
        flags,
        context,
      );
    });
  },
};
