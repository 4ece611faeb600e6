/** @file What `symdiffuser info` tells of a raster. */
import { formatTable } from "../../evaluate/index.ts";
import { describeRaster, type FileDescription, type RasterDescription } from "../../scene/index.ts";
import type { Tell } from "./tell.ts";

function textOf({ file, format, raster, variables }: FileDescription): string {
  const inside = variables?.map(({ path, content }) => `  ${path}: ${content}\n`).join("") ?? "";
  const choice =
    raster === null ? `several arrays; choose one with ${file}#NAME\n` : `${format}\n${rasterText(raster)}`;
  return `${file}: ${choice}${inside && `Variables\n${inside}`}`;
}

/** Coordinates have more digits than statistics need. */
const coordinate = (value: number): string => String(Number(value.toPrecision(12)));
const shortNumber = (value: number | null): string => (value === null ? "–" : String(Number(value.toPrecision(6))));

function rasterText(raster: RasterDescription): string {
  const { height, width, bands, dtype, nodata, validPixels, crs, transform, wavelengthsNm, statistics, counts } =
    raster;
  const valid = validPixels === height * width ? "all" : `${validPixels} of ${height * width}`;
  const known = wavelengthsNm?.filter(Number.isFinite) ?? [];
  const lines = [
    `${height} rows × ${width} columns × ${bands} band${bands === 1 ? "" : "s"}, ${dtype}`,
    `valid pixels: ${valid}${nodata === null ? "" : `, nodata ${nodata}`}`,
    crs && `reference system: ${crs.name ?? "not named"}${crs.epsg === null ? "" : ` (EPSG:${crs.epsg})`}`,
    transform && `transform: ${transform.map(coordinate).join(", ")}`,
    known.length > 0 && `wavelengths: ${shortNumber(Math.min(...known))} to ${shortNumber(Math.max(...known))} nm`,
  ].filter((line) => typeof line === "string");
  const bandRows = statistics?.map((one) => [
    one.name === null ? String(one.band) : `${one.band} ${one.name}`,
    ...[one.min, one.max, one.mean].map(shortNumber),
  ]);
  const codeRows = counts?.map(({ value, name, pixels }) => [
    name ? `${value} ${name}` : String(value),
    String(pixels),
  ]);
  const tables = [
    bandRows && formatTable(["Band", "Least", "Greatest", "Mean"], bandRows),
    codeRows && formatTable(["Value", "Pixels"], codeRows),
  ].filter((table) => typeof table === "string");
  return `${lines.map((line) => `  ${line}\n`).join("")}${tables.map((table) => `\n${table}`).join("")}`;
}

export const tell: Tell = async (path) => {
  const description = await describeRaster(path);
  return { description, text: textOf(description) };
};
