/** @file The whole method at a size that trains in a second. */
import type { Stage } from "../../src/nn/index.ts";
import { type Scene, simulateScene } from "../../src/scene/index.ts";
import { type SymDiffuserOptions, small, type Work } from "../../src/symdiffuser/index.ts";
import { runStage } from "../../src/train/index.ts";

/** Options of a network too small to be good. */
export const tiny: SymDiffuserOptions = {
  ...small,
  latent: { ...small.latent, channels: 4, steps: 6 },
  network: { ...small.network, width: 8, heads: 2, patch: 6 },
  pretraining: { ...small.pretraining, steps: 8, batch: 4 },
  finetuning: { ...small.finetuning, steps: 4, batch: 4, rate: 1e-3, probeSteps: 3 },
  features: { from: "denoisers", alone: true, steps: [-1], core: 4, windows: { mean: [1, 5], deviation: [5] } },
  head: { ...small.head, width: 8, steps: 12, count: 2 },
  calibration: "none",
};

/** Runs stages here and now, without checkpoints; remembers their names. */
export function workOf(names: string[] = []): Work {
  return {
    threads: 1,
    device: "cpu",
    progress: () => () => {},
    runStage: async (stage) => {
      names.push(stage.name);
      const done = await runStage(stage as unknown as Stage, {
        threads: 1,
        device: "cpu",
        checkpoint: null,
        checkpointEvery: 100,
        fingerprint: "",
        isStopped: () => false,
        onStep: () => {},
      });
      return done.parameters as typeof stage.parameters;
    },
  };
}

/** A simulated scene of 48 × 40 pixels: multispectral, height and radar. */
export function tinyScene(): Scene {
  return simulateScene({ seed: 0, height: 48, width: 40, sources: ["msi", "lidar", "sar"] });
}
