/** @file The Trento scene: a rural area south of the city. */
import { type Recipe, splitClasses } from "./recipe.ts";

export const trento: Recipe = {
  name: "trento",
  title: "Trento: rural area in Italy, 6 classes",
  ...{ height: 166, width: 600, pixelSizeM: 1 },
  sources: [
    { name: "hsi", kind: "hsi", bands: 63, wavelengthsNm: [402.89, 989.09] },
    // Height and intensity, or height alone.
    { name: "lidar", kind: "lidar", bands: null },
  ],
  simulated: ["pan", "rgb"],
  use: ["hsi", "lidar"],
  classes: splitClasses([
    ["Apple trees", "#002fff", 129, 3905],
    ["Buildings", "#00dfff", 125, 2778],
    ["Ground", "#8fff6f", 105, 374],
    ["Woods", "#ffcf00", 154, 8969],
    ["Vineyard", "#ff1f00", 184, 10317],
    ["Roads", "#7f0000", 122, 3052],
  ]),
  unlabelled: null,
  split: "perClass:20",
  layouts: [
    {
      name: "subs",
      title: "hyper_Italy, LiDAR_Italy and the masks TNsecSUBS; the mask named Test holds all labelled pixels",
      sources: { hsi: ["hyper_Italy.tif"], lidar: ["LiDAR_Italy.tif"] },
      truth: {
        labels: ["TNsecSUBS_Test.tif | TNsecSUBS_Test.mat"],
        train: "TNsecSUBS_Train.tif | TNsecSUBS_Train.mat",
        test: null,
      },
    },
    {
      name: "ouc",
      title: "OUC: trento_hsi, trento_lidar, trento_gt, trento_index",
      sources: { hsi: ["trento_hsi.mat"], lidar: ["trento_lidar.mat"] },
      truth: {
        labels: ["trento_gt.mat"],
        train: "trento_index.mat#trento_train",
        test: "trento_index.mat#trento_test",
        areIndices: true,
      },
    },
    {
      name: "hct",
      title: "HCT, MACN: HSI_Trento, Lidar1_Trento, GT_Trento; without a split",
      sources: { hsi: ["HSI_Trento.mat"], lidar: ["Lidar1_Trento.mat | Lidar_Trento.mat"] },
      truth: { labels: ["GT_Trento.mat"], train: null, test: null },
    },
    {
      name: "italy",
      title: "Italy_hsi, Italy_lidar, allgrd; without a split",
      sources: { hsi: ["Italy_hsi.mat"], lidar: ["Italy_lidar.mat"] },
      truth: { labels: ["allgrd.mat"], train: null, test: null },
    },
  ],
  citation:
    "Rasti, Ghamisi, Gloaguen 2017, Hyperspectral and LiDAR fusion using extinction profiles and total variation component analysis, IEEE TGRS 55(7)",
  licence: "none stated by its publishers",
  where: ["https://github.com/tyust-dayu/Trento holds the layout italy; the masks of the split come from the authors"],
  downloads: [],
  notes: [
    "LiDAR: height to 20.15 m, and intensity with an outlier of 2901.",
    "Some papers take 20 random pixels a class instead of the published masks: do not compare the two.",
    "Wavelengths are spread evenly from 402.89 to 989.09 nm; the files tell none.",
  ],
};
