/** @file What `symdiffuser info` tells of polygons and points. */
import { formatTable } from "../../evaluate/index.ts";
import { describeVector, type LayerDescription } from "../../scene/index.ts";
import type { Tell } from "./tell.ts";

function textOf({ file, format, layer, crs, features, polygons, points, fields }: LayerDescription): string {
  const lines = [
    `${file}: ${format}`,
    `  ${layer === null ? "" : `layer ${layer}: `}${features} features, ${polygons} polygons and ${points} points`,
    ...(crs === null ? [] : [`  reference system: ${crs.name}${crs.epsg === null ? "" : ` (EPSG:${crs.epsg})`}`]),
  ];
  const tables = fields.map(({ name, counts }) => {
    if (counts === null) return `${name}: many different values\n`;
    return formatTable(
      [name, "Features"],
      counts.map(({ value, features }) => [value === null ? "–" : String(value), String(features)]),
    );
  });
  return `${lines.join("\n")}\n${tables.map((table) => `\n${table}`).join("")}`;
}

export const tell: Tell = async (path) => {
  const description = await describeVector(path);
  return { description, text: textOf(description) };
};
