/** @file The MUUFL Gulfport scene: a university campus at the coast. */
import { labelledClasses, type Recipe, type RecipeClass } from "./recipe.ts";

const struct = "muufl_gulfport_campus_1_hsi_220_label.mat";

/** Also of its copies without the hyperspectral cube. */
export const muuflClasses: readonly RecipeClass[] = labelledClasses([
  [1, "Trees", "#228b22", 23246],
  [2, "Mostly grass", "#32cd32", 4270],
  [3, "Mixed ground surface", "#add8e6", 6882],
  [4, "Dirt and sand", "#ffefd5", 1826],
  [5, "Road", "#ff0000", 6687],
  [6, "Water", "#0000ff", 466],
  [7, "Building shadow", "#800080", 2233],
  [8, "Buildings", "#ffc0cb", 6240],
  [9, "Sidewalk", "#ff4500", 1385],
  [10, "Yellow curb", "#ffff00", 183],
  [11, "Cloth panels", "#a52a2a", 269],
]);

export const muuflCitation =
  "Gader et al. 2013, MUUFL Gulfport hyperspectral and LiDAR airborne data set, University of Florida REP-2013-570; Du and Zare 2017, Scene label ground truth map for MUUFL Gulfport data set, University of Florida 20170417";

export const muufl: Recipe = {
  name: "muufl",
  title: "MUUFL Gulfport: campus in Mississippi, 11 classes",
  ...{ height: 325, width: 220, pixelSizeM: 1 },
  sources: [
    { name: "hsi", kind: "hsi", bands: 64 },
    { name: "lidar", kind: "lidar", bands: 2 },
  ],
  simulated: ["pan", "rgb"],
  use: ["hsi", "lidar"],
  classes: muuflClasses,
  unlabelled: null,
  split: "perClass:150",
  layouts: [
    {
      name: "gatorsense",
      title: "GatorSense: one struct with everything",
      sources: { hsi: [`${struct}#hsi.Data`], lidar: [`${struct}#hsi.Lidar[0].z`] },
      truth: { labels: [`${struct}#hsi.sceneLabels.labels`], train: null, test: null },
    },
    {
      name: "mats",
      title: "HSI, LiDAR, gt; without a split",
      sources: { hsi: ["HSI.mat | muufl_hsi.mat"], lidar: ["LiDAR.mat | Lidar.mat | muufl_lidar.mat"] },
      truth: { labels: ["gt.mat | muufl_gt.mat"], train: null, test: null },
    },
    {
      name: "collaborative",
      title: "HSI_data, LiDAR_data, All_Label, Train_Label",
      sources: { hsi: ["HSI_data.mat"], lidar: ["LiDAR_data.mat"] },
      truth: { labels: ["All_Label.mat"], train: "Train_Label.mat", test: null },
    },
  ],
  citation: muuflCitation,
  licence: "MIT",
  where: ["https://github.com/GatorSense/MUUFLGulfport, folder MUUFLGulfportSceneLabels"],
  downloads: [
    {
      url: `https://raw.githubusercontent.com/GatorSense/MUUFLGulfport/v0.1/MUUFLGulfportSceneLabels/${struct}`,
      file: struct,
      sha256: "69420a72866dff4a858ae503e6e2981af46f406a4ad8f4dd642efa43feb59edc",
      bytes: null,
    },
  ],
  notes: [
    "No split was published: papers take 20, 40, 60, 100 or 150 random pixels a class, or 5 %. Compare at the same count only.",
    "At 150 a class, 33 pixels of Yellow curb remain to test: average accuracy is noisy.",
    "Of the 72 bands of the sensor, the first four and the last four are left out; wavelengths are in hsi.info.wavelength.",
    "Label 7 is Building shadow and 8 Buildings (the report's first page has them swapped); −1 is unlabelled.",
  ],
};
