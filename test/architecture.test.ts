/** @file The rules of docs/architecture.md, held against the source text. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, it } from "node:test";
import { exportsOf, importsOf, root, type TextFile, textFiles, withoutComments } from "./support/source-files.ts";

const source = textFiles("src", ".ts");
const roomOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? "";

/** The table of docs/architecture.md: each room and those it may import. */
function readRooms(): Map<string, ReadonlySet<string>> {
  const [page] = textFiles("docs/architecture.md", ".md");
  assert.ok(page, "docs/architecture.md exists");
  const rows = [...page.text.matchAll(/^\| `(\w+)\/` \|[^|]*\| ([^|]*) \|$/gm)];
  return new Map(
    rows.map(([, room, list]) => [room!, new Set(list!.match(/`\w+\/`/g)?.map((name) => name.slice(1, -2)))]),
  );
}
const rooms = readRooms();

/** Places in code, outside comments, where a pattern is found: `path:line: match`. */
function places(files: readonly TextFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) => {
    const code = withoutComments(text);
    return [...code.matchAll(pattern)].map(([match]) => `${path}: ${match.trim()}`);
  });
}

const isIn =
  (...allowed: readonly string[]) =>
  ({ path }: TextFile): boolean =>
    allowed.some((one) => path === one || path.startsWith(`${one}/`));

/** What a file imports from the project, as paths from the root. */
const ownImports = source.flatMap(({ path, text }) =>
  importsOf(text).flatMap(({ from, names }) =>
    from.startsWith(".") ? [{ path, to: posix.join(posix.dirname(path), from), names }] : [],
  ),
);

