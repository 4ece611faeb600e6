/** @file Convolution over one, two or three spatial axes, and its transpose. */
import { ShapeError } from "../errors.ts";
import { isSameShape, type Shape, sizeOf } from "../ndarray.ts";
import type { Functions, Operation, ReferenceCall } from "../operation.ts";
import { type Attributes, apply, type Tensor } from "../tensor.ts";
import { offsets, stridesOf } from "./layout.ts";

/** How a window moves; one number for all spatial axes, or one for each. */
export interface ConvolutionOptions {
  /** Step between two places of the window. @default 1 */
  readonly stride?: number | readonly number[];
  /** Zeros before and after each spatial axis. @default 0 */
  readonly padding?: number | readonly number[];
  /** Step between two elements of the window. @default 1 */
  readonly dilation?: number | readonly number[];
  /** Channels are taken in so many groups, each with weights of its own: 1 is all together, C is each alone. @default 1 */
  readonly groups?: number;
}

/** The options with one number for each spatial axis. */
interface Settings extends Attributes {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

function settingsOf(name: string, rank: number, options: ConvolutionOptions): Settings {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const each = (value: number | readonly number[], what: string, least: number): readonly number[] => {
    const all = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
    if (all.length !== rank || all.some((one) => !Number.isInteger(one) || one < least)) {
      throw new ShapeError(name, `expected ${what} of ${rank} integers ≥ ${least}; got ${JSON.stringify(value)}`);
    }
    return all;
  };
  return {
    stride: each(stride, "stride", 1),
    padding: each(padding, "padding", 0),
    dilation: each(dilation, "dilation", 1),
    groups,
  };
}

/** Places of a window along each spatial axis. */
function placesOf(lengths: Shape, window: Shape, { stride, padding, dilation }: Settings): number[] {
  return lengths.map(
    (length, at) => Math.floor((length + 2 * padding[at]! - dilation[at]! * (window[at]! - 1) - 1) / stride[at]!) + 1,
  );
}

/** Refuse what is no convolution of `x` `[B, C, …]` to `y` `[B, O, …]` with weights `[O, C / groups, …]`. */
function requireConvolution(name: string, given: Shape, x: Shape, w: Shape, settings: Settings): void {
  const { groups } = settings;
  const rank = x.length - 2;
  const fits =
    rank >= 1 &&
    rank <= 3 &&
    w.length === x.length &&
    Number.isInteger(groups) &&
    groups >= 1 &&
    w[1]! * groups === x[1] &&
    w[0]! % groups === 0 &&
    placesOf(x.slice(2), w.slice(2), settings).every((count) => count >= 1);
  if (fits) return;
  const what = "[B, C, …] of one to three spatial axes and weights [O, C / groups, …] that fit in it";
  throw new ShapeError(
    name,
    `expected ${what}; got [${given.join(", ")}] and [${w.join(", ")}] with groups=${groups}`,
    [given, w],
  );
}

function windowAttributes(
  { stride, padding, dilation, groups }: Settings,
  window: Shape,
): Record<string, number | number[]> {
  return {
    kernel_shape: [...window],
    strides: [...stride],
    pads: [...padding, ...padding],
    dilations: [...dilation],
    group: groups,
  };
}

/**
 * Every product that a convolution sums, as (offset in x, in w, in y): the meaning of the operation and of its transpose.
 *
 * @param x  shape of what is convolved; `y` of the result
 */
function eachProduct(
  x: Shape,
  w: Shape,
  y: Shape,
  { stride, padding, dilation, groups }: Settings,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [lengths, window, places] = [x.slice(2), w.slice(2), y.slice(2)];
  const [xSize, wSize, ySize] = [sizeOf(lengths), sizeOf(window), sizeOf(places)];
  const perGroup = w[0]! / groups;
  // Offsets that neighbouring places, or elements of the window, are apart; the padding is checked axis by axis.
  const strides = stridesOf(lengths);
  const coordinates = (shape: Shape): number[][] =>
    shape.map((_, axis) => {
      const along = shape.map((_, other) => (other === axis ? 1 : 0));
      return [...offsets(shape, along)];
    });
  const [placeAt, windowAt] = [coordinates(places), coordinates(window)];
  for (let place = 0; place < ySize; place++) {
    for (let element = 0; element < wSize; element++) {
      let from = 0;
      const isInside = lengths.every((length, axis) => {
        const at =
          placeAt[axis]![place]! * stride[axis]! + windowAt[axis]![element]! * dilation[axis]! - padding[axis]!;
        from += at * strides[axis]!;
        return at >= 0 && at < length;
      });
      if (!isInside) continue;
      for (let sample = 0; sample < x[0]!; sample++) {
        for (let o = 0; o < w[0]!; o++) {
          const channel = Math.floor(o / perGroup) * w[1]!;
          for (let c = 0; c < w[1]!; c++) {
            visit(
              (sample * x[1]! + channel + c) * xSize + from,
              (o * w[1]! + c) * wSize + element,
              (sample * w[0]! + o) * ySize + place,
            );
          }
        }
      }
    }
  }
}

/** Axes 0 and 1 in the other order. */
function swappedChannels(t: Functions, x: Tensor): Tensor {
  return t.transpose(x, [1, 0, ...x.shape.slice(2).map((_, axis) => axis + 2)]);
}

/**
 * The gradient of the weights: a convolution, too, with samples in the place of channels and the cotangent in that of
 * the weights; stride and dilation change places.
 *
 * @param x  `[B, C, …]`
 * @param g  of the result, `[B, O, …]`
 * @returns  `[O, C / groups, …]`
 */
function weightGradient(t: Functions, x: Tensor, g: Tensor, weights: Shape, settings: Settings): Tensor {
  const { stride, padding, dilation, groups } = settings;
  const [B, C, ...lengths] = x.shape as [number, number, ...number[]];
  const O = g.shape[1]!;
  // [B, groups · C/groups, …] → [C/groups, groups · B, …]
  const apart = t.reshape(x, [B, groups, C / groups, ...lengths]);
  const byChannel = t.reshape(t.transpose(apart, [2, 1, 0, ...lengths.map((_, axis) => axis + 3)]), [
    C / groups,
    groups * B,
    ...lengths,
  ]);
  const found = t.conv(byChannel, swappedChannels(t, g), { stride: dilation, padding, dilation: stride, groups });
  // Where the last places of the window left a rest, the window comes out longer than it is.
  const window = weights.slice(2);
  const cut = isSameShape(found.shape.slice(2), window)
    ? found
    : t.slice(found, new Array<number>(found.shape.length).fill(0), [C / groups, O, ...window]);
  return swappedChannels(t, cut);
}

function referenceOf(
  { inputs: [a, b], inputSpecs, outputSpecs, attributes }: ReferenceCall,
  isTransposed: boolean,
): readonly Float64Array[] {
  const [given, made] = [inputSpecs[0]!.shape, outputSpecs[0]!.shape];
  const result = new Float64Array(sizeOf(made));
  const settings = attributes as Settings;
  const w = inputSpecs[1]!.shape;
  if (isTransposed) {
    eachProduct(made, w, given, settings, (x, at, y) => {
      result[x]! += a![y]! * b![at]!;
    });
  } else {
    eachProduct(given, w, made, settings, (x, at, y) => {
      result[y]! += a![x]! * b![at]!;
    });
  }
  return [result];
}

const table = {
  conv: {
    name: "conv",
    infer: ([x, w], attributes) => {
      const settings = attributes as Settings;
      requireConvolution("conv", x!.shape, x!.shape, w!.shape, settings);
      const places = placesOf(x!.shape.slice(2), w!.shape.slice(2), settings);
      return [{ shape: [x!.shape[0]!, w!.shape[0]!, ...places], dtype: "f32" }];
    },
    gradient: ({ inputs: [x, w], cotangents: [g], attributes }, t) => {
      const settings = attributes as Settings;
      return [t.convTranspose(g!, w!, x!.shape.slice(2), settings), weightGradient(t, x!, g!, w!.shape, settings)];
    },
    lower: ({ emit, inputs, inputSpecs, attributes }) => [
      emit.node("Conv", inputs, windowAttributes(attributes as Settings, inputSpecs[1]!.shape.slice(2))),
    ],
    reference: (call) => referenceOf(call, false),
  },
  convTranspose: {
    name: "convTranspose",
    infer: ([y, w], attributes) => {
      const settings = attributes as Settings;
      const lengths = attributes["lengths"] as Shape;
      const x = [y!.shape[0]!, (w!.shape[1] ?? 0) * settings.groups, ...lengths];
      requireConvolution("convTranspose", y!.shape, x, w!.shape, settings);
      const places = [y!.shape[0]!, w!.shape[0]!, ...placesOf(lengths, w!.shape.slice(2), settings)];
      if (!isSameShape(places, y!.shape)) {
        const got = `[${y!.shape.join(", ")}] for lengths ${lengths.join(", ")}`;
        throw new ShapeError("convTranspose", `expected [${places.join(", ")}], a convolution's result; got ${got}`, [
          y!.shape,
          w!.shape,
        ]);
      }
      return [{ shape: x, dtype: "f32" }];
    },
    gradient: ({ inputs: [y, w], cotangents: [g], attributes }, t) => {
      const { lengths: _, ...settings } = attributes as Settings;
      return [t.conv(g!, w!, settings), weightGradient(t, g!, y!, w!.shape, settings as Settings)];
    },
    lower: ({ emit, inputs, inputSpecs, attributes }) => {
      const settings = attributes as Settings;
      const [y, w] = inputSpecs.map(({ shape }): Shape => shape.slice(2)) as [Shape, Shape];
      const { stride, padding, dilation } = settings;
      const rest = (attributes["lengths"] as Shape).map(
        (length, at) => length + 2 * padding[at]! - stride[at]! * (y[at]! - 1) - dilation[at]! * (w[at]! - 1) - 1,
      );
      return [emit.node("ConvTranspose", inputs, { ...windowAttributes(settings, w), output_padding: rest })];
    },
    reference: (call) => referenceOf(call, true),
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const convolutionOperations: Readonly<Record<string, Operation>> = table;

/**
 * Convolution over the axes after the channels: result[b, o, p] = Σ x[b, c, p·stride + k·dilation − padding]·w[o, c, k].
 *
 * @param x  `[B, C, …]`, one to three spatial axes
 * @param w  `[O, C / groups, …]`
 * @returns  `[B, O, …]`
 * @throws ShapeError if the weights do not fit
 * @see Dumoulin, Visin 2016, "A guide to convolution arithmetic for deep learning"
 */
export function conv(x: Tensor, w: Tensor, options: ConvolutionOptions = {}): Tensor {
  return apply(table.conv, [x, w], settingsOf("conv", x.shape.length - 2, options));
}

/**
 * The transpose of {@link conv}: what was summed into an element is given back to where it came from.
 *
 * @param y        `[B, O, …]`
 * @param w        `[O, C / groups, …]`, as of the convolution
 * @param lengths  of the result's spatial axes: several lengths have convolutions of one length
 * @returns        `[B, C, …]`
 */
export function convTranspose(y: Tensor, w: Tensor, lengths: Shape, options: ConvolutionOptions = {}): Tensor {
  const settings = settingsOf("convTranspose", y.shape.length - 2, options);
  return apply(table.convTranspose, [y, w], { ...settings, lengths });
}
