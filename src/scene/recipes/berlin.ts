/** @file The Berlin scene: simulated EnMAP and Sentinel-1 along an urban gradient. */
import { type Recipe, splitClasses } from "./recipe.ts";

export const berlin: Recipe = {
  name: "berlin",
  title: "Berlin: urban gradient in Germany, 8 classes",
  ...{ height: 1723, width: 476, pixelSizeM: 13.89 },
  sources: [
    { name: "hsi", kind: "hsi", bands: 244, wavelengthsNm: [400, 2500] },
    { name: "sar", kind: "sar", bands: 4 },
  ],
  simulated: ["pan", "rgb"],
  use: ["hsi", "sar"],
  classes: splitClasses([
    ["Forest", "#1aa319", 443, 54511],
    ["Residential", "#d8d8d8", 423, 268219],
    ["Industrial", "#d85959", 499, 19067],
    ["Low plants", "#00cc33", 376, 58906],
    ["Soil", "#cc9934", 331, 17095],
    ["Allotment", "#f4e701", 280, 13025],
    ["Commercial", "#cc66cc", 298, 24526],
    ["Water", "#0035ff", 170, 6502],
  ]),
  unlabelled: null,
  split: "perClass:40",
  layouts: [
    {
      name: "s2fl",
      title: "S2FL toolbox: data_HS_LR, data_SAR_HR, TrainImage, TestImage",
      sources: { hsi: ["data_HS_LR.mat"], sar: ["data_SAR_HR.mat"] },
      truth: { labels: null, train: "TrainImage.mat", test: "TestImage.mat" },
    },
    {
      name: "ouc",
      title: "OUC: berlin_hsi, berlin_sar, berlin_gt, berlin_index",
      sources: { hsi: ["berlin_hsi.mat"], sar: ["berlin_sar.mat"] },
      truth: {
        labels: ["berlin_gt.mat"],
        train: "berlin_index.mat#berlin_train",
        test: "berlin_index.mat#berlin_test",
        areIndices: true,
      },
    },
    {
      name: "collaborative",
      title: "HSI_data, SAR_data, All_Label, Train_Label",
      sources: { hsi: ["HSI_data.mat"], sar: ["SAR_data.mat"] },
      truth: { labels: ["All_Label.mat"], train: "Train_Label.mat", test: null },
    },
  ],
  citation:
    "Okujeni, van der Linden, Hostert 2016, Berlin-Urban-Gradient dataset 2009, GFZ Data Services; Hong et al. 2021, Multimodal remote sensing benchmark datasets for land cover classification with a shared and specific feature learning model, ISPRS J. 178",
  licence: "free for research as its publishers say; no licence is stated with the files",
  where: [
    "layout s2fl: the link in https://github.com/danfenghong/ISPRS_S2FL",
    "layout ouc: https://github.com/songyz2019/rs-fusion-datasets-dist/releases, file berlin-ouc.zip, SHA-256 5fdd156b0283bddab3cf9916f34d3d6b3a2ceb68e7c38c3f8022292199aafcf8",
  ],
  downloads: [],
  notes: [
    "SAR: VV, VH, real and imaginary part of their product.",
    "The scene is higher than wide: 1723 rows, 476 columns. Some programs have them swapped.",
    "Wavelengths are spread evenly over 400 to 2500 nm: an approximation, the files tell none.",
  ],
};
