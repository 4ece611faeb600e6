/** @file Errors that cross from a worker to its caller keep their class, message, fields and stack. */
import * as errors from "../tensor/index.ts";

/** An error as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Fields that can be sent: plain values. */
function plainFields(error: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(error).filter(
      ([, value]) => value === null || ["string", "number", "boolean"].includes(typeof value),
    ),
  );
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: "", fields: {} };
  return { name: error.name, message: error.message, stack: error.stack ?? "", fields: plainFields(error) };
}

const classes: ReadonlyMap<string, { readonly prototype: Error }> = new Map(
  Object.entries({
    ShapeError: errors.ShapeError,
    FormatError: errors.FormatError,
    ConfigError: errors.ConfigError,
    DataError: errors.DataError,
    UnsupportedError: errors.UnsupportedError,
    InternalError: errors.InternalError,
    StoppedError: errors.StoppedError,
    TimeoutError: errors.TimeoutError,
  }),
);

/** The error again, of its own class where that is one of ours. */
export function unpackError({ name, message, stack, fields }: PackedError): Error {
  const error: Error = Object.create(classes.get(name)?.prototype ?? Error.prototype);
  Object.defineProperty(error, "message", { value: message });
  Object.defineProperty(error, "stack", { value: stack });
  return Object.assign(error, fields);
}
