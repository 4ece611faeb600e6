/**
 * @file Batch normalisation, and the passes of a network. In training a channel is normalised by the mean and variance of
 * its batch, inside the graph. Prediction needs numbers that do not depend on what else is in the batch: once training
 * has ended they are estimated with the last weights, as mean and variance over batches of training samples. Nothing has
 * to be remembered while training goes on.
 *
 * @see Ioffe, Szegedy 2015; Wu, Johnson 2021, "Rethinking 'batch' in BatchNorm", section 3 (precise BatchNorm)
 */
import {
  add,
  constant,
  dims,
  div,
  mean,
  mul,
  type NdArray,
  ndarray,
  reshape,
  type Shape,
  sqrt,
  sub,
  type Tensor,
  zeros,
} from "../tensor/index.ts";
import type { Symbolic } from "./parameters.ts";

/** (x − mean) / √(variance + ε)·scale + bias, channel by channel. */
export interface BatchNorm {
  /** `[C]` */
  readonly scale: NdArray<"f32">;
  /** `[C]` */
  readonly bias: NdArray<"f32">;
}

/** Mean and variance of each channel, `[C]`. */
export interface ChannelStatistics<Of = NdArray<"f32">> {
  readonly mean: Of;
  readonly variance: Of;
}

/** What differs between a network in training and at work. Layers ask in the same order in every pass. */
export interface Pass {
  /** What a batch normalisation takes away and divides by. @param x  its input, `[B, C, …]` */
  statistics(x: Tensor): ChannelStatistics<Tensor>;
  /** What `dropout` multiplies with; null where nothing is dropped. @param rate  share that is dropped */
  mask(shape: Shape, rate: number): Tensor | null;
}

/** Added to the variance, as in PyTorch. */
const epsilon = 1e-5;

/** Starts as doing nothing but normalising. */
export function initBatchNorm(channels: number): BatchNorm {
  return { scale: ndarray(new Float32Array(channels).fill(1), [channels]), bias: zeros([channels]) };
}

/** One number for each channel, to go with `[B, C, …]`. */
function perChannel(values: Tensor, { shape }: Tensor): Tensor {
  return reshape(values, [1, -1, ...shape.slice(2).map(() => 1)]);
}

/**
 * Batch normalisation.
 *
 * @param x  `[B, C, …]`
 */
export function batchNorm({ scale, bias }: Symbolic<BatchNorm>, x: Tensor, pass: Pass): Tensor {
  dims("batchNorm.scale", scale, "C", { C: x.shape[1]! });
  const statistics = pass.statistics(x);
  const factor = div(scale, sqrt(add(statistics.variance, epsilon)));
  return add(mul(sub(x, perChannel(statistics.mean, x)), perChannel(factor, x)), perChannel(bias, x));
}

/** Mean and variance of each channel of a batch. @param x `[B, C, …]` */
function batchStatistics(x: Tensor): ChannelStatistics<Tensor> {
  const channels = [x.shape[1]!];
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const average = mean(x, axes);
  const away = sub(x, average);
  return { mean: reshape(average, channels), variance: reshape(mean(mul(away, away), axes), channels) };
}

/** A pass of training. @param mask  the next mask, drawn outside the graph */
export function trainingPass(mask: Pass["mask"]): Pass {
  return { statistics: batchStatistics, mask };
}

/** A pass that looks up what batch normalisations normalise by, without dropout. @param seen  gets it, one by one */
export function estimatingPass(seen: ChannelStatistics<Tensor>[]): Pass {
  return {
    statistics: (x) => {
      const found = batchStatistics(x);
      seen.push(found);
      return found;
    },
    mask: () => null,
  };
}

/** A pass of prediction. @param estimated  of each batch normalisation, in order */
export function predictingPass(estimated: readonly ChannelStatistics[]): Pass {
  let next = 0;
  return {
    statistics: () => {
      const { mean: average, variance } = estimated[next++]!;
      return { mean: constant(average), variance: constant(variance) };
    },
    mask: () => null,
  };
}

/** Mean and variance over batches of equal size from those of each of them. @param batches  `[C]` each */
export function pooledStatistics(batches: readonly ChannelStatistics[]): ChannelStatistics {
  const size = batches[0]!.mean.data.length;
  const [sums, squares] = [new Float64Array(size), new Float64Array(size)];
  for (const { mean: average, variance } of batches) {
    for (let channel = 0; channel < size; channel++) {
      sums[channel]! += average.data[channel]! / batches.length;
      squares[channel]! += (variance.data[channel]! + average.data[channel]! ** 2) / batches.length;
    }
  }
  const variance = squares.map((square, channel) => Math.max(0, square - sums[channel]! ** 2));
  return { mean: ndarray([...sums], [size]), variance: ndarray([...variance], [size]) };
}
