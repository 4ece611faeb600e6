/**
 * @file What GDAL writes beside the pixels: the XML of tag 42112 (GDAL_METADATA) and of `<file>.aux.xml` (PAM), for
 * band names, wavelengths, class names and colours. Only the few elements needed are looked for.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Category, Color } from "../raster.ts";
import { allOrNull, wavelengthNm, wavelengthsInNames } from "../wavelengths.ts";

/** One `<Item>` of GDAL_METADATA; `band` is 0-based, null for the whole file. */
interface Item {
  readonly name: string;
  readonly band: number | null;
  readonly role: string | null;
  readonly text: string;
}

/** What the metadata say of the bands. */
export interface BandNotes {
  readonly names: readonly string[] | null;
  readonly wavelengthsNm: readonly number[] | null;
  /** What the numbers stand for is scale · number + offset, one pair a band; null where that is the numbers themselves. */
  readonly scales: readonly (readonly [scale: number, offset: number])[] | null;
}

/** Names and colours by pixel value. */
export interface CategoryNotes {
  readonly names: ReadonlyMap<number, string>;
  readonly colors: ReadonlyMap<number, Color>;
}

/** Band names and wavelengths from the text of tag 42112. */
export function bandNotes(metadata: string, bands: number): BandNotes {
  const items = itemsOf(metadata);
  const ofBand = (band: number, pattern: RegExp) =>
    items.find((item) => item.band === band && pattern.test(item.name))?.text ?? null;
  const each = Array.from({ length: bands }, (_, band) => band);
  const named = each.map(
    (band) =>
      items.find((item) => item.band === band && (item.role === "description" || item.name === "DESCRIPTION"))?.text ??
      null,
  );
  const some = named.some((name) => name !== null);
  const names = some ? named.map((name, band) => name ?? `band ${band + 1}`) : null;
  const whole = (pattern: RegExp) => items.find((item) => item.band === null && pattern.test(item.name))?.text ?? null;
  const wholeUnit = whole(/^wavelength_?units?$/i);
  const listed = listOf(whole(/^(center_|central_)?wavelengths?$/i), bands)?.map((text) =>
    wavelengthNm(text, wholeUnit),
  );
  const byBand = each.map((band) => {
    const microns = ofBand(band, /^CENTRAL_WAVELENGTH_UM$/i);
    if (microns !== null) return wavelengthNm(microns, "um");
    const text = ofBand(band, /^(center_|central_)?wavelength$/i);
    return text === null ? null : wavelengthNm(text, ofBand(band, /^wavelength_?units?$/i) ?? wholeUnit);
  });
  const number = (band: number, role: string, otherwise: number): number => {
    const text = items.find((item) => item.band === band && item.role === role)?.text.trim() ?? "";
    return text === "" || !Number.isFinite(Number(text)) ? otherwise : Number(text);
  };
  const pairs = each.map((band) => [number(band, "scale", 1) || 1, number(band, "offset", 0)] as const);
  const scales = pairs.every(([scale, offset]) => scale === 1 && offset === 0) ? null : pairs;
  const wavelengthsNm = allOrNull(byBand) ?? allOrNull(listed ?? []) ?? wavelengthsInNames(names);
  return { names, wavelengthsNm, scales };
}

/** `{418.24, 424.03}` or `418.24,424.03`: one entry a band, else null. */
function listOf(text: string | null, bands: number): string[] | null {
  const list = text?.replace(/[{}[\]]/g, "").split(",");
  return list?.length === bands ? list : null;
}

function itemsOf(metadata: string): Item[] {
  return Array.from(metadata.matchAll(/<Item\b([^>]*)>([^<]*)<\/Item>/g), ([, attributes, text]) => {
    const band = attribute(attributes!, "sample");
    return {
      name: attribute(attributes!, "name") ?? "",
      band: band === null ? null : Number(band),
      role: attribute(attributes!, "role"),
      // GDAL escapes an item's text twice.
      text: plain(plain(text!)),
    };
  });
}

function attribute(attributes: string, name: string): string | null {
  const match = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes);
  return match === null ? null : plain(match[1]!);
}

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

function plain(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|(\w{1,6}));/g, (whole, code?: string, name?: string) =>
    code === undefined ? (entities.get(name!) ?? whole) : String.fromCodePoint(Number(code)),
  );
}

const maxSidecarBytes = 2 ** 24;

/** What GDAL keeps beside a file, `<file>.aux.xml`; empty where it keeps nothing. */
function sidecarText(file: string): string {
  const sidecar = `${file}.aux.xml`;
  return existsSync(sidecar) && statSync(sidecar).size <= maxSidecarBytes ? readFileSync(sidecar, "utf8") : "";
}

