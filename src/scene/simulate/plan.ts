/**
 * @file The plan of a landscape, in metres: parcels of land between straight roads that meet at junctions, a winding
 * river, buildings and trees.
 */
import { childKey, type Key, permutation } from "../../tensor/index.ts";
import { type Dice, dice } from "./noise.ts";
import type { Material } from "./spectra.ts";

export type LandUse = "crop" | "soil" | "meadow" | "wood" | "village" | "yard";

/** What a strip between parcels is made of. */
export type Surface = "asphalt" | "concrete" | "track" | "verge";

/** A rectangle in the turned frame of the parcels. */
export interface Rectangle {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
}

export interface Parcel extends Rectangle {
  readonly use: LandUse;
  /** Growth of a crop, moisture of a soil, freshness of a meadow: 0 to 1. */
  readonly state: number;
  readonly brightness: number;
  /** Distance of crop rows or furrows. */
  readonly rowM: number;
  /** Whether the rows run along the first axis of the turned frame. */
  readonly rowsAlong: boolean;
  /** Whether a yard is asphalt, not concrete. */
  readonly isAsphalt: boolean;
}

/** A cut of the land into two, with a strip between; parcels are the leaves. */
export interface Cut {
  /** 0: across the first axis of the turned frame, 1: across the second. */
  readonly axis: 0 | 1;
  readonly at: number;
  readonly widthM: number;
  readonly surface: Surface;
  /** Of the surface, 0 to 1. */
  readonly state: number;
  /** Where the strip begins and ends, on the other axis. */
  readonly from: number;
  readonly to: number;
  readonly below: Land;
  readonly above: Land;
}

export type Land = { readonly parcel: Parcel } | { readonly cut: Cut };

export interface Building extends Rectangle {
  readonly heightM: number;
  readonly roof: Material;
  readonly state: number;
}

export interface Tree {
  /** In the frame of the scene. */
  readonly x: number;
  readonly y: number;
  readonly radiusM: number;
  readonly heightM: number;
  readonly isConifer: boolean;
  readonly state: number;
}

/** A river along a line through the scene. */
export interface River {
  readonly angle: number;
  /** Distance of its mean line from the centre. */
  readonly offset: number;
  readonly widthM: number;
  readonly swingM: number;
  readonly waveM: number;
  readonly phase: number;
}

/** Where light or a radar beam comes from. */
export interface Beam {
  /** Clockwise from north, radians. */
  readonly azimuth: number;
  /** Above the horizon, radians. */
  readonly elevation: number;
}

/** Origin at the centre of the scene, x to the east, y to the south. */
export interface Plan {
  /** By which the frame of the parcels is turned. */
  readonly angle: number;
  readonly land: Land;
  readonly buildings: readonly Building[];
  readonly trees: readonly Tree[];
  readonly river: River;
  readonly sun: Beam;
}

/** Land uses are dealt from this deck, so that every scene has all. */
const deck: readonly LandUse[] = [
  "crop",
  "village",
  "meadow",
  "wood",
  "yard",
  "soil",
  "village",
  "crop",
  "wood",
  "village",
  "soil",
];

/** Place in the turned frame of a place in the scene. */
export function turned(x: number, y: number, angle: number): [number, number] {
  return [x * Math.cos(angle) + y * Math.sin(angle), y * Math.cos(angle) - x * Math.sin(angle)];
}

/** Signed distance from the river's bank, in metres; negative in the water. */
export function fromBank(x: number, y: number, river: River): number {
  const [along, across] = turned(x, y, river.angle);
  const turn = (2 * Math.PI * along) / river.waveM + river.phase;
  const middle = river.offset + river.swingM * (Math.sin(turn) + 0.35 * Math.sin(2.3 * turn + 1));
  const half = (river.widthM / 2) * (1 + 0.2 * Math.sin(1.7 * turn));
  // The slope of the middle line makes the distance across longer than the true one.
  const slope = ((2 * Math.PI * river.swingM) / river.waveM) * (Math.cos(turn) + 0.8 * Math.cos(2.3 * turn + 1));
  return Math.abs(across - middle) / Math.hypot(1, slope) - half;
}

