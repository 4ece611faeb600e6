/** @file What a MATLAB file holds: a tree of structs and cells with arrays at its leaves. */
import { ConfigError } from "../../tensor/index.ts";
import type { Listed } from "../numpy/choose.ts";
import type { RasterData } from "../raster.ts";

/** Axis lengths, at least two; numbers and elements are column-major: the first axis varies fastest. */
type Dims = readonly number[];

/** A numeric or logical array. 64-bit integers are held as f64, exactly. */
export interface MatNumbers {
  readonly kind: "numbers";
  /** MATLAB's name of the class: `double`, `single`, `uint8`, …, `logical`, `sparse double`. */
  readonly className: string;
  readonly dims: Dims;
  /** Empty where the numbers were not asked for. */
  readonly data: RasterData;
}

/** A character array, one string a row. */
export interface MatText {
  readonly kind: "text";
  readonly dims: Dims;
  readonly rows: readonly string[];
}

/** A struct or struct array. */
export interface MatStruct {
  readonly kind: "struct";
  readonly dims: Dims;
  readonly fields: readonly string[];
  readonly elements: readonly ReadonlyMap<string, MatValue>[];
}

/** A cell array. */
export interface MatCell {
  readonly kind: "cell";
  readonly dims: Dims;
  readonly elements: readonly MatValue[];
}

/** Something that is there and cannot be read: complex numbers, objects, functions. */
export interface MatOther {
  readonly kind: "other";
  readonly what: string;
  readonly advice: string;
}

export type MatValue = MatNumbers | MatText | MatStruct | MatCell | MatOther;

/** In words, for lists and messages: `325×220×64 double`. */
export function matText(value: MatValue): string {
  if (value.kind === "other") return value.what;
  const size = value.dims.join("×");
  return `${size} ${value.kind === "numbers" ? value.className : value.kind}`;
}

/**
 * The value at a path such as `hsi.Lidar[0].z`. An index, 0-based and column-major, chooses from a struct or cell array;
 * a single element needs none.
 *
 * @param location  the whole location, for messages
 * @throws ConfigError if there is no such value; the message lists what there is
 */
export function valueAt(root: MatValue, path: string, location: string): MatValue {
  const steps = path.match(/\[\d+\]|[^.[\]]+/g) ?? [];
  const rebuilt = steps.map((step, at) => (step.startsWith("[") || at === 0 ? step : `.${step}`)).join("");
  if (rebuilt !== path || steps.length === 0) {
    throw new ConfigError(location, `expected a path such as hsi.Lidar[0].z after "#"; got "${path}"`, path);
  }
  let value = root;
  let walked = "";
  for (const step of steps) {
    value = step.startsWith("[") ? element(value, Number(step.slice(1, -1))) : field(value, step);
    walked += step.startsWith("[") || walked === "" ? step : `.${step}`;
  }
  return value;

  function element(from: MatValue, index: number): MatValue {
    if (from.kind !== "cell" && from.kind !== "struct") {
      throw new ConfigError(location, `expected ${walked} to be a cell or struct; got ${matText(from)}`, path);
    }
    const count = from.elements.length;
    if (index >= count) {
      const range = count === 0 ? "no element" : `an index from [0] to [${count - 1}]`;
      throw new ConfigError(location, `expected ${range} in ${walked}; got [${index}]`, path);
    }
    return from.kind === "cell"
      ? from.elements[index]!
      : { kind: "struct", dims: [1, 1], fields: from.fields, elements: [from.elements[index]!] };
  }

  function field(from: MatValue, name: string): MatValue {
    const single = from.kind === "cell" && from.elements.length === 1 ? from.elements[0]! : from;
    const place = walked === "" ? "the file" : walked;
    if (single.kind !== "struct") {
      const advice = single.kind === "cell" ? " — choose an element, for example [0]" : "";
      throw new ConfigError(location, `expected ${place} to be a struct; got ${matText(single)}${advice}`, path);
    }
    if (single.elements.length !== 1) {
      const range = `an index from [0] to [${single.elements.length - 1}]`;
      throw new ConfigError(location, `expected ${range} after ${place}; got .${name}`, path);
    }
    const found = single.elements[0]!.get(name);
    if (found === undefined) {
      const known = single.fields.length === 0 ? "nothing" : single.fields.join(", ");
      throw new ConfigError(location, `expected one of ${known} in ${place}; got "${name}"`, path);
    }
    return found;
  }
}

/** Every leaf and its path, in file order. */
export function* leaves(value: MatValue, path = ""): Generator<readonly [string, MatNumbers | MatText | MatOther]> {
  if (value.kind === "struct") {
    for (const [index, one] of value.elements.entries()) {
      const place = value.elements.length === 1 ? path : `${path}[${index}]`;
      for (const [name, inner] of one) yield* leaves(inner, place === "" ? name : `${place}.${name}`);
    }
  } else if (value.kind === "cell") {
    for (const [index, inner] of value.elements.entries()) yield* leaves(inner, `${path}[${index}]`);
  } else {
    yield [path, value];
  }
}

/** Every leaf as a list shows it. */
export function listed(value: MatValue, path: string): (Listed & { readonly leaf: MatValue })[] {
  return Array.from(leaves(value, path), ([path, leaf]) => {
    return { path, leaf, content: matText(leaf), dims: leaf.kind === "numbers" ? leaf.dims : null };
  });
}
