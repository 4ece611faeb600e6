import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../src/baselines/network/network.ts";
import { s2enet } from "../../src/baselines/networks/s2enet.ts";
import { countParameters } from "../../src/nn/index.ts";
import { assertNetwork } from "../support/golden-network.ts";

const key = { high: 0, low: 0 };

/** Two sources of so many bands. */
function taskOf(bands: readonly number[], classes: number, patch: number): Task {
  const sources = bands.map((count) => ({ name: `${count}`, kind: "other" as const, bands: count, channels: count }));
  return { sources, classes, patch };
}

describe("S²ENet", () => {
  it("agrees with PyTorch, forward and gradients", () => assertNetwork(s2enet, "s2enet"));

  it("has the published number of parameters, but for 3312 that the published code never uses", () => {
    const published = [
      [64, 2, 11, 181_892],
      [144, 1, 15, 274_112],
      [180, 4, 7, 315_536],
    ] as const;
    for (const [first, second, classes, count] of published) {
      const task = taskOf([first, second], classes, 7);
      assert.equal(countParameters(s2enet.init(key, task)), count - 3312);
    }
  });
});
