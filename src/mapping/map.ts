/** @file A classifier over a scene, whole or part by part: the most probable class of every pixel, and how probable. */
import {
  type Classifier,
  type PartClassifier,
  type Progress,
  partsOf,
  type Rectangle,
  type Scene,
  type SceneWindows,
  wholeOf,
  within,
} from "../scene/index.ts";
import { UnsupportedError } from "../tensor/index.ts";

/** A land-cover map on the grid of its scene, or of a part of it. */
export interface LandCoverMap {
  /** `[H, W]`: k = class k of the model, 0 = not classified. */
  readonly labels: Uint16Array;
  /** `[H, W]`: probability of that class; NaN where not classified. */
  readonly confidence: Float32Array;
  /** `[H, W, K]`: probability of every class, NaN where not classified; null where they were not asked for. */
  readonly probabilities: Float32Array | null;
  /** `[H, W]`: how much heads disagree, in nats, NaN where not classified; null where that is not known. */
  readonly disagreement: Float32Array | null;
}

/** Rows whose probabilities are held at once. */
const rowsPerStrip = 64;

/** Longest typed array. */
const longest = 2 ** 32 - 1;

/**
 * Classify every valid pixel.
 *
 * @param classes  `K`
 * @param keepProbabilities  of all classes, not only of the most probable
 * @throws UnsupportedError if they are more than an array can hold
 */
export async function mapScene(
  classifier: Classifier,
  scene: Scene,
  classes: number,
  progress: Progress = () => {},
  keepProbabilities = false,
): Promise<LandCoverMap> {
  const { height, width, valid } = scene;
  const map = emptyMap(wholeOf(scene), classes, keepProbabilities);
  for (let row = 0; row < height; row += rowsPerStrip) {
    const end = Math.min(row + rowsPerStrip, height);
    const probabilities = await classifier.predict(scene, [row, end]);
    choose(map, row * width, probabilities, classes, (pixel) => valid?.[row * width + pixel] !== 0);
    progress(end, height);
  }
  return map;
}

/** Bytes that the pixels of a part, with their surroundings, may take while they are classified. */
const partBytes = 2 ** 29;
/** Side of a part is a multiple of that of the tiles of a GeoTIFF. */
const sideStep = 256;
const longestSide = 1024;

/** Pixels of a side of the parts in which a large scene is classified. */
export function partSide({ bytesPerPixel }: Pick<PartClassifier, "bytesPerPixel">): number {
  const side = Math.floor(Math.sqrt(partBytes / Math.max(1, bytesPerPixel)) / sideStep) * sideStep;
  return Math.min(longestSide, Math.max(sideStep, side));
}

/** How to go through a scene part by part. */
export interface MapParts {
  /** `K` */
  readonly classes: number;
  readonly keepProbabilities: boolean;
  /** Pixels of a side of a part. @default {@link partSide} of the classifier */
  readonly side?: number;
  /** Takes what was classified; rows and columns at the border of a part without a valid pixel do not come. */
  readonly write: (part: Rectangle, map: LandCoverMap) => void;
  /** Called with pixels. */
  readonly progress: Progress;
}

/**
 * Classify every valid pixel, part by part, with the classes of {@link mapScene}: memory does not grow with the scene.
 *
 * @throws DataError if no pixel is valid
 */
export async function mapParts(classifier: PartClassifier, scene: SceneWindows, how: MapParts): Promise<void> {
  const { classes, keepProbabilities, side = partSide(classifier), write, progress } = how;
  const total = scene.height * scene.width;
  let done = 0;
  let isAnyValid = false;
  for (const part of partsOf(scene, side)) {
    const pixels = part.height * part.width;
    const mapped = await mapPart(classifier, scene, part, classes, keepProbabilities, (tiles, all) =>
      progress(done + Math.floor((0.9 * pixels * tiles) / all), total),
    );
    if (mapped !== null) write(mapped.part, mapped.map);
    isAnyValid ||= mapped !== null;
    done += pixels;
    progress(done, total);
  }
  if (!isAnyValid) await scene.refuseEmpty();
}

/** The map of what is valid in a part: of the smallest rectangle that holds it; null where nothing is. */
async function mapPart(
  classifier: PartClassifier,
  scene: SceneWindows,
  part: Rectangle,
  classes: number,
  keepProbabilities: boolean,
  progress: Progress,
): Promise<{ readonly part: Rectangle; readonly map: LandCoverMap } | null> {
  const place = classifier.surroundings(part, scene);
  const around = await scene.read(place);
  const inner = within(part, place);
  const box = around && (around.valid === null ? inner : validBox(around.valid, place.width, inner));
  if (box === null) return null;
  const own = { ...box, row: box.row + place.row, col: box.col + place.col };
  const map = emptyMap(own, classes, keepProbabilities);
  const isValid = (pixel: number): boolean =>
    around!.valid?.[(box.row + Math.floor(pixel / box.width)) * place.width + box.col + (pixel % box.width)] !== 0;
  const { probabilities, disagreement } = await classifier.predictPart(around!, place, own, progress);
  choose(map, 0, probabilities, classes, isValid);
  const known = disagreement.map((nats, pixel) => (isValid(pixel) ? nats : Number.NaN));
  return { part: own, map: { ...map, disagreement: known } };
}

/** The smallest rectangle that holds the valid pixels of a part; null where there are none. */
function validBox(valid: Uint8Array, width: number, part: Rectangle): Rectangle | null {
  let [top, left, bottom, right] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
  for (let row = part.row; row < part.row + part.height; row++) {
    const line = valid.subarray(row * width + part.col, row * width + part.col + part.width);
    const first = line.indexOf(1);
    if (first < 0) continue;
    top = Math.min(top, row);
    bottom = row + 1;
    left = Math.min(left, part.col + first);
    right = Math.max(right, part.col + line.lastIndexOf(1) + 1);
  }
  return bottom < 0 ? null : { row: top, col: left, height: bottom - top, width: right - left };
}

function emptyMap({ height, width }: Rectangle, classes: number, keepProbabilities: boolean): LandCoverMap {
  return {
    labels: new Uint16Array(height * width),
    confidence: new Float32Array(height * width).fill(Number.NaN),
    probabilities: keepProbabilities ? unknownProbabilities(height * width * classes) : null,
    disagreement: null,
  };
}

/** Set the valid pixels from pixel `first` on. @param probabilities  `[n, K]` */
function choose(
  { labels, confidence, probabilities: kept }: LandCoverMap,
  first: number,
  probabilities: Float32Array,
  classes: number,
  isValid: (pixel: number) => boolean,
): void {
  for (let pixel = 0, from = 0; from < probabilities.length; pixel++, from += classes) {
    if (!isValid(pixel)) continue;
    let best = 0;
    for (let k = 1; k < classes; k++) if (probabilities[from + k]! > probabilities[from + best]!) best = k;
    labels[first + pixel] = best + 1;
    confidence[first + pixel] = probabilities[from + best]!;
    kept?.set(probabilities.subarray(from, from + classes), (first + pixel) * classes);
  }
}

function unknownProbabilities(count: number): Float32Array {
  if (count > longest) {
    throw new UnsupportedError(
      `a map with ${count} probabilities at once`,
      "map parts of the scene, or do without them",
    );
  }
  return new Float32Array(count).fill(Number.NaN);
}
