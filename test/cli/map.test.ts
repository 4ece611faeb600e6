import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { run } from "../../src/cli/main.ts";
import { kept } from "./streams.ts";

describe("symdiffuser map", () => {
  const usage = "Usage: symdiffuser map <run> [flags]\nAll flags: symdiffuser map --help\n";
  const faults: readonly (readonly [string, string])[] = [
    ["--polygons shp", 'map: --polygons: expected one of gpkg, geojson; got "shp"'],
    [
      "--polygons gpkg --min-area 3ha",
      'map: --min-area: expected pixels, as 25, or square metres, as 400m2; got "3ha"',
    ],
    ["--min-area 3", "map: expected --polygons with --min-area; got none"],
    ["--coverage 1", 'map: --coverage: expected a number between 0 and 1; got "1"'],
    ["--coverage 0.9 --set-score raps", 'map: --set-score: expected one of lac, aps; got "raps"'],
    ["--set-score aps", "map: expected --coverage with --set-score; got none"],
    ["--class-conditional --abstain 0.6", "map: expected --coverage with --class-conditional; got none"],
    ["--abstain never", 'map: --abstain: expected sets or a number between 0 and 1; got "never"'],
  ];
  for (const [words, message] of faults) {
    it(`refuses ${words}`, async () => {
      const [out, err] = [kept(), kept()];
      const code = await run(["map", "run", ...words.split(" ")], { out, err });
      assert.deepEqual([code, out.text, err.text], [2, "", `${message}\n${usage}`]);
    });
  }
});
