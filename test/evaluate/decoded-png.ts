/** @file Reads the PNG files of our writer back, from the standard, sharing no code with it. */
import assert from "node:assert/strict";
import { crc32, inflateSync } from "node:zlib";
import type { Picture } from "../../src/evaluate/index.ts";

/** The picture of an 8-bit palette, RGB or RGBA file; every chunk's checksum is checked. */
export function decodedPng(bytes: Uint8Array): Picture {
  const file = Buffer.from(bytes);
  assert.equal(file.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; at += file.readUInt32BE(at) + 12) {
    const length = file.readUInt32BE(at);
    assert.equal(file.readUInt32BE(at + 8 + length), crc32(file.subarray(at + 4, at + 8 + length)));
    chunks.set(file.toString("latin1", at + 4, at + 8), file.subarray(at + 8, at + 8 + length));
  }
  const header = chunks.get("IHDR")!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = { 2: 3, 3: 1, 6: 4 }[header[9]!]!;
  const samples = unfiltered(inflateSync(chunks.get("IDAT")!), height, width * channels, channels);
  const data = new Uint8Array(height * width * 4).fill(255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (channels > 1) data.set(samples.subarray(pixel * channels, (pixel + 1) * channels), pixel * 4);
    else {
      const index = samples[pixel]!;
      data.set(chunks.get("PLTE")!.subarray(index * 3, index * 3 + 3), pixel * 4);
      data[pixel * 4 + 3] = chunks.get("tRNS")?.[index] ?? 255;
    }
  }
  return { height, width, data };
}

function unfiltered(rows: Uint8Array, height: number, rowBytes: number, channels: number): Uint8Array {
  const out = new Uint8Array(height * rowBytes);
  assert.equal(rows.length, height * (rowBytes + 1));
  for (let row = 0; row < height; row++) {
    const filter = rows[row * (rowBytes + 1)]!;
    for (let col = 0; col < rowBytes; col++) {
      const at = row * rowBytes + col;
      const a = col < channels ? 0 : out[at - channels]!;
      const b = row === 0 ? 0 : out[at - rowBytes]!;
      const c = col < channels || row === 0 ? 0 : out[at - rowBytes - channels]!;
      const p = a + b - c;
      const nearest = [a, b, c].reduce((best, value) => (Math.abs(p - value) < Math.abs(p - best) ? value : best));
      out[at] = rows[row * (rowBytes + 1) + 1 + col]! + [0, a, b, (a + b) >> 1, nearest][filter]!;
    }
  }
  return out;
}
