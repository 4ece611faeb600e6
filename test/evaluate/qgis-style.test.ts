import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  colorAt,
  encodeClassStyle,
  encodeGeoTiff,
  encodePolygonStyle,
  encodeValueStyle,
  geoJsonParts,
  magma,
  mapPolygons,
  writeGeoPackage,
} from "../../src/evaluate/index.ts";
import { categories, codesOf, landCover } from "./land-cover.ts";
import { pythonWith } from "./python-with.ts";

describe("encodeClassStyle", () => {
  it("has an entry for every class with a colour, with its name escaped", () => {
    const style = encodeClassStyle([...categories.slice(0, 2), { value: 9, name: "no colour", color: null }]);
    assert.deepEqual(style.match(/<paletteEntry.*>/g), [
      '<paletteEntry value="7" color="#0053ff" alpha="255" label="Water"/>',
      '<paletteEntry value="20" color="#00cc33" alpha="255" label="Low &lt;b&gt;plants&lt;/b&gt; &amp; &quot;shrubs&quot; ü"/>',
    ]);
  });
});

const script = fileURLToPath(new URL("../../scripts/golden/check-style.py", import.meta.url));
const python = pythonWith("qgis");

interface Shown {
  readonly type: string;
  readonly legend: readonly (readonly [number, string])[];
  /** `[H, W]` of red, green, blue; −1 where nothing is drawn. */
  readonly colors: readonly (readonly (readonly number[] | -1)[])[];
}

describe("styles, as QGIS applies them", { skip: python === undefined && "QGIS for Python is not installed" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "style-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const map = landCover();
  const { height, width, data } = map.labels;
  let shown: Record<string, Shown> = {};

  before(async () => {
    const { georeference, confidence } = map;
    const common = { height, width, bands: 1, georeference };
    const layer = mapPolygons(map);
    const files: [string, string | Uint8Array][] = [
      ["map.tif", encodeGeoTiff({ ...common, data: codesOf(map), nodata: 0, categories })],
      ["map.qml", encodeClassStyle(categories)],
      ["confidence.tif", encodeGeoTiff({ ...common, data: confidence as Float32Array, nodata: Number.NaN })],
      ["confidence.qml", encodeValueStyle(magma, 0, 1)],
      ["polygons.geojson", Buffer.concat([...geoJsonParts(layer, null)])],
      ["polygons.qml", encodePolygonStyle(categories, "code")],
    ];
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    await writeGeoPackage(join(folder, "polygons.gpkg"), [layer]);
    const env = { ...process.env, QT_QPA_PLATFORM: "offscreen" };
    const done = spawnSync(python!, [script, folder], { encoding: "utf8", maxBuffer: 1e8, env });
    assert.equal(done.status, 0, done.stderr);
    shown = JSON.parse(done.stdout);
  });

  for (const name of ["map", "gpkg", "geojson"]) {
    it(`${name}: names and colours of the classes, nothing where there is none`, () => {
      const { type, legend, colors } = shown[name]!;
      assert.equal(type, name === "map" ? "paletted" : "categorizedSymbol");
      assert.deepEqual(
        legend,
        categories.map((category) => [category.value, category.name]),
      );
      const expected = Array.from(data, (label) => categories[label - 1]?.color ?? -1);
      assert.deepEqual(colors.flat(), expected);
    });
  }

  it("confidence: the colours of our pictures, to one step in 255", () => {
    const { type, colors } = shown["confidence"]!;
    assert.equal(type, "singlebandpseudocolor");
    for (const [pixel, color] of colors.flat().entries()) {
      const value = map.confidence![pixel]!;
      if (Number.isNaN(value)) assert.equal(color, -1);
      else {
        const expected = colorAt(magma, value);
        assert.ok((color as number[]).every((part, axis) => Math.abs(part - expected[axis]!) <= 1));
      }
    }
  });
});