describe("rooms", () => {
  it("are those of the table in docs/architecture.md, in one order: each imports only rooms below it", () => {
    assert.deepEqual(
      [...new Set(source.map(({ path }) => roomOf(path)))].filter(Boolean).sort(),
      [...rooms.keys()].sort(),
    );
    const order = [...rooms.keys()];
    for (const [room, allowed] of rooms) {
      for (const other of allowed) assert.ok(order.indexOf(other) > order.indexOf(room), `${room} above ${other}`);
    }
  });

  it("import only what the table allows", () => {
    const wrong = ownImports.filter(({ path, to }) => {
      const [room, other] = [roomOf(path), roomOf(to)];
      return room !== "" && room !== other && !rooms.get(room)!.has(other);
    });
    assert.deepEqual(
      wrong.map(({ path, to }) => `${path} → ${to}`),
      [],
    );
  });

  it("are entered through index.ts alone", () => {
    const wrong = ownImports.filter(({ path, to }) => roomOf(path) !== roomOf(to) && !/^src\/\w+\/index\.ts$/.test(to));
    assert.deepEqual(
      wrong.map(({ path, to }) => `${path} → ${to}`),
      [],
    );
  });

  it("do not import their own door", () => {
    const wrong = ownImports.filter(({ path, to }) => roomOf(path) !== "" && to === `src/${roomOf(path)}/index.ts`);
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("scene and evaluate take arrays, random numbers, files and errors from tensor, and no expressions", () => {
    const symbolic = new Set(exportsOf("src/tensor/operations/index.ts").map((name) => name.replace(/^type /, "")));
    for (const name of [
      "trace",
      "compile",
      "constant",
      "gradients",
      "interpret",
      "simplify",
      "toOnnx",
      "Tensor",
      "Graph",
    ]) {
      symbolic.add(name);
    }
    const wrong = ownImports.filter(
      ({ path, to, names }) =>
        ["scene", "evaluate"].includes(roomOf(path)) &&
        to === "src/tensor/index.ts" &&
        names.some((name) => name === "*" || symbolic.has(name)),
    );
    assert.deepEqual(
      wrong.map(({ path, names }) => `${path}: ${names}`),
      [],
    );
  });

  it("export the names of test/golden/exports.json (after a change of mind: UPDATE_GOLDEN=1 npm test architecture)", () => {
    const file = join(root, "test", "golden", "exports.json");
    const doors = textFiles("src", "index.ts").filter(({ path }) => /^src\/(\w+\/)?index\.ts$/.test(path));
    const exported = Object.fromEntries(doors.map(({ path }) => [path, exportsOf(path)]));
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, `${JSON.stringify(exported, null, 2)}\n`);
    assert.deepEqual(exported, JSON.parse(readFileSync(file, "utf8")));
  });

  it("the package's door exports no name twice", () => {
    const names = exportsOf("src/index.ts").map((name) => name.replace(/^type /, ""));
    assert.deepEqual(names, [...new Set(names)]);
  });
});

describe("packages", () => {
  const imported = source.flatMap(({ path, text }) =>
    importsOf(text).flatMap(({ from }) => (/^(\.|node:)/.test(from) ? [] : [{ path, from }])),
  );

  it("onnxruntime-node is imported where sessions run", () => {
    const files = imported.filter(({ from }) => from.startsWith("onnxruntime")).map(({ path }) => path);
    assert.deepEqual([...new Set(files)].sort(), [
      "src/tensor/lane-thread.ts",
      "src/tensor/onnx-file.ts",
      "src/tensor/session.ts",
    ]);
  });

  it("imported by src are dependencies, and every dependency is imported", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const packages = imported.map(({ from }) => /^(@[^/]+\/)?[^/]+/.exec(from)![0]);
    assert.deepEqual([...new Set(packages)].sort(), Object.keys(dependencies).sort());
  });

  it("modules of Node are named with node:", () => {
    const bare =
      /(?:from|import)\s*\(?\s*"(?:fs|path|os|url|util|crypto|zlib|http|stream|events|assert|worker_threads|child_process)(?:\/\w+)?"/g;
    assert.deepEqual(places(source, bare), []);
  });
});

describe("source text", () => {
  const outside = (...allowed: readonly string[]): TextFile[] => source.filter((file) => !isIn(...allowed)(file));

  it("prints in cli alone", () => {
    const printing =
      /\bconsole\.\w+\(|\bprocess\.(?:stdout|stderr)\b|\{[^}]*\bstd(?:out|err)\b[^}]*\}\s*from\s*"node:process"/g;
    assert.deepEqual(places(outside("src/cli"), printing), []);
  });

  it("ends the process in cli alone", () => {
    assert.deepEqual(places(outside("src/cli"), /\bprocess\.(?:exit|exitCode|abort|kill)\b/g), []);
  });

  it("throws only errors of its own classes", () => {
    const foreign = /\b(?:new\s+|throw\s+)(?:Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error\s*\(/g;
    assert.deepEqual(places(source, foreign), []);
    assert.deepEqual(places(source, /\bthrow\s+(?:["'`\d{]|null|undefined)/g), []);
  });

  it("drops no fault silently", () => {
    assert.deepEqual(places(source, /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}|\.catch\(\s*\(\)\s*=>\s*\{\s*\}\s*\)/g), []);
  });

  it("has no randomness but that of keys; the clock stamps reports and what cli shows", () => {
    assert.deepEqual(places(source, /\bMath\.random\b/g), []);
    // Names of temporary files differ between processes; no number of a result comes from them.
    const others = outside("src/cli", "src/mapping/report.ts", "src/tensor/atomic.ts");
    assert.deepEqual(
      places(others, /\bDate\.now\b|\bnew Date\(\s*\)|\brandom(?:UUID|Bytes|Int)\b|\bgetRandomValues\b/g),
      [],
    );
  });

  it("opens every file with a sentence on what it is", () => {
    const wrong = source.filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*\s*(?:\*\s*)?@file \S/.test(text));
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("has no file of more than 400 lines", () => {
    const lengths = source.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    assert.deepEqual(
      lengths.filter(({ lines }) => lines > 400),
      [],
    );
  });

  it("has no file of odds and ends", () => {
    const names = /(?:^|\/)(?:utils?|helpers?|misc|common|shared|manager)(?:\/|\.|-)/;
    assert.deepEqual(
      source.filter(({ path }) => names.test(path)).map(({ path }) => path),
      [],
    );
  });

  it("never switches the type checker off", () => {
    const all = [...source, ...textFiles("test", ".ts"), ...textFiles("bench", ".ts"), ...textFiles("scripts", ".ts")];
    assert.deepEqual(
      all.filter(({ text }) => /@ts-(?:ignore|nocheck)/.test(text)).map(({ path }) => path),
      [],
    );
  });

  it("names no folder of the machine it was written on, nor do documents and configurations", () => {
    const all = [
      ...source,
      ...textFiles("docs", ".md"),
      ...textFiles("configs", ".yaml", ".yml", ".md", ".ts"),
      ...textFiles("scripts", ".ts", ".mjs", ".py"),
      ...["README.md", "CHANGELOG.md", "CITATION.cff", "package.json"].flatMap((file) => textFiles(file, file)),
    ];
    const machine = /(?:^|[\s"'`(=])(?:\/(?:work|tmp|root|home|Users|mnt)\/|[A-Z]:\\Users)/m;
    assert.deepEqual(
      all.filter(({ text }) => machine.test(text)).map(({ path }) => path),
      [],
    );
  });

  it("tests print nothing", () => {
    const tests = textFiles("test", ".test.ts").filter(({ path }) => path !== "test/architecture.test.ts");
    assert.deepEqual(places(tests, /\bconsole\.\w+\(/g), []);
  });
});
