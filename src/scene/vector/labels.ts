/** @file Labels from polygons and points: a raster of class codes. */
import { ConfigError, DataError } from "../../tensor/index.ts";
import type { Category, Raster } from "../raster.ts";
import { boxOf, boxOfGeometry, boxText, isOverlapping, joined } from "./box.ts";
import { attributeOf, byCodeUnits, type Feature, moved, type VectorLayer } from "./features.ts";
import { type PixelGrid, rasterise, type Shape } from "./rasterise.ts";

export interface LabelRasterOptions {
  /** The attribute that holds the class; null takes the only one there is, or the one that is called so. */
  readonly field: string | null;
  /** Whether a polygon also takes the pixels that its outline passes through. */
  readonly allTouched: boolean;
  /** From the coordinates of the layer to those of the grid; null where they are the same. */
  readonly project: ((x: number, y: number) => readonly [number, number]) | null;
  /** Whether it is fine that no feature lies on the grid, as on one plot of many. @default false */
  readonly mayBeEmpty?: boolean;
}

/** Labels of features, and which of them meet the grid. */
export interface BurntLabels {
  /** One band, `[H, W, 1]`, 0 where there is no feature. */
  readonly raster: Raster;
  readonly coverage: Coverage;
}

/** Which features meet a grid, as far as the boxes around them tell. */
export interface Coverage {
  /** The attribute that holds the class. */
  readonly field: string;
  /** One a feature; those without a class are left out. */
  readonly classes: readonly string[];
  readonly isInside: readonly boolean[];
}

/**
 * Class codes of the features on a grid; where features overlap, the later one in the file counts.
 *
 * Whole numbers are codes, 0 stands for "no label here"; texts become codes 1…K in the order of their code units, with
 * the text as name. Features without a value are left out.
 *
 * @throws ConfigError if the attribute is not there, or not clear
 * @throws DataError if a value cannot be a code, or no feature lies on the grid
 */
export function labelRaster(layer: VectorLayer, grid: PixelGrid, options: LabelRasterOptions): BurntLabels {
  const { height, width, transform } = grid;
  const field = options.field === null ? classField(layer) : knownField(layer, options.field);
  const valued = layer.features.filter((feature) => classOf(feature, field) !== null);
  if (valued.length === 0) throw new DataError(layer.file, `expected features with a value of ${field}; got none`);
  const { codes, categories } = codesOf(valued, field, layer.file);
  const shapes = valued.map(({ geometry }, index): Shape => {
    const placed = options.project === null ? geometry : moved(geometry, options.project);
    return { geometry: placed, value: codes[index]! };
  });
  const { mayBeEmpty = false } = options;
  const isInside = insideOf(shapes, valued, layer.file, grid, mayBeEmpty);
  const raster: Raster = {
    height,
    width,
    bands: 1,
    data: rasterise(shapes, grid, options.allTouched),
    valid: null,
    bandNames: [field],
    wavelengthsNm: null,
    georeference: { transform, crs: options.project === null ? layer.crs : null },
    nodata: null,
    categories,
  };
  return { raster, coverage: { field, classes: valued.map((feature) => String(classOf(feature, field))), isInside } };
}

/** Names of attributes that identify a feature and tell nothing of its class, lower case. */
const identifiers: ReadonlySet<string> = new Set(["fid", "id", "ogc_fid", "objectid", "gid"]);
const classNames: ReadonlySet<string> = new Set(["class", "label", "landcover", "land_cover", "type", "code"]);

function classField({ file, fields }: VectorLayer): string {
  const telling = fields.filter((name) => !identifiers.has(name.toLowerCase()));
  if (telling.length === 1) return telling[0]!;
  const called = telling.filter((name) => classNames.has(name.toLowerCase()));
  if (called.length === 1) return called[0]!;
  throw new ConfigError(
    file,
    `expected to know which attribute holds the class; got ${listOf(fields)} — name one`,
    null,
  );
}

function knownField({ file, fields }: VectorLayer, field: string): string {
  if (fields.includes(field)) return field;
  throw new ConfigError(file, `expected the class in one of the attributes ${listOf(fields)}; got "${field}"`, field);
}

