/** @file The plan of a landscape laid out on fine cells: what covers each, of what material, and how high it stands. */
import { childKey, type Key, uniform } from "../../tensor/index.ts";
import { smoothField } from "./noise.ts";
import { type Building, type Cut, fromBank, type Land, type Parcel, type Plan, type Tree, turned } from "./plan.ts";
import { type Material, materialNumber } from "./spectra.ts";

/** Land cover by class number, 1 to 8. */
export const cover = { crop: 1, grass: 2, tree: 3, soil: 4, water: 5, road: 6, building: 7, shadow: 8 } as const;

/** Everything `[rows, cols]`. */
export interface Landscape {
  readonly rows: number;
  readonly cols: number;
  readonly cellM: number;
  /** Class numbers of {@link cover}. */
  readonly cover: Uint8Array;
  /** Material numbers. */
  readonly material: Uint8Array;
  /** Place between the two extremes of the material, 0 to 1. */
  readonly state: Float32Array;
  /** Factor on the reflectance. */
  readonly brightness: Float32Array;
  /** Above ground. */
  readonly heightM: Float32Array;
}

/** What one cell is. */
interface Cell {
  readonly cover: number;
  readonly material: Material;
  readonly state: number;
  readonly brightness: number;
  readonly heightM: number;
}

/** Smooth and rough random numbers at one cell, each about −1 to 1. */
interface Chance {
  readonly wide: number;
  readonly narrow: number;
  readonly rough: number;
}

const limit = (value: number): number => Math.min(1, Math.max(0, value));
const share = (value: number): number => value - Math.floor(value);

function cell(name: keyof typeof cover, material: Material, state: number, brightness: number, heightM: number): Cell {
  return { cover: cover[name], material, state: limit(state), brightness, heightM };
}

function stripCell({ surface, state }: Cut, { wide, narrow, rough }: Chance): Cell {
  const brightness = 1 + 0.07 * wide + 0.06 * rough;
  switch (surface) {
    case "asphalt":
    case "concrete":
      return cell("road", surface, 0.1 + 0.8 * state + 0.2 * narrow, brightness, 0);
    case "track":
      return cell("soil", "track", state + 0.4 * narrow, brightness, 0);
    case "verge":
      return cell("grass", "grass", 0.45 + 0.4 * narrow, brightness, 0.12);
  }
}

/** Rows of plants with soil between them, wheel tracks at every ninth. */
function cropCell(parcel: Parcel, across: number, { wide, narrow, rough }: Chance): Cell {
  const growth = 0.5 + 0.5 * parcel.state;
  const row = across / parcel.rowM;
  const isPlant = Math.floor(row) % 9 !== 0 && share(row) < growth + 0.2 * narrow;
  const vigour = 0.15 + 0.65 * parcel.state + 0.3 * wide + 0.1 * rough;
  return isPlant
    ? cell("crop", "crop", vigour, parcel.brightness * (1 + 0.08 * rough), 0.05 + 0.2 * growth)
    : cell("crop", "soil", 0.5 + 0.3 * wide, parcel.brightness, 0);
}

function soilCell(parcel: Parcel, across: number, { wide, narrow, rough }: Chance): Cell {
  const furrow = 0.07 * Math.sin((2 * Math.PI * across) / parcel.rowM);
  const brightness = parcel.brightness * (1 + furrow + 0.08 * narrow + 0.04 * rough);
  if (narrow > 0.5 && rough > 0.1) return cell("soil", "grass", 0.3 + 0.3 * wide, brightness, 0.08);
  return cell("soil", "soil", 0.15 + 0.7 * parcel.state + 0.35 * wide, brightness, 0.03 + 0.3 * Math.max(0, furrow));
}

function grassCell(parcel: Parcel, { wide, narrow, rough }: Chance): Cell {
  const freshness = 0.2 + 0.65 * parcel.state + 0.35 * wide + 0.2 * narrow + 0.1 * rough;
  return cell("grass", "grass", freshness, parcel.brightness * (1 + 0.06 * rough), 0.08 + 0.06 * (1 + narrow));
}

