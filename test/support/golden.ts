/** @file Golden numbers: arrays made by a reference implementation, read by case. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  compile,
  constant,
  decodeSafetensors,
  gradients,
  interpret,
  mul,
  type NdArray,
  reshape,
  type Spec,
  sum,
  type Tensor,
  trace,
} from "../../src/tensor/index.ts";

/** One case of a golden file: its arrays by the rest of their name, `in/x`, `param/weight`, `out`, `grad/x`. */
export function goldenCase(file: string, name: string): Map<string, NdArray> {
  const path = join(import.meta.dirname, "..", "golden", `${file}.safetensors`);
  const { arrays } = decodeSafetensors(readFileSync(path), path);
  const prefix = `${name}/`;
  const found = Object.entries(arrays).flatMap(([key, array]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), array] as const] : [],
  );
  assert.ok(found.length > 0, `no case ${name} in ${file}`);
  return new Map(found);
}

/** Largest difference relative to the largest reference value (at least 1). */
export function assertClose(got: NdArray, expected: NdArray, tolerance: number, what: string): void {
  assert.equal(got.data.length, expected.data.length, `${what}: sizes`);
  const scale = (expected.data as Float32Array).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
  for (const [at, value] of (expected.data as Float32Array).entries()) {
    const difference = Math.abs(got.data[at]! - value);
    assert.ok(difference <= tolerance * Math.max(1, scale), `${what}[${at}]: got ${got.data[at]}, expected ${value}`);
  }
}

/** A tree of tensors from dotted names: `in.0.norm1.scale` becomes `tree.in[0].norm1.scale`. */
export function treeOf(named: ReadonlyMap<string, Tensor>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [name, tensor] of named) {
    const path = name.split(".");
    let at = root;
    for (const step of path.slice(0, -1)) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    at[path.at(-1)!] = tensor;
  }
  const toLists = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || "node" in value) return value;
    const entries = Object.entries(value).map(([key, child]) => [key, toLists(child)] as const);
    if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) return entries.map(([, child]) => child);
    return Object.fromEntries(entries);
  };
  return toLists(root) as Record<string, unknown>;
}

/**
 * Compare a function of tensors, and the gradients of Σ out·cotangent for every float input and parameter, with a
 * golden case: by the interpreter (to `tolerance`) and by ONNX Runtime (to `tolerance`).
 */
export async function assertGolden(
  arrays: ReadonlyMap<string, NdArray>,
  call: (inputs: Record<string, Tensor>, parameters: Record<string, unknown>) => Tensor | Record<string, Tensor>,
  tolerance = 1e-4,
): Promise<void> {
  const fed = [...arrays].filter(([name]) => /^(in|param)\//.test(name));
  const specs = Object.fromEntries(fed.map(([name, { shape, dtype }]) => [name, { shape, dtype } as Spec]));
  const wanted = [...arrays.keys()]
    .filter((name) => name.startsWith("grad/"))
    .map((name) => name.slice("grad/".length));
  const graph = trace(specs, (tensors) => {
    const part = (kind: string): Map<string, Tensor> =>
      new Map(
        Object.entries(tensors).flatMap(([name, x]) => (name.startsWith(kind) ? [[name.slice(kind.length), x]] : [])),
      );
    const result = call(Object.fromEntries(part("in/")), treeOf(part("param/")));
    const outputs = "node" in result ? { out: result as Tensor } : (result as Record<string, Tensor>);
    const cotangent = arrays.get("cotangent");
    if (!cotangent) return outputs;
    const loss = reshape(sum(mul(outputs["out"]!, constant(cotangent))), []);
    const of = wanted.map((name) => tensors[`in/${name}`] ?? tensors[`param/${name}`]!);
    const found = gradients(loss, of);
    return { ...outputs, ...Object.fromEntries(wanted.map((name, at) => [`grad/${name}`, found[at]!])) };
  });
  const feeds = Object.fromEntries(fed);
  const interpreted = interpret(graph, feeds);
  const program = await compile(graph, { threads: 1 });
  const run = await program.run(feeds);
  await program.release();
  for (const name of graph.outputs.keys()) {
    const expected = arrays.get(name);
    assert.ok(expected, `golden ${name}`);
    assertClose(interpreted[name]!, expected, tolerance, `interpreter ${name}`);
    assertClose(run[name]!, expected, tolerance, `ONNX Runtime ${name}`);
  }
}
