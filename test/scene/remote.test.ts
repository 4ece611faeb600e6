import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { readRaster } from "../../src/scene/index.ts";
import { readVector } from "../../src/scene/vector/readers.ts";
import { goldenFolder } from "../support/golden-rasters.ts";

const vectors = fileURLToPath(new URL("../golden/vector/", import.meta.url));

// In a thread of its own: the one that reads waits for the answer.
const server = `
const { createServer } = require("node:http");
const { existsSync, readFileSync } = require("node:fs");
const { parentPort, workerData: folders } = require("node:worker_threads");
let requests = [];
const http = createServer((request, response) => {
  const name = request.url.slice(1);
  if (name === "log") return response.end(JSON.stringify(requests.splice(0)));
  const range = /^bytes=(\\d+)-(\\d+)$/.exec(request.headers.range ?? "");
  const folder = /[.](gpkg|shp|dbf|prj|cpg)$/i.test(name) ? folders.vectors : folders.rasters;
  const path = folder + name.replace("whole-", "");
  if (name !== "large.bin" && !existsSync(path)) return response.writeHead(404).end();
  const bytes = name === "large.bin" ? Buffer.alloc(3000000, 7) : readFileSync(path);
  if (name.startsWith("whole-")) return response.end(bytes);
  const [first, last] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
  requests.push([first, last]);
  response.writeHead(206, { "content-range": "bytes " + first + "-" + last + "/" + bytes.length });
  response.end(bytes.subarray(first, last + 1));
});
http.listen(0, "127.0.0.1", () => parentPort.postMessage(http.address().port));
`;

describe("files on a web server", () => {
  let address = "";
  const worker = new Worker(server, { eval: true, execArgv: [], workerData: { rasters: goldenFolder, vectors } });
  before(async () => {
    const port = await new Promise((resolve) => worker.once("message", resolve));
    address = `http://127.0.0.1:${port}/`;
  });
  after(() => worker.terminate());

  for (const file of ["tiles.tif", "overviews.tif", "tree.mat#hsi.Data"]) {
    it(`are read as from the disk: ${file}`, async () => {
      assert.deepEqual(await readRaster(address + file), await readRaster(goldenFolder + file));
    });
  }

  for (const file of ["one-layer.gpkg", "fields.gpkg#fields", "polygon.shp", "point.shp"]) {
    it(`are read as from the disk: ${file}`, async () => {
      const { file: _, ...layer } = await readVector(address + file);
      const { file: __, ...expected } = await readVector(vectors + file);
      assert.deepEqual(layer, expected);
    });
  }

  it("are read in whole blocks, each once", async () => {
    const { openBytes } = await import("../../src/scene/bytes.ts");
    await (await fetch(`${address}log`)).text();
    const bytes = openBytes(`${address}large.bin`);
    assert.equal(bytes.size, 3_000_000);
    assert.equal(bytes.read(2_999_990, 10)[9], 7);
    assert.equal(bytes.read(0, 3_000_000).length, 3_000_000);
    bytes.close();
    const log = JSON.parse(await (await fetch(`${address}log`)).text());
    assert.deepEqual(log, [
      [0, 262_143],
      [2_883_584, 2_999_999],
      [262_144, 2_999_999],
    ]);
  });

  it("are refused where there is none, no server, or no ranges", async () => {
    await assert.rejects(readRaster(`${address}none.tif`), {
      name: "FormatError",
      message: `${address}none.tif: expected a file that can be read; got HTTP status 404`,
    });
    await assert.rejects(readRaster(`${address}whole-tiles.tif`), {
      name: "UnsupportedError",
      message: `${address}whole-tiles.tif: a server without range requests is not supported — download the file first`,
    });
    await assert.rejects(readRaster("http://127.0.0.1:1/x.tif"), /x\.tif: expected an answer; got none \(/);
  });
});
