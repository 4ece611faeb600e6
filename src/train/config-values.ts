/**
 * @file Kinds of values of a configuration's keys. A message is what was expected: "expected <message>; got <value>" is the
 * sentence that people read.
 */
import { z } from "zod";

/** An integer from `min`, to `max` where that is given. */
export const integer = (min: number, max?: number): z.ZodInt => {
  const expected = max === undefined ? `an integer ≥ ${min}` : `an integer from ${min} to ${max}`;
  const from = z.int(expected).min(min, expected);
  return max === undefined ? from : from.max(max, expected);
};
/** A number from 0 to below 1. */
export const share = (): z.ZodNumber => {
  const expected = "a number from 0 to below 1";
  return z.number(expected).min(0, expected).lt(1, expected);
};
/** A learning rate. */
export const rate = (): z.ZodNumber => z.number("a number > 0").gt(0, "a number > 0");
/** A number from 0. */
export const decay = (): z.ZodNumber => z.number("a number ≥ 0").min(0, "a number ≥ 0");
/** Text that is not empty. */
export const text = (): z.ZodString => z.string("text").min(1, "text");
/** A file or folder. */
export const path = (): z.ZodString => z.string("a file").min(1, "a file").meta({ isPath: true });
/** One of several words. */
export const choice = <const T extends readonly string[]>(values: T): z.ZodEnum<{ [Name in T[number]]: Name }> =>
  z.enum(values as unknown as [T[number], ...T[number][]], `one of ${values.join(", ")}`);
/** Several values. */
export const list = <T extends z.ZodType>(of: T): z.ZodArray<T> => z.array(of, "a list");
/** One file or more. */
export const files = (): z.ZodArray<z.ZodString> => z.array(path(), "a file").min(1, "a file").meta({ isSingle: true });
/** Keys with values. */
export const group = <T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> =>
  z.strictObject(shape, "keys with values");
/** A list that may be changed. */
export const copied = <T>(values: readonly T[]): T[] => [...values];
