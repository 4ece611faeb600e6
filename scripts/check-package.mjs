/**
 * @file The package as its users get it: packed, looked through, installed in an empty folder outside this one, and used
 * there by command line and as a library. Ends with `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, installPackages, root } from "./setup.mjs";

const isWindows = process.platform === "win32";
// On Linux, the package onnxruntime-node else downloads CUDA libraries.
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip", NO_COLOR: "1" };
for (const name of Object.keys(env)) if (/^npm_(config_local_prefix|package|lifecycle)/.test(name)) delete env[name];

let [passed, failed] = [0, 0];

/** One check; its work throws, or returns a word on what it found. */
function check(name, work) {
  const start = performance.now();
  try {
    const found = work();
    passed++;
    console.log(`ok      ${name}${found ? `: ${found}` : ""} (${seconds(start)})`);
    return true;
  } catch (fault) {
    failed++;
    console.log(`not ok  ${name} (${seconds(start)})\n${indented(fault.message)}`);
    return false;
  }
}

const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;
const indented = (text) => text.replace(/^/gm, "        ");

function expect(holds, message) {
  if (!holds) throw new Error(message);
}

/** Run a command; returns what it prints to standard output. */
function run(cwd, command, ...words) {
  const done = spawnSync(command, words, { cwd, env, encoding: "utf8", shell: isWindows, maxBuffer: 1 << 26 });
  const line = [command, ...words].join(" ");
  expect(done.status === 0, `${line}\nended with ${done.status ?? done.error}\n${done.stdout}\n${done.stderr}`);
  return done.stdout;
}

/** Paths of all targets of `exports` and `bin`. */
function targets(value) {
  if (typeof value === "string") return [value.replace(/^\.\//, "")];
  return Object.values(value ?? {}).flatMap(targets);
}

const installScripts = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish"];
const largestPackedBytes = 2_000_000;

function checkContents(packed, manifest) {
  const files = packed.files.map(({ path }) => path);
  check("holds every file that package.json names", () => {
    const named = [...targets(manifest.exports), ...targets(manifest.bin)];
    const missing = named.filter((path) => !files.includes(path));
    const absent = manifest.files.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)));
    const lacking = [...new Set([...missing, ...absent])];
    expect(lacking.length === 0, `expected ${lacking.join(", ")} in the package; got none`);
    return `${named.length} targets of exports and bin`;
  });
  check("holds nothing else", () => {
    const known = /^(package\.json|NOTICE|dist\/(?:.+\/)?[\w-]+(\.d\.ts|\.js|\.json|\.css|\.html))$/;
    const strange = files.filter((path) => !known.test(path) && !manifest.files.includes(path));
    const tests = files.filter((path) => /(^|\/)(test|tests|bench|scripts|shared|golden)\/|\.test\./.test(path));
    expect([...strange, ...tests].length === 0, `expected no ${[...strange, ...tests].join(", ")}`);
  });
  check("runs no script of its own when it is installed", () => {
    const found = installScripts.filter((name) => Object.hasOwn(manifest.scripts ?? {}, name));
    expect(found.length === 0, `expected none of the scripts ${installScripts.join(", ")}; got ${found.join(", ")}`);
  });
  check("is small", () => {
    const { size, unpackedSize, entryCount } = packed;
    expect(size < largestPackedBytes, `expected less than ${largestPackedBytes} bytes; got ${size}`);
    return `${(size / 1000).toFixed(0)} kB packed, ${(unpackedSize / 1000).toFixed(0)} kB in ${entryCount} files`;
  });
}

/** The command of the installed package, as users type it. */
const symdiffuser = (folder, ...words) => run(folder, "npx", "--no-install", "symdiffuser", ...words);

const side = 48;
const sources = ["lidar", "sar"];
const short = ["--pretraining.steps", "3", "--pretraining.batch", "2", "--head.steps", "5", "--head.count", "1"];
const tiny = ["--network.width", "16", "--network.patch", "8", "--features.core", "4", "--head.width", "16"];

/** Expect files in a folder, none of them empty. */
function expectFiles(folder, names) {
  const missing = names.filter((name) => !existsSync(join(folder, name)) || statSync(join(folder, name)).size === 0);
  const got = existsSync(folder) ? readdirSync(folder).join(", ") : "no folder";
  expect(missing.length === 0, `expected ${missing.join(", ")}; got ${got}`);
}

const mapFiles = ["map.tif", "map.tif.aux.xml", "confidence.tif", "map.png"];

