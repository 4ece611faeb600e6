/** @file The class map as a picture for people: title, map, scale bar, and a legend with each class's share of the area. */
import type { Color, Georeference, LandCoverClass } from "../scene/index.ts";
import { drawText, enlarged, factorFor, fillRectangle, newPicture, type Picture, place, textWidth } from "./canvas.ts";
import { lineHeight } from "./font.ts";
import { cellsOf, type LabelCells, type Plane } from "./map-picture.ts";
import { pixelSizeM, scaleBar } from "./scale-bar.ts";

/** What is beside the map in {@link mapPicture}. */
export interface MapNotes {
  readonly classes: readonly Pick<LandCoverClass, "name" | "color">[];
  readonly title?: string;
  readonly georeference?: Georeference | null;
}

/** What {@link mapPicture} shows. */
export interface MapData extends MapNotes {
  /** Labels 0…K; 0 = not classified. */
  readonly labels: Plane;
}

/** Longest side of the map itself in its picture, in pixels. */
export const mapSide = 960;

const paper: Color = [255, 255, 255];
const emptyGround: Color = [233, 236, 239];
const frame: Color = [173, 181, 189];
const ink: Color = [33, 37, 41];
const softInk: Color = [108, 117, 125];

/** One line of the legend. */
interface Entry {
  readonly name: string;
  readonly color: Color;
  readonly share: string;
}

/** Classes in the order of their labels, with shares of the classified area; then what was not classified, if any. */
function entriesOf(counts: readonly number[], classes: MapNotes["classes"]): Entry[] {
  const classified = counts.slice(1).reduce((sum, count) => sum + count, 0);
  const percent = (count: number): string =>
    count > 0 && count / classified < 0.0005 ? "<0.1 %" : `${((100 * count) / Math.max(1, classified)).toFixed(1)} %`;
  const entries = classes.map(({ name, color }, index) => ({ name, color, share: percent(counts[index + 1]!) }));
  return counts[0] === 0 ? entries : [...entries, { name: "Not classified", color: emptyGround, share: "" }];
}

/**
 * Picture of a class map with its legend: beside a tall map, below a wide one. Small maps are enlarged by whole factors.
 *
 * @param side  longest side of the map itself in the picture, in pixels
 */
export function mapPicture(data: MapData, side: number = mapSide): Picture {
  return cellsPicture(cellsOf(data.labels, data.classes.length, side), data, side);
}

/** The same of a map that came part by part. */
export function cellsPicture(cells: LabelCells, notes: MapNotes, side: number = mapSide): Picture {
  const { classes, georeference, title } = notes;
  const shrunk = cells.picture(classes.map(({ color }) => color));
  const map = enlarged(shrunk, factorFor(shrunk, side));
  const scale = 2;
  const unit = lineHeight * scale;
  const margin = unit;
  const entries = entriesOf(cells.counts(), classes);

  const boxSide = 9 * scale;
  const nameLeft = boxSide + 6 * scale;
  const shareWidth = Math.max(...entries.map(({ share }) => textWidth(share, scale)), 0);
  const nameWidth = Math.max(...entries.map(({ name }) => textWidth(name, scale)), 0);
  const columnWidth = nameLeft + nameWidth + 8 * scale + shareWidth;

  const isBeside = map.width <= map.height * 1.4;
  const titleHeight = title ? unit + margin : 0;
  const pixelM = georeference ? pixelSizeM(georeference) : null;
  const barHeight = pixelM === null ? 0 : unit + margin / 2;
  const gap = margin * 1.5;
  const columns = isBeside
    ? 1
    : Math.max(1, Math.min(entries.length, Math.floor((map.width + gap) / (columnWidth + gap))));
  const rows = Math.ceil(entries.length / columns);
  const legendWidth = columns * columnWidth + (columns - 1) * gap;
  const mapBlock = map.height + barHeight;
  const titleWidth = title ? textWidth(title, scale * 1.5) : 0;
  const inner = isBeside ? map.width + gap + legendWidth : Math.max(map.width, legendWidth);
  const picture = newPicture(
    Math.round(
      2 * margin + titleHeight + (isBeside ? Math.max(mapBlock, rows * unit) : mapBlock + margin + rows * unit),
    ),
    Math.round(2 * margin + Math.max(inner, titleWidth)),
    paper,
  );

  if (title) drawText(picture, title, margin - 4 * scale, margin, scale * 1.5, ink);
  const top = margin + titleHeight;
  fillRectangle(picture, top - 1, margin - 1, map.height + 2, map.width + 2, frame);
  fillRectangle(picture, top, margin, map.height, map.width, emptyGround);
  place(picture, map, top, margin);
  if (pixelM !== null) {
    drawScaleBar(picture, (pixelM * cells.width) / map.width, map.width, top + map.height + margin / 2, margin, scale);
  }

  const legendTop = isBeside ? top : top + mapBlock + margin;
  const legendLeft = isBeside ? margin + map.width + gap : margin;
  entries.forEach(({ name, color, share }, index) => {
    const left = legendLeft + Math.floor(index / rows) * (columnWidth + gap);
    const line = legendTop + (index % rows) * unit;
    fillRectangle(picture, line, left, boxSide, boxSide, frame);
    fillRectangle(picture, line + 1, left + 1, boxSide - 2, boxSide - 2, color);
    // Capitals stand in the middle of the box: rows 4 to 10 of the line, the box nine rows high.
    drawText(picture, name, line - 3 * scale, left + nameLeft, scale, ink);
    drawText(picture, share, line - 3 * scale, left + columnWidth - textWidth(share, scale), scale, softInk);
  });
  return picture;
}

function drawScaleBar(
  picture: Picture,
  pixelM: number,
  longest: number,
  top: number,
  left: number,
  scale: number,
): void {
  const { pixels, label } = scaleBar(pixelM, longest / 3);
  const height = 4 * scale;
  const middle = top + 3 * scale;
  fillRectangle(picture, middle, left, height, pixels, ink);
  fillRectangle(picture, middle + 1, left + Math.ceil(pixels / 2), height - 2, Math.floor(pixels / 2) - 1, paper);
  drawText(picture, label, middle + height / 2 - 7.5 * scale, left + pixels + 5 * scale, scale, ink);
}
