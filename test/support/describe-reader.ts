/** @file What every reader owes: whatever the bytes, a raster that fits itself or a sentence, and soon. */
import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { type Raster, type Reader, readers, toLocation } from "../../src/scene/index.ts";
import { childKey, FormatError, integers, keyOf, SymdiffuserError, UnsupportedError } from "../../src/tensor/index.ts";

interface ReaderFiles {
  /** Locations (`file`, `file#field`) that the reader reads, each of a few kB. */
  readonly valid: readonly string[];
  /** Those that are cut after every byte. */
  readonly cut: readonly string[];
  /** Those whose bytes are changed at random. */
  readonly damaged: readonly string[];
  readonly damages: number;
}

const slowMs = 2000;

/** The contract of a reader, on files that it reads. */
export function describeReader(reader: Reader, files: ReaderFiles): void {
  describe(`${reader.name} reader`, () => {
    const folder = mkdtempSync(join(tmpdir(), "symdiffuser-reader-"));
    const file = join(folder, `it${reader.extensions[0]}`);
    // Written over and over through one handle: making a file anew takes longer than reading it.
    const handle = openSync(file, "w");
    const scratch = { file, handle };
    after(() => {
      closeSync(handle);
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
          const raster = await readBytes(reader, scratch, location, bytes.subarray(0, length), `cut at ${length}`);
          // Bytes that no pixel needs may be missing.
          if (raster !== null) assert.deepEqual(raster, whole, `cut at ${length}`);
        }
      });
    }

    for (const location of files.damaged) {
      it(`reads or refuses ${basename(location)} with ${files.damages} kinds of damage`, async () => {
        const bytes = readFileSync(toLocation(location).file);
        const key = childKey(keyOf(7), basename(location));
        for (let damage = 0; damage < files.damages; damage++) {
          const changed = Buffer.from(bytes);
          const draws = integers(childKey(key, damage), [9], 2 ** 30).data;
          for (let change = 0; change <= damage % 4; change++) {
            // Half of the damage to the header, where it hurts most.
            const reach = change % 2 === 0 ? Math.min(400, changed.length) : changed.length;
            changed[draws[change * 2]! % reach] = [0, 255, draws[change * 2 + 1]! & 255][damage % 3]!;
          }
          await readBytes(reader, scratch, location, changed, `damage ${damage}`);
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

/** @returns  null where the bytes are refused in good order */
async function readBytes(
  reader: Reader,
  { file, handle }: { readonly file: string; readonly handle: number },
  location: string,
  bytes: Uint8Array,
  what: string,
): Promise<Raster | null> {
  ftruncateSync(handle, bytes.length);
  writeSync(handle, bytes, 0, bytes.length, 0);
  const start = performance.now();
  try {
    const raster = await reader.read({ ...toLocation(location), file });
    checkRaster(raster);
    return raster;
  } catch (error) {
    const isKind = what.startsWith("cut")
      ? error instanceof FormatError || error instanceof UnsupportedError
      : error instanceof SymdiffuserError;
    assert.ok(isKind, `${what}: ${(error as Error).stack}`);
    assert.match((error as Error).message, /expected .*; got |is not supported/s, what);
    return null;
  } finally {
    const tookMs = performance.now() - start;
    assert.ok(tookMs < slowMs, `${what}: took ${tookMs.toFixed(0)} ms`);
  }
}

/** A raster's parts fit each other. */
export function checkRaster(raster: Raster): void {
  const { height, width, bands, data, valid, bandNames, wavelengthsNm } = raster;
  assert.ok(height >= 1 && width >= 1 && bands >= 1);
  assert.equal(data.length, height * width * bands);
  if (valid !== null) {
    assert.equal(valid.length, height * width);
    assert.ok(valid.includes(0) && valid.every((one) => one === 0 || one === 1));
  }
  if (bandNames !== null) assert.equal(bandNames.length, bands);
  if (wavelengthsNm !== null) {
    assert.equal(wavelengthsNm.length, bands);
    assert.ok(wavelengthsNm.every((nm) => nm > 0 && Number.isFinite(nm)));
  }
}
