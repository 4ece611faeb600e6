/** @file The Augsburg scene: hyperspectral, radar and surface model of a city at 30 m. */
import { type Recipe, splitClasses } from "./recipe.ts";

export const augsburg: Recipe = {
  name: "augsburg",
  title: "Augsburg: city in Germany at 30 m, 7 classes",
  ...{ height: 332, width: 485, pixelSizeM: 30 },
  sources: [
    { name: "hsi", kind: "hsi", bands: 180, wavelengthsNm: [400, 2500] },
    { name: "sar", kind: "sar", bands: 4 },
    { name: "dsm", kind: "dem", bands: 1 },
  ],
  simulated: ["pan", "rgb"],
  use: ["hsi", "sar"],
  classes: splitClasses([
    ["Forest", "#1aa319", 146, 13361],
    ["Residential", "#d8d8d8", 264, 30065],
    ["Industrial", "#d85959", 21, 3830],
    ["Low plants", "#00cc33", 248, 26609],
    ["Allotment", "#f4e701", 52, 523],
    ["Commercial", "#cc66cc", 7, 1638],
    ["Water", "#0035ff", 23, 1507],
  ]),
  unlabelled: null,
  split: "perClass:40",
  layouts: [
    {
      name: "s2fl",
      title: "S2FL toolbox: data_HS_LR, data_SAR_HR, data_DSM, TrainImage, TestImage",
      sources: { hsi: ["data_HS_LR.mat"], sar: ["data_SAR_HR.mat"], dsm: ["data_DSM.mat"] },
      truth: { labels: null, train: "TrainImage.mat", test: "TestImage.mat" },
    },
    {
      name: "ouc",
      title: "OUC: augsburg_hsi, augsburg_sar, augsburg_gt, augsburg_index",
      sources: { hsi: ["augsburg_hsi.mat"], sar: ["augsburg_sar.mat"] },
      truth: {
        labels: ["augsburg_gt.mat"],
        train: "augsburg_index.mat#augsburg_train",
        test: "augsburg_index.mat#augsburg_test",
        areIndices: true,
      },
    },
    {
      name: "collaborative",
      title: "HSI_data, SAR_data, LiDAR_data, All_Label, Train_Label",
      sources: { hsi: ["HSI_data.mat"], sar: ["SAR_data.mat"], dsm: ["LiDAR_data.mat"] },
      truth: { labels: ["All_Label.mat"], train: "Train_Label.mat", test: null },
    },
  ],
  citation:
    "Hu et al. 2023, MDAS: a new multimodal benchmark dataset for remote sensing, ESSD 15(1); Hong et al. 2021, Multimodal remote sensing benchmark datasets for land cover classification with a shared and specific feature learning model, ISPRS J. 178",
  licence: "CC BY-SA 4.0 (MDAS, doi:10.14459/2022mp1657312)",
  where: [
    "layout s2fl: the link in https://github.com/danfenghong/ISPRS_S2FL",
    "layout ouc, as linked by https://github.com/oucailab/DCMNet",
  ],
  downloads: [
    {
      url: "https://github.com/songyz2019/rs-fusion-datasets-dist/releases/download/v1.0.0/augsburg-ouc.zip",
      file: "augsburg-ouc.zip",
      sha256: "4d853be609eca98a5fb23ccd711bcd0985b7db86a6e89f53f461e1643a7ab6ae",
      bytes: null,
    },
  ],
  notes: [
    "SAR: VV, VH, real and imaginary part of their product.",
    "Only 7 pixels train Commercial, 21 Industrial and 23 Water: published methods reach an average accuracy of 47 to 68 % with this split.",
    "Wavelengths are spread evenly over the sensor's 400 to 2500 nm: an approximation, the files tell none.",
    "Some programs list a class Soil for this scene: it has none.",
  ],
};
