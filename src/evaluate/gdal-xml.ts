/** @file What GDAL keeps in XML: metadata and band names inside a GeoTIFF, class names and colours in a file beside it. */
import type { Category } from "../scene/index.ts";
import { escapedXml } from "./xml.ts";

/** Above this pixel value the plain list of names, one for every value from 0, is left out; the table has them all. */
const longestNameList = 1024;

/** Content of the field GDAL_METADATA (42112); null where there is nothing to say. */
export function gdalMetadata(
  metadata: Readonly<Record<string, string>>,
  bandNames: readonly string[] | null,
): string | null {
  const items = [
    ...Object.entries(metadata).map(([name, value]) => item(`name="${escapedXml(name)}"`, value)),
    ...(bandNames ?? []).map((name, band) => item(`name="DESCRIPTION" sample="${band}" role="description"`, name)),
  ];
  return items.length === 0 ? null : `<GDALMetadata>\n${items.join("")}</GDALMetadata>\n`;
}

function item(attributes: string, value: string): string {
  // Escaped twice, as GDAL writes it: GDAL unescapes the text again after it has parsed the XML.
  return `  <Item ${attributes}>${escapedXml(escapedXml(value))}</Item>\n`;
}

/** Columns of the attribute table: name, type (0 integer, 2 text) and usage as GDAL numbers them. */
const columns = [
  { name: "Value", type: 0, usage: 5, cell: ({ value }: Category) => value },
  { name: "Class", type: 2, usage: 2, cell: ({ name }: Category) => name ?? "" },
  { name: "Red", type: 0, usage: 6, cell: ({ color }: Category) => color?.[0] ?? 0 },
  { name: "Green", type: 0, usage: 7, cell: ({ color }: Category) => color?.[1] ?? 0 },
  { name: "Blue", type: 0, usage: 8, cell: ({ color }: Category) => color?.[2] ?? 0 },
];

/** Class names and colours of a map as GDAL's sidecar, to be written as `map.tif.aux.xml` beside `map.tif`. */
export function encodeAuxXml(categories: readonly Category[]): string {
  const sorted = [...categories].sort((a, b) => a.value - b.value);
  const fields = columns.map(
    ({ name, type, usage }, index) =>
      `<FieldDefn index="${index}"><Name>${name}</Name><Type>${type}</Type><Usage>${usage}</Usage></FieldDefn>`,
  );
  const rows = sorted.map((category, index) => {
    const cells = columns.map(({ cell }) => `<F>${escapedXml(String(cell(category)))}</F>`);
    return `<Row index="${index}">${cells.join("")}</Row>`;
  });
  return [
    "<PAMDataset>",
    '  <PAMRasterBand band="1">',
    ...nameList(sorted).map((line) => `    ${line}`),
    '    <GDALRasterAttributeTable tableType="thematic">',
    ...[...fields, ...rows].map((line) => `      ${line}`),
    "    </GDALRasterAttributeTable>",
    "  </PAMRasterBand>",
    "</PAMDataset>",
    "",
  ].join("\n");
}

function nameList(sorted: readonly Category[]): string[] {
  const least = sorted[0]?.value ?? 0;
  const most = sorted.at(-1)?.value ?? -1;
  if (least < 0 || most > longestNameList) return [];
  const names = new Array<string>(most + 1).fill("");
  for (const { value, name } of sorted) names[value] = name ?? "";
  return ["<CategoryNames>", ...names.map((name) => `  <Category>${escapedXml(name)}</Category>`), "</CategoryNames>"];
}
