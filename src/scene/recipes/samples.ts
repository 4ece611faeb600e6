/** @file Small open scenes to try the program on: other sensors, other kinds of labels, no one's benchmark. */
import { muuflCitation, muuflClasses } from "./muufl.ts";
import { labelledClasses, type Recipe } from "./recipe.ts";
import { trento } from "./trento.ts";

const raw = "https://raw.githubusercontent.com";

/** Labels without a published split. */
function truth(...labels: readonly string[]): Recipe["layouts"][number]["truth"] {
  return { labels, train: null, test: null };
}

const terramesh433d: Recipe = {
  name: "terramesh-433d",
  title: "TerraMesh 433D: Sentinel-2, Sentinel-1 and elevation, 6 classes",
  ...{ height: 224, width: 224, pixelSizeM: 10 },
  sources: [
    { name: "s2", kind: "msi", bands: 12 },
    { name: "s1", kind: "sar", bands: 2 },
    { name: "dem", kind: "dem", bands: 1 },
  ],
  simulated: [],
  use: ["s2", "s1"],
  classes: labelledClasses([
    [1, "water", "#2b7bba", 3127],
    [2, "trees", "#1f6b36", 10396],
    [3, "flooded vegetation", "#5fae9f", 90],
    [4, "crops", "#e0b94a", 21213],
    [5, "built area", "#b5473c", 11742],
    [9, "rangeland", "#cfc49a", 3608],
  ]),
  unlabelled: null,
  split: "blocks:28,perClass:40",
  layouts: [
    {
      name: "tif",
      title: "one GeoTIFF a sensor",
      sources: { s2: ["S2L2A.tif"], s1: ["S1RTC.tif"], dem: ["DEM.tif"] },
      truth: truth("LULC.tif"),
    },
  ],
  citation: "Blumenstiel et al. 2025, TerraMesh: a planetary mosaic of multimodal Earth observation data",
  licence: "CC BY-SA 4.0",
  where: ["the examples in https://github.com/IBM/terramind, number 433D: one GeoTIFF of each modality"],
  downloads: [],
  notes: ["The labels are themselves a map product, coarser than the images."],
};

const muuflLidar: Recipe = {
  name: "muufl-lidar",
  title: "MUUFL Gulfport without its hyperspectral cube: two bands of the laser scanner, 11 classes",
  ...{ height: 325, width: 220, pixelSizeM: 1 },
  sources: [
    { name: "height", kind: "lidar", bands: 2, select: [0] },
    { name: "intensity", kind: "lidar", bands: 2, select: [1] },
  ],
  simulated: [],
  use: ["height", "intensity"],
  classes: muuflClasses,
  unlabelled: null,
  split: "blocks:27,perClass:40",
  layouts: [
    {
      name: "mats",
      title: "LiDAR, gt",
      sources: { height: ["LiDAR.mat"], intensity: ["LiDAR.mat"] },
      truth: truth("gt.mat"),
    },
  ],
  citation: muuflCitation,
  licence: "MIT",
  where: ["https://github.com/ZhangYongshan/ETAP, folder data/MUUFL"],
  downloads: [
    {
      url: `${raw}/ZhangYongshan/ETAP/bb4e0efe6c3911fbeb1676090322b66f99d1a5f0/data/MUUFL/LiDAR.mat`,
      file: "LiDAR.mat",
      sha256: "6ff05737867f68ba381807564f431eafa8e603434971988767953122103ec09b",
      bytes: 572200,
    },
    {
      url: `${raw}/ZhangYongshan/ETAP/bb4e0efe6c3911fbeb1676090322b66f99d1a5f0/data/MUUFL/gt.mat`,
      file: "gt.mat",
      sha256: "32746e45d4f9aacfa8a34f2338a5ea4af4e2024a0219c543800a06733fc3b419",
      bytes: 8279,
    },
  ],
  notes: ["One outlier of 3215 in the intensity."],
};

const trentoLidar: Recipe = {
  ...trento,
  name: "trento-lidar",
  title: "Trento without its hyperspectral cube: two bands of the laser scanner, 6 classes",
  sources: [
    { name: "height", kind: "lidar", bands: 2, select: [0] },
    { name: "intensity", kind: "lidar", bands: 2, select: [1] },
  ],
  simulated: [],
  use: ["height", "intensity"],
  classes: trento.classes.map((one) => ({ ...one, train: null, test: null })),
  split: "blocks:28,perClass:40",
  layouts: [
    {
      name: "italy",
      title: "Italy_lidar, allgrd",
      sources: { height: ["Italy_lidar.mat"], intensity: ["Italy_lidar.mat"] },
      truth: truth("allgrd.mat"),
    },
  ],
  where: ["https://github.com/tyust-dayu/Trento"],
  notes: ["Height to 20.15 m; one outlier of 2901 in the intensity."],
};

