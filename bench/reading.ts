/**
 * @file How long does a hyperspectral cube take to read, and how much memory, next to the formats' own libraries?
 *
 * Run: npm run build && node --import tsx bench/reading.ts [Python with GDAL] [Python with SciPy and h5py] [rounds 5] [name of a file]
 * With --json, a JSON line for each file takes the place of the table.
 *
 * A cube of 349 × 1905 pixels and 144 bands of 16 bits is written by GDAL, SciPy and h5py into a temporary folder. Every
 * reading is a fresh process, ours (the built program, as it is installed) and theirs in turn, the files in the system's cache. Ours ends with `[H, W, L]`,
 * theirs with what the library gives: `band-last` is the time of theirs with the copy to `[H, W, L]`. Memory is the
 * highest while reading, less that before it, as a fraction of the cube.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median } from "./figures.ts";

/** What one process measured. */
interface Reading {
  readonly seconds: number;
  readonly bandLastSeconds: number;
  readonly addedBytes: number;
}

const cubeBytes = 349 * 1905 * 144 * 2;

const makeCube = `
import sys, numpy as np
folder = sys.argv[1] + "/"
row, col, band = np.ogrid[:349, :1905, :144]
light = 1.3 + np.sin(row / 40) * np.cos(col / 60) / 2
cube = light * (1500 + 1000 * np.sin(band / 20)) + np.random.default_rng(7).integers(0, 64, (349, 1905, 144))
cube = cube.astype("u2")
`;

const writeWithGdal = `${makeCube}
from osgeo import gdal
gdal.UseExceptions()
source = gdal.GetDriverByName("MEM").Create("", 1905, 349, 144, gdal.GDT_UInt16)
source.WriteArray(np.ascontiguousarray(cube.transpose(2, 0, 1)))
for name, driver, options in [
    ("bands.tif", "GTiff", ["INTERLEAVE=BAND"]), ("pixels.tif", "GTiff", ["INTERLEAVE=PIXEL"]),
    ("tiles.tif", "GTiff", ["INTERLEAVE=PIXEL", "TILED=YES", "COMPRESS=DEFLATE"]),
    ("bip.img", "ENVI", ["INTERLEAVE=BIP"]), ("bil.img", "ENVI", ["INTERLEAVE=BIL"]),
    ("bsq.img", "ENVI", ["INTERLEAVE=BSQ"]),
]:
    gdal.GetDriverByName(driver).CreateCopy(folder + name, source, options=options)
`;

const writeWithScipy = `${makeCube}
import h5py, scipy.io
scipy.io.savemat(folder + "plain.mat", {"x": cube}, do_compression=False)
scipy.io.savemat(folder + "packed.mat", {"x": cube}, do_compression=True)
with h5py.File(folder + "v73.mat", "w", userblock_size=512) as out:
    x = out.create_dataset("x", data=cube.transpose(2, 1, 0), compression=3, chunks=(9, 120, 175))
    x.attrs["MATLAB_class"] = np.bytes_("uint16")
with open(folder + "v73.mat", "r+b") as out:
    out.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\\0\\2IM")
`;

const measure = `
import json, resource, sys, time, numpy as np
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
IMPORT
before, start = peak(), time.perf_counter()
x = READ
seconds, added = time.perf_counter() - start, peak() - before
x = np.ascontiguousarray(AXES)
assert x.shape == (349, 1905, 144), x.shape
print(json.dumps({"seconds": seconds, "bandLastSeconds": time.perf_counter() - start, "addedBytes": added}))
`;
const readWith = (words: { readonly [word: string]: string }): string =>
  measure.replace(/IMPORT|READ|AXES/g, (word) => words[word]!);
