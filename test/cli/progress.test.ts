import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { barLine, durationText, progressView } from "../../src/cli/progress.ts";
import { kept, terminal } from "./streams.ts";

const step = (done: number, total = 400, task = "csdiff") =>
  ({ kind: "task", task, done, total, unit: "step", detail: `loss ${(1 / done).toFixed(3)}` }) as const;

/** A clock that a test turns. */
function clock(): { ms: number; now: () => number } {
  const time = { ms: 0, now: () => time.ms };
  return time;
}

describe("durationText", () => {
  it("counts seconds, minutes and hours", () => {
    assert.deepEqual([0.4, 59.4, 59.6, 185, 3599.6, 3600, 7290].map(durationText), [
      "0 s",
      "59 s",
      "1 min 00 s",
      "3 min 05 s",
      "1 h 00 min",
      "1 h 00 min",
      "2 h 02 min",
    ]);
  });
});

describe("barLine", () => {
  const task = { startMs: 0, startDone: 200, last: step(300) };

  it("shows count, speed and remaining time, measured from where the task was resumed", () => {
    assert.equal(
      barLine(task, 50_000, 120),
      "csdiff        [==================      ]  300/400 steps  2.0 steps/s  50 s left  loss 0.003",
    );
  });

  it("leaves out the least needed where the terminal is narrow", () => {
    assert.deepEqual(
      [70, 50, 40, 30, 12, 4, 0].map((columns) => barLine(task, 50_000, columns)),
      [
        "csdiff        [==================      ]  300/400 steps  50 s left",
        "csdiff        300/400 steps  50 s left  loss 0.003",
        "csdiff        300/400 steps  50 s left",
        "csdiff        300/400 steps",
        "csdiff 75 %",
        "csdi",
        "",
      ],
    );
  });

  it("tells the time a step where steps are slow", () => {
    const slow = { startMs: 0, startDone: 0, last: step(2, 10) };
    assert.equal(barLine(slow, 60_000, 120).includes("30 s a step  4 min 00 s left"), true);
  });
});

describe("progress on a terminal", () => {
  it("redraws one line, and leaves one of each task", () => {
    const [time, screen] = [clock(), terminal(60)];
    const view = progressView("bars", screen, time.now);
    for (let done = 1; done <= 400; done++) {
      time.ms += 100;
      view.onEvent(step(done));
    }
    time.ms += 100;
    view.onEvent(step(1, 4, "head.0"));
    assert.deepEqual(screen.screen(), [
      "csdiff: 400/400 steps in 40 s, loss 0.003",
      "head.0        [======                  ]  1/4 steps",
    ]);
    view.end();
    assert.deepEqual(screen.screen().slice(1), ["head.0: 1/4 steps in 0 s, loss 1.000", ""]);
  });

  it("never fills the last column, so that no line wraps", () => {
    for (let columns = 1; columns < 100; columns++) {
      const [time, screen] = [clock(), terminal(columns)];
      const view = progressView("bars", screen, time.now);
      view.onEvent(step(1));
      time.ms = 1000;
      view.onEvent(step(2));
      assert.ok(screen.screen().every((line) => line.length < columns));
    }
  });

  it("puts notes above the bar", () => {
    const [time, screen] = [clock(), terminal(80)];
    const view = progressView("bars", screen, time.now);
    view.onEvent(step(1));
    view.onEvent({ kind: "note", text: "Stopping" });
    time.ms = 1000;
    view.onEvent(step(2));
    assert.equal(screen.screen()[0], "Stopping");
    assert.ok(screen.screen()[1]!.startsWith("csdiff "));
  });
});

describe("progress in a log", () => {
  it("is a line for every tenth of a task, and one at its end", () => {
    const [time, log] = [clock(), kept()];
    const view = progressView("lines", log, time.now);
    for (let done = 1; done <= 400; done++) {
      time.ms += 100;
      view.onEvent(step(done));
    }
    const lines = log.text.trimEnd().split("\n");
    assert.equal(lines.length, 10);
    assert.equal(lines[0], "csdiff: 41/400 steps, 10 steps/s, 36 s left, loss 0.024");
    assert.equal(lines[9], "csdiff: 400/400 steps in 40 s, loss 0.003");
  });

  it("is a line every 15 s of a slow task", () => {
    const [time, log] = [clock(), kept()];
    const view = progressView("lines", log, time.now);
    for (let done = 1; done <= 60; done++) {
      time.ms += 1000;
      view.onEvent(step(done, 10_000));
    }
    assert.equal(log.text.trimEnd().split("\n").length, 3);
  });

  it("is one line of a task that takes no time", () => {
    const log = kept();
    const view = progressView("lines", log, () => 0);
    for (let done = 1; done <= 400; done++) view.onEvent(step(done));
    view.end();
    assert.equal(log.text, "csdiff: 400/400 steps in 0 s, loss 0.003\n");
  });
});

describe("progress for programs", () => {
  it("is JSON, five lines a second at most, the last of a task always", () => {
    const [time, log] = [clock(), kept()];
    const view = progressView("json", log, time.now);
    for (let done = 1; done <= 40; done++) {
      time.ms += 10;
      view.onEvent(step(done, 40));
    }
    view.onEvent({ kind: "note", text: "Stopping" });
    const events = log.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ done }) => done),
      [1, 21, 40, undefined],
    );
    assert.deepEqual(events[2], step(40, 40));
    assert.deepEqual(events[3], { kind: "note", text: "Stopping" });
  });
});
