import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resultText } from "../../src/cli/job.ts";
import { run } from "../../src/cli/main.ts";
import { kept } from "./streams.ts";

describe("commands that generate", () => {
  const faults: readonly (readonly [string, string])[] = [
    ["map run --source s1=a.tif --without s1", "map: expected --source or --without for s1; got both"],
    ["map run --draws 2", "map: expected --without or --fill-holes with --draws; got none"],
    ["evaluate run --known clean", "evaluate: expected --without with --known; got none"],
    ["evaluate run --without s1 --sampling-steps x", 'evaluate: --sampling-steps: expected an integer ≥ 1; got "x"'],
    ["map run --draws 0", 'map: --draws: expected an integer ≥ 1; got "0"'],
    ["evaluate run --known noisy", 'evaluate: --known: expected one of clean, noised; got "noisy"'],
    ["translate run --from s2", "translate: expected --to with the name of a source; got none"],
    ["consistency run --draws few", 'consistency: --draws: expected an integer ≥ 1; got "few"'],
  ];
  for (const [words, message] of faults) {
    it(`refuse ${words}`, async () => {
      const [out, err] = [kept(), kept()];
      const code = await run(words.split(" "), { out, err });
      assert.deepEqual([code, out.text, err.text.split("\n")[0]], [2, "", message]);
    });
  }

  it("print scores of a generated source beside what is simpler", () => {
    const scores = {
      generated: { psnr: 20.123, ssim: 0.5, spectralAngle: 3.456, correlation: 0.7 },
      mean: { psnr: Number.POSITIVE_INFINITY, ssim: null, spectralAngle: null, correlation: null },
    };
    const sampling = { draws: 4, steps: 20, known: "clean" } as const;
    const translation = { from: ["s2"], to: "s1", sampling, pixels: 12_345, scores };
    const text = resultText({ folder: "out", files: ["s1.tif", "s1.png"], metrics: null, translation });
    assert.equal(
      text,
      `s1 from s2   PSNR dB   SSIM  SAM °      r
──────────  ────────  ─────  ─────  ─────
generated      20.12  0.500   3.46  0.700
mean        Infinity      –      –      –

12 345 test pixels; pre-training saw them, as it sees all, without labels

Open s1.png
All files are in out
`,
    );
  });
});
