/**
 * @file Work on rows, on two axes. Linear layers flatten tokens `[B, N, C]` to rows `[B·N, C]` and back; what is done
 * to every row by itself in between is done to the flat rows instead, so that most reshapes meet and vanish.
 */
import type { Operation } from "./operation.ts";
import { operations } from "./operations/index.ts";
import type { Attributes, Tensor } from "./tensor.ts";

/** Builds a node, or finds an equal one. */
export type Make = (operation: Operation, inputs: readonly Tensor[], attributes: Attributes) => readonly Tensor[];

/** One number from one or two numbers. */
const elementwise = new Set(
  "abs add cast div erf exp gelu log max min mul neg pow relu sigmoid silu sqrt sub tanh".split(" "),
);
/** Of the last axis alone. */
const normalising = new Set(["softmax", "logSoftmax", "layerNorm"]);
const reducing = new Set(["sum", "mean", "maximum"]);

function isOnRows(operation: string, attributes: Attributes, rank: number): boolean {
  if (elementwise.has(operation) || normalising.has(operation)) return true;
  const axes = attributes["axes"] as readonly number[] | undefined;
  return reducing.has(operation) && axes!.length === 1 && (axes![0]! + rank) % rank === rank - 1;
}

const reshapeOperation = operations.get("reshape")!;

/** The flat rows that were given more axes; null for any other tensor. */
function rowsOf({ node, shape }: Tensor): Tensor | null {
  const [x] = node.inputs;
  const isFlat = node.operation === reshapeOperation && x!.shape.length === 2 && shape.length > 2;
  return isFlat && x!.shape[1] === shape.at(-1) ? x! : null;
}

/**
 * The outputs of a node computed on flat rows, then given their axes; null where that cannot be, or helps nothing.
 */
export function onRows(
  operation: Operation,
  inputs: readonly Tensor[],
  attributes: Attributes,
  make: Make,
): readonly Tensor[] | null {
  const flat = inputs.find((input) => rowsOf(input) !== null);
  if (flat === undefined || !isOnRows(operation.name, attributes, flat.shape.length)) return null;
  const leading = flat.shape.slice(0, -1);
  const count = rowsOf(flat)!.shape[0]!;
  const rows: Tensor[] = [];
  for (const input of inputs) {
    const { shape } = input;
    const last = shape.at(-1) ?? 1;
    // A number, or one for each channel, is the same for all rows.
    if (shape.length <= 1) rows.push(input);
    else if (shape.length === flat.shape.length && shape.slice(0, -1).join() === leading.join()) {
      rows.push(rowsOf(input) ?? make(reshapeOperation, [input], { shape: [count, last] })[0]!);
    } else return null;
  }
  const own = reducing.has(operation.name) ? { ...attributes, axes: [1] } : attributes;
  return make(operation, rows, own).map(
    (output) => make(reshapeOperation, [output], { shape: [...leading, output.shape.at(-1)!] })[0]!,
  );
}
