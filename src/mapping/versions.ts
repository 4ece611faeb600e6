/** @file What made a result: versions of this package, of Node and of ONNX Runtime. */
import { createRequire } from "node:module";

/** Name and version of this program, as files that it makes bear it. */
export function software(): string {
  return `symdiffuser ${versions()["symdiffuser"]}`;
}

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
