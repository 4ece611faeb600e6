import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { decodePng } from "../../src/scene/png/decoder.ts";
import { withDatabase } from "../../src/scene/vector/sqlite.ts";
import { type Limit, limitFor, takeWorker, type WorkerProgram } from "../../src/scene/worker.ts";

const program = (text: string, heapMb = 64): WorkerProgram => ({ name: "the code", text, data: { step: 2 }, heapMb });
const soon: Limit = { ms: 200, bytes: 2 ** 24 };

describe("code of others in a worker", () => {
  it("answers in order, and is kept for the next one", async () => {
    const counting = program(`
      let count = 0;
      const answers = { start: () => { count += data.step; }, count: () => count };
    `);
    const first = await takeWorker(counting);
    const [a, b] = await Promise.all([first.ask("count", [], soon), first.ask("count", [], soon)]);
    await first.release();
    const second = await takeWorker(counting);
    assert.deepEqual([a, b, await second.ask("count", [], soon)], [2, 2, 4]);
    // It is not free: another takes a new one.
    const third = await takeWorker(counting);
    assert.equal(await third.ask("count", [], soon), 2);
    await Promise.all([second.release(), third.release()]);
  });

  it("moves memory there and back", async () => {
    const doubling = program("const answers = { double: (bytes) => move(bytes.map((one) => one * 2)) };");
    const worker = await takeWorker(doubling);
    const bytes = Uint8Array.of(1, 2, 3);
    assert.deepEqual(await worker.ask("double", [bytes], soon, [bytes.buffer]), Uint8Array.of(2, 4, 6));
    assert.equal(bytes.length, 0);
    await worker.release();
  });

  it("goes on after a fault in the bytes, and not after any other", async () => {
    const failing = program(`
      let count = 0;
      const answers = {
        count: () => ++count,
        bytes: () => { throw new Fault("a bad byte"); },
        code: () => { throw new TypeError("x is undefined\\nhere"); },
      };
    `);
    for (const [question, message, next] of [
      ["bytes", "a bad byte", 1],
      ["code", "x is undefined", 1],
    ] as const) {
      const worker = await takeWorker(failing);
      await assert.rejects(worker.ask(question, [], soon), { name: "WorkerFault", message });
      await worker.release();
      const after = await takeWorker(failing);
      assert.equal(await after.ask("count", [], soon), next);
      await after.release();
    }
  });

  it("says that it does not start", async () => {
    await assert.rejects(takeWorker(program('const answers = { start: () => import("./none.js") };')), {
      name: "InternalError",
      message: /^internal: the code does not start \(Cannot find module/,
    });
  });

  it("says that it does not start in time", async () => {
    const start = performance.now();
    const idle = program("const answers = { start: () => new Promise(() => {}) };");
    await assert.rejects(takeWorker(idle, { ...soon, ms: 400 }), {
      name: "TimeoutError",
      message: "the code: expected it to start within 0.4 s; got no answer — try again when the machine is less busy",
    });
    assert.ok(performance.now() - start < 2000);
  });

  it("has its time though this thread is held up, as by a machine that sleeps", async () => {
    const taken = takeWorker(program("const answers = { ask: () => 7 };"), { ...soon, ms: 800 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    const worker = await taken;
    assert.equal(await worker.ask("ask", [], soon), 7);
    await worker.release();
  });

  const hungry: readonly (readonly [string, string, RegExp])[] = [
    ["loops", "for (;;);", /^the code ran longer than 200 ms$/],
    ["fills the heap", "const all = []; for (;;) all.push({});", /reaching memory limit|ran longer/],
    ["asks for memory", "new WebAssembly.Memory({ initial: 1 }).grow(256);", /^no memory for so much$/],
    ["ends", "process.exit(3);", /^the code has stopped$/],
  ];
  for (const [what, body, message] of hungry) {
    it(`is stopped when it ${what}`, async () => {
      const worker = await takeWorker(program(`const answers = { run: () => { ${body} } };`, 8));
      const start = performance.now();
      await assert.rejects(worker.ask("run", [], what.startsWith("fills") ? limitFor(0) : soon), { message });
      await worker.release();
      assert.ok(performance.now() - start < 2000);
    });
  }

  it("may take its time where it shows that it goes on", async () => {
    const beating = program(`
      const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80);
      const answers = { run: () => { for (let step = 0; step < 5; step++) { wait(); beat(); } return "done"; } };
    `);
    const worker = await takeWorker(beating);
    assert.equal(await worker.ask("run", [], soon), "done");
    await worker.release();
  });
});

describe("a reader whose library hangs", { concurrency: true }, () => {
  const hanging = program(
    "const loop = () => { for (;;); }; const answers = { decode: loop, open: () => {}, query: loop };",
  );

  it("refuses a PNG file in time", async () => {
    await assert.rejects(decodePng("a.png", new Uint8Array(8), 0, hanging), {
      name: "FormatError",
      message: "a.png: expected a PNG file; got damaged bytes (the code ran longer than 1500 ms)",
    });
  });

  it("refuses a GeoPackage in time", async () => {
    const file = join(import.meta.dirname, "..", "golden", "vector", "one-layer.gpkg");
    await assert.rejects(
      withDatabase(file, (database) => database.all("SELECT 1"), hanging),
      {
        name: "FormatError",
        message: `${file}: expected an intact SQLite database; got "the code ran longer than 1500 ms"`,
      },
    );
  });
});
