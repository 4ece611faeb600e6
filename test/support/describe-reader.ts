/** @file What every reader owes: whatever the bytes, a raster that fits itself or a sentence, and soon; see damage.ts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { type Reader, readers, toLocation } from "../../src/scene/index.ts";
import { checkRaster, openScratch, outcomeOf } from "./damage.ts";

interface ReaderFiles {
  /** Locations (`file`, `file#field`) that the reader reads, each of a few kB. */
  readonly valid: readonly string[];
  /** Those that are cut after every byte. */
  readonly cut: readonly string[];
}

/** The contract of a reader, on files that it reads. */
export function describeReader(reader: Reader, files: ReaderFiles): void {
  describe(`${reader.name} reader`, () => {
    const folder = mkdtempSync(join(tmpdir(), "symdiffuser-reader-"));
    const scratch = openScratch(join(folder, `it${reader.extensions[0]}`));
    after(() => {
      scratch.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const location of files.valid) {
      it(`reads ${basename(location)} twice alike, and no other reader claims it`, async () => {
        const start = readFileSync(toLocation(location).file).subarray(0, 512);
        assert.deepEqual(
          readers.filter((one) => one.isFormat(start, toLocation(location).file)).map(({ name }) => name),
          [reader.name],
        );
        const raster = await reader.read(toLocation(location));
        checkRaster(raster);
        assert.deepEqual(await reader.read(toLocation(location)), raster);
      });
    }

    for (const location of files.cut) {
      it(`refuses ${basename(location)} cut after any byte`, async () => {
        const whole = await reader.read(toLocation(location));
        const bytes = readFileSync(toLocation(location).file);
        for (let length = 0; length < bytes.length; length++) {
          scratch.write(bytes.subarray(0, length));
          const place = { ...toLocation(location), file: scratch.file };
          const { read, fault } = await outcomeOf(() => reader.read(place), true);
          assert.equal(fault, null, `cut at ${length}`);
          // Bytes that no pixel needs may be missing.
          if (read !== null) assert.deepEqual(read, whole, `cut at ${length}`);
        }
      });
    }

    it("says that a file is not there", async () => {
      const none = join(folder, `none${reader.extensions[0]}`);
      await assert.rejects(reader.read({ file: none, field: null }), {
        name: "FormatError",
        message: `${none}: expected a file; got none of that name`,
      });
    });
  });
}