/** The plan of a scene of the given size. */
export function planLandscape(key: Key, heightM: number, widthM: number): Plan {
  const roll = dice(childKey(key, "land"));
  const extent = Math.min(heightM, widthM);
  const angle = roll(0.12, 0.45) * (roll() < 0.5 ? -1 : 1);
  const reach = 0.53 * Math.hypot(heightM, widthM);
  const whole = { left: -reach, right: reach, low: -reach, high: reach };
  const parcelM = Math.min(64, Math.max(20, extent / 4));
  const rectangles: Rectangle[] = [];
  const cuts = cutLand(whole, 0, parcelM, roll, rectangles);
  const uses = dealUses(childKey(key, "uses"), rectangles, angle, heightM, widthM);
  const parcels = rectangles.map((rectangle, at) => furnish(rectangle, uses[at]!, roll));
  const river: River = {
    angle: angle + roll(-0.25, 0.25) + (roll() < 0.5 ? 0 : Math.PI / 2),
    offset: extent * roll(0.16, 0.28) * (roll() < 0.5 ? -1 : 1),
    widthM: Math.min(20, Math.max(6, extent * roll(0.055, 0.075))),
    swingM: extent * roll(0.03, 0.06),
    waveM: Math.max(60, extent * roll(0.5, 0.8)),
    phase: roll(0, 2 * Math.PI),
  };
  const buildings = parcels.flatMap((parcel) => raise(parcel, roll));
  const trees = [
    ...parcels.flatMap((parcel) => plant(parcel, angle, roll)),
    ...avenues(cuts, angle, roll),
    ...riverside(river, reach, roll),
  ];
  const sun = { azimuth: roll(2.3, 3.9), elevation: roll(0.6, 0.85) };
  return { angle, land: landOf(cuts, parcels), buildings, trees, river, sun };
}

/** Cuts with the numbers of their parcels. */
type Cuts = number | (Omit<Cut, "below" | "above"> & { readonly below: Cuts; readonly above: Cuts });

function cutLand(area: Rectangle, depth: number, parcelM: number, roll: Dice, into: Rectangle[]): Cuts {
  const width = area.right - area.left;
  const height = area.high - area.low;
  if (Math.max(width, height) < parcelM * roll(1.35, 1.75)) return into.push(area) - 1;
  const axis = width > height ? 0 : 1;
  const [from, to] = axis === 0 ? [area.left, area.right] : [area.low, area.high];
  const at = from + (to - from) * roll(0.38, 0.62);
  const strip = stripOf(depth, parcelM, roll);
  const half = strip.widthM / 2;
  const below = axis === 0 ? { ...area, right: at - half } : { ...area, high: at - half };
  const above = axis === 0 ? { ...area, left: at + half } : { ...area, low: at + half };
  const [start, end] = axis === 0 ? [area.low, area.high] : [area.left, area.right];
  return {
    axis,
    at,
    from: start,
    to: end,
    ...strip,
    below: cutLand(below, depth + 1, parcelM, roll, into),
    above: cutLand(above, depth + 1, parcelM, roll, into),
  };
}

/** First cuts are main roads, later ones lanes, tracks and grassy boundaries. */
function stripOf(depth: number, parcelM: number, roll: Dice): Pick<Cut, "widthM" | "surface" | "state"> {
  const state = roll();
  const narrow = Math.min(1, parcelM / 40);
  if (depth < 2) return { widthM: narrow * roll(8.5, 11), surface: "asphalt", state };
  if (depth === 2 || roll() < 0.4) {
    return { widthM: narrow * roll(5, 7), surface: roll() < 0.65 ? "asphalt" : "concrete", state };
  }
  return { widthM: narrow * 3.5, surface: roll() < 0.4 ? "track" : "verge", state };
}

function landOf(cuts: Cuts, parcels: readonly Parcel[]): Land {
  if (typeof cuts === "number") return { parcel: parcels[cuts]! };
  return { cut: { ...cuts, below: landOf(cuts.below, parcels), above: landOf(cuts.above, parcels) } };
}

/** Land uses from the deck, first for the parcels that lie inside the scene. */
function dealUses(
  key: Key,
  rectangles: readonly Rectangle[],
  angle: number,
  heightM: number,
  widthM: number,
): LandUse[] {
  const isInside = ({ left, right, low, high }: Rectangle): boolean => {
    const [x, y] = turned((left + right) / 2, (low + high) / 2, -angle);
    return Math.abs(x) < widthM / 2 && Math.abs(y) < heightM / 2;
  };
  const order = [...permutation(key, rectangles.length)];
  const inside = order.filter((at) => isInside(rectangles[at]!));
  const outside = order.filter((at) => !isInside(rectangles[at]!));
  const uses: LandUse[] = [];
  for (const [place, at] of [...inside, ...outside].entries()) uses[at] = deck[place % deck.length]!;
  return uses;
}

function furnish(rectangle: Rectangle, use: LandUse, roll: Dice): Parcel {
  return {
    ...rectangle,
    use,
    state: roll(),
    brightness: roll(0.86, 1.14),
    rowM: roll(1.6, 3.4),
    rowsAlong: rectangle.right - rectangle.left > rectangle.high - rectangle.low,
    isAsphalt: roll() < 0.6,
  };
}

