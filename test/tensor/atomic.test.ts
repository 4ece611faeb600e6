import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { writeAtomically } from "../../src/tensor/index.ts";

describe("writeAtomically", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "atomic-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("writes text, bytes and chunks, and replaces what was there", async () => {
    const file = join(folder, "scores.json");
    await writeAtomically(file, "é");
    assert.equal(readFileSync(file, "utf8"), "é");
    await writeAtomically(file, Uint8Array.of(1, 2, 3));
    assert.deepEqual([...readFileSync(file)], [1, 2, 3]);
    await writeAtomically(file, [Uint8Array.of(4), new Uint8Array(0), Uint8Array.of(5, 6)]);
    assert.deepEqual([...readFileSync(file)], [4, 5, 6]);
    assert.deepEqual(readdirSync(folder), ["scores.json"]);
  });

  it("leaves the old file and nothing else after a failure half-way", async () => {
    const file = join(folder, "map.tif");
    writeFileSync(file, "old");
    const fault = new RangeError("disk full");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      throw fault;
    }
    await assert.rejects(writeAtomically(file, chunks()), fault);
    assert.equal(readFileSync(file, "utf8"), "old");
    assert.deepEqual(readdirSync(folder), ["map.tif"]);
  });

  it("fails where the folder does not exist, naming it", async () => {
    await assert.rejects(writeAtomically(join(folder, "none", "a"), "x"), { code: "ENOENT" });
  });
});
