/** @file Ground truth from a raster of class codes. */
import { ConfigError, DataError } from "../tensor/index.ts";
import { fillColors } from "./palette.ts";
import type { Color, Raster } from "./raster.ts";
import type { Labels } from "./scene.ts";

/** What the user says of one class. */
export interface ClassOptions {
  /** Its value in the label file. */
  readonly code: number;
  readonly name?: string;
  readonly color?: Color;
}

/** What the user says of the labels. */
export interface LabelOptions {
  /** A raster of codes; or polygons and points, in one file or several. */
  readonly file: string | readonly string[];
  /** Attribute of polygons and points that holds the class. @default the only one */
  readonly field?: string;
  /** Whether polygons cover every pixel they touch. @default false: those whose centre they hold */
  readonly allTouched?: boolean;
  /** CSV table with more attributes of polygons and points, by the column that both have. */
  readonly join?: string;
  /**
   * Values that mean "no label here".
   *
   * @default the file's nodata value, 0 and every negative value
   */
  readonly unlabelled?: readonly number[];
  readonly classes?: readonly ClassOptions[];
  /** Classes of fewer labelled pixels are left out. @default 1 */
  readonly minPixels?: number;
}

const maxClasses = 1024;

/**
 * Labels of a raster of codes: the codes found on valid pixels often enough become classes, ascending.
 *
 * @param valid  `[H, W]`; labels elsewhere become 0
 * @throws DataError if the raster is not one of codes, has no label, or one class only
 */
export function toLabels(raster: Raster, valid: Uint8Array | null, options: LabelOptions): Labels {
  const file = [options.file].flat().join(", ");
  if (raster.bands !== 1) throw new DataError(file, `expected labels in one band; got ${raster.bands} bands`);
  const isUnlabelled = unlabelledRule(raster, options.unlabelled);
  const isLabel = (pixel: number) => !isUnlabelled(raster.data[pixel]!) && (valid === null || valid[pixel] === 1);
  const counts = new Map<number, number>();
  let labelled = 0;
  for (let pixel = 0; pixel < raster.data.length; pixel++) {
    const value = raster.data[pixel]!;
    if (isUnlabelled(value)) continue;
    if (!Number.isInteger(value)) {
      const where = `row ${Math.floor(pixel / raster.width)}, column ${pixel % raster.width}`;
      throw new DataError(file, `expected whole numbers as class codes; got ${value} in ${where}`);
    }
    labelled++;
    if (isLabel(pixel)) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > maxClasses) {
      throw new DataError(file, `expected at most ${maxClasses} class codes; got more — is this a label raster?`);
    }
  }
  checkClasses(file, counts, labelled, options);
  const { minPixels = 1 } = options;
  const codes = [...counts.keys()].filter((code) => counts.get(code)! >= minPixels).sort((a, b) => a - b);
  if (codes.length < 2) {
    const most = Math.max(...counts.values());
    throw new DataError(
      file,
      `expected at least two classes of ${minPixels} pixels; got ${codes.length}, the largest has ${most}`,
    );
  }
  const index = new Map(codes.map((code, at) => [code, at + 1]));
  const data = Uint16Array.from({ length: raster.data.length }, (_, pixel) =>
    isLabel(pixel) ? (index.get(raster.data[pixel]!) ?? 0) : 0,
  );
  return { data, classes: describeClasses(codes, raster, options.classes ?? []) };
}

function unlabelledRule(raster: Raster, list: readonly number[] | undefined): (value: number) => boolean {
  if (list === undefined) return (value) => !(value > 0) || value === raster.nodata;
  const values = new Set(list);
  return (value) => values.has(value) || Number.isNaN(value);
}

function checkClasses(file: string, found: ReadonlyMap<number, number>, labelled: number, options: LabelOptions): void {
  if (found.size >= 2) return;
  if (labelled === 0) throw new DataError(file, "expected labelled pixels; got none");
  if (found.size === 0) {
    throw new DataError(file, `expected labels on valid pixels; got all ${labelled} where a source has no data`);
  }
  const rule = "0, nodata and negative values count as unlabelled unless labels.unlabelled lists others";
  const advice = options.unlabelled === undefined ? ` — ${rule}` : "";
  throw new DataError(file, `expected at least two classes; got only code ${[...found.keys()][0]}${advice}`);
}

function describeClasses(codes: readonly number[], raster: Raster, options: readonly ClassOptions[]) {
  const told = new Map<number, ClassOptions>();
  for (const [at, one] of options.entries()) {
    if (told.has(one.code)) {
      throw new ConfigError(`labels.classes[${at}].code`, `expected every code once; got ${one.code} again`, one.code);
    }
    told.set(one.code, one);
  }
  const carried = new Map((raster.categories ?? []).map((category) => [category.value, category]));
  const colors = fillColors(codes.map((code) => told.get(code)?.color ?? carried.get(code)?.color ?? null));
  return codes.map((code, at) => ({
    code,
    name: told.get(code)?.name ?? carried.get(code)?.name ?? `class ${code}`,
    color: colors[at]!,
  }));
}
