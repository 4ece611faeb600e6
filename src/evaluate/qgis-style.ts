/**
 * @file Styles for QGIS: class names and colours, or a colour map for measured values. QGIS applies `map.qml` by itself
 * when it opens `map.tif` beside it.
 *
 * @see the files that QGIS 3.22 writes with "Save as default style"
 */
import type { Category, Color } from "../scene/index.ts";
import type { ColorMap } from "./color-map.ts";
import { escapedXml } from "./xml.ts";

/** A value of an attribute or pixel, with the name and colour it is shown with; without a colour, it is not shown. */
export interface StyledValue extends Omit<Category, "value"> {
  readonly value: string | number;
}

const hex = (color: Color): string => `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
const labelOf = ({ value, name }: StyledValue): string => escapedXml(name ?? String(value));

function document(content: readonly string[], software: string | null = null): string {
  const head = [
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
    '<qgis version="3.22.0" styleCategories="Symbology">',
    ...(software === null ? [] : [`  <!-- made by ${software} -->`]),
  ];
  return [...head, ...content.map((line) => `  ${line}`), "</qgis>", ""].join("\n");
}

function rasterDocument(type: string, content: readonly string[], software: string | null = null): string {
  return document(
    [
      "<pipe>",
      `  <rasterrenderer type="${type}" band="1" opacity="1" alphaBand="-1" nodataColor="">`,
      ...content.map((line) => `    ${line}`),
      "  </rasterrenderer>",
      "</pipe>",
      "<blendMode>0</blendMode>",
    ],
    software,
  );
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

/** Style of one band of measured values from `least` to `most`. @param software  name and version of what made it */
export function encodeValueStyle(
  colors: ColorMap,
  least: number,
  most: number,
  software: string | null = null,
): string {
  const items = colors.map((color, index) => {
    const value = least + ((most - least) * index) / (colors.length - 1);
    return `    <item value="${value}" color="${hex(color)}" alpha="255" label="${Number(value.toPrecision(3))}"/>`;
  });
  const range = `minimumValue="${least}" maximumValue="${most}"`;
  const shader = [
    "<rastershader>",
    `  <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" ${range}>`,
    ...items,
    "  </colorrampshader>",
    "</rastershader>",
  ];
  return rasterDocument("singlebandpseudocolor", shader, software);
}

/** Style of polygons by an attribute: filled, without outline. @param software  name and version of what made it */
export function encodePolygonStyle(
  values: readonly StyledValue[],
  attribute: string,
  software: string | null = null,
): string {
  const colored = values.filter(({ color }) => color !== null);
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
  return document(
    [
      `<renderer-v2 type="categorizedSymbol" attr="${escapedXml(attribute)}" enableorderby="0" forceraster="0">`,
      "  <categories>",
      ...colored.map(
        (one, index) =>
          `    <category value="${escapedXml(String(one.value))}" label="${labelOf(one)}" symbol="${index}" render="true"/>`,
      ),
      "  </categories>",
      "  <symbols>",
      ...symbols,
      "  </symbols>",
      "</renderer-v2>",
      "<blendMode>0</blendMode>",
    ],
    software,
  );
}
