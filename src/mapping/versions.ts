/** @file What made a result: versions of this package, of Node and of ONNX Runtime. */
import { createRequire } from "node:module";

/** Versions by name. */
export function versions(): Record<string, string> {
  const load = createRequire(import.meta.url);
  const version = (module: string): string => (load(module) as { version: string }).version;
  return {
    symdiffuser: version("../../package.json"),
    node: process.versions.node,
    "onnxruntime-node": version("onnxruntime-node/package.json"),
  };
}
