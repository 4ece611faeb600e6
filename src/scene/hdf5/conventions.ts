/**
 * @file What the attributes and companions of a dataset say of it: which axes are rows, columns and bands, where its
 * pixels lie, its wavelengths, what counts as missing, and the scale of its numbers.
 *
 * @see CF Metadata Conventions 1.11, sections 2.5.1, 3.1, 4, 5.6, 8.1
 */
import { ConfigError } from "../../tensor/index.ts";
import type { NumberType } from "../numpy/numbers.ts";
import type { Georeference, RasterData } from "../raster.ts";
import { crsOfWkt } from "../vector/crs.ts";
import { allOrNull, wavelengthNm } from "../wavelengths.ts";
import type { Attributes, AttributeValue, Hdf5File } from "./file.ts";
import { numberTypeOf, readNumbers } from "./numbers.ts";
import { datasetNear, type Hdf5Tree, type ListedDataset } from "./tree.ts";

const rowNames = /^(y|rows?|lat|latitude|northing|lines?|nrows?|downtrack|number_of_lines)$/i;
const colNames = /^(x|col|cols|columns?|lon|longitude|easting|samples?|ncols?|crosstrack|pixels_per_line)$/i;
const bandNames = /^(bands?|wavelengths?|wl|lambda|channels?|spectral|nbands?|time|t|z|depth|level)$/i;

/**
 * Axes of a dataset in the order rows, columns, bands. Names of axes decide where there are any: rows and columns stand
 * first, or the bands last. Without names nothing is guessed: the order is [H, W] or [H, W, L] as stored. Beyond three
 * axes, those of length 1 do not count.
 *
 * @throws ConfigError if that leaves no two or three axes, or nothing in them
 */
export function rasterAxes({ entry, isReversed }: ListedDataset, location: string): readonly number[] {
  const { shape, axisNames } = entry;
  const lengths = shape ?? [];
  const isNamed = (names: RegExp) => (axis: number) => names.test(axisNames[axis] ?? "");
  let axes = lengths.map((_, axis) => (isReversed ? lengths.length - 1 - axis : axis));
  const row = axes.find(isNamed(rowNames)) ?? -1;
  const col = axes.find(isNamed(colNames)) ?? -1;
  for (const axis of axes) {
    if (axes.length > 3 && lengths[axis] === 1 && axis !== row && axis !== col) {
      axes = axes.filter((one) => one !== axis);
    }
  }
  if (axes.length < 2 || axes.length > 3 || lengths.includes(0)) {
    throw new ConfigError(location, `expected an array [H, W] or [H, W, L]; got [${lengths.join(", ")}]`, location);
  }
  if (row >= 0 && col >= 0) return [row, col, ...axes.filter((axis) => axis !== row && axis !== col)];
  const band = axes.length === 3 ? axes.find(isNamed(bandNames)) : undefined;
  return band === undefined ? axes : [...axes.filter((axis) => axis !== band), band];
}

/** A number, alone or in an array of one. */
function numberOf(value: AttributeValue | undefined): number | null {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof one === "number" ? one : null;
}

function textOf(value: AttributeValue | undefined): string | null {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof one === "string" ? one : null;
}

/** `_FillValue`, else `missing_value`; null where there is neither. */
export function missingValue(attributes: Attributes): number | null {
  return numberOf(attributes.get("_FillValue")) ?? numberOf(attributes.get("missing_value"));
}

/**
 * The numbers that stored ones stand for: f32 `scale_factor`·x + `add_offset`, NaN for missing ones.
 *
 * @returns  null where the file names neither
 */
export function scaled(data: RasterData, attributes: Attributes): Float32Array<ArrayBuffer> | null {
  const factor = numberOf(attributes.get("scale_factor")) ?? 1;
  const offset = numberOf(attributes.get("add_offset")) ?? 0;
  if (factor === 1 && offset === 0) return null;
  const nodata = missingValue(attributes);
  const missing = nodata !== null && data instanceof Float32Array ? Math.fround(nodata) : nodata;
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    out[at] = data[at] === missing ? Number.NaN : data[at]! * factor + offset;
  }
  return out;
}

const maxLine = 2 ** 20;

/** All numbers of a dataset of one axis, as f64; null if it is none, or not of that length. */
async function line(hdf5: Hdf5File, dataset: ListedDataset | null, length: number): Promise<Float64Array | null> {
  const type: NumberType | null = dataset === null ? null : numberTypeOf(dataset.entry);
  if (dataset === null || type === null || dataset.entry.shape?.join() !== String(length) || length > maxLine)
    return null;
  const location = `${hdf5.file}#${dataset.path}`;
  const path = `/${dataset.path}`;
  return Float64Array.from(await readNumbers(hdf5, { path, entry: dataset.entry }, type, [0], location));
}

