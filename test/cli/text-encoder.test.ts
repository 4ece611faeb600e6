import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Context } from "../../src/cli/command.ts";
import { run } from "../../src/cli/main.ts";
import { clipSource, fetchTextEncoder } from "../../src/cli/text-encoder.ts";
import { openTextEncoder, small } from "../../src/symdiffuser/index.ts";
import { type Kept, kept } from "./streams.ts";

const golden = join(import.meta.dirname, "..", "golden", "clip");
const scratch = mkdtempSync(join(tmpdir(), "cli-text-"));
const bodies = new Map([
  ["/tokenizer.json", readFileSync(join(golden, "tokenizer.json"))],
  ["/onnx/text_model.onnx", readFileSync(join(golden, "text_model.onnx"))],
]);
const asked: string[] = [];
const server = createServer(({ url, headers }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  asked.push(`${url} from ${from}`);
  const body = bodies.get(url!);
  if (body === undefined) return response.writeHead(404).end();
  if (from > 0) response.writeHead(206, { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` });
  return response.end(body.subarray(from));
});
let source = "";
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(scratch, { recursive: true });
});

const context = (): Context & { readonly out: Kept } => ({ out: kept(), err: kept(), argv: [], setExit: () => {} });
const sha256 = (path: string): string => createHash("sha256").update(bodies.get(path)!).digest("hex");

describe("text-encoder fetch", () => {
  it("gets both files, goes on where it stopped, tells their checksums and how to train with them", async () => {
    const folder = join(scratch, "clip");
    mkdirSync(folder);
    writeFileSync(join(folder, "text_model.onnx.part"), bodies.get("/onnx/text_model.onnx")!.subarray(0, 5000));
    const told = context();
    await fetchTextEncoder({ to: folder }, told, source, true);
    assert.deepEqual(asked.splice(0), ["/tokenizer.json from 0", "/onnx/text_model.onnx from 5000"]);
    const [model, tokenizer] = [join(folder, "text_model.onnx"), join(folder, "tokenizer.json")];
    const check = "fetched, not checked, none is published: SHA-256";
    assert.equal(
      told.out.text,
      `${tokenizer}: ${check} ${sha256("/tokenizer.json")}\n${model}: ${check} ${sha256("/onnx/text_model.onnx")}\nTrain with it: symdiffuser train CONFIG.yaml --text.encoder clip --text.folder ${folder}\n`,
    );
    const encoder = await openTextEncoder({ ...small.text, encoder: "clip", folder });
    assert.equal(encoder.name, `clip, SHA-256 ${sha256("/onnx/text_model.onnx")}`);
    assert.deepEqual((await encoder.encode(["oak", "road"])).shape, [2, 12]);
    await fetchTextEncoder({ to: folder }, context(), source, true);
    assert.deepEqual(asked.splice(0), []);
  });

  it("says what it got in JSON, too", async () => {
    const told = context();
    await fetchTextEncoder({ to: join(scratch, "json"), json: true }, told, source, true);
    const results = told.out.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      results
        .filter(({ kind }) => kind === "result")
        .map((result) => [result.sha256, result.wasThere, result.isChecked]),
      [...bodies.keys()].map((path) => [sha256(path), false, false]),
    );
  });

  it("refuses what the server does not have, other actions, and addresses that are not safe", async () => {
    const folder = join(scratch, "none");
    await assert.rejects(fetchTextEncoder({ to: folder }, context(), `${source}/other`, true), {
      name: "DataError",
      message: `${source}/other/tokenizer.json: expected the file; got status 404 Not Found`,
    });
    assert.ok(!existsSync(join(folder, "tokenizer.json")));
    await assert.rejects(fetchTextEncoder({ to: folder }, context(), source), { name: "UnsupportedError" });
    assert.ok(clipSource.startsWith("https://"));
    const [out, err] = [kept(), kept()];
    assert.equal(await run(["text-encoder", "get"], { out, err }), 2);
    assert.ok(err.text.startsWith('text-encoder: expected fetch; got "get"\n'));
  });
});
