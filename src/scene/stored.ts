/** @file Classes and normalisations as they are kept in the metadata of checkpoints. */
import { z } from "zod";
import type { Normalisation } from "./normalise.ts";
import type { LandCoverClass } from "./scene.ts";

const channel = z.int().min(0).max(255);

export const classSchema: z.ZodType<LandCoverClass> = z.object({
  name: z.string(),
  color: z.tuple([channel, channel, channel]),
  code: z.number(),
});

export const normalisationSchema: z.ZodType<Normalisation> = z.object({
  perBand: z.array(z.object({ low: z.number(), high: z.number(), mean: z.number(), deviation: z.number() })),
  decibel: z.boolean(),
});