const roofs: readonly (readonly [number, Material])[] = [
  [0.45, "asphalt"],
  [0.86, "concrete"],
  [0.95, "tile"],
  [1, "metal"],
];

function roofOf(roll: Dice): Material {
  const drawn = roll();
  return roofs.find(([upTo]) => drawn < upTo)![1];
}

/** Houses on the lots of a village, halls on a yard. */
function raise(parcel: Parcel, roll: Dice): Building[] {
  if (parcel.use !== "village" && parcel.use !== "yard") return [];
  const isYard = parcel.use === "yard";
  const pitch = isYard ? 40 : 20;
  const margin = 4;
  const width = parcel.right - parcel.left - 2 * margin;
  const height = parcel.high - parcel.low - 2 * margin;
  const across = Math.max(1, Math.round(width / pitch));
  const down = Math.max(1, Math.round(height / pitch));
  const buildings: Building[] = [];
  for (let lot = 0; lot < across * down; lot++) {
    const lotWidth = width / across;
    const lotHeight = height / down;
    const share = (): number => (isYard ? roll(0.5, 0.75) : roll(0.45, 0.72));
    const [w, h] = [lotWidth * share(), lotHeight * share()];
    const left = parcel.left + margin + (lot % across) * lotWidth + roll() * (lotWidth - w);
    const low = parcel.low + margin + Math.floor(lot / across) * lotHeight + roll() * (lotHeight - h);
    const heightM = isYard ? roll(5, 10) : roll(3, 8.5);
    buildings.push({ left, right: left + w, low, high: low + h, heightM, roof: roofOf(roll), state: roll() });
  }
  return buildings;
}

function treeAt(x: number, y: number, sizeM: number, isConifer: boolean, roll: Dice): Tree {
  const radiusM = sizeM * roll(0.7, 1.3);
  const slender = isConifer ? roll(3, 4.5) : roll(1.7, 2.7);
  return { x, y, radiusM, heightM: Math.min(22, 1 + radiusM * slender), isConifer, state: roll() };
}

/** Trees of a parcel: dense in a wood, single in gardens and meadows. */
function plant(parcel: Parcel, angle: number, roll: Dice): Tree[] {
  const spacings: Partial<Record<LandUse, readonly [number, number]>> = {
    wood: [4.1, 0.95],
    village: [11, 0.35],
    meadow: [17, 0.28],
  };
  const [spacing, density] = spacings[parcel.use] ?? [0, 0];
  if (spacing === 0) return [];
  const conifers = parcel.use === "wood" ? (parcel.state < 0.4 ? 0.85 : 0.08) : 0.15;
  const trees: Tree[] = [];
  for (let u = parcel.left + spacing / 2; u < parcel.right; u += spacing) {
    for (let v = parcel.low + spacing / 2; v < parcel.high; v += spacing) {
      const [x, y] = turned(u + spacing * roll(-0.4, 0.4), v + spacing * roll(-0.4, 0.4), -angle);
      if (roll() < density) trees.push(treeAt(x, y, roll(1.8, 3.4), roll() < conifers, roll));
    }
  }
  return trees;
}

/** Rows of trees beside some roads, hedges on some verges. */
function avenues(cuts: Cuts, angle: number, roll: Dice): Tree[] {
  if (typeof cuts === "number") return [];
  const trees = [...avenues(cuts.below, angle, roll), ...avenues(cuts.above, angle, roll)];
  const isVerge = cuts.surface === "verge";
  if (roll() > (isVerge ? 0.55 : 0.4)) return trees;
  const side = isVerge ? 0 : (cuts.widthM / 2 + 2.5) * (roll() < 0.5 ? -1 : 1);
  const spacing = isVerge ? 4 : roll(8, 11);
  for (let along = cuts.from + 2; along < cuts.to - 2; along += spacing) {
    const across = cuts.at + side + roll(-0.5, 0.5);
    const [x, y] = cuts.axis === 0 ? turned(across, along, -angle) : turned(along, across, -angle);
    trees.push(treeAt(x, y, isVerge ? 1.8 : 2.6, false, roll));
  }
  return trees;
}

function riverside(river: River, reach: number, roll: Dice): Tree[] {
  const trees: Tree[] = [];
  for (let along = -reach; along < reach; along += 5) {
    for (const side of [-1, 1]) {
      const across = river.offset + side * (river.widthM / 2 + river.swingM + roll(1, 8));
      const [x, y] = turned(along, across, -river.angle);
      const distance = fromBank(x, y, river);
      if (roll() < 0.5 && distance > 0.5 && distance < 12) trees.push(treeAt(x, y, 2.4, false, roll));
    }
  }
  return trees;
}