const enmapPotsdam: Recipe = {
  name: "enmap-potsdam",
  title: "EnMAP over Potsdam: hyperspectral, 18 touching tiles, 6 classes; other sensors simulated",
  ...{ height: 32, width: 32, pixelSizeM: 30 },
  sources: [{ name: "hsi", kind: "hsi", bands: 224 }],
  simulated: ["pan", "rgb", "msi"],
  use: ["hsi", "rgb"],
  classes: labelledClasses([
    [1, "roof", "#e60000", 505],
    [2, "pavement", "#9c9c9c", 953],
    [3, "low vegetation", "#98e600", 1694],
    [4, "tree", "#267300", 2070],
    [5, "soil", "#a87000", 91],
    [6, "water", "#0064ff", 359],
  ]),
  unlabelled: null,
  split: "perClass:20",
  layouts: [
    {
      name: "tiles",
      title: "images and labels of the same tiles",
      sources: { hsi: ["images/*.tif"] },
      truth: truth("labels/*.tif"),
    },
  ],
  citation: "EnMAP-Box developers, test data: EnMAP L2A of Potsdam (DLR) and land-cover polygons",
  licence: "GPL-3 (repository), EnMAP data: terms of DLR, polygons: dl-de/by-2-0",
  where: ["the test data of https://github.com/EnMAP-Box/enmap-box"],
  downloads: [],
  notes: ["Wavelengths are in the band names. Six bands without data are left out."],
};

const floods: Recipe = {
  name: "sen1floods11-spain",
  title: "Sen1Floods11, Spain: Sentinel-1 and Sentinel-2, land and water by hand",
  ...{ height: 512, width: 512, pixelSizeM: 10 },
  sources: [
    { name: "s1", kind: "sar", bands: 2 },
    { name: "s2", kind: "msi", bands: 13 },
  ],
  simulated: [],
  use: ["s1", "s2"],
  classes: labelledClasses([
    [0, "land", "#cfc49a", 192010],
    [1, "water", "#2b7bba", 70035],
  ]),
  unlabelled: [-1],
  split: "blocks:64,perClass:200",
  layouts: [
    {
      name: "tif",
      title: "hand-labelled chip",
      sources: { s1: ["Spain_7370579_S1Hand.tif"], s2: ["Spain_7370579_S2Hand.tif"] },
      truth: truth("Spain_7370579_LabelHand.tif"),
    },
  ],
  citation:
    "Bonafilia et al. 2020, Sen1Floods11: a georeferenced dataset to train and test deep learning flood algorithms for Sentinel-1, CVPR workshops",
  licence: "published openly by Cloud to Street for research; cite the paper",
  where: ["https://github.com/cloudtostreet/Sen1Floods11, folder sample"],
  downloads: [
    {
      url: `${raw}/cloudtostreet/Sen1Floods11/b9e460dabe70230111a3c3d36cd0c5ce03606ee9/sample/S1/Spain_7370579_S1Hand.tif`,
      file: "Spain_7370579_S1Hand.tif",
      sha256: "6c24bf791372da5e93450195eac8d676a7ef917884dfb479dafe4a565543b19a",
      bytes: 1507705,
    },
    {
      url: `${raw}/cloudtostreet/Sen1Floods11/b9e460dabe70230111a3c3d36cd0c5ce03606ee9/sample/S2/Spain_7370579_S2Hand.tif`,
      file: "Spain_7370579_S2Hand.tif",
      sha256: "16e997e6a7159fa11160faf00591da763eb37ac82faf806f7fe733991944a048",
      bytes: 2320690,
    },
    {
      url: `${raw}/cloudtostreet/Sen1Floods11/b9e460dabe70230111a3c3d36cd0c5ce03606ee9/sample/Labels/Spain_7370579_LabelHand.tif`,
      file: "Spain_7370579_LabelHand.tif",
      sha256: "b81224e01540b262faffd82cb42762c3c77df2ba084a5fb82d49bae421dd12d4",
      bytes: 14901,
    },
  ],
  notes: ["0 is land, not missing: −1 is."],
};

const spDataLarge = (commit: string, file: string, sha256: string, bytes: number): Recipe["downloads"][number] => ({
  url: `${raw}/Nowosad/spDataLarge/${commit}/inst/raster/${file}`,
  ...{ file, sha256, bytes },
});
const withLandsat = "831ff5c88db70a914ed640f73db4129c336f49eb";
const withLandCover = "4c2d08a97a0acea98a17ceb168df048df4bf00f2";

