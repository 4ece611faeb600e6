/** @file `npm run build`: compile `src/` to `dist/` and copy the files that are read as they are. */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { must, root } from "./setup.mjs";

rmSync(join(root, "dist"), { recursive: true, force: true });
must("npx", "tsc", "-p", "tsconfig.build.json");
for (const file of readdirSync(join(root, "src"), { recursive: true })) {
  if (/\.(css|html|json)$/.test(file)) cpSync(join(root, "src", file), join(root, "dist", file));
}
