"""Write test/golden/recipes/: every published layout of the scenes that have a recipe, a few pixels large.

Run twice from the project's root, each Python writes what its libraries can: one with SciPy and h5py (MATLAB files),
one with GDAL's bindings (GeoTIFF): python scripts/golden/recipes.py && python3 scripts/golden/recipes.py
(made with SciPy 1.17.1, h5py 3.16.0, GDAL 3.6.2, NumPy 2.4.6 and 1.24.2)

File and variable names, axis order, types and the meaning of masks and lists are those of the published files; rows,
columns, bands and pixels a class are few. Sources: the loaders of the programs that publish or use the files (S2FL's
demo.m, rs-fusion-datasets, OUC's dataloaders, GatorSense's README).
"""
import json
import os
import struct

import numpy as np

try:
    import h5py
    import scipy.io
except ImportError:
    scipy = None
try:
    from osgeo import gdal
    gdal.UseExceptions()
except ImportError:
    gdal = None

OUT = "test/golden/recipes"
scenes = []


def grid(height, width):
    return np.meshgrid(np.arange(height), np.arange(width), indexing="ij")


def cube(height, width, bands, dtype):
    row, col = grid(height, width)
    return np.stack([(31 * row + 7 * col + 3 * band) % 251 for band in range(bands)], axis=-1).astype(dtype)


