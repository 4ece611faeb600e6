/** @file `symdiffuser info`: what a raster, polygons, a run or a model hold. */
import { existsSync, statSync } from "node:fs";
import { isVector } from "../scene/index.ts";
import { addCommonFlags, type CommonFlags, type Define, printJson } from "./command.ts";
import type { Tell } from "./info/tell.ts";

/** What can be described: whether a path is one, and the file that describes it. */
interface Kind {
  readonly holds: (path: string) => boolean;
  readonly load: () => Promise<{ readonly tell: Tell }>;
}

/** The first kind that holds a path describes it. */
const kinds: readonly Kind[] = [
  { holds: (path) => existsSync(path) && statSync(path).isDirectory(), load: () => import("./info/run.ts") },
  { holds: (path) => path.toLowerCase().endsWith(".safetensors"), load: () => import("./info/checkpoint.ts") },
  { holds: isVector, load: () => import("./info/vector.ts") },
  { holds: () => true, load: () => import("./info/raster.ts") },
];

export const define: Define = (command, context) => {
  addCommonFlags(command);
  command.action(async (paths: readonly string[], flags: CommonFlags) => {
    for (const [at, path] of paths.entries()) {
      const { tell } = await kinds.find(({ holds }) => holds(path))!.load();
      const { description, text } = await tell(path);
      if (flags.json) printJson(context.out, description);
      else context.out.write(`${at === 0 ? "" : "\n"}${text}`);
    }
  });
};
