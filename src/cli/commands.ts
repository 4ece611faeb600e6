/** @file The table of commands. */
import type { CommandEntry } from "./command.ts";
import { demo } from "./demo.ts";
import { evaluate } from "./evaluate.ts";
import { info } from "./info.ts";
import { map } from "./map.ts";
import { recipe } from "./recipe.ts";
import { simulate } from "./simulate.ts";
import { train } from "./train.ts";

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [demo, train, map, evaluate, info, simulate, recipe];
