import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { encodeGeoTiff } from "../../src/evaluate/index.ts";
import type { Job, JobResult } from "../../src/mapping/index.ts";
import { doJob } from "../../src/mapping/job.ts";
import { readRaster, simulateScene } from "../../src/scene/index.ts";
import { resolveConfig } from "../../src/train/index.ts";
import { decodedPng } from "../evaluate/decoded-png.ts";

const folder = mkdtempSync(join(tmpdir(), "generation-"));
after(() => rmSync(folder, { recursive: true }));
const run = join(folder, "run");
const done = (job: Job): Promise<JobResult> => doJob(job, { onEvent: () => {}, isStopped: () => false });
const sampling = { steps: 3, draws: 2, known: "clean" } as const;
const generation = { without: ["lidar"], fillHoles: false, sampling };
const common = { run, sources: null, out: null, threads: 1 } as const;

const quick = {
  network: { width: 8, heads: 2, patch: 6 },
  pretraining: { steps: 2, batch: 2 },
  features: { core: 4, windows: { mean: [1], deviation: [] } },
  head: { width: 8, steps: 2, count: 1, trees: 0 },
  calibration: "none",
};

/** A run of a few steps on a scene of 32 × 32 pixels; its folder. */
async function quickRun(name: string, sources: readonly string[], more: object): Promise<string> {
  const out = join(folder, name);
  const scene = { simulate: { height: 32, width: 32, sources } };
  const given = { ...quick, scene, name, split: { rule: "perClass:6" }, threads: 1, out, ...more };
  const config = resolveConfig(given, "quick.yaml", folder);
  await done({ job: "train", config, resume: false, overwrite: false, command: "symdiffuser train quick.yaml" });
  return out;
}

before(async () => {
  const method = {
    scene: { simulate: { height: 32, width: 40, sources: ["msi", "lidar"] } },
    ...{ name: "tiny", split: { rule: "perClass:6" }, baselines: [], threads: 1, out: run },
    network: { width: 8, heads: 2, patch: 6 },
    pretraining: { steps: 8, batch: 4, prediction: "latent" },
    features: { core: 4, windows: { mean: [1, 5], deviation: [5] } },
    head: { width: 8, steps: 12, count: 2 },
  };
  const config = resolveConfig(method, "tiny.yaml", folder);
  await done({ job: "train", config, resume: false, overwrite: false, command: "symdiffuser train tiny.yaml" });
});

/** Files of the scene of the run. */
function sceneFiles(cut: boolean): { readonly msi: string; readonly lidar: string } {
  const { sources } = simulateScene({ height: 32, width: 40, sources: ["msi", "lidar"] });
  const files = { msi: join(folder, "msi.tif"), lidar: join(folder, "lidar.tif") };
  for (const { name, raster } of sources) {
    const data = Float32Array.from(raster.data);
    // A hole of 5 × 6 pixels in the heights.
    if (cut && name === "lidar") {
      for (let at = 0; at < 30; at++) data.fill(-9999, pixelOf(at) * raster.bands, (pixelOf(at) + 1) * raster.bands);
    }
    writeFileSync(files[name as "msi"], encodeGeoTiff({ ...raster, data, nodata: -9999 }));
  }
  return files;
}
const pixelOf = (at: number): number => (10 + Math.floor(at / 6)) * 40 + 20 + (at % 6);