/** Cars stand in rows on a yard. */
function yardCell(parcel: Parcel, u: number, v: number, chance: Chance, cars: Float32Array): Cell {
  const { wide, narrow, rough } = chance;
  const [bay, lane] = [Math.floor(u / 3), Math.floor(v / 11)];
  const car = cars[(bay * 61 + lane * 977) & (cars.length - 1)]!;
  const isCar = car < 0.22 && share(u / 3) < 0.62 && share(v / 11) < 0.4;
  if (isCar) return cell("road", car < 0.08 ? "asphalt" : "metal", share(car * 97), 0.5 + share(car * 61), 1.5);
  const material = parcel.isAsphalt ? "asphalt" : "concrete";
  return cell("road", material, 0.1 + 0.8 * parcel.state + 0.2 * narrow, 1 + 0.07 * wide + 0.05 * rough, 0);
}

function parcelCell(parcel: Parcel, u: number, v: number, chance: Chance, cars: Float32Array): Cell {
  const across = parcel.rowsAlong ? v : u;
  const edge = Math.min(u - parcel.left, parcel.right - u, v - parcel.low, parcel.high - v);
  switch (parcel.use) {
    case "crop":
      return cropCell(parcel, across, chance);
    case "soil":
      return soilCell(parcel, across, chance);
    case "meadow":
      return grassCell(parcel, chance);
    case "wood":
      return cell("grass", "grass", 0.25 + 0.3 * chance.wide, 0.7, 0.2);
    case "village":
      if (edge < 2) return cell("road", "concrete", 0.6 + 0.4 * chance.narrow, 1 + 0.05 * chance.rough, 0);
      return grassCell(parcel, chance);
    case "yard":
      return yardCell(parcel, u, v, chance, cars);
  }
}

/** The parcel or strip at a place of the turned frame. */
function landAt(land: Land, u: number, v: number): Parcel | Cut {
  let here = land;
  while ("cut" in here) {
    const { cut } = here;
    const across = (cut.axis === 0 ? u : v) - cut.at;
    if (Math.abs(across) < cut.widthM / 2) return cut;
    here = across < 0 ? cut.below : cut.above;
  }
  return here.parcel;
}

/** Main roads cross the river on bridges. */
function groundCell(plan: Plan, x: number, y: number, chance: Chance, cars: Float32Array): Cell {
  const [u, v] = turned(x, y, plan.angle);
  const land = landAt(plan.land, u, v);
  const isBridge = "surface" in land && land.surface === "asphalt" && land.widthM > 8;
  const bank = fromBank(x, y, plan.river);
  if (bank < 0 && !isBridge) {
    const { wide, narrow, rough } = chance;
    return cell("water", "water", 0.3 + 0.3 * wide + 0.15 * narrow + 0.15 * Math.exp(bank), 1 + 0.06 * rough, 0);
  }
  if ("surface" in land) return stripCell(land, chance);
  if (bank < 4) return cell("grass", "grass", 0.6 + 0.35 * chance.narrow, 1, 0.15);
  return parcelCell(land, u, v, chance, cars);
}

/** Calls `visit` for each cell whose centre lies in a box around a place of the scene. */
function around(
  land: Landscape,
  x: number,
  y: number,
  reachM: number,
  visit: (at: number, dx: number, dy: number) => void,
): void {
  const { rows, cols, cellM } = land;
  const [centreCol, centreRow] = [x / cellM + cols / 2 - 0.5, y / cellM + rows / 2 - 0.5];
  const reach = reachM / cellM;
  for (let row = Math.max(0, Math.ceil(centreRow - reach)); row <= Math.min(rows - 1, centreRow + reach); row++) {
    for (let col = Math.max(0, Math.ceil(centreCol - reach)); col <= Math.min(cols - 1, centreCol + reach); col++) {
      visit(row * cols + col, (col - centreCol) * cellM, (row - centreRow) * cellM);
    }
  }
}

