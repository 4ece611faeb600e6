/** @file A Python that has a module of the system's packages, such as GDAL's or QGIS's, for checks from outside. */
import { spawnSync } from "node:child_process";

/** Its command, undefined where none has the module; which is looked for, not loaded, for that takes a second. */
export function pythonWith(module: string): string | undefined {
  const look = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${module}") is None)`;
  return ["/usr/bin/python3", "python3"].find((command) => spawnSync(command, ["-c", look]).status === 0);
}