const wavelengthNames = /^(wavelengths?|wl|lambda|cent(er|re)[_ ]?wavelengths?|band[_ ]cent(er|re)s?)$/i;
const wavelengthUnits = /^(nm|nanomet|[µμu]m$|microm|micron)/i;

/**
 * Centre wavelengths in nm: of the dataset so named that lies nearest and has one number a band and a known unit.
 *
 * @returns  null if there is none, or several as near
 */
export async function wavelengths(
  hdf5: Hdf5File,
  tree: Hdf5Tree,
  { path }: ListedDataset,
  bands: number,
): Promise<readonly number[] | null> {
  const nameOf = (one: ListedDataset) => one.path.slice(one.path.lastIndexOf("/") + 1);
  const fitting = tree.datasets.filter(({ path, entry }) => {
    const unit = textOf(entry.attributes.get("units")) ?? textOf(entry.attributes.get("Units"));
    const isUnit = unit !== null && wavelengthUnits.test(unit.trim());
    return (
      isUnit && entry.shape?.join() === String(bands) && wavelengthNames.test(path.slice(path.lastIndexOf("/") + 1))
    );
  });
  const beside = fitting.find((one) => datasetNear(tree, path, nameOf(one)) === one);
  const chosen = beside ?? (fitting.length === 1 ? fitting[0]! : null);
  const values = await line(hdf5, chosen, bands);
  if (chosen === null || values === null) return null;
  const { attributes } = chosen.entry;
  const unit = textOf(attributes.get("units")) ?? textOf(attributes.get("Units"));
  return allOrNull(Array.from(values, (value) => wavelengthNm(String(value), unit)));
}

/** Factors to the unit of the transform. */
const coordinateUnits: readonly (readonly [RegExp, number])[] = [
  [/^(m|met(er|re)s?)$/i, 1],
  [/^(km|kilomet(er|re)s?)$/i, 1000],
  [/^degrees?(_(north|east|n|e))?$/i, 1],
];

/**
 * Where the pixels lie: coordinate variables of rows and columns, evenly spaced, give the transform; the variable that
 * `grid_mapping` names gives the CRS. Rows may run north or south.
 *
 * @returns  null where there are no such variables
 */
export async function georeference(
  hdf5: Hdf5File,
  tree: Hdf5Tree,
  dataset: ListedDataset,
  [row, col]: readonly number[],
): Promise<Georeference | null> {
  const { path, entry } = dataset;
  const coordinates = async (axis: number) => {
    const name = entry.axisNames[axis] ?? null;
    const variable = name === null ? null : datasetNear(tree, path, name);
    const unit = textOf(variable?.entry.attributes.get("units")) ?? "";
    const factor = coordinateUnits.find(([pattern]) => pattern.test(unit.trim()))?.[1];
    const values = factor === undefined ? null : await line(hdf5, variable, entry.shape![axis]!);
    return values === null ? null : evenSteps(values.map((value) => value * factor!));
  };
  const [x, y] = [await coordinates(col!), await coordinates(row!)];
  if (x === null || y === null) return null;
  const mapping = textOf(entry.attributes.get("grid_mapping"))?.split(/[:\s]/)[0] ?? "crs";
  const attributes = datasetNear(tree, path, mapping)?.entry.attributes;
  const wkt = textOf(attributes?.get("crs_wkt")) ?? textOf(attributes?.get("spatial_ref"));
  return {
    transform: [x.first - x.step / 2, x.step, 0, y.first - y.step / 2, 0, y.step],
    crs: wkt === null || wkt.trim() === "" ? null : crsOfWkt(wkt),
  };
}

/** Centres of pixels as a first one and a step; null where they are not even to a thousandth of a step. */
function evenSteps(values: Float64Array): { readonly first: number; readonly step: number } | null {
  const first = values[0]!;
  const step = (values.at(-1)! - first) / (values.length - 1);
  if (!Number.isFinite(step) || step === 0) return null;
  // Written in single precision, large coordinates are no better than their last bit.
  const tolerance = Math.max(Math.abs(step) * 1e-3, Math.abs(first) * 1e-7);
  const isEven = values.every((value, at) => Math.abs(value - first - at * step) <= tolerance);
  return isEven ? { first, step } : null;
}