function checkCommands(folder, version) {
  check("symdiffuser --help names every command", () => {
    const help = symdiffuser(folder, "--help");
    const missing = ["demo", "train", "map", "evaluate", "info", "simulate"].filter(
      (name) => !help.includes(`  ${name}`),
    );
    expect(missing.length === 0, `expected ${missing.join(", ")} in\n${help}`);
  });
  check("symdiffuser --version", () => {
    const got = symdiffuser(folder, "--version").trim();
    expect(got === version, `expected ${version}; got ${got}`);
    return got;
  });
  check("symdiffuser simulate writes a scene", () => {
    const size = ["--height", `${side}`, "--width", `${side}`];
    symdiffuser(folder, "simulate", "--out", "scene", "--seed", "1", ...size, "--sources", sources.join());
    expectFiles(join(folder, "scene"), [...sources.map((name) => `${name}.tif`), "labels.tif", "config.yaml"]);
  });
  check("symdiffuser train learns from those files", () => {
    const what = ["--split", "perClass:5", "--baseline", "rf", "--threads", "1", "--out", "run"];
    symdiffuser(folder, "train", ...short, ...tiny, ...what, join("scene", "config.yaml"));
    const results = ["config.yaml", "split.json", "model.safetensors", "metrics.json", "report.html"];
    expectFiles(join(folder, "run"), [...mapFiles, ...results]);
    const { overallAccuracy } = JSON.parse(readFileSync(join(folder, "run", "metrics.json"), "utf8"));
    expect(overallAccuracy >= 0 && overallAccuracy <= 1, `expected an accuracy; got ${overallAccuracy}`);
  });
  check("symdiffuser map draws the same map from the stored model", () => {
    symdiffuser(folder, "map", "run", "--out", "again", "--threads", "1");
    expectFiles(join(folder, "again"), mapFiles);
    const bytes = (place) => readFileSync(join(folder, place, "map.tif"));
    expect(bytes("run").equals(bytes("again")), "expected equal files; got run/map.tif ≠ again/map.tif");
  });
  check("symdiffuser evaluate tests it", () => {
    symdiffuser(folder, "evaluate", "run", "--out", "tested", "--threads", "1");
    expectFiles(join(folder, "tested"), ["metrics.json", "report.html"]);
  });
  check("symdiffuser info reads the map back", () => {
    const [line] = symdiffuser(folder, "info", join("again", "map.tif"), "--json").trim().split("\n");
    const { raster } = JSON.parse(line);
    const got = `${raster?.height}×${raster?.width}×${raster?.bands}`;
    expect(got === `${side}×${side}×1`, `expected ${side}×${side}×1; got ${got}`);
    return got;
  });
  check("an unknown flag ends with exit code 2 and a sentence", () => {
    const words = ["--no-install", "symdiffuser", "map", "--colour"];
    const { status, stderr } = spawnSync("npx", words, { cwd: folder, env, encoding: "utf8", shell: isWindows });
    expect(status === 2 && stderr.includes("--colour"), `expected exit code 2; got ${status}\n${stderr}`);
  });
}

const program = `import { baselines, FormatError, openScene, readRaster, simulateScene, SymdiffuserError } from "symdiffuser";
const scene = simulateScene({ seed: 1, height: 16, width: 16, sources: ["lidar", "sar"] });
const file = await readRaster("again/map.tif");
const fault = await readRaster("package.json").catch((error: unknown) => error);
const parts: readonly unknown[] = [scene.sources.length === 2, file.height === ${side}, baselines.has("rf"), openScene.length === 1];
if (!parts.every(Boolean) || !(fault instanceof SymdiffuserError)) throw fault;
export const isFormatError: boolean = fault instanceof FormatError;
`;

function checkLibrary(folder) {
  // The same text is a JavaScript program once its annotations are cut.
  check("is a library for programs", () => {
    writeFileSync(join(folder, "program.mjs"), program.replaceAll(/: (unknown|boolean|readonly unknown\[\])/g, ""));
    run(folder, process.execPath, "program.mjs");
  });
  check("has types that a strict compiler accepts", () => {
    writeFileSync(join(folder, "program.mts"), program);
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
    const modern = ["--module", "nodenext", "--target", "es2022", "--lib", "es2023"];
    const node = ["--types", "node", "--typeRoots", join(root, "node_modules", "@types")];
    run(folder, process.execPath, compiler, ...options, ...modern, ...node, "program.mts");
  });
}

/** GDAL, where it is installed, as a second opinion on our files. */
function checkWithGdal(folder) {
  if (spawnSync("gdalinfo", ["--version"], { shell: isWindows }).status !== 0) {
    console.log("skipped GDAL's opinion of the map: gdalinfo is not installed");
    return;
  }
  check("GDAL reads the map", () => {
    const { size, bands } = JSON.parse(run(folder, "gdalinfo", "-json", join("again", "map.tif")));
    const [{ type, colorInterpretation }] = bands;
    const got = `${size.join("×")} ${type} ${colorInterpretation}`;
    expect(got === `${side}×${side} Byte Palette`, `expected ${side}×${side} Byte Palette; got ${got}`);
    return got;
  });
}

installPackages();
build();
const folder = mkdtempSync(join(tmpdir(), "symdiffuser-"));
try {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const start = performance.now();
  const told = JSON.parse(run(root, "npm", "pack", "--json", "--loglevel=error", "--pack-destination", folder));
  // A list in npm 10 and 11, by name in later ones.
  const [packed] = Object.values(told);
  console.log(`packed ${packed.filename} (${seconds(start)})`);
  checkContents(packed, manifest);
  const home = join(folder, "empty");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{ "private": true }\n');
  const isInstalled = check("installs in an empty folder", () => {
    run(home, "npm", "install", join(folder, packed.filename), "--no-audit", "--no-fund", "--loglevel=error");
    expect(!existsSync(join(home, "node_modules", "symdiffuser", "test")), "expected no tests in it");
  });
  if (isInstalled) {
    checkCommands(home, manifest.version);
    checkLibrary(home);
    checkWithGdal(home);
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