/** Nodata values that the sidecar gives to single bands, by 0-based band. */
export function sidecarNodata(file: string): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  const bands = sidecarText(file).matchAll(/<PAMRasterBand band="(\d{1,5})">([\s\S]*?)<\/PAMRasterBand>/g);
  for (const [, band, content] of bands) {
    const text = /<NoDataValue[^>]*>([^<]*)<\/NoDataValue>/.exec(content!)?.[1]?.trim() ?? "";
    if (/^nan$/i.test(text)) values.set(Number(band) - 1, Number.NaN);
    else if (text !== "" && Number.isFinite(Number(text))) values.set(Number(band) - 1, Number(text));
  }
  return values;
}

/** Class names and colours of the first band from `<file>.aux.xml`, where there is one. */
export function sidecarCategories(file: string): CategoryNotes {
  const names = new Map<number, string>();
  const colors = new Map<number, Color>();
  const text = sidecarText(file);
  const band = /<PAMRasterBand band="1">([\s\S]*?)<\/PAMRasterBand>/.exec(text)?.[1] ?? "";
  const list = /<CategoryNames>([\s\S]*?)<\/CategoryNames>/.exec(band)?.[1] ?? "";
  for (const [value, match] of Array.from(list.matchAll(/<Category\s*(?:\/>|>([^<]*)<\/Category>)/g)).entries()) {
    if (match[1] !== undefined && match[1] !== "") names.set(value, plain(match[1]));
  }
  const table = /<ColorTable>([\s\S]*?)<\/ColorTable>/.exec(band)?.[1] ?? "";
  for (const [value, match] of Array.from(table.matchAll(/<Entry\b([^>]*)\/>/g)).entries()) {
    const [red, green, blue] = ["c1", "c2", "c3"].map((name) => Number(attribute(match[1]!, name)));
    colors.set(value, [red!, green!, blue!]);
  }
  readAttributeTable(band, names, colors);
  return { names, colors };
}

/** Column usages of a raster attribute table. */
const usages = { name: 2, value: 5, red: 6, green: 7, blue: 8 } as const;

function readAttributeTable(band: string, names: Map<number, string>, colors: Map<number, Color>): void {
  const table = /<GDALRasterAttributeTable\b[^>]*>([\s\S]*?)<\/GDALRasterAttributeTable>/.exec(band)?.[1] ?? "";
  const columns = Array.from(table.matchAll(/<FieldDefn\b[^>]*>([\s\S]*?)<\/FieldDefn>/g), (match) => ({
    usage: Number(/<Usage>(\d+)<\/Usage>/.exec(match[1]!)?.[1] ?? 0),
    name: (/<Name>([^<]*)<\/Name>/.exec(match[1]!)?.[1] ?? "").toLowerCase(),
  }));
  const column = (usage: number, name: RegExp) => {
    const byUsage = columns.findIndex((one) => one.usage === usage);
    return byUsage >= 0 ? byUsage : columns.findIndex((one) => name.test(one.name));
  };
  const at = {
    value: column(usages.value, /^value$/),
    name: column(usages.name, /^(class_?)?names?$/),
    colors: [column(usages.red, /^red$/), column(usages.green, /^green$/), column(usages.blue, /^blue$/)] as const,
  };
  for (const row of table.matchAll(/<Row\b[^>]*>([\s\S]*?)<\/Row>/g)) {
    const cells = Array.from(row[1]!.matchAll(/<F\s*(?:\/>|>([^<]*)<\/F>)/g), (match) => plain(match[1] ?? ""));
    const value = Number(cells[at.value]);
    if (at.value < 0 || !Number.isFinite(value)) continue;
    const name = cells[at.name];
    if (name !== undefined && name !== "") names.set(value, name);
    const [red, green, blue] = at.colors.map((index) => Number(cells[index] ?? Number.NaN));
    if (Number.isFinite(red! + green! + blue!)) colors.set(value, [red!, green!, blue!]);
  }
}

/** The categories of a single-band raster, ascending; null if there are none. */
export function categoriesOf({ names, colors }: CategoryNotes, isUsed: (value: number) => boolean): Category[] | null {
  const values = new Set<number>();
  for (const value of names.keys()) values.add(value);
  for (const [value, [red, green, blue]] of colors) {
    // Writers fill a palette of 256 with black; a black entry counts only if a pixel has its value.
    if (red + green + blue > 0 || isUsed(value)) values.add(value);
  }
  const categories = Array.from(values, (value) => ({
    value,
    name: names.get(value) ?? null,
    color: colors.get(value) ?? null,
  }));
  return categories.length === 0 ? null : categories.sort((a, b) => a.value - b.value);
}