describe("a map without a source", () => {
  it("has a class everywhere, and tells what was generated", async () => {
    const { folder: out, files } = await done({ ...common, job: "map", generation });
    assert.ok(files.some((file) => basename(file) === "generated.tif"));
    const [map, flags] = [await readRaster(join(out, "map.tif")), await readRaster(join(out, "generated.tif"))];
    assert.ok(!Array.from(map.data).includes(0));
    assert.deepEqual(flags.bandNames, ["msi generated", "lidar generated"]);
    assert.ok(Array.from(flags.data).every((flag, at) => flag === at % 2));
    const text = readFileSync(join(out, "map.tif"), "latin1");
    assert.match(
      text,
      /lidar generated from the other sources, given clean: 3 steps, probabilities averaged over 2 draws/,
    );
  });

  it("is made of files of the other sources alone, and again leaves no stale raster", async () => {
    const { msi, lidar } = sceneFiles(false);
    const out = join(folder, "alone");
    const { files } = await done({ ...common, job: "map", sources: { msi: [msi] }, out, generation });
    assert.ok(files.includes(join(out, "generated.tif")));
    await done({ ...common, job: "map", sources: { msi: [msi], lidar: [lidar] }, out });
    assert.ok(!existsSync(join(out, "generated.tif")));
  });

  it("fills holes, and only these", async () => {
    const { msi, lidar } = sceneFiles(true);
    const out = join(folder, "holes");
    const job = { ...common, job: "map", sources: { msi: [msi], lidar: [lidar] }, out } as const;
    await done(job);
    assert.equal(Array.from((await readRaster(join(out, "map.tif"))).data).filter((code) => code === 0).length, 30);
    await done({ ...job, generation: { ...generation, without: [], fillHoles: true } });
    assert.ok(!Array.from((await readRaster(join(out, "map.tif"))).data).includes(0));
    const flags = (await readRaster(join(out, "generated.tif"))).data;
    const found = Array.from({ length: 32 * 40 }, (_, pixel) => pixel).filter((pixel) => flags[pixel * 2 + 1] === 1);
    assert.deepEqual(
      found,
      Array.from({ length: 30 }, (_, at) => pixelOf(at)),
    );
  });

  it("is tested beside what else one could do", async () => {
    const { metrics, folder: out } = await done({
      ...common,
      job: "evaluate",
      labels: null,
      split: null,
      generation,
      command: "",
    });
    assert.equal(basename(out), "evaluation-without-lidar");
    assert.deepEqual(Object.keys(metrics!.baselines), ["mean for lidar", "rf without lidar", "all sources"]);
    assert.equal(metrics!.method, "SymDiffuser, lidar generated");
    const report = readFileSync(join(out, "report.html"), "utf8");
    assert.match(report, /<h2>Generated<\/h2>\s*<p>lidar generated from the other sources, given clean: 3 steps, /);
    assert.doesNotMatch(report, /Common grid/);
  });

  it("is refused for a source that is not there, or with none left", async () => {
    const without = (...names: string[]): Promise<JobResult> =>
      done({ ...common, job: "map", generation: { ...generation, without: names } });
    await assert.rejects(without("dem"), { message: 'tiny: expected one of msi, lidar; got "dem"' });
    await assert.rejects(without("msi", "lidar"), {
      message: "tiny: expected a source to be left of msi, lidar; got none",
    });
  });
});

describe("a source made from another", () => {
  it("is a raster in its own unit, scored beside a linear regression and the mean", async () => {
    const options = { from: null, to: "lidar", sampling };
    const { folder: out, translation } = await done({ ...common, job: "translate", options });
    assert.deepEqual(translation!.from, ["msi"]);
    assert.deepEqual(Object.keys(translation!.scores), ["generated", "linear", "mean"]);
    assert.ok(translation!.scores["linear"]!.psnr! >= translation!.scores["mean"]!.psnr! - 1);
    const raster = await readRaster(join(out, "lidar.tif"));
    const heights = simulateScene({ height: 32, width: 40, sources: ["msi", "lidar"] }).sources[1]!.raster;
    assert.deepEqual([raster.bands, raster.bandNames], [heights.bands, heights.bandNames]);
    const [least, most] = [Math.min(...heights.data) - 20, Math.max(...heights.data) + 20];
    assert.ok(Array.from(raster.data).every((value) => value > least && value < most));
    assert.match(readFileSync(join(out, "lidar.tif"), "latin1"), /lidar from msi, given clean/);
    assert.ok(existsSync(join(out, "lidar.png")));
  });

  it("is refused from itself, and from what is not known", async () => {
    const to = (to: string, ...from: string[]): Promise<JobResult> =>
      done({ ...common, job: "translate", options: { from, to, sampling } });
    await assert.rejects(to("lidar", "lidar"), {
      message: "translate: expected lidar to be made from other sources; got itself",
    });
    await assert.rejects(to("dem", "msi"), { message: 'model: expected one of msi, lidar; got "dem"' });
  });

  it("is what pre-training learned, also where the denoisers learned on with labels", async () => {
    const lidarOf = async (name: string, more: object): Promise<Buffer> => {
      const own = { ...common, run: await quickRun(name, ["msi", "lidar"], more) };
      const { folder: out } = await done({ ...own, job: "translate", options: { from: null, to: "lidar", sampling } });
      return Buffer.from((await readRaster(join(out, "lidar.tif"))).data.buffer);
    };
    const frozen = await lidarOf("frozen", { backbone: "frozen" });
    const tuned = await lidarOf("tuned", { backbone: "finetune", finetuning: { steps: 3, batch: 2 } });
    assert.ok(tuned.equals(frozen));
    const networkOf = (name: string): Buffer => readFileSync(join(folder, name, "model.safetensors"));
    assert.ok(networkOf("tuned").length > networkOf("frozen").length);
  });
});

