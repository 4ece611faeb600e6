import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  checkFolder,
  type Download,
  download,
  prepareScene,
  readers,
  recipeOf,
  recipes,
  unpack,
} from "../../src/scene/index.ts";
import { recipeFolder, recipeGoldens, scaled } from "./recipe-goldens.ts";

const scratch = mkdtempSync(join(tmpdir(), "symdiffuser-recipes-"));
after(() => rmSync(scratch, { recursive: true }));

describe("the table of recipes", () => {
  it("holds the published splits", () => {
    const sums = ["houston2013", "trento", "augsburg", "berlin"].map((name) => {
      const { classes } = recipeOf(name);
      return [name, ...(["train", "test"] as const).map((part) => classes.reduce((sum, one) => sum + one[part]!, 0))];
    });
    assert.deepEqual(sums, [
      ["houston2013", 2832, 12197],
      ["trento", 819, 29395],
      ["augsburg", 761, 77533],
      ["berlin", 2820, 461851],
    ]);
    assert.equal(
      recipeOf("muufl").classes.reduce((sum, { total }) => sum + total!, 0),
      53687,
    );
  });

  it("links by https alone, with checksums or none", () => {
    const links = [...recipes.values()].flatMap(({ downloads }) => downloads);
    assert.ok(links.length > 0);
    for (const { url, sha256 } of links) {
      assert.match(url, /^https:/);
      assert.match(sha256 ?? "0".repeat(64), /^[0-9a-f]{64}$/);
    }
  });

  it("lists its names where one is not known", () => {
    assert.throws(() => recipeOf("paris"), {
      name: "ConfigError",
      message: `recipe: expected one of ${[...recipes.keys()].join(", ")}; got "paris"`,
    });
  });
});

/** Formats of layouts whose readers may not be there. */
const unread: ReadonlyMap<string, boolean> = new Map([
  ["houston2013-contest", !readers.some(({ name }) => /roi/i.test(name))],
  ["berlin-s2fl-v73", !readers.some(({ name }) => /hdf5/i.test(name))],
]);

