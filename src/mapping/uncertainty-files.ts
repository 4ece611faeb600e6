/** @file The rasters of a map's uncertainty: entropy, disagreement of heads, label sets and their sizes. */
import {
  confidenceColors,
  encodeValueStyle,
  entropies,
  type GeoTiffFile,
  type GeoTiffHead,
  labelSets,
  mostBits,
  setSizesAndBits,
} from "../evaluate/index.ts";
import type { LandCoverClass, RasterData, Rectangle } from "../scene/index.ts";
import type { LandCoverMap } from "./map.ts";
import type { UncertaintyRule } from "./uncertainty.ts";

/** Files by their names without ending; each is a raster `.tif` and a style `.qml`. */
export const uncertaintyNames = ["entropy", "disagreement", "label-sets", "set-size"] as const;

type Whole = typeof Uint8Array | typeof Uint16Array | typeof Uint32Array;

/** The smallest type that has a bit for every class and one more. */
const bitsType = (classes: number): Whole => (classes < 8 ? Uint8Array : classes < 16 ? Uint16Array : Uint32Array);
const largestOf = (type: Whole): number => 2 ** (8 * type.BYTES_PER_ELEMENT) - 1;

type Sets = ReturnType<typeof setSizesAndBits>;
type Find = (sets: Sets) => ArrayLike<number>;

export interface UncertaintyFiles {
  /** @param members  label sets of the part, `[n, K]`; null where no rule makes any */
  write(part: Rectangle, map: LandCoverMap, members: Uint8Array | null): void;
  readonly rasters: readonly GeoTiffFile[];
  /** Texts of the styles, by file. */
  readonly styles: ReadonlyMap<string, string>;
}

/**
 * The rasters that a rule asks for. Label sets are bits: bit k is class k + 1, as the metadata `BIT_<k>` tell; above 31
 * classes there are sizes alone. The largest value of the type is a pixel that was not classified, 0 an empty set.
 *
 * @param values  what rasters of measures have in common
 */
export function uncertaintyFiles(
  create: (file: string, head: GeoTiffHead) => GeoTiffFile,
  values: Omit<GeoTiffHead, "bands">,
  classes: readonly LandCoverClass[],
  { entropy, hasHeads, labelSets: rule }: UncertaintyRule,
): UncertaintyFiles {
  const K = classes.length;
  const styles = new Map<string, string>();
  const outputs: { readonly raster: GeoTiffFile; readonly of: (map: LandCoverMap, sets: Sets | null) => RasterData }[] =
    [];
  const add = (
    name: (typeof uncertaintyNames)[number],
    head: Partial<GeoTiffHead>,
    range: readonly [number, number] | null,
    of: (typeof outputs)[number]["of"],
  ): void => {
    outputs.push({ raster: create(`${name}.tif`, { ...values, bands: 1, ...head }), of });
    if (range !== null) styles.set(`${name}.qml`, encodeValueStyle(confidenceColors, ...range, values.software));
  };
  if (entropy) {
    const range = [0, Math.log(K)] as const;
    add("entropy", { bandNames: ["entropy (nats)"] }, range, (map) => entropies(map.probabilities!, K));
    if (hasHeads) add("disagreement", { bandNames: ["disagreement (nats)"] }, range, (map) => map.disagreement!);
  }
  if (rule !== null) {
    const metadata = {
      ...values.metadata,
      COVERAGE: String(rule.coverage),
      SET_SCORE: `${rule.score}${rule.classConditional ? ", class-conditional" : ""}`,
    };
    /** Whole numbers of classified pixels. */
    const whole = (name: "label-sets" | "set-size", type: Whole, band: string, more: object, of: Find): void => {
      const nodata = largestOf(type);
      const overviews = values.overviews ? "mode" : null;
      const head = { type, nodata, overviews, bandNames: [band], metadata: { ...metadata, ...more } } as const;
      add(name, head, name === "set-size" ? [0, K] : null, ({ labels }, sets) => {
        const data = new type(of(sets!));
        for (const [pixel, label] of labels.entries()) if (label === 0) data[pixel] = nodata;
        return data;
      });
    };
    const ofBits = Object.fromEntries(classes.map(({ name, code }, k) => [`BIT_${k}`, `${name} (${code})`]));
    if (K <= mostBits) whole("label-sets", bitsType(K), "label set (bits)", ofBits, ({ bits }) => bits!);
    whole("set-size", K < 255 ? Uint8Array : Uint16Array, "classes in the label set", {}, ({ sizes }) => sizes);
  }
  return {
    rasters: outputs.map(({ raster }) => raster),
    styles,
    write: (part, map, members) => {
      const sets = members && setSizesAndBits(members, K);
      for (const { raster, of } of outputs) raster.write(part, of(map, sets));
    },
  };
}

/** Label sets of the pixels of a map; null where no rule makes any. */
export function membersOf({ probabilities }: LandCoverMap, { labelSets: rule }: UncertaintyRule): Uint8Array | null {
  return rule && labelSets(probabilities!, rule);
}
