/** @file What the folder of a cell holds: nothing yet, a run that stopped, or its numbers. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics } from "../../evaluate/index.ts";
import { ConfigError, readCheckpoint } from "../../tensor/index.ts";
import { type Cell, changedSetting, methodOptions, readConfig, runFiles } from "../../train/index.ts";
import { parseMetrics } from "../metrics-file.ts";

/** The numbers of a finished cell. */
export interface CellResult {
  readonly metrics: Metrics;
  /** Numbers that were learned; null of a method that keeps examples, or trees of them. */
  readonly parameters: number | null;
}

/** How far a cell is; one that was begun goes on from where it stopped. */
export type CellOutcome =
  | { readonly state: "finished"; readonly cell: Cell; readonly result: CellResult }
  | { readonly state: "failed"; readonly cell: Cell; readonly message: string }
  | { readonly state: "open"; readonly cell: Cell; readonly isBegun: boolean };

/** Numbers in a model file that a map needs and that were learned by training. */
async function parametersOf(file: string): Promise<number | null> {
  if (!existsSync(file)) return null;
  const { arrays } = await readCheckpoint(file);
  const learned = Object.entries(arrays).filter(([name]) => !/^(text$|scale\.|pretrained\.)/.test(name));
  return learned.reduce((sum, [, { data }]) => sum + data.length, 0);
}

/** The result of a cell, null where it is not finished. */
export async function cellResult({ config: { out } }: Cell): Promise<CellResult | null> {
  const file = join(out, "metrics.json");
  if (!existsSync(file)) return null;
  const metrics = parseMetrics(await readFile(file, "utf8"), file);
  return { metrics, parameters: metrics.parameters ?? (await parametersOf(join(out, runFiles.model))) };
}

/** What is wrong with a cell whose folder holds a run with other settings, naming the first of them; null if nothing. */
export function cellFault({ id, config, variant }: Cell): ConfigError | null {
  const file = join(config.out, runFiles.config);
  if (!existsSync(file)) return null;
  const before = readConfig(file);
  // Options of the method are none of a baseline's.
  const changed = changedSetting(variant === null ? { ...before, ...methodOptions(config) } : before, config);
  if (changed === null) return null;
  const { path, was, is } = changed;
  const advice = "try --overwrite to start it anew, or --out for another folder";
  return new ConfigError(path, `expected ${was} as in the cell ${id} that is there; got ${is} — ${advice}`, is);
}