describe("checkFolder", () => {
  for (const golden of recipeGoldens) {
    it(`finds ${golden.folder} to be as published`, async () => {
      const checked = await checkFolder(recipeFolder + golden.folder, [scaled(golden)]);
      assert.equal(checked.layout.name, golden.layout);
      const faults = checked.verdicts.filter(({ state }) => state !== "ok");
      if (unread.get(golden.folder)) {
        assert.deepEqual([...new Set(faults.map(({ state }) => state))], ["unread"]);
        return;
      }
      assert.deepEqual(faults, []);
      assert.ok(checked.isUsable);
      const total = Object.values(golden.classes).reduce((sum, [count]) => sum + count, 0);
      const [labels] = checked.verdicts.filter(({ part }) => part === "labels");
      assert.equal(labels!.text, `${total} pixels, each class as published`);
    });
  }

  it("tells scenes with the same file names apart by their sizes", async () => {
    const two = recipeGoldens.filter(({ folder }) => ["augsburg-s2fl", "berlin-s2fl"].includes(folder));
    for (const { recipe, folder } of two) {
      assert.equal((await checkFolder(recipeFolder + folder, two.map(scaled))).recipe.name, recipe);
      assert.equal((await checkFolder(recipeFolder + folder, two.map(scaled).reverse())).recipe.name, recipe);
    }
  });

  const trento = recipeGoldens.find(({ folder }) => folder === "trento-hct")!;
  const copied = (name: string): string => {
    const folder = join(scratch, name);
    cpSync(recipeFolder + trento.folder, folder, { recursive: true });
    return folder;
  };

  it("names files that are missing, and looks below the folder whatever the case of names", async () => {
    const folder = copied("missing/below");
    rmSync(join(folder, "GT_Trento.mat"));
    cpSync(join(folder, "Lidar1_Trento.mat"), join(folder, "lidar_trento.MAT"));
    rmSync(join(folder, "Lidar1_Trento.mat"));
    const { verdicts, isUsable } = await checkFolder(join(scratch, "missing"), [scaled(trento)]);
    assert.equal(isUsable, false);
    assert.deepEqual(verdicts.slice(1), [
      { part: "lidar", files: ["below/lidar_trento.MAT"], state: "ok", text: "10 × 13 × 1" },
      {
        part: "labels",
        files: ["GT_Trento.mat"],
        state: "missing",
        text: "expected GT_Trento.mat; got none of that name",
      },
    ]);
  });

  it("tells what is not as published, and what cannot be read", async () => {
    const folder = copied("wrong");
    writeFileSync(join(folder, "Lidar1_Trento.mat"), "nothing of the kind");
    const recipe = scaled(trento);
    const { verdicts } = await checkFolder(folder, [
      {
        ...recipe,
        sources: [{ ...recipe.sources[0]!, bands: 63 }, recipe.sources[1]!],
        classes: recipe.classes.map((one) => (one.code === 2 ? { ...one, total: 9 } : one)).slice(0, 5),
      },
    ]);
    const [hsi, lidar, labels] = verdicts;
    assert.deepEqual([hsi!.state, hsi!.text], ["wrong", "expected 63 bands; got 10 × 13 × 5"]);
    assert.equal(lidar!.state, "unread");
    const counts = trento.classes;
    const totals = Object.values(counts).map(([count]) => count);
    const [sum, published] = [
      totals.reduce((a, b) => a + b),
      totals.slice(0, 5).reduce((a, b) => a + b) - totals[1]! + 9,
    ];
    const text = `expected ${published} pixels as published; got ${sum}: Buildings ${totals[1]} instead of 9, ${totals[5]} of code 6, which is no class`;
    assert.deepEqual([labels!.state, labels!.text], ["wrong", text]);
  });

  it("refuses folders without any of the files, and what is no folder", async () => {
    const folder = join(scratch, "empty");
    mkdirSync(folder);
    await assert.rejects(checkFolder(folder, [recipeOf("trento"), recipeOf("muufl")]), {
      name: "DataError",
      message: `${folder}: expected files of trento, muufl; got none of their names — try symdiffuser recipe show NAME`,
    });
    const none = join(scratch, "none");
    await assert.rejects(checkFolder(none, recipes.values()), {
      name: "ConfigError",
      message: `${none}: expected a folder; got nothing of that name`,
    });
  });
});

describe("prepareScene", () => {
  for (const golden of recipeGoldens.filter(({ folder }) => !unread.get(folder))) {
    it(`makes the published split of ${golden.folder}`, async () => {
      const checked = await checkFolder(recipeFolder + golden.folder, [scaled(golden)]);
      const prepared = await prepareScene(checked, recipeFolder + golden.folder);
      const direct = ["houston2013-mmrs", "trento-hct", "trento-italy", "muufl-gatorsense", "muufl-mats"];
      assert.equal(prepared === null, direct.includes(golden.folder));
      if (prepared?.split == null) return;
      const sum = (at: number): number => Object.values(golden.classes).reduce((all, one) => all + (one[at] ?? 0), 0);
      const { train, test } = prepared.split;
      if (golden.recipe !== "muufl") assert.deepEqual([train.length, test.length], [sum(1), sum(2)]);
      else assert.equal(train.length + test.length, sum(0));
      assert.ok(train.every((pixel, at) => at === 0 || pixel > train[at - 1]!));
      if (prepared.labels === null) return;
      const codes = [...train].map((pixel) => prepared.labels!.data[pixel]!);
      for (const [code, [, count]] of Object.entries(golden.classes)) {
        assert.equal(codes.filter((one) => one === Number(code)).length, count);
      }
    });
  }
});

const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 31 + (at >> 8)) & 255));
const sha256 = createHash("sha256").update(content).digest("hex");

