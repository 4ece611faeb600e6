/** @file `metrics.json`: the numbers of a run, in a form that other programs may rely on. Described in docs/metrics.md. */
import { z } from "zod";
import { type Metrics, setScores } from "../evaluate/index.ts";
import { FormatError } from "../tensor/index.ts";

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const overall = {
  overallAccuracy: share,
  averageAccuracy: share,
  kappa: z.number().min(-1).max(1).nullable(),
};
const reliability = z.object({
  pixels: count,
  expectedCalibrationError: share,
  negativeLogLikelihood: z.number().min(0),
  bins: z.array(z.object({ count, confidence: share.nullable(), accuracy: share.nullable() })),
});
const named = {
  ...overall,
  perClass: z.array(
    z.object({
      name: z.string(),
      recall: share.nullable(),
      precision: share.nullable(),
      f1: share.nullable(),
      support: count,
    }),
  ),
  confusion: z.array(z.array(count)),
};

const calibrated = z.object({ before: reliability, after: reliability });
const labelSetOptions = z.object({
  coverage: share,
  score: z.enum(setScores),
  classConditional: z.boolean(),
});
const uncertainty = z.object({
  calibration: z
    .object({
      temperature: z.number().gt(0),
      from: z.enum(["validation", "folds"]),
      heldOut: calibrated,
      test: calibrated,
    })
    .nullable(),
  labelSets: z
    .object({
      wanted: labelSetOptions,
      found: z.object({
        coverage: share,
        coverageByClass: z.array(share.nullable()),
        meanSize: z.number().min(0),
        single: share,
      }),
    })
    .nullable(),
  abstention: z
    .object({
      when: z.union([z.literal("sets"), share]),
      share,
      overallAccuracy: share.nullable(),
      averageAccuracy: share.nullable(),
      kappa: overall.kappa,
    })
    .nullable(),
});

/** Schema of `metrics.json`. A reader ignores fields it does not know, so that later versions may add some. */
export const metricsSchema: z.ZodType<Metrics> = z.object({
  ...named,
  method: z.string().exactOptional(),
  leakage: share.nullable(),
  split: z.object({ rule: z.string(), seed: z.int(), train: count, validation: count, test: count }),
  seeds: z.array(z.int()),
  perSeed: z.array(z.object({ seed: z.int(), ...overall })),
  uncertainty: uncertainty.exactOptional(),
  baselines: z.record(z.string(), z.object(named)),
  timingsSeconds: z.record(z.string(), z.number().min(0)),
  mapPixels: count.exactOptional(),
  parameters: count.nullable().exactOptional(),
  peakMemoryBytes: count.nullable(),
  device: z.string().exactOptional(),
  versions: z.record(z.string(), z.string()),
});

/**
 * The text of `metrics.json`, fields in documented order, the matrix one row a line.
 *
 * @throws FormatError if a number is out of its range, naming the field
 */
export function formatMetrics(metrics: Metrics): string {
  const text = JSON.stringify(checked(metrics, "metrics"), null, 2);
  return `${text.replace(/\[\s+([\d\s,]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`)}\n`;
}

/**
 * Read the text of a `metrics.json`.
 *
 * @param file  its name, for messages
 * @throws FormatError if it is not JSON or a field is missing or out of its range
 */
export function parseMetrics(text: string, file = "metrics.json"): Metrics {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(file, `expected JSON; got ${JSON.stringify(text.slice(0, 20))}`, { cause });
  }
  return checked(value, file);
}

function checked(value: unknown, file: string): Metrics {
  const result = metricsSchema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  throw new FormatError(file, `${where.replace(/^\./, "") || "content"}: ${message}`, { cause: result.error });
}
