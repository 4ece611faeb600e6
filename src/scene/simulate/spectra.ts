/**
 * @file Reflectance of materials from 400 to 1000 nm as smooth curves with the features that real ones have: chlorophyll
 * bands, green peak, red edge and leaf plateau, liquid water near 970 nm, soil slope, iron oxides, flat asphalt. Each
 * material is a pair of curves; a place of the landscape lies between the two.
 */

/** A bell of height 1. */
function bell(wavelengthNm: number, centreNm: number, widthNm: number): number {
  return Math.exp(-0.5 * ((wavelengthNm - centreNm) / widthNm) ** 2);
}

/** A smooth step from 0 to 1. */
function step(wavelengthNm: number, centreNm: number, widthNm: number): number {
  return 1 / (1 + Math.exp(-(wavelengthNm - centreNm) / widthNm));
}

type Spectrum = (wavelengthNm: number) => number;

/** Leaves: pigments absorb below 740 nm, water near 970 nm; `plateau` is what the leaf structure reflects. */
function leaf(chlorophyll: number, plateau: number, water: number, brown = 0): Spectrum {
  return (nm) => {
    const pigments =
      3.4 * bell(nm, 435, 40) + 2.4 * bell(nm, 490, 26) + 1.05 * bell(nm, 560, 60) + 2.2 * bell(nm, 630, 30);
    const redBand = 3.6 * bell(nm, 676, 19);
    const liquid = water * (0.2 * bell(nm, 970, 24) + 0.03 * bell(nm, 840, 20));
    const green = (0.025 + (plateau - 0.025) * Math.exp(-chlorophyll * (pigments + redBand))) * (1 - liquid);
    return (1 - brown) * green + brown * straw(nm);
  };
}

/** Dry leaves and straw. */
function straw(nm: number): number {
  return 0.07 + 0.33 * step(nm, 640, 75) - 0.015 * bell(nm, 676, 20);
}

/** Soil: rises with wavelength, iron oxides near 480 and 870 nm; moisture darkens and absorbs near 970 nm. */
function soil(brightness: number, iron: number, moisture: number): Spectrum {
  return (nm) => {
    const slope = 0.3 + 0.7 * (1 - Math.exp(-(nm - 380) / 260));
    const oxides = iron * (0.16 * bell(nm, 480, 45) + 0.1 * bell(nm, 870, 55));
    return brightness * slope * (1 - oxides) * (1 - 0.5 * moisture) * (1 - 0.15 * moisture * bell(nm, 970, 26));
  };
}

/** Asphalt and bitumen: dark, nearly flat. */
function asphalt(level: number, slope: number): Spectrum {
  return (nm) => level + slope * ((nm - 400) / 600) - 0.006 * bell(nm, 420, 40);
}

/** Concrete and gravel: light grey, a little yellow. */
function concrete(level: number): Spectrum {
  return (nm) => level * (0.68 + 0.32 * (1 - Math.exp(-(nm - 390) / 110))) * (1 - 0.03 * bell(nm, 870, 60));
}

/** Clay tiles: red, iron oxides. */
function tile(level: number): Spectrum {
  return (nm) => level * (0.22 + 0.78 * step(nm, 585, 24)) * (1 - 0.12 * bell(nm, 870, 50)) + 0.01;
}

/** Painted metal sheet: bright, a little blue. */
function metal(level: number, blue: number): Spectrum {
  return (nm) => level * (1 - 0.12 * ((nm - 400) / 600) + blue * bell(nm, 470, 50) - 0.05 * bell(nm, 850, 70));
}

/** Water: what comes back from suspended matter, gone in the near infrared where water absorbs. */
function water(turbidity: number): Spectrum {
  return (nm) =>
    0.01 +
    0.018 * bell(nm, 450, 60) +
    (0.03 + 0.05 * turbidity) * bell(nm, 540 + 35 * turbidity, 75) +
    0.03 * turbidity * bell(nm, 700, 40) +
    0.012 * turbidity * bell(nm, 810, 18);
}

export type Material =
  | "grass"
  | "crop"
  | "broadleaf"
  | "conifer"
  | "soil"
  | "track"
  | "asphalt"
  | "concrete"
  | "tile"
  | "metal"
  | "water";

/** The two extremes of each material; the comment says what lies between. */
const materials: Readonly<Record<Material, readonly [Spectrum, Spectrum]>> = {
  /** dry to lush meadow */
  grass: [leaf(0.45, 0.36, 0.4, 0.42), leaf(1.15, 0.49, 0.9, 0.03)],
  /** yellowing to vigorous crop */
  crop: [leaf(0.6, 0.4, 0.5, 0.3), leaf(1.35, 0.53, 1.05)],
  /** light to dark crowns of broadleaved trees */
  broadleaf: [leaf(0.7, 0.43, 0.6, 0.2), leaf(1.25, 0.52, 0.95)],
  /** conifers */
  conifer: [leaf(1, 0.29, 0.7, 0.08), leaf(1.5, 0.36, 0.9)],
  /** dry to moist soil */
  soil: [soil(0.36, 1, 0), soil(0.34, 1, 0.9)],
  /** pale, dusty to dark track */
  track: [soil(0.42, 0.5, 0), soil(0.3, 0.6, 0.3)],
  /** old to fresh asphalt; bitumen roofs are the same */
  asphalt: [asphalt(0.15, 0.045), asphalt(0.075, 0.02)],
  /** light to weathered concrete; gravel roofs are the same */
  concrete: [concrete(0.36), concrete(0.23)],
  /** new to mossy clay tiles */
  tile: [tile(0.36), tile(0.22)],
  /** white to bluish metal */
  metal: [metal(0.5, 0), metal(0.3, 0.25)],
  /** clear to turbid water */
  water: [water(0.1), water(1)],
};

/** Materials by number, as the landscape stores them. */
export const materialNames = Object.keys(materials) as readonly Material[];

/** The number of a material. */
export function materialNumber(name: Material): number {
  return materialNames.indexOf(name);
}

/** Reflectance of both extremes of every material, `f64 [materials · 2, L]`. */
export function materialSpectra(wavelengthsNm: readonly number[]): Float64Array {
  const bands = wavelengthsNm.length;
  const spectra = new Float64Array(materialNames.length * 2 * bands);
  for (const [at, name] of materialNames.entries()) {
    for (const [end, spectrum] of materials[name].entries()) {
      for (const [band, nm] of wavelengthsNm.entries()) spectra[(at * 2 + end) * bands + band] = spectrum(nm);
    }
  }
  return spectra;
}

/** Share of sky light in the light on open ground: blue, some 60 % at 400 nm and a tenth in the near infrared. */
export function skyShare(wavelengthNm: number): number {
  return 0.06 + 0.38 * (wavelengthNm / 400) ** -3.2;
}
