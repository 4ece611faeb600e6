// Writes src/scene/crs/epsg-table.ts: node scripts/epsg-table.mjs [python3 [/usr/share/proj/proj.db [candidates.json]]]
// The candidates are what epsg-table.py says (needs GDAL's Python bindings; a few minutes); a code stays in the table
// if proj4js computes what PROJ computes, to a centimetre, at three points of the area of use and back again.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import proj4 from "proj4";

const [python = "python3", database = "/usr/share/proj/proj.db", file] = process.argv.slice(2);
const script = fileURLToPath(new URL("epsg-table.py", import.meta.url));
const json = file
  ? readFileSync(file, "utf8")
  : execFileSync(python, [script, database], { encoding: "utf8", maxBuffer: 2 ** 28 });
const { source, crses, datums, ellipsoids } = JSON.parse(json);
const toleranceMetres = 0.01;
// Heights are lost between a shift and its inverse.
const returnToleranceMetres = 0.1;
// proj4js takes WGS 84 for an ellipsoid whose name it does not know.
const unknownEllipsoids = new Map([
  ["ellps=WGS72", ["a=6378135", "rf=298.26"]],
  ["ellps=GSK2011", ["a=6378136.5", "rf=298.2564151"]],
]);
const isDatum = /^(ellps|a|b|rf|datum|towgs84|pm)=/;

const words = (definition) => definition.split(/[\s+]+/).filter(Boolean);
const tidy = (definition) =>
  words(definition)
    .map((word) => (word.startsWith("towgs84=") ? word.replace(/(,-?0){4}$/, "") : word.replace(/^k_0=/, "k=")))
    .flatMap((word) => unknownEllipsoids.get(word) ?? [word])
    .filter((word) => word !== "units=m");
const proj = (parts) => parts.map((word) => `+${word}`).join(" ");

/** Largest distances in metres: of proj4js from PROJ, and of its way there and back from where it began. */
function disagreement(from, to, samples, unit) {
  const worst = [0, 0];
  const { forward, inverse } = proj4(from, to);
  for (const [lon, lat, x, y] of samples) {
    const [gotX, gotY] = forward([lon, lat], true);
    const [gotLon, gotLat] = inverse([x, y], true);
    const across = Math.cos((lat * Math.PI) / 180) * (((gotLon - lon + 540) % 360) - 180);
    worst[0] = Math.max(worst[0], unit * Math.hypot(gotX - x, gotY - y));
    worst[1] = Math.max(worst[1], 111000 * Math.hypot(across, gotLat - lat));
  }
  return samples.length === 0 ? [Number.NaN, Number.NaN] : worst;
}

const kept = [];
const dropped = new Map();
const drop = (reason, code) => dropped.set(reason, [...(dropped.get(reason) ?? []), code]);
let worst = 0;
for (const crs of crses) {
  if (crs.refused !== undefined) {
    drop("PROJ has no definition of one line", crs.code);
    continue;
  }
  const parts = tidy(crs.definition);
  const name = parts[0];
  const datum = parts.filter((word) => isDatum.test(word));
  const unit = crs.kind === "projected" ? crs.unit : 111000;
  try {
    const bare = (list) => proj(list.filter((word) => !word.startsWith("towgs84=")));
    const own = disagreement(bare(["proj=longlat", ...datum]), bare(parts), crs.own, unit);
    const shifted = disagreement("+proj=longlat +datum=WGS84", proj(parts), crs.wgs84, unit);
    const isOwn = Math.max(...own) < toleranceMetres;
    if (isOwn && shifted[0] < toleranceMetres && shifted[1] < returnToleranceMetres) {
      kept.push({ ...crs, parts, datum: [crs.datum, ...datum].join(" ") });
      worst = Math.max(worst, ...own, shifted[0]);
    } else drop(`${name}: ${isOwn ? "shift" : "projection"} differs`, crs.code);
  } catch (fault) {
    drop(`${name}: ${String(fault.message ?? fault).slice(0, 40)}`, crs.code);
  }
}

const datumList = Array.from(new Set(kept.map(({ datum }) => datum)));
const families = new Map();
for (const { code, parts, datum } of kept) {
  const free = parts.filter((word) => !isDatum.test(word));
  const isSlot = (word) => /^(zone|lat_|lon_|lonc|x_0|y_0|k|alpha|gamma)[^=]*=/.test(word);
  const family = free.map((word) => (isSlot(word) ? word.replace(/=.*/, "=") : word)).join(" ");
  const values = free.filter(isSlot).map((word) => word.replace(/.*=/, ""));
  const entry = [code, datumList.indexOf(datum), ...values].join(" ");
  families.set(family, [...(families.get(family) ?? []), entry]);
}
const plain = (name) =>
  name
    .toLowerCase()
    .replace(/^d_/, "")
    .replace(/[^a-z0-9+]/g, "");
const names = new Map();
const keptCodes = new Set(kept.map(({ code }) => code));
for (const [code, list] of Object.entries(datums)) {
  for (const name of list) if (keptCodes.has(Number(code)) && !names.has(plain(name))) names.set(plain(name), code);
}
const text = `/**
 * @file Definitions of ${kept.length} coordinate reference systems by EPSG code, and of datums and ellipsoids.
 * Written by scripts/epsg-table.mjs from ${source}; EPSG Dataset © IOGP. Do not edit.
 */

/** EPSG code of a datum, then its ellipsoid, prime meridian and shift to WGS 84 in PROJ's words: one after the other. */
export const datumLines = \`
${datumList.join(";")}
\`;

/** One family of projections a line: its definition with empty places, then codes, each with its datum's number and the values of those places. */
export const crsLines = \`
${Array.from(families, ([family, entries]) => `${family};${entries.join(";")}`).join("\n")}
\`;

/** Names of datums in well-known text, letters, digits and plus signs only, and a geographic CRS on each. */
export const datumNames = \`
${Array.from(names, ([name, code]) => `${name} ${code}`).join(";")}
\`;

/** EPSG codes of ellipsoids, semi-major axes in metres and inverse flattenings, 0 for a sphere. */
export const ellipsoidLines = \`
${ellipsoids.map((one) => one.join(" ")).join(";")}
\`;
`;
writeFileSync(new URL("../src/scene/crs/epsg-table.ts", import.meta.url), text);
console.log(
  `${kept.length} of ${crses.length} kept, ${text.length} bytes, ${datumList.length} datums, ${families.size} families, ${text.split("\n").length} lines`,
);
console.log(`largest difference ${worst} m`);
for (const [reason, codes] of dropped) console.log(codes.length, reason, codes.slice(0, 12).join(" "));
for (const shift of ["proj", "epsg", "centre", "equal", "none"]) {
  const best = kept
    .filter((one) => one.shift === shift)
    .map(({ best }) => Math.max(...best))
    .sort((a, b) => a - b);
  const at = (share) => best[Math.floor(share * (best.length - 1))];
  console.log(
    shift,
    best.length,
    `to PROJ's choice, m: median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, all ${at(1)}`,
  );
}
