/** @file Whether a value read from metadata is a class or a normalisation. */
import type { Normalisation } from "./normalise.ts";
import type { LandCoverClass } from "./scene.ts";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isByte = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;

/** Whether a value is a class with a name, a colour and a code. */
export function isLandCoverClass(value: unknown): value is LandCoverClass {
  if (!isRecord(value)) return false;
  const { name, color, code } = value;
  return (
    typeof name === "string" &&
    Array.isArray(color) &&
    color.length === 3 &&
    color.every(isByte) &&
    typeof code === "number"
  );
}

/** Whether a value is a scale for every band. */
export function isNormalisation(value: unknown): value is Normalisation {
  if (!isRecord(value) || typeof value["decibel"] !== "boolean" || !Array.isArray(value["perBand"])) return false;
  const numbers = ["low", "high", "mean", "deviation"];
  return value["perBand"].every((band) => isRecord(band) && numbers.every((name) => Number.isFinite(band[name])));
}
