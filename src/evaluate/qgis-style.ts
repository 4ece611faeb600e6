/**
 * @file Styles for QGIS: class names and colours, or a colour map for measured values. QGIS applies `map.qml` by itself
 * when it opens `map.tif` beside it.
 *
 * @see the files that QGIS 3.22 writes with "Save as default style"
 */
import type { Category, Color } from "../scene/index.ts";
import type { ColorMap } from "./color-map.ts";
import { escapedXml } from "./xml.ts";

const hex = (color: Color): string => `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
const labelOf = ({ value, name }: Category): string => escapedXml(name ?? String(value));

function document(content: readonly string[]): string {
  const head = [
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
    '<qgis version="3.22.0" styleCategories="Symbology">',
  ];
  return [...head, ...content.map((line) => `  ${line}`), "</qgis>", ""].join("\n");
}

function rasterDocument(type: string, content: readonly string[]): string {
  return document([
    "<pipe>",
    `  <rasterrenderer type="${type}" band="1" opacity="1" alphaBand="-1" nodataColor="">`,
    ...content.map((line) => `    ${line}`),
    "  </rasterrenderer>",
    "</pipe>",
    "<blendMode>0</blendMode>",
  ]);
}

/** Style of a class map: one entry a class that has a colour. */
export function encodeClassStyle(categories: readonly Category[]): string {
  const entries = categories.flatMap((category) => {
    const { value, color } = category;
    if (color === null) return [];
    return `  <paletteEntry value="${value}" color="${hex(color)}" alpha="255" label="${labelOf(category)}"/>`;
  });
  return rasterDocument("paletted", ["<colorPalette>", ...entries, "</colorPalette>"]);
}

/** Style of one band of measured values from `least` to `most`. */
export function encodeValueStyle(colors: ColorMap, least: number, most: number): string {
  const items = colors.map((color, index) => {
    const value = least + ((most - least) * index) / (colors.length - 1);
    return `    <item value="${value}" color="${hex(color)}" alpha="255" label="${Number(value.toPrecision(3))}"/>`;
  });
  const range = `minimumValue="${least}" maximumValue="${most}"`;
  return rasterDocument("singlebandpseudocolor", [
    "<rastershader>",
    `  <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" ${range}>`,
    ...items,
    "  </colorrampshader>",
    "</rastershader>",
  ]);
}

/** Style of polygons by an attribute that holds the class code: filled, without outline. */
export function encodePolygonStyle(categories: readonly Category[], attribute: string): string {
  const colored = categories.filter(({ color }) => color !== null);
  const option = (name: string, value: string): string =>
    `        <Option type="QString" name="${name}" value="${value}"/>`;
  const symbols = colored.flatMap(({ color }, index) => [
    `    <symbol name="${index}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">`,
    '      <layer class="SimpleFill" enabled="1" locked="0" pass="0">',
    '       <Option type="Map">',
    ...[option("color", `${color!.join()},255`), option("style", "solid"), option("outline_style", "no")],
    "       </Option>",
    "      </layer>",
    "    </symbol>",
  ]);
  return document([
    `<renderer-v2 type="categorizedSymbol" attr="${escapedXml(attribute)}" enableorderby="0" forceraster="0">`,
    "  <categories>",
    ...colored.map(
      (category, index) =>
        `    <category value="${category.value}" label="${labelOf(category)}" symbol="${index}" render="true"/>`,
    ),
    "  </categories>",
    "  <symbols>",
    ...symbols,
    "  </symbols>",
    "</renderer-v2>",
    "<blendMode>0</blendMode>",
  ]);
}
