import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import type { Reader } from "../../src/scene/index.ts";
import { isPng, readPng } from "../../src/scene/png/png.ts";
import { checkRaster } from "../support/damage.ts";
import { describeReader } from "../support/describe-reader.ts";

/** One entry of png.json: what GDAL reads. */
interface GoldenPng {
  readonly file: string;
  readonly dtype: "u8" | "u16";
  readonly shape: readonly [number, number, number];
  readonly pixels: readonly number[];
  readonly holes: readonly (readonly [number, number])[];
  readonly colors: readonly (readonly [number, readonly number[]])[] | null;
}

const folder = fileURLToPath(new URL("../golden/png/", import.meta.url));
const golden = (name: string): string => `${folder}${name}.png`;
const goldens = JSON.parse(readFileSync(`${folder}png.json`, "utf8")) as GoldenPng[];

describe("PNG files written by GDAL and by hand", () => {
  for (const { file, dtype, shape, pixels, holes, colors } of goldens) {
    it(`reads ${file}`, async () => {
      const raster = await readPng(folder + file);
      checkRaster(raster);
      assert.deepEqual([raster.height, raster.width, raster.bands], shape);
      assert.deepEqual(raster.data, (dtype === "u8" ? Uint8Array : Uint16Array).from(pixels));
      const valid = Uint8Array.from({ length: shape[0] * shape[1] }, () => 1);
      for (const [row, col] of holes) valid[row * shape[1] + col] = 0;
      assert.deepEqual(raster.valid, holes.length === 0 ? null : valid);
      assert.deepEqual(raster.categories, colors?.map(([value, color]) => ({ value, name: null, color })) ?? null);
      assert.ok(isPng(readFileSync(folder + file).subarray(0, 512)));
    });
  }

  it("says that interlaced pictures of few bits cannot be read", async () => {
    await assert.rejects(readPng(golden("interlaced-2")), {
      name: "UnsupportedError",
      message: `${golden("interlaced-2")}: interlaced PNG of 2 bits is not supported — save it without interlacing`,
    });
  });
});

const reader: Reader = {
  ...{ name: "PNG", extensions: [".png"], isFormat: isPng, variables: null, open: null },
  read: ({ file }) => readPng(file),
};
const files = ["palette-4", "rgba", "grey-16", "interlaced", "parts", "transparent-palette"].map(golden);
describeReader(reader, { valid: files, cut: files });

describe("damaged and hostile PNG files", () => {
  const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-png-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  const chunk = (name: string, content: Uint8Array): Buffer => {
    const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(name, "latin1"), content, Buffer.alloc(4)]);
    whole.writeUInt32BE(content.length, 0);
    whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4);
    return whole;
  };
  const header = (width: number, height: number, ...rest: number[]): Buffer => {
    const content = Buffer.alloc(8);
    content.writeUInt32BE(width, 0);
    content.writeUInt32BE(height, 4);
    return chunk("IHDR", Buffer.concat([content, Uint8Array.from(rest)]));
  };
  const saved = (name: string, ...chunks: Uint8Array[]): string => {
    const file = join(scratch, name);
    const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
    writeFileSync(file, Buffer.concat([signature, ...chunks, chunk("IEND", new Uint8Array(0))]));
    return file;
  };
  const pixels = (length: number): Buffer => chunk("IDAT", deflateSync(new Uint8Array(length)));
  const small = header(2, 2, 8, 0, 0, 0, 0);

  const faults: readonly (readonly [string, readonly Uint8Array[], string])[] = [
    ["short", [small, pixels(5)], "expected 6 bytes of pixels (2 × 2); got 5 — it is cut short or damaged"],
    ["bomb", [small, pixels(2 ** 26)], "expected 6 bytes of pixels (2 × 2); got more"],
    [
      "declared",
      [header(50000, 50000, 8, 0, 0, 0, 0), pixels(6)],
      "expected 2500050000 bytes of pixels (50000 × 50000); got 11 compressed bytes",
    ],
    [
      "huge",
      [header(2 ** 31 - 1, 2 ** 31 - 1, 16, 6, 0, 0, 0), pixels(6)],
      "expected at most 8 GiB of pixels; got 2147483647 × 2147483647 pixels (34359738336.0 GiB) — cut the picture into parts",
    ],
    ["empty", [header(0, 2, 8, 0, 0, 0, 0), pixels(6)], "expected a width and height ≥ 1; got 0 × 2"],
    [
      "depth",
      [header(2, 2, 16, 3, 0, 0, 0), pixels(10)],
      "expected a colour type and bit depth of PNG; got colour type 3 of 16 bits",
    ],
    [
      "method",
      [header(2, 2, 8, 0, 0, 0, 7), pixels(6)],
      "expected compression 0, filter 0 and interlace 0 or 1; got compression 0, filter 0, interlace 7",
    ],
    ["palette", [header(2, 2, 8, 3, 0, 0, 0), pixels(6)], "expected a palette (PLTE); got none"],
    ["first", [pixels(6), small], "expected a header (IHDR) of 13 bytes; got another chunk"],
    [
      "filter",
      [small, chunk("IDAT", deflateSync(Uint8Array.of(9, 0, 0, 9, 0, 0)))],
      "expected a PNG file; got damaged bytes (Unsupported filter: 9)",
    ],
  ];
  for (const [name, chunks, message] of faults) {
    it(`${name}: ${message}`, async () => {
      const file = saved(`${name}.png`, ...chunks);
      await assert.rejects(readPng(file), { name: "FormatError", message: `${file}: ${message}` });
    });
  }

  it("does not inflate what it does not need", async () => {
    const profile = Buffer.concat([Buffer.from("icc\0\0", "latin1"), deflateSync(new Uint8Array(2 ** 28))]);
    const raster = await readPng(saved("profile.png", small, chunk("iCCP", profile), pixels(6)));
    assert.deepEqual(raster.data, new Uint8Array(4));
  });

  it("checks the checksums of what it needs", async () => {
    const bytes = readFileSync(golden("palette-4"));
    const place = bytes.indexOf("PLTE") + 4;
    bytes[place] = bytes[place]! ^ 1;
    const file = join(scratch, "checksum.png");
    writeFileSync(file, bytes);
    await assert.rejects(readPng(file), /expected a PNG file; got damaged bytes \(CRC mismatch for chunk PLTE/);
  });
});