const zion: Recipe = {
  name: "zion",
  title: "Zion National Park: Landsat 8 and elevation on different grids, 8 classes",
  ...{ height: 1359, width: 1073, pixelSizeM: 30 },
  sources: [
    { name: "landsat", kind: "msi", bands: 4, size: [1428, 1128] },
    { name: "dem", kind: "dem", bands: 1, size: [457, 465] },
  ],
  simulated: [],
  use: ["landsat", "dem"],
  classes: labelledClasses([
    [1, "water", "#2b7bba", 1209],
    [2, "developed", "#b5473c", 17517],
    [3, "barren", "#b9ad7e", 106070],
    [4, "forest", "#1f6b36", 767537],
    [5, "shrubland", "#cfc49a", 545771],
    [6, "herbaceous", "#98c55e", 4878],
    [7, "cultivated", "#e0b94a", 8728],
    [8, "wetlands", "#5fae9f", 6497],
  ]),
  unlabelled: null,
  split: "blocks:64,perClass:100",
  layouts: [
    {
      name: "tif",
      title: "one GeoTIFF a band of Landsat, elevation and land cover",
      sources: { landsat: [2, 3, 4, 5].map((band) => `landsat_b${band}.tif`), dem: ["srtm.tif"] },
      truth: truth("nlcd.tif"),
    },
  ],
  citation: "Nowosad and Lovelace, spDataLarge; Landsat 8, SRTM and NLCD 2011 of the USGS",
  licence: "CC0",
  where: ["https://github.com/Nowosad/spDataLarge, folder inst/raster"],
  downloads: [
    spDataLarge(
      withLandsat,
      "landsat_b2.tif",
      "0f4ac0798411c99187b4595bd2068ed9d85f82f75d9ee3dc3c8a5191c7c8bea6",
      2709362,
    ),
    spDataLarge(
      withLandsat,
      "landsat_b3.tif",
      "88751ab9faa4b025bc25fb953abea70bd5a13fa18d5f13e19a693f69bd8b80dd",
      2796508,
    ),
    spDataLarge(
      withLandsat,
      "landsat_b4.tif",
      "7b7b1954d756a1af412bdaa4dad387c2088f83a5940faa6a80378cd9cf4f025a",
      2901961,
    ),
    spDataLarge(
      withLandsat,
      "landsat_b5.tif",
      "ed18c36c1c24f7abb7220532d3678b53ef4c0a60b590eaccf0b2a7d8b60c14b8",
      2966209,
    ),
    spDataLarge(withLandCover, "srtm.tif", "80452bc70c5f7a888a2ecae45f7c6857e0fc8ed5fe1a6f66767faa6580d84d1e", 300118),
    spDataLarge(withLandCover, "nlcd.tif", "dab126a59758e87c2872013fdcacd3f71a37a2fb56eaae6209a25e03f145da41", 199330),
  ],
  notes: ["The labels are themselves a map product. Grids and reference systems differ: sources are put on one grid."],
};

const idtrees: Recipe = {
  name: "idtrees",
  title: "IDTReeS 2020: 85 plots of hyperspectral, canopy height and colour, tree crowns as polygons",
  ...{ height: 20, width: 20, pixelSizeM: 1 },
  sources: [
    { name: "hsi", kind: "hsi", bands: 369 },
    { name: "chm", kind: "lidar", bands: 1 },
    { name: "rgb", kind: "rgb", bands: 3, size: [200, 200] },
  ],
  simulated: [],
  use: ["hsi", "chm", "rgb"],
  classes: [],
  unlabelled: null,
  split: "plots,perClass:200",
  layouts: [
    {
      name: "plots",
      title: "the contest's training folder",
      sources: {
        hsi: ["HSI/*.tif | RemoteSensing/HSI/*.tif"],
        chm: ["CHM/*.tif | RemoteSensing/CHM/*.tif"],
        rgb: ["RGB/*.tif | RemoteSensing/RGB/*.tif"],
      },
      truth: {
        ...truth("ITC/train_MLBS.shp", "ITC/train_OSBS.shp"),
        attribute: { field: "taxonID", join: "Field/train_data.csv" },
      },
    },
  ],
  citation:
    "Graves et al. 2023, Data science competition for cross-site individual tree species identification from airborne remote sensing data, PeerJ 11; data of NEON",
  licence: "CC BY 4.0",
  where: ["https://zenodo.org/record/3934932"],
  downloads: [
    {
      url: "https://zenodo.org/record/3934932/files/IDTREES_competition_train_v2.zip",
      file: "IDTREES_competition_train_v2.zip",
      sha256: null,
      bytes: null,
    },
  ],
  notes: ["33 taxa, many of them in a few plots only: the eight largest hold most pixels."],
};

export const samples: readonly Recipe[] = [terramesh433d, muuflLidar, trentoLidar, enmapPotsdam, floods, zion, idtrees];
