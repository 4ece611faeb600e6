/** @file A sensor simulated from another source, as one writes it in a line: `pan:hsi`, `colour=rgb:hsi`. */
import { ConfigError } from "../tensor/index.ts";
import type { Source } from "./scene.ts";
import { type SimulatedKind, simulatedKinds, simulateSource } from "./spectral-response.ts";

/** A source that is derived from one with wavelengths. */
export interface SimulatedSourceOptions {
  /** @default the kind */
  readonly name: string;
  readonly kind: SimulatedKind;
  /** Name of the hyperspectral source. */
  readonly from: string;
}

/**
 * Options from `KIND:SOURCE` or `NAME=KIND:SOURCE`.
 *
 * @throws ConfigError if it is neither, or the kind is not known
 */
export function simulatedSourceOf(text: string): SimulatedSourceOptions {
  const parts = /^(?:([^=:]+)=)?([^=:]+):([^=:]+)$/.exec(text);
  const form = `KIND:SOURCE or NAME=KIND:SOURCE, with KIND one of ${simulatedKinds.join(", ")}`;
  const [, name, kind, from] = parts ?? [];
  const known = simulatedKinds.find((one) => one === kind);
  if (known === undefined || from === undefined) {
    throw new ConfigError("simulate", `expected ${form}; got "${text}"`, text);
  }
  return { name: name ?? known, kind: known, from };
}

/**
 * The simulated source, from the sources of the scene.
 *
 * @throws ConfigError if the named source is not there, or the new one's name is taken
 * @throws DataError if its wavelengths are not known or do not reach far enough
 */
export function simulatedSource({ name, kind, from }: SimulatedSourceOptions, sources: readonly Source[]): Source {
  const hsi = sources.find((one) => one.name === from);
  if (hsi === undefined) {
    const known = sources.map((one) => one.name).join(", ");
    throw new ConfigError("simulate", `expected one of ${known} to simulate "${kind}" from; got "${from}"`, from);
  }
  if (sources.some((one) => one.name === name)) {
    throw new ConfigError("simulate", `expected a name that no source has; got "${name}"`, name);
  }
  return simulateSource(hsi, kind, name);
}