describe("download", () => {
  let server: Server;
  let address: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const asked: (string | undefined)[] = [];
  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.headers.range);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** As web servers serve files. */
  const serve = ({ headers }: IncomingMessage, response: ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    if (from >= content.length) {
      response.writeHead(416).end();
      return;
    }
    const range = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from, ...(from > 0 && range) });
    response.end(content.subarray(from));
  };
  const item = (changes: Partial<Download> = {}): Download => ({
    url: `${address}/a.mat`,
    ...{ file: "a.mat", sha256, bytes: content.length },
    ...changes,
  });
  const folderOf = (name: string): string => join(scratch, "download", name);
  const local = { allowLocal: true };

  it("fetches a file, tells its progress, and does not fetch it again", async () => {
    answer = serve;
    const folder = folderOf("whole");
    const seen: (readonly [number, number | null])[] = [];
    const onProgress = (done: number, total: number | null): void => void seen.push([done, total]);
    const path = join(folder, "a.mat");
    const fetched = await download(item(), folder, { ...local, onProgress });
    assert.deepEqual(fetched, { path, sha256, wasThere: false });
    assert.deepEqual(readFileSync(path), content);
    assert.deepEqual(seen.at(-1), [content.length, content.length]);
    const before = asked.length;
    assert.deepEqual(await download(item(), folder, local), { path, sha256, wasThere: true });
    assert.equal(asked.length, before);
    assert.ok(!existsSync(`${path}.part`));
  });

  it("goes on where it stopped", async () => {
    const folder = folderOf("rest");
    answer = (_, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 40_000), () => setTimeout(() => response.destroy(), 50));
    };
    await assert.rejects(download(item(), folder, local), {
      name: "DataError",
      message: /: expected an answer; got .* — run it again to go on where it stopped$/,
    });
    answer = serve;
    await download(item(), folder, local);
    assert.equal(asked.at(-1), "bytes=40000-");
    assert.deepEqual(readFileSync(join(folder, "a.mat")), content);
  });

  it("starts anew where the server does not know ranges", async () => {
    const folder = folderOf("norange");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a.mat.part"), content.subarray(7, 500));
    answer = (request, response) => {
      request.headers.range = "";
      serve(request, response);
    };
    await download(item(), folder, local);
    assert.deepEqual(readFileSync(join(folder, "a.mat")), content);
  });

  it("takes a part that is whole", async () => {
    const folder = folderOf("part");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a.mat.part"), content);
    answer = serve;
    await download(item({ bytes: null }), folder, local);
    assert.deepEqual(readFileSync(join(folder, "a.mat")), content);
  });

  const faults: readonly (readonly [string, Partial<Download>, (at: string, part: string) => string])[] = [
    [
      "with another checksum",
      { sha256: "0".repeat(64) },
      (_, part) =>
        `${part}: expected SHA-256 ${"0".repeat(64)}; got ${sha256} — what was fetched is removed; fetch it again`,
    ],
    ["of another size", { bytes: 7 }, (at) => `${at}/a.mat: expected 7 bytes; the server has 100000`],
  ];
  for (const [name, changes, message] of faults) {
    it(`refuses a file ${name}, and keeps nothing of it`, async () => {
      answer = serve;
      const folder = folderOf(name);
      const part = join(folder, "a.mat.part");
      await assert.rejects(download(item(changes), folder, local), { message: message(address, part) });
      assert.ok(!existsSync(part) && !existsSync(join(folder, "a.mat")));
    });
  }

  it("says what the server says", async () => {
    answer = (_, response) => response.writeHead(404).end("no");
    await assert.rejects(download(item(), folderOf("404"), local), {
      name: "DataError",
      message: `${address}/a.mat: expected the file; got status 404 Not Found`,
    });
  });

  it("gives up on a server that says nothing", async () => {
    answer = () => {};
    await assert.rejects(download(item(), folderOf("silent"), { ...local, timeoutMs: 50 }), {
      message: `${address}/a.mat: expected an answer; got nothing for 0.05 s — run it again to go on where it stopped`,
    });
  });

  it("fetches over https alone, through redirects, too", async () => {
    answer = (_, response) => response.writeHead(302, { location: "http://example.org/a.mat" }).end();
    const advice = "only addresses that begin with https: are fetched";
    await assert.rejects(download(item(), folderOf("http"), local), {
      name: "UnsupportedError",
      message: `fetching http://example.org/a.mat is not supported — ${advice}`,
    });
    await assert.rejects(download(item(), folderOf("http")), {
      message: `fetching ${address}/a.mat is not supported — ${advice}`,
    });
    answer = (_, response) => response.writeHead(302, { location: "/again" }).end();
    await assert.rejects(download(item(), folderOf("loop"), local), {
      message: `${address}/a.mat: expected at most 8 redirects; got more`,
    });
  });

  it("stops when it is told to", async () => {
    answer = () => {};
    const stop = AbortSignal.timeout(30);
    await assert.rejects(download(item(), folderOf("stop"), { ...local, stop }), { name: "StoppedError" });
  });
});

