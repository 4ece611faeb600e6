/** @file A fitted method as a checkpoint: its arrays by name, and what describes it as JSON in the metadata. */
import { z } from "zod";
import { isLandCoverClass, isNormalisation, type LandCoverClass, type Normalisation } from "../scene/index.ts";
import { type Arrays, type Checkpoint, FormatError } from "../tensor/index.ts";

const format = "symdiffuser-method/1";

/** What is kept of every method, and of one method alone. */
export interface Saved<Own> {
  readonly seed: number;
  readonly classes: readonly LandCoverClass[];
  readonly own: Own;
}

const common = {
  seed: z.int().min(0),
  classes: z.array(z.custom<LandCoverClass>(isLandCoverClass, "expected a class")).min(2),
};

/** The scales of a source, in what a method keeps. */
export const normalisationSchema: z.ZodType<Normalisation> = z.custom<Normalisation>(
  isNormalisation,
  "expected a normalisation",
);

/** @param about  further metadata: configuration, data checksums, versions */
export function methodCheckpoint<Own>(
  method: string,
  saved: Saved<Own>,
  arrays: Arrays,
  about: Readonly<Record<string, string>> = {},
): Checkpoint {
  return { arrays, metadata: { ...about, format, method, model: JSON.stringify(saved) } };
}

/** The name of the method of a checkpoint; null where it is of none. */
export function methodNameOf({ metadata }: Checkpoint): string | null {
  return metadata["format"] === format ? (metadata["method"] ?? null) : null;
}

/**
 * Take a checkpoint apart.
 *
 * @param make  whatever it throws but a FormatError becomes one
 * @throws FormatError if it is not one of the method, or not whole
 */
export function fromMethodCheckpoint<Own, Made>(
  method: string,
  own: z.ZodType<Own>,
  checkpoint: Checkpoint,
  file: string,
  make: (saved: Saved<Own>) => Made,
): Made {
  const name = methodNameOf(checkpoint);
  if (name !== method)
    throw new FormatError(file, `expected a model of method ${method}; got ${name ?? "no such model"}`);
  try {
    const schema = z.object({ ...common, own });
    return make(schema.parse(JSON.parse(checkpoint.metadata["model"] ?? "")) as Saved<Own>);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new FormatError(file, `expected a whole model of method ${method}; ${reason}`, { cause });
  }
}
