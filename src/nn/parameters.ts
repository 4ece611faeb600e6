/**
 * @file Parameters are a tree of named arrays. Inside a traced program the same tree holds tensors. For training the
 * whole tree is one flat vector: one input, one optimiser update, one gradient.
 */
import {
  DataError,
  InternalError,
  type NdArray,
  ndarray,
  reshape,
  type Shape,
  sizeOf,
  split,
  type Tensor,
} from "../tensor/index.ts";

type Leaf = NdArray<"f32">;

/** A tree of parameters: records and lists of arrays. */
export type Parameters = { readonly [name: string]: Leaf | Parameters } | readonly Parameters[] | object;

/** The same tree with a tensor for each array. */
export type Symbolic<P> = P extends Leaf ? Tensor : { readonly [Name in keyof P]: Symbolic<P[Name]> };

const isLeaf = (value: unknown): value is Leaf => typeof value === "object" && value !== null && "dtype" in value;

function mapTree(tree: unknown, path: string, visit: (leaf: Leaf, path: string) => unknown): unknown {
  if (isLeaf(tree)) return visit(tree, path);
  if (typeof tree !== "object" || tree === null) throw new InternalError(`parameter ${path} is not an array`);
  const mapped = Object.entries(tree).map(([name, child]) => [
    name,
    mapTree(child, path ? `${path}.${name}` : name, visit),
  ]);
  return Array.isArray(tree) ? mapped.map(([, child]) => child) : Object.fromEntries(mapped);
}

/** Arrays of a tree by dotted path, in a fixed order: `mid.attention.query.weight`. */
export function namedParameters(tree: Parameters): Map<string, Leaf> {
  const named = new Map<string, Leaf>();
  mapTree(tree, "", (leaf, path) => named.set(path, leaf));
  return named;
}

/** Number of trainable numbers. */
export function countParameters(tree: Parameters): number {
  return [...namedParameters(tree).values()].reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** All numbers of a tree in one vector, in the order of {@link namedParameters}. */
export function packParameters(tree: Parameters): NdArray<"f32"> {
  const vector = new Float32Array(countParameters(tree));
  let at = 0;
  for (const { data } of namedParameters(tree).values()) {
    vector.set(data, at);
    at += data.length;
  }
  return ndarray(vector, [vector.length]);
}

/** The tree of a vector made by {@link packParameters}; `like` gives names and shapes. */
export function unpackParameters<P extends Parameters>(like: P, vector: NdArray<"f32">): P {
  let at = 0;
  return mapTree(like, "", ({ shape }) => {
    const size = sizeOf(shape);
    at += size;
    return ndarray(vector.data.slice(at - size, at), shape);
  }) as P;
}

/** The tree of tensors that a symbolic vector stands for. */
export function symbolicParameters<P extends Parameters>(like: P, vector: Tensor): Symbolic<P> {
  const shapes: Shape[] = [...namedParameters(like).values()].map(({ shape }) => shape);
  const parts = split(vector, 0, shapes.map(sizeOf));
  let at = 0;
  return mapTree(like, "", ({ shape }) => reshape(parts[at++]!, shape)) as Symbolic<P>;
}

/**
 * A tree with the numbers of named arrays, as read from a checkpoint.
 *
 * @throws DataError if a name is missing or a shape differs
 */
export function loadParameters<P extends Parameters>(
  like: P,
  arrays: Readonly<Record<string, NdArray>>,
  prefix = "",
): P {
  return mapTree(like, "", (leaf, path) => {
    const array = Object.hasOwn(arrays, prefix + path) ? arrays[prefix + path]! : null;
    if (array?.dtype !== "f32" || array.shape.join() !== leaf.shape.join()) {
      const got = array ? `${array.dtype} [${array.shape.join(", ")}]` : "none";
      throw new DataError(prefix + path, `expected f32 [${leaf.shape.join(", ")}]; got ${got}`);
    }
    return array;
  }) as P;
}

/** 1 where weight decay applies: matrices named `weight`; biases, scales and embeddings are left alone. */
export function decayMask(tree: Parameters): NdArray<"f32"> {
  const mask = new Float32Array(countParameters(tree));
  let at = 0;
  for (const [name, { shape }] of namedParameters(tree)) {
    const size = sizeOf(shape);
    if (shape.length >= 2 && name.split(".").at(-1) === "weight") mask.fill(1, at, at + size);
    at += size;
  }
  return ndarray(mask, [mask.length]);
}

/** The share of each number's part of the tree, by the first step of its path; 1 where none is given. */
export function shareVector(tree: Parameters, shares: Readonly<Record<string, number>>): NdArray<"f32"> {
  const vector = new Float32Array(countParameters(tree)).fill(1);
  let at = 0;
  for (const [name, { shape }] of namedParameters(tree)) {
    const part = name.split(".")[0]!;
    const size = sizeOf(shape);
    if (Object.hasOwn(shares, part)) vector.fill(shares[part]!, at, at + size);
    at += size;
  }
  return ndarray(vector, [vector.length]);
}
