/** @file What made a raster, for its metadata: program, method, sources, and what in it was not measured. */
import type { GeoTiff } from "../evaluate/index.ts";
import type { SceneNote, SceneOutline } from "../scene/index.ts";
import { software } from "./versions.ts";

/** What a result comes from. */
export interface Origin {
  readonly scene: SceneOutline;
  /** How its pixels were found: the name of a classifier, the rule of a split. */
  readonly method: string;
  /** Which of the sources themselves are simulated, in words; null if none. */
  readonly simulated: string | null;
  /** What a model made up of it, and how; none, if not told. */
  readonly generated?: string;
  /** Over its picture. @default the name of the scene */
  readonly title?: string;
}

/**
 * Fields of every raster that is written. `GENERATED` tells whether sources were made by a program, `FILLED` whether
 * pixels of a source were interpolated; both are `no` or tell what was done. `NOTES` tells all that was done to its files.
 */
export function originFields({
  scene,
  method,
  simulated,
  generated,
}: Origin): Required<Pick<GeoTiff, "software" | "metadata">> {
  const sources = scene.sources.map(({ name, kind, bands }) => {
    const count = `${bands} band${bands === 1 ? "" : "s"}`;
    return kind === name ? `${name} (${count})` : `${name} (${kind}, ${count})`;
  });
  const texts = (notes: readonly SceneNote[]) => notes.map(({ text }) => text);
  const filled = texts(scene.notes.filter(({ isInterpolated }) => isInterpolated));
  const made = [simulated, generated].filter((one) => typeof one === "string");
  return {
    software: software(),
    metadata: {
      METHOD: method,
      SOURCES: sources.join(", "),
      GENERATED: made.length === 0 ? "no" : `yes: ${made.join("; ")}`,
      FILLED: filled.length === 0 ? "no" : `yes: ${filled.join("; ")}`,
      NOTES: texts(scene.notes).join("; ") || "none",
    },
  };
}
