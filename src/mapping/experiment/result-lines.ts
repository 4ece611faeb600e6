/** @file `results.jsonl`: a line for each cell, for programs that draw their own tables. Described in docs/experiments.md. */
import { z } from "zod";
import { baselineOf } from "../../baselines/index.ts";
import { FormatError } from "../../tensor/index.ts";
import { ownMethod } from "../../train/index.ts";
import type { CellOutcome } from "./cell-result.ts";

/** McNemar's test of a cell's map against that of another cell, on the same test pixels. */
export interface Versus {
  /** The other cell. */
  readonly cell: string;
  /** Above 0 where this cell is better. */
  readonly z: number;
  readonly pValue: number;
}

/** What the line of a finished cell says, as far as comparisons ask. Described in docs/experiments.md. */
export interface ResultLine {
  readonly cell: string;
  readonly overallAccuracy: number;
  readonly averageAccuracy: number;
  readonly kappa: number | null;
  readonly rule: string;
  readonly train: number;
  readonly test: number;
  readonly leakage: number | null;
  readonly trainSeconds: number;
  readonly mapSeconds: number;
  readonly mapPixels: number | null;
  readonly parameters: number | null;
  readonly epochs: number | null;
  readonly publishedEpochs: number | null;
  readonly versus: Versus | null;
}

const share = z.number().min(0).max(1);
const lineSchema: z.ZodType<ResultLine> = z.object({
  cell: z.string(),
  overallAccuracy: share,
  averageAccuracy: share,
  kappa: z.number().nullable(),
  rule: z.string(),
  train: z.int(),
  test: z.int(),
  leakage: share.nullable(),
  trainSeconds: z.number().min(0),
  mapSeconds: z.number().min(0),
  mapPixels: z.int().min(0).nullable(),
  parameters: z.int().min(0).nullable(),
  epochs: z.number().nullable(),
  publishedEpochs: z.number().nullable(),
  versus: z.object({ cell: z.string(), z: z.number(), pValue: z.number() }).nullable(),
});

/** The finished cells of lines. @param file  for messages @throws FormatError for a line that is none */
export function parseResultLines(text: string, file: string): ResultLine[] {
  return text.split("\n").flatMap((line, at) => {
    if (line === "") return [];
    const value = JSON.parse(line) as { readonly state?: unknown };
    if (value.state === "failed") return [];
    const { success, data, error } = lineSchema.safeParse(value);
    if (success) return [data];
    const { path, message } = error.issues[0]!;
    throw new FormatError(file, `line ${at + 1}, ${path.join(".")}: ${message}`, { cause: error });
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A cell as a line of JSON; an open one has none. @param versus  against the first of the method's own on its split */
export function resultLine(outcome: CellOutcome, versus: Versus | null = null): string {
  if (outcome.state === "open") return "";
  const { id, scene, method, variant, sources, splitSeed, seed, config } = outcome.cell;
  const named = "simulate" in config.scene ? config.scene.simulate.sources : Object.keys(config.scene.sources);
  const about = { cell: id, scene, method, variant, sources: sources ?? named, splitSeed, seed, state: outcome.state };
  if (outcome.state === "failed") return `${JSON.stringify({ ...about, message: outcome.message })}\n`;
  const { metrics, parameters } = outcome.result;
  const { overallAccuracy, averageAccuracy, kappa, perClass, split, leakage, timingsSeconds } = metrics;
  const { peakMemoryBytes, device, mapPixels = null } = metrics;
  const { scene: opening = 0, map: mapSeconds = 0 } = timingsSeconds;
  const seconds = sum(Object.values(timingsSeconds));
  const publishedEpochs = method === ownMethod ? null : baselineOf(method).epochs;
  const epochs = publishedEpochs === null ? null : (config.epochs ?? publishedEpochs);
  const result = {
    ...{ overallAccuracy, averageAccuracy, kappa },
    recalls: Object.fromEntries(perClass.map(({ name, recall }) => [name, recall])),
    ...{ rule: split.rule, train: split.train, validation: split.validation, test: split.test, leakage },
    ...{ seconds, trainSeconds: seconds - opening - mapSeconds, mapSeconds, mapPixels },
    ...{ epochs, publishedEpochs, parameters, peakMemoryBytes, device, versus },
  };
  return `${JSON.stringify({ ...about, ...result })}\n`;
}
