/** @file The oracle: a graph computed in plain TypeScript and double precision, by the operations' reference kernels. */
import { DataError } from "./errors.ts";
import type { NdArray } from "./ndarray.ts";
import { type Graph, inputOperation, type Node, nodesOf, requireFit, type Spec, type Tensor } from "./tensor.ts";

/** Compute one node from the values of its inputs. */
export function computeNode(node: Node, inputs: readonly Float64Array[]): readonly Float64Array[] {
  return node.operation.reference({
    inputs,
    attributes: node.attributes,
    inputSpecs: node.inputs as readonly Spec[],
    outputSpecs: node.outputs as readonly Spec[],
  });
}

/**
 * Compute the outputs of a graph.
 *
 * @param feeds  one array for each input; `f64` is accepted where the graph says `f32`
 * @returns      the outputs in double precision, also those of element type i32 and bool
 */
export function interpret(graph: Graph, feeds: Readonly<Record<string, NdArray>>): Record<string, NdArray<"f64">> {
  const values = new Map<Tensor, Float64Array>();
  for (const [name, input] of graph.inputs) {
    const fed = feeds[name];
    if (!fed) throw new DataError(name, "expected an array for this input; got none");
    requireFit(name, input, fed.dtype === "f64" ? ({ ...fed, dtype: "f32" } as NdArray) : fed);
    values.set(input, Float64Array.from(fed.data));
  }
  for (const node of nodesOf(graph.outputs.values())) {
    if (node.operation === inputOperation) continue;
    const results = computeNode(
      node,
      node.inputs.map((input) => values.get(input)!),
    );
    for (const [at, output] of node.outputs.entries()) values.set(output, results[at]!);
  }
  return Object.fromEntries(
    [...graph.outputs].map(([name, tensor]) => [
      name,
      { dtype: "f64", shape: tensor.shape, data: values.get(tensor)! },
    ]),
  );
}
