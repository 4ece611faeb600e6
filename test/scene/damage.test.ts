import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { damagedFormats, damagedReadings } from "../support/damage.ts";

describe("damaged files", () => {
  const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-damage-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const format of damagedFormats) {
    for (const [at, one] of format.files.entries()) {
      const what = `${basename(one.file)} (${format.name}) with ${format.tries} kinds of damage`;
      it(`reads or refuses ${what}`, async () => {
        const folder = join(scratch, `${format.name} ${at}`);
        for await (const { damage, fault } of damagedReadings(format, one, Array(format.tries).keys(), folder)) {
          assert.equal(fault, null, `damage ${damage}`);
        }
      });
    }
  }
});