def truth(height, width, classes):
    """Codes 1 … K with gaps of 0; of each class, about a fourth trains."""
    row, col = grid(height, width)
    codes = ((row // 2 + 3 * (col // 2)) % (classes + 2)).astype("u1")
    codes[codes > classes] = 0
    train = (codes > 0) & ((row + 2 * col) % 4 == 0)
    return codes, np.where(train, codes, 0).astype("u1"), np.where(train, 0, codes).astype("u1")


def counts(codes, train, test, classes):
    return {k: [int((codes == k).sum()), int((train == k).sum()), int((test == k).sum())] for k in range(1, classes + 1)}


def save(folder, name, variable, array):
    if scipy is None:
        return
    os.makedirs(f"{OUT}/{folder}", exist_ok=True)
    scipy.io.savemat(f"{OUT}/{folder}/{name}", {variable: array}, do_compression=True)


def save_tif(folder, name, array):
    if gdal is None:
        return
    os.makedirs(f"{OUT}/{folder}", exist_ok=True)
    bands = array if array.ndim == 3 else array[:, :, None]
    kind = {"uint8": gdal.GDT_Byte, "uint16": gdal.GDT_UInt16, "float32": gdal.GDT_Float32}[str(array.dtype)]
    file = gdal.GetDriverByName("GTiff").Create(f"{OUT}/{folder}/{name}", bands.shape[1], bands.shape[0],
                                                bands.shape[2], kind, ["COMPRESS=DEFLATE"])
    for band in range(bands.shape[2]):
        file.GetRasterBand(band + 1).WriteArray(bands[:, :, band])
    file = None


def scene(recipe, layout, folder, height, width, bands, classes, split=True):
    codes, train, test = truth(height, width, classes)
    numbers = counts(codes, train, test, classes)
    if not split:
        numbers = {k: [total, None, None] for k, (total, _, _) in numbers.items()}
    scenes.append({"recipe": recipe, "layout": layout, "folder": folder, "height": height, "width": width,
                   "bands": bands, "classes": numbers})
    return codes, train, test


def pixels(mask):
    """Rows and columns from 0, in an order that is not that of the map."""
    found = np.argwhere(mask > 0)
    return found[np.lexsort((found[:, 0], -found[:, 1]))].astype("i4")


def ouc(recipe, prefix, height, width, bands, second, classes):
    folder = f"{recipe}-ouc/{recipe.capitalize()}"
    codes, train, test = scene(recipe, "ouc", f"{recipe}-ouc", height, width, bands, classes)
    save(folder, f"{prefix}_hsi.mat", f"{prefix}_hsi", cube(height, width, bands["hsi"], "u2"))
    save(folder, f"{prefix}_{second}.mat", f"{prefix}_{second}", cube(height, width, bands[second], "f8"))
    save(folder, f"{prefix}_gt.mat", f"{prefix}_gt", codes)
    if scipy is not None:
        index = {f"{prefix}_train": pixels(train), f"{prefix}_test": pixels(test),
                 f"{prefix}_all": pixels(np.ones_like(codes))}
        scipy.io.savemat(f"{OUT}/{folder}/{prefix}_index.mat", index, do_compression=True)


def collaborative(recipe, height, width, bands, files, classes, split=True):
    folder = f"{recipe}-collaborative"
    codes, train, _ = scene(recipe, "collaborative", folder, height, width, bands, classes, split)
    for source, name in files.items():
        save(folder, f"{name}.mat", name, cube(height, width, bands[source], "f8"))
    save(folder, "All_Label.mat", "All_Label", codes)
    save(folder, "Train_Label.mat", "Train_Label", train)


def s2fl(recipe, height, width, bands, files, classes):
    folder = f"{recipe}-s2fl"
    codes, train, test = scene(recipe, "s2fl", folder, height, width, bands, classes)
    for source, name in files.items():
        array = cube(height, width, bands[source], "u2" if source == "hsi" else "f8")
        save(folder, f"{name}.mat", name, array[:, :, 0] if bands[source] == 1 else array)
    save(folder, "TrainImage.mat", "TrainImage", train)
    save(folder, "TestImage.mat", "TestImage", test.astype("f4"))


def roi_text(path, codes, names):
    """Regions of interest as ENVI exports them: pixels from 1, x before y, one region after another."""
    height, width = codes.shape
    lines = ["; ENVI Output of ROIs (4.8) [Sat Jun 15 12:00:00 2013]", f"; Number of ROIs: {len(names)}",
             f"; File Dimension: {width} x {height}", ";"]
    for at, name in enumerate(names):
        points = int((codes == at + 1).sum())
        lines += [f"; ROI name: {name}", f"; ROI rgb value: {{{at * 16}, {255 - at * 16}, 0}}", f"; ROI npts: {points}",
                  ";   ID    X    Y"]
    for at in range(len(names)):
        found = np.argwhere(codes == at + 1)
        lines += [f"{number + 1:6d} {col + 1:5d} {row + 1:5d}" for number, (row, col) in enumerate(found)] + [""]
    with open(path, "w") as file:
        file.write("\n".join(lines))


# Houston 2013, 349 × 1905 in truth.
H, W, K = 11, 17, 15
few = {"hsi": 7, "lidar": 1, "msi": 3}
codes, train, test = scene("houston2013", "mmrs", "houston2013-mmrs", H, W, few, K)
for name, array in {"HSI": cube(H, W, 7, "f8"), "LiDAR": cube(H, W, 1, "f8")[:, :, 0], "gt": codes, "TRLabel": train,
                    "TSLabel": test}.items():
    save("houston2013-mmrs/Houston2013", f"{name}.mat", name, array)
scene("houston2013", "s2fl", "houston2013-s2fl", H, W, few, K)
save("houston2013-s2fl", "data_HS_LR.mat", "data_HS_LR", cube(H, W, 7, "u2"))
save("houston2013-s2fl", "data_MS_HR.mat", "data_MS_HR", cube(H, W, 3, "f8"))
for part, mask in {"TR": train, "VA": test}.items():
    save_tif("houston2013-s2fl", f"2013_IEEE_GRSS_DF_Contest_Samples_{part}.tif", mask)
scene("houston2013", "contest", "houston2013-contest", H, W, few, K)
save_tif("houston2013-contest/2013_DFTC", "2013_IEEE_GRSS_DF_Contest_CASI.tif", cube(H, W, 7, "u2"))
save_tif("houston2013-contest/2013_DFTC", "2013_IEEE_GRSS_DF_Contest_LiDAR.tif", cube(H, W, 1, "f4"))
if gdal is not None:
    for part, mask in {"TR": train, "VA": test}.items():
        roi_text(f"{OUT}/houston2013-contest/2013_DFTC/2013_IEEE_GRSS_DF_Contest_Samples_{part}.txt", mask,
                 [f"class_{k + 1}" for k in range(K)])
ouc("houston2013", "houston", H, W, few, "lidar", K)
collaborative("houston2013", H, W, few, {"hsi": "HSI_data", "lidar": "LiDAR_data", "msi": "data_MS_HR"}, K)

# Trento, 166 × 600. The mask named Test holds the training pixels, too.
H, W, K = 10, 13, 6
few = {"hsi": 5, "lidar": 2}
codes, train, test = scene("trento", "subs", "trento-subs", H, W, few, K)
save_tif("trento-subs", "hyper_Italy.tif", cube(H, W, 5, "f4"))
save_tif("trento-subs", "LiDAR_Italy.tif", cube(H, W, 2, "f4"))
save("trento-subs", "TNsecSUBS_Train.mat", "TNsecSUBS_Train", train)
save("trento-subs", "TNsecSUBS_Test.mat", "TNsecSUBS_Test", codes)
ouc("trento", "trento", H, W, few, "lidar", K)
codes, _, _ = scene("trento", "hct", "trento-hct", H, W, few, K, split=False)
save("trento-hct", "HSI_Trento.mat", "hsi_trento", cube(H, W, 5, "f8"))
save("trento-hct", "Lidar1_Trento.mat", "lidar1_trento", cube(H, W, 1, "f8")[:, :, 0])
save("trento-hct", "GT_Trento.mat", "gt_trento", codes)
scene("trento", "italy", "trento-italy", H, W, few, K, split=False)
save("trento-italy", "Italy_hsi.mat", "data", cube(H, W, 5, "f4"))
save("trento-italy", "Italy_lidar.mat", "data", cube(H, W, 2, "f4"))
save("trento-italy", "allgrd.mat", "mask_test", codes)

# MUUFL Gulfport, 325 × 220. No split was published; −1 is unlabelled.
H, W, K = 12, 9, 11
few = {"hsi": 6, "lidar": 2}
codes, train, _ = scene("muufl", "gatorsense", "muufl-gatorsense", H, W, few, K, split=False)
lidar = np.empty((1, 2), object)
for index in range(2):
    lidar[0, index] = {"x": np.arange(W, dtype="f8"), "y": np.arange(H, dtype="f8"),
                       "z": cube(H, W, 2, "f4") + np.float32(index), "info": {"name": f"return {index + 1}"}}
labels = {"labels": np.where(codes == 0, -1.0, codes.astype("f8")),
          "Materials_Type": np.array([f"material {k + 1}" for k in range(K)], object)}
hsi = {"info": {"wavelength": np.linspace(405, 1005, 6), "wavelength_units": "Nanometers"},
       "Data": cube(H, W, 6, "f4"), "RGB": cube(H, W, 3, "f8"), "Lidar": lidar, "sceneLabels": labels}
save("muufl-gatorsense/MUUFLGulfport-0.1/MUUFLGulfportSceneLabels", "muufl_gulfport_campus_1_hsi_220_label.mat", "hsi",
     hsi)
scene("muufl", "mats", "muufl-mats", H, W, few, K, split=False)
for name, array in {"HSI": cube(H, W, 6, "f8"), "LiDAR": cube(H, W, 2, "f4"), "gt": codes}.items():
    save("muufl-mats", f"{name}.mat", name, array)
collaborative("muufl", H, W, few, {"hsi": "HSI_data", "lidar": "LiDAR_data"}, K, split=False)

# Augsburg, 332 × 485.
H, W, K = 13, 8, 7
few = {"hsi": 9, "sar": 4, "dsm": 1}
s2fl("augsburg", H, W, few, {"hsi": "data_HS_LR", "sar": "data_SAR_HR", "dsm": "data_DSM"}, K)
ouc("augsburg", "augsburg", H, W, few, "sar", K)
collaborative("augsburg", H, W, few, {"hsi": "HSI_data", "sar": "SAR_data", "dsm": "LiDAR_data"}, K)

# Berlin, 1723 × 476: higher than wide.
H, W, K = 19, 7, 8
few = {"hsi": 10, "sar": 4}
s2fl("berlin", H, W, few, {"hsi": "data_HS_LR", "sar": "data_SAR_HR"}, K)
ouc("berlin", "berlin", H, W, few, "sar", K)
collaborative("berlin", H, W, few, {"hsi": "HSI_data", "sar": "SAR_data"}, K)
# A large cube is saved with -v7.3: HDF5 after MATLAB's 512 bytes, axes reversed.
_, train, test = scene("berlin", "s2fl", "berlin-s2fl-v73", H, W, few, K)
if scipy is not None:
    os.makedirs(f"{OUT}/berlin-s2fl-v73", exist_ok=True)
    path = f"{OUT}/berlin-s2fl-v73/data_HS_LR.mat"
    with h5py.File(path, "w", userblock_size=512) as out:
        data = out.create_dataset("data_HS_LR", data=cube(H, W, 10, "u2").transpose(2, 1, 0), chunks=(4, 7, 19),
                                  compression="gzip")
        data.attrs["MATLAB_class"] = np.bytes_("uint16")
    with open(path, "r+b") as out:
        text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 ."
        out.write(text.ljust(116) + bytes(8) + struct.pack("<H", 0x0200) + b"IM")
    save("berlin-s2fl-v73", "data_SAR_HR.mat", "data_SAR_HR", cube(H, W, 4, "f8"))
    save("berlin-s2fl-v73", "TrainImage.mat", "TrainImage", train)
    save("berlin-s2fl-v73", "TestImage.mat", "TestImage", test)

with open(f"{OUT}/recipes.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one) for one in scenes) + "\n]\n")
print(len(scenes), "scenes;", "MATLAB" if scipy else "", "GeoTIFF" if gdal else "")