const readWithGdal = readWith({
  IMPORT: "from osgeo import gdal",
  READ: "gdal.Open(sys.argv[1]).ReadAsArray()",
  AXES: "x.transpose(1, 2, 0)",
});
const readWithScipy = readWith({ IMPORT: "import scipy.io", READ: 'scipy.io.loadmat(sys.argv[1])["x"]', AXES: "x" });
const readWithH5py = readWith({
  IMPORT: "import h5py",
  READ: 'h5py.File(sys.argv[1])["x"][()]',
  AXES: "x.transpose(2, 1, 0)",
});

const scene = join(import.meta.dirname, "../dist/scene/index.js");
const readOurs = `
const { readRaster } = await import(${JSON.stringify(pathToFileURL(scene).href)});
const before = process.memoryUsage.rss();
const start = performance.now();
const { height, width, bands } = await readRaster(process.argv[1]);
const seconds = (performance.now() - start) / 1e3;
if (height * width * bands * 2 !== ${cubeBytes}) throw new RangeError("expected the cube; got another");
const addedBytes = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ seconds, bandLastSeconds: seconds, addedBytes }));
`;

const isJson = process.argv.includes("--json");
const [gdalPython = "python3", scipyPython = "python3", rounds = "5", only] = process.argv
  .slice(2)
  .filter((word) => word !== "--json");
compare(Number(rounds));

function compare(rounds: number): void {
  const folder = mkdtempSync(join(tmpdir(), "reading-"));
  try {
    run(gdalPython, "-c", writeWithGdal, folder);
    run(scipyPython, "-c", writeWithScipy, folder);
    const files: readonly (readonly [name: string, python: string, script: string])[] = [
      ...["bands.tif", "pixels.tif", "tiles.tif", "bip.img", "bil.img", "bsq.img"].map(
        (name) => [name, gdalPython, readWithGdal] as const,
      ),
      ["plain.mat", scipyPython, readWithScipy],
      ["packed.mat", scipyPython, readWithScipy],
      ["v73.mat", scipyPython, readWithH5py],
    ];
    if (!isJson)
      console.log(
        "file        ours best median s   theirs best median band-last s   ratio band-last   memory ours theirs",
      );
    for (const [name, python, script] of files) {
      if (only !== undefined && only !== name) continue;
      const file = join(folder, name);
      const ours: Reading[] = [];
      const theirs: Reading[] = [];
      for (let round = 0; round < rounds; round++) {
        ours.push(read(process.execPath, "--input-type=module", "-e", readOurs, file));
        theirs.push(read(python, "-c", script, file));
      }
      console.log(isJson ? jsonLine(name, ours, theirs) : line(name, ours, theirs));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function jsonLine(file: string, ours: readonly Reading[], theirs: readonly Reading[]): string {
  const least = (all: readonly Reading[], key: keyof Reading): number => Math.min(...all.map((one) => one[key]));
  return JSON.stringify({
    file,
    seconds: least(ours, "seconds"),
    ratio: least(ours, "seconds") / least(theirs, "seconds"),
    bandLastRatio: least(ours, "seconds") / least(theirs, "bandLastSeconds"),
    memory: Math.max(...ours.map((one) => one.addedBytes)) / cubeBytes,
  });
}

function line(name: string, ours: readonly Reading[], theirs: readonly Reading[]): string {
  const seconds = ours.map((one) => one.seconds);
  const other = theirs.map((one) => one.seconds);
  const bandLast = theirs.map((one) => one.bandLastSeconds);
  const memory = [ours, theirs].map((all) => Math.max(...all.map((one) => one.addedBytes)) / cubeBytes);
  const columns = [
    ...[Math.min(...seconds), median(seconds), Math.min(...other), median(other), Math.min(...bandLast)],
    ...[Math.min(...seconds) / Math.min(...other), Math.min(...seconds) / Math.min(...bandLast), ...memory],
  ];
  return `${name.padEnd(10)}${columns.map((number) => number.toFixed(2).padStart(9)).join("")}`;
}

function read(program: string, ...words: string[]): Reading {
  return JSON.parse(run(program, ...words)) as Reading;
}

function run(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (status !== 0) throw new RangeError(`expected ${program} to run; got ${stderr}`);
  return stdout;
}
