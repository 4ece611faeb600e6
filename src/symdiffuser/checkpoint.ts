/** @file A trained model as a checkpoint: named arrays, and everything else as JSON in its metadata. */
import { z } from "zod";
import { loadParameters, namedParameters, type Parameters } from "../nn/index.ts";
import { isLandCoverClass, isNormalisation, type LandCoverClass, type Normalisation } from "../scene/index.ts";
import { arrayOf, type Checkpoint, FormatError, type NdArray } from "../tensor/index.ts";
import { seenShape } from "./feature-shape.ts";
import { featureShape } from "./features.ts";
import { freshHead } from "./fusion.ts";
import type { Calibration } from "./held-out.ts";
import type { LatentEncoder } from "./latent.ts";
import { initNetwork, type SymDiffuserModel } from "./model.ts";
import { latentKinds, type SymDiffuserOptions } from "./options.ts";
import { readTrees } from "./trees.ts";

const format = "symdiffuser/1";

const schema = z.object({
  options: z.custom<SymDiffuserOptions>((value) => typeof value === "object" && value !== null),
  seed: z.int(),
  classes: z.array(z.custom<LandCoverClass>(isLandCoverClass, "expected a class")).min(2),
  textEncoder: z.string(),
  latents: z.array(
    z.object({
      source: z.string(),
      kind: z.enum(latentKinds).exclude(["auto"]),
      bands: z.int().min(1),
      channels: z.int().min(1),
      normalisation: z.custom<Normalisation>(isNormalisation, "expected a normalisation"),
    }),
  ),
  // Models of older versions have none.
  calibration: z
    .object({ from: z.enum(["validation", "folds"]), temperature: z.number().gt(0) })
    .nullable()
    .default(null),
});

/** A model as arrays and metadata. @param about  further metadata: configuration, data checksums, versions */
export function modelCheckpoint(model: SymDiffuserModel, about: Readonly<Record<string, string>> = {}): Checkpoint {
  const { options, seed, classes, textEncoder, text, network, pretrained, scale, heads, trees, calibration } = model;
  const under = (prefix: string, tree: Parameters): [string, NdArray][] =>
    [...namedParameters(tree)].map(([name, array]) => [`${prefix}.${name}`, array]);
  const latents = model.latents.map(({ arrays: _, ...description }) => description);
  const { probabilities, classOf, ...summary } = calibration ?? {};
  const described = { options, seed, classes, textEncoder, latents, calibration: calibration && summary };
  return {
    arrays: Object.fromEntries([
      ["text", text],
      ["scale.mean", scale.mean],
      ["scale.inverse", scale.inverse],
      ...under("network", network),
      ...(pretrained === network ? [] : under("pretrained", pretrained)),
      ...heads.flatMap((head, at) => under(`head.${at}`, head)),
      ...Object.entries(trees?.arrays() ?? {}).map(([name, array]) => [`trees.${name}`, array] as const),
      ...model.latents.flatMap(({ source, arrays }) =>
        Object.entries(arrays).map(([name, array]) => [`latent.${source}.${name}`, array] as const),
      ),
      ...(probabilities ? [["calibration.probabilities", probabilities] as const] : []),
      ...(classOf ? [["calibration.classOf", classOf] as const] : []),
    ]),
    metadata: { ...about, format, model: JSON.stringify(described) },
  };
}

/** The pixels from which a model was calibrated. */
function heldOut(
  checkpoint: Checkpoint,
  file: string,
  classes: number,
): Pick<Calibration, "probabilities" | "classOf"> {
  const probabilities = arrayOf(checkpoint, file, "calibration.probabilities", "f32");
  const classOf = arrayOf(checkpoint, file, "calibration.classOf", "i32");
  const [rows] = classOf.shape;
  const isWhole = classOf.shape.length === 1 && probabilities.shape.join() === `${rows},${classes}`;
  if (!isWhole || !classOf.data.every((k) => k >= 0 && k < classes)) {
    const got = `[${probabilities.shape.join(", ")}] and [${classOf.shape.join(", ")}]`;
    throw new FormatError(file, `expected calibration of ${classes} classes, one a row; got ${got}`);
  }
  return { probabilities, classOf };
}

/** The model of a checkpoint. @throws FormatError if it is not one, or not whole */
export function modelFromCheckpoint(checkpoint: Checkpoint, file: string): SymDiffuserModel {
  const { metadata, arrays } = checkpoint;
  if (metadata["format"] !== format) {
    throw new FormatError(file, `expected a model of format ${format}; got ${metadata["format"] ?? "no model"}`);
  }
  try {
    const { latents, calibration, ...described } = schema.parse(JSON.parse(metadata["model"] ?? ""));
    const { options, classes } = described;
    const text = arrayOf(checkpoint, file, "text", "f32");
    const shape = featureShape(options, latents);
    const start = { high: 0, low: 0 };
    const fresh = initNetwork(start, latents, text.shape[1]!, options);
    const network = loadParameters(fresh, arrays, "network.");
    const isTuned = Object.keys(arrays).some((name) => name.startsWith("pretrained."));
    const freshAt = (at: number) =>
      freshHead(start, seenShape(shape, at, options.head.count, options.head), classes.length, options.head);
    return {
      ...described,
      latents: latents.map((latent): LatentEncoder => {
        const prefix = `latent.${latent.source}.`;
        const own = Object.entries(arrays).filter(([name]) => name.startsWith(prefix));
        return {
          ...latent,
          arrays: Object.fromEntries(own.map(([name, array]) => [name.slice(prefix.length), array])),
        };
      }),
      text,
      network,
      pretrained: isTuned ? loadParameters(fresh, arrays, "pretrained.") : network,
      scale: {
        mean: arrayOf(checkpoint, file, "scale.mean", "f32"),
        inverse: arrayOf(checkpoint, file, "scale.inverse", "f32"),
      },
      heads: Array.from({ length: options.head.count }, (_, at) => loadParameters(freshAt(at), arrays, `head.${at}.`)),
      trees: readTrees(
        (name, dtype) => arrayOf(checkpoint, file, `trees.${name}`, dtype).data,
        shape,
        classes.length,
        options.head,
      ),
      calibration: calibration && { ...calibration, ...heldOut(checkpoint, file, classes.length) },
    };
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new FormatError(file, `expected a whole model; ${reason}`, { cause });
  }
}
