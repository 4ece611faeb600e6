/**
 * @file Every fault a user can meet is one of these classes, and its message is one sentence:
 * `subject: expected …; got …`, then, where known, `— try …`.
 */

/** Base of all errors thrown on purpose; anything else is a defect. */
export abstract class SymdiffuserError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** Tensors or arrays that do not fit each other. */
export class ShapeError extends SymdiffuserError {
  readonly op: string;
  readonly shapes: readonly (readonly number[])[];

  constructor(op: string, message: string, shapes: readonly (readonly number[])[] = []) {
    super(`${op}: ${message}`);
    this.op = op;
    this.shapes = shapes;
  }
}

/** What a {@link FormatError} knows about the fault, beyond its sentence. */
export interface FormatFault {
  /** Byte offset of the fault in the file. */
  readonly offset?: number;
  readonly expected?: string;
  readonly got?: string;
  readonly cause?: unknown;
}

/** A file that is damaged, truncated or not what its name promises. */
export class FormatError extends SymdiffuserError {
  readonly file: string;
  readonly offset: number | null;
  readonly expected: string | null;
  readonly got: string | null;

  constructor(file: string, message: string, fault: FormatFault = {}) {
    super(`${file}: ${message}`, { cause: fault.cause });
    this.file = file;
    this.offset = fault.offset ?? null;
    this.expected = fault.expected ?? null;
    this.got = fault.got ?? null;
  }
}

/** A setting, in a configuration file or as a flag, that cannot be used. */
export class ConfigError extends SymdiffuserError {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, message: string, value?: unknown) {
    super(`${path}: ${message}`);
    this.path = path;
    this.value = value;
  }
}

/** Data that was read well but cannot be used for the task: no labels, one class only, grids that do not fit. */
export class DataError extends SymdiffuserError {
  readonly subject: string;

  constructor(subject: string, message: string) {
    super(`${subject}: ${message}`);
    this.subject = subject;
  }
}

/** A feature of a format or machine that is known and not supported. */
export class UnsupportedError extends SymdiffuserError {
  readonly feature: string;

  constructor(feature: string, advice?: string, options?: ErrorOptions) {
    super(advice === undefined ? `${feature} is not supported` : `${feature} is not supported — ${advice}`, options);
    this.feature = feature;
  }
}

/** A broken invariant of our own code. */
export class InternalError extends SymdiffuserError {
  constructor(message: string, options?: ErrorOptions) {
    super(`internal: ${message}`, options);
  }
}

/** A part of the program that did not answer in time, though nothing is known to be wrong with it. */
export class TimeoutError extends SymdiffuserError {}

/** The work was stopped by its caller, on purpose. */
export class StoppedError extends SymdiffuserError {
  constructor(message = "stopped") {
    super(message);
  }
}