function listOf(fields: readonly string[]): string {
  return fields.length === 0 ? "no attributes" : fields.join(", ");
}

/** The value that stands for a class; blank text is none. */
function classOf(feature: Feature, field: string): string | number | null {
  const value = attributeOf(feature, field);
  if (typeof value !== "string") return value;
  return value.trim() === "" ? null : value.trim();
}

const maxCode = 65535;

/** Codes, one a feature, and what they mean. */
function codesOf(features: readonly Feature[], field: string, file: string) {
  const values = features.map((feature) => classOf(feature, field)!);
  if (values.every((value) => typeof value === "number")) {
    const wrong = values.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value <= maxCode));
    if (wrong >= 0) {
      const where = `${field} of feature ${features[wrong]!.number}`;
      throw new DataError(file, `expected a whole number from 0 to ${maxCode} as ${where}; got ${values[wrong]}`);
    }
    return { codes: values, categories: null };
  }
  const names = Array.from(new Set(values.map(String))).sort(byCodeUnits);
  if (names.length > maxCode) {
    throw new DataError(file, `expected at most ${maxCode} different texts in ${field}; got ${names.length}`);
  }
  const categories = names.map((name, index): Category => ({ value: index + 1, name, color: null }));
  const code = new Map(categories.map(({ name, value }) => [name, value]));
  return { codes: values.map((value) => code.get(String(value))!), categories };
}

/** Which features meet the grid. */
function insideOf(
  shapes: readonly Shape[],
  features: readonly Feature[],
  file: string,
  grid: PixelGrid,
  mayBeEmpty: boolean,
): readonly boolean[] {
  const boxes = shapes.map(({ geometry }) => boxOfGeometry(geometry));
  const lost = boxes.findIndex((box) => !box.every(Number.isFinite));
  if (lost >= 0) {
    const where = `feature ${features[lost]!.number}`;
    throw new DataError(file, `expected ${where} to have a place in the CRS of the grid; got none`);
  }
  const { height, width, transform: t } = grid;
  const corners = [0, height].flatMap((row) => [0, width].map((col) => [row, col] as const));
  const places = corners.flatMap(([row, col]) => [t[0] + col * t[1] + row * t[2], t[3] + col * t[4] + row * t[5]]);
  const own = boxOf(Float64Array.from(places));
  const isInside = boxes.map((box) => isOverlapping(box, own));
  if (mayBeEmpty || isInside.includes(true)) return isInside;
  const got = boxText(boxes.reduce(joined));
  throw new DataError(file, `expected features on the grid, ${boxText(own)}; got ${got} — is their CRS the right one?`);
}

/** Most classes that are named. */
const mostNamed = 12;

/** A sentence on features that lie outside of `where`; null where none does. */
export function outsideText({ field, classes, isInside }: Coverage, where: string): string | null {
  const classesOf = (side: boolean): readonly string[] => classes.filter((_, at) => isInside[at] === side);
  const [kept, outside] = [new Set(classesOf(true)), classesOf(false)];
  if (outside.length === 0) return null;
  const lost = Array.from(new Set(outside)).filter((name) => !kept.has(name));
  const rest = lost.length > mostNamed ? ` and ${lost.length - mostNamed} more` : "";
  const which = lost.length === 0 ? "" : `, all those of ${field} ${lost.slice(0, mostNamed).join(", ")}${rest}`;
  return `${outside.length} of ${classes.length} features lie outside ${where}${which}`;
}

/** The same features on several grids: a feature counts if it meets any. */
export function onAnyGrid([first, ...others]: readonly Coverage[]): Coverage {
  return { ...first!, isInside: first!.isInside.map((own, at) => own || others.some(({ isInside }) => isInside[at])) };
}

/** Features of several grids, each with its own. */
export function onOwnGrids(all: readonly Coverage[]): Coverage {
  const [classes, isInside] = [all.flatMap((one) => one.classes), all.flatMap((one) => one.isInside)];
  return { field: all[0]!.field, classes, isInside };
}
