/** What the program loads: what it does not need costs people a wait at every call. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { encodeGeoTiff } from "../../src/evaluate/index.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "start-"));
after(() => rmSync(folder, { recursive: true }));

const list = join(folder, "loaded.txt");
const hooks = `import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(list)}, url + "\\n");
  return next(url, context);
}`;
const asUrl = (program: string): string => `data:text/javascript,${encodeURIComponent(program)}`;
const register = asUrl(`import { register } from "node:module"; register(${JSON.stringify(asUrl(hooks))});`);

/** Packages and rooms that a command line loads. */
function loaded(...words: string[]): { readonly packages: string[]; readonly rooms: string[] } {
  writeFileSync(list, "");
  const program = join(root, "src/cli/main.ts");
  execFileSync(process.execPath, ["--import", "tsx", "--import", register, program, ...words], { cwd: root });
  const urls = readFileSync(list, "utf8").split("\n");
  const found = (pattern: RegExp): string[] =>
    [...new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))].filter((name) => name !== "tsx").sort();
  return { packages: found(/\/node_modules\/((?:@[^/]+\/)?[^/]+)/), rooms: found(/\/src\/([^/]+)\/[^?]*\.ts/) };
}

describe("what the program loads", () => {
  it("for --help is the parser of the command line and the table of commands", () => {
    assert.deepEqual(loaded("--help"), { packages: ["commander"], rooms: ["cli"] });
  });

  it("for info of a GeoTIFF has no engine, no schemas, no projections and no databases", () => {
    const file = join(folder, "a.tif");
    writeFileSync(file, encodeGeoTiff(tiny));
    const { packages, rooms } = loaded("info", file);
    const heavy = ["fast-png", "geotiff", "h5wasm", "node-sqlite3-wasm", "onnxruntime-node", "proj4", "yaml", "zod"];
    assert.deepEqual(
      heavy.filter((name) => packages.includes(name)),
      [],
    );
    assert.deepEqual(rooms, ["cli", "evaluate", "scene", "tensor"]);
  });
});

const tiny = {
  ...{ height: 2, width: 3, bands: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6), valid: null, nodata: null },
  ...{ bandNames: null, wavelengthsNm: null, georeference: null, categories: null },
};