describe("runs that know no source given others", () => {
  const variants = [
    ["latents", { features: { ...quick.features, from: "latents" } }, "without denoisers: features.from is latents"],
    [
      "blind",
      { network: { ...quick.network, perception: "none" } },
      "whose sources see no other: network.perception is none",
    ],
    [
      "scratch",
      { backbone: "scratch", finetuning: { steps: 1, batch: 2 } },
      "without pre-training: backbone is scratch",
    ],
    ["random", { pretraining: { steps: 0 } }, "without pre-training: pretraining.steps is 0"],
  ] as const;
  for (const [name, more, got] of variants) {
    it(`are refused: ${name}`, async () => {
      const own = { ...common, run: await quickRun(name, ["msi", "lidar"], more) };
      const can = (what: string) => ({
        message: `${name}: expected a run of SymDiffuser, which can ${what}; got one ${got}`,
      });
      await assert.rejects(done({ ...own, job: "map", generation }), can("do without a source"));
      await assert.rejects(
        done({ ...own, job: "translate", options: { from: null, to: "lidar", sampling } }),
        can("generate sources"),
      );
      await assert.rejects(
        done({ ...own, job: "consistency", options: { levels: [0.3], draws: 1 } }),
        can("generate sources"),
      );
    });
  }
});

describe("how well sources go together", () => {
  it("is named by what each is given: the next of a chain, or all others", async () => {
    for (const [coupling, names] of [
      ["chain", ["msi given lidar", "lidar given sar", "sar given msi"]],
      ["all", ["msi given lidar and sar", "lidar given sar and msi", "sar given msi and lidar"]],
    ] as const) {
      const more = { network: { ...quick.network, coupling } };
      const own = { ...common, run: await quickRun(coupling, ["msi", "lidar", "sar"], more) };
      const { folder: out } = await done({ ...own, job: "consistency", options: { levels: [0.3], draws: 1 } });
      assert.deepEqual((await readRaster(join(out, "consistency.tif"))).bandNames, names);
    }
  });

  it("is a raster in medians of the run's own scene, with a style", async () => {
    const options = { levels: [0.3], draws: 1 };
    const { folder: out, files } = await done({ ...common, job: "consistency", options });
    assert.deepEqual(
      files.map((file) => basename(file)),
      ["consistency.tif", "consistency.qml", "consistency.png"],
    );
    const { data, bandNames } = await readRaster(join(out, "consistency.tif"));
    assert.deepEqual(bandNames, ["msi given lidar", "lidar given msi"]);
    for (const band of [0, 1]) {
      const own = Array.from(data)
        .filter((_, at) => at % 2 === band)
        .sort((a, b) => a - b);
      assert.ok(Math.abs(own[own.length >> 1]! - 1) < 1e-6);
    }
    // Both sources, each 40 × 32 pixels, twelve times as large.
    const picture = decodedPng(readFileSync(join(out, "consistency.png")));
    assert.ok(picture.width >= 2 * 12 * 40 && picture.height >= 12 * 32, `${picture.width} × ${picture.height}`);
  });
});
