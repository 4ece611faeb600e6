/** @file The Houston scene of the 2013 data fusion contest. */
import { type Recipe, splitClasses } from "./recipe.ts";

const contest = "2013_IEEE_GRSS_DF_Contest";

export const houston2013: Recipe = {
  name: "houston2013",
  title: "Houston 2013: University of Houston campus, 15 urban classes",
  ...{ height: 349, width: 1905, pixelSizeM: 2.5 },
  sources: [
    { name: "hsi", kind: "hsi", bands: 144, wavelengthsNm: [364, 1046.1] },
    { name: "lidar", kind: "lidar", bands: 1 },
    { name: "msi", kind: "msi", bands: 8 },
  ],
  simulated: ["msi", "rgb", "pan"],
  use: ["hsi", "lidar"],
  classes: splitClasses([
    ["Healthy grass", "#000083", 198, 1053],
    ["Stressed grass", "#0000cb", 190, 1064],
    ["Synthetic grass", "#0013ff", 192, 505],
    ["Trees", "#005bff", 188, 1056],
    ["Soil", "#00a7ff", 186, 1056],
    ["Water", "#00efff", 182, 143],
    ["Residential", "#37ffc7", 196, 1072],
    ["Commercial", "#83ff7b", 191, 1053],
    ["Road", "#cbff33", 193, 1059],
    ["Highway", "#ffeb00", 191, 1036],
    ["Railway", "#ffa300", 181, 1054],
    ["Parking lot 1", "#ff5700", 192, 1041],
    ["Parking lot 2", "#ff0f00", 184, 285],
    ["Tennis court", "#c70000", 181, 247],
    ["Running track", "#7f0000", 187, 473],
  ]),
  unlabelled: null,
  split: "blocks:28",
  layouts: [
    {
      name: "mmrs",
      title: "Multimodal Remote Sensing Toolkit: HSI, LiDAR, gt, TRLabel, TSLabel",
      sources: { hsi: ["HSI.mat"], lidar: ["LiDAR.mat"] },
      truth: { labels: ["gt.mat"], train: "TRLabel.mat", test: "TSLabel.mat" },
    },
    {
      name: "s2fl",
      title: "S2FL toolbox: data_HS_LR, data_MS_HR and the contest's masks",
      sources: { hsi: ["data_HS_LR.mat"], msi: ["data_MS_HR.mat"] },
      truth: {
        labels: null,
        train: `${contest}_Samples_TR.tif | TrainImage.mat`,
        test: `${contest}_Samples_VA.tif | TestImage.mat`,
      },
    },
    {
      name: "contest",
      title: "the contest's own GeoTIFFs, with regions of interest exported from ENVI as text",
      sources: { hsi: [`${contest}_CASI.tif`], lidar: [`${contest}_LiDAR.tif`] },
      truth: {
        labels: null,
        train: `${contest}_Samples_TR.txt | ${contest}_Samples_TR.tif`,
        test: `${contest}_Samples_VA.txt | ${contest}_Samples_VA.tif`,
      },
    },
    {
      name: "ouc",
      title: "OUC: houston_hsi, houston_lidar, houston_gt, houston_index",
      sources: { hsi: ["houston_hsi.mat"], lidar: ["houston_lidar.mat"] },
      truth: {
        labels: ["houston_gt.mat"],
        train: "houston_index.mat#houston_train",
        test: "houston_index.mat#houston_test",
        areIndices: true,
      },
    },
    {
      name: "collaborative",
      title: "HSI_data, LiDAR_data, data_MS_HR, All_Label, Train_Label",
      sources: { hsi: ["HSI_data.mat"], lidar: ["LiDAR_data.mat"], msi: ["data_MS_HR.mat | MSI_data.mat"] },
      truth: { labels: ["All_Label.mat"], train: "Train_Label.mat", test: null },
    },
  ],
  citation:
    "Debes et al. 2014, Hyperspectral and LiDAR data fusion: outcome of the 2013 GRSS data fusion contest, IEEE JSTARS 7(6)",
  licence: "terms of the 2013 IEEE GRSS Data Fusion Contest: free for research after registration, not to be passed on",
  where: [
    "contest's files: https://machinelearning.ee.uh.edu/?page_id=459 (state name and affiliation, cite the contest)",
    "as MATLAB files with the simulated MSI: the link in https://github.com/danfenghong/ISPRS_S2FL",
  ],
  downloads: [],
  notes: [
    "The MSI of 8 bands is simulated from the HSI by its publishers.",
    "A cloud's shadow lies over the east of the scene.",
    "Accuracies of 88 to 92 % were published with this split; 95 % and more come from random splits.",
  ],
};