function put(land: Landscape, at: number, { cover, material, state, brightness, heightM }: Cell): void {
  land.cover[at] = cover;
  land.material[at] = materialNumber(material);
  land.state[at] = state;
  land.brightness[at] = brightness;
  land.heightM[at] = heightM;
}

function putBuilding(land: Landscape, plan: Plan, building: Building, rough: Float32Array): void {
  const { left, right, low, high, heightM, roof, state } = building;
  const [u, v] = [(left + right) / 2, (low + high) / 2];
  const [x, y] = turned(u, v, -plan.angle);
  const reach = Math.hypot(right - left, high - low) / 2;
  if (fromBank(x, y, plan.river) < reach) return;
  around(land, x, y, reach, (at, dx, dy) => {
    const [du, dv] = turned(dx, dy, plan.angle);
    if (Math.abs(du) > (right - left) / 2 || Math.abs(dv) > (high - low) / 2) return;
    // A vent or a skylight here and there.
    const up = rough[at]! > 0.97 ? 0.8 : 0;
    put(land, at, cell("building", roof, 0.1 + 0.8 * state + 0.08 * rough[at]!, 1 + 0.05 * rough[at]!, heightM + up));
  });
}

function putTree(land: Landscape, tree: Tree, rough: Float32Array): void {
  const { x, y, radiusM, heightM, isConifer, state } = tree;
  const foot = Math.floor(y / land.cellM + land.rows / 2) * land.cols + Math.floor(x / land.cellM + land.cols / 2);
  // No tree grows out of these.
  if (([cover.road, cover.building, cover.water] as number[]).includes(land.cover[foot] ?? 0)) return;
  around(land, x, y, radiusM * 1.2, (at, dx, dy) => {
    const lobes = 1 + 0.14 * Math.sin(3 * Math.atan2(dy, dx) + 20 * state);
    const out = Math.hypot(dx, dy) / (radiusM * lobes);
    const chance = rough[at]!;
    if (out > 1 || chance > 0.9 || land.cover[at] === cover.building) return;
    const profile = isConifer ? 1 - 0.7 * out : 0.55 + 0.45 * Math.sqrt(1 - out * out);
    const top = heightM * profile * (1 + 0.12 * chance);
    if (top <= land.heightM[at]!) return;
    const material = isConifer ? "conifer" : "broadleaf";
    put(land, at, cell("tree", material, 0.7 * state + 0.3 * chance + 0.1, 0.97 + 0.16 * chance, top));
  });
}

/** A plan on `rows` × `cols` cells of `cellM` metres. */
export function layOut(key: Key, plan: Plan, rows: number, cols: number, cellM: number): Landscape {
  const land: Landscape = {
    rows,
    cols,
    cellM,
    cover: new Uint8Array(rows * cols),
    material: new Uint8Array(rows * cols),
    state: new Float32Array(rows * cols),
    brightness: new Float32Array(rows * cols),
    heightM: new Float32Array(rows * cols),
  };
  const wide = smoothField(childKey(key, "wide"), rows, cols, 28 / cellM);
  const narrow = smoothField(childKey(key, "narrow"), rows, cols, 6 / cellM);
  const rough = uniform(childKey(key, "rough"), [rows * cols], -1, 1).data;
  const cars = uniform(childKey(key, "cars"), [4096]).data;
  for (let row = 0, at = 0; row < rows; row++) {
    const y = (row + 0.5 - rows / 2) * cellM;
    for (let col = 0; col < cols; col++, at++) {
      const chance = { wide: wide[at]!, narrow: narrow[at]!, rough: rough[at]! };
      put(land, at, groundCell(plan, (col + 0.5 - cols / 2) * cellM, y, chance, cars));
    }
  }
  for (const building of plan.buildings) putBuilding(land, plan, building, rough);
  for (const tree of plan.trees) putTree(land, tree, rough);
  return land;
}
