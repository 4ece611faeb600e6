import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alignment, type Grid } from "../../src/scene/grid.ts";
import type { Crs } from "../../src/scene/index.ts";

const epsg = (code: number): Crs => ({ epsg: code, name: `EPSG:${code}`, wkt: null, geoKeys: null });
const text = (wkt: string): Crs => ({ epsg: null, name: "of a .prj file", wkt, geoKeys: null });
const utm = (meridian: number): Crs =>
  text(
    'PROJCS["u",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],' +
      'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],' +
      `PARAMETER["False_Easting",500000.0],PARAMETER["Central_Meridian",${meridian}],PARAMETER["Scale_Factor",0.9996],UNIT["Meter",1.0]]`,
  );
const grid = (crs: Crs | null, pixels = 8): Grid => {
  const size = 80 / pixels;
  return { height: pixels, width: pixels, georeference: { transform: [500_000, size, 0, 5_400_000, 0, -size], crs } };
};
const relation = (a: Grid, b: Grid) => alignment(a, b)?.relation ?? null;

describe("grids", () => {
  it("are the same, or whole parts of each other, however their CRS is spelt", () => {
    assert.equal(relation(grid(utm(9)), grid(epsg(32632))), "same");
    assert.equal(relation(grid(epsg(32632), 16), grid(utm(9))), "finer");
    assert.equal(relation(grid(utm(9), 4), grid(epsg(32632))), "coarser");
  });

  it("are not the same in another CRS, named or not", () => {
    assert.equal(relation(grid(epsg(32633)), grid(epsg(32632))), null);
    assert.equal(relation(grid(utm(15)), grid(epsg(32632))), null);
  });

  it("are the same where the CRSs differ and the places do not", () => {
    // UTM on ETRS89, which counts as WGS 84.
    assert.equal(relation(grid(epsg(25832)), grid(epsg(32632))), "same");
  });

  it("are taken to be in one CRS where that cannot be known", () => {
    assert.equal(relation(grid(text('LOCAL_CS["site"]')), grid(epsg(32632))), "same");
    assert.equal(relation(grid(null), grid(epsg(32632))), "same");
  });
});