const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const skip = existsSync(data) ? false : "the folder of real scenes is not here";

describe("sample scenes", { skip }, () => {
  const folders = ["terramesh-433D", "muufl-lidar", "trento-lidar", "sen1floods11-spain"];
  for (const folder of folders) {
    it(`${folder} is as its recipe says`, async () => {
      const { recipe, verdicts } = await checkFolder(data + folder, recipes.values());
      assert.equal(recipe.name, folder.toLowerCase());
      assert.deepEqual(
        verdicts.filter(({ state }) => state !== "ok"),
        [],
      );
    });
  }
});

describe("unpacking an archive", () => {
  const zips = fileURLToPath(new URL("../golden/zip/", import.meta.url));
  const bytesOf = (folder: string): readonly (readonly [string, Buffer])[] =>
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name))]);

  it("makes a folder that a check finds in order, and leaves it as it is the next time", async () => {
    const folder = join(scratch, "unpacked");
    const paths = await unpack(`${zips}scene.zip`, folder);
    assert.equal(paths.length, 4);
    assert.deepEqual(readdirSync(folder), ["Augsburg"]);
    assert.deepEqual(bytesOf(join(folder, "Augsburg")), bytesOf(`${recipeFolder}augsburg-ouc/Augsburg`));
    const golden = recipeGoldens.find((one) => one.recipe === "augsburg" && one.layout === "ouc")!;
    assert.ok((await checkFolder(folder, [scaled(golden)])).isUsable);
    const mark = Buffer.alloc(readFileSync(paths[0]!).length, 1);
    writeFileSync(paths[0]!, mark);
    assert.deepEqual(await unpack(`${zips}scene.zip`, folder), paths);
    assert.deepEqual(readFileSync(paths[0]!), mark);
    writeFileSync(paths[1]!, "another");
    await assert.rejects(unpack(`${zips}scene.zip`, folder), {
      name: "ConfigError",
      message: `${paths[1]}: expected no file yet, or one of 743 bytes; got one of 7 bytes — remove it first`,
    });
  });

  const faults: readonly (readonly [string, string, string])[] = [
    ["up", "FormatError", ': expected names of files within the folder; got "a/../../up.txt"'],
    ["root", "FormatError", ': expected names of files within the folder; got "/root.txt"'],
    ["drive", "FormatError", ': expected names of files within the folder; got "C:drive.txt"'],
    ["back", "FormatError", ': expected names of files within the folder; got "..\\\\back.txt"'],
    ["shared", "FormatError", ": expected at most 1080 packed bytes; got 2412"],
    ["bomb", "FormatError", ": expected files of at most 2147483648 bytes; got bomb.txt of 1099511627776"],
    ["bzip2", "UnsupportedError", ": ZIP compression 12 is not supported — unpack it with another program"],
  ];
  for (const [name, error, message] of faults) {
    it(`refuses ${name}.zip and writes nothing`, async () => {
      const folder = join(scratch, "refused", name);
      const archive = `${zips}${name}.zip`;
      await assert.rejects(unpack(archive, folder), { name: error, message: `${archive}${message}` });
      assert.ok(!existsSync(join(scratch, "refused")));
    });
  }

  it("refuses an archive cut after any byte", async () => {
    const whole = readFileSync(`${zips}scene.zip`);
    const archive = join(scratch, "cut.zip");
    for (let length = 0; length < whole.length; length += 13) {
      writeFileSync(archive, whole.subarray(0, length));
      await assert.rejects(unpack(archive, join(scratch, "cut")), {
        name: "FormatError",
        message: /expected .*; got /,
      });
    }
  });
});
