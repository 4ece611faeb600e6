"""Write test/golden/warp/: small rasters, and the same on other grids by gdalwarp with exact coordinates.

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/warp.py
Made with GDAL 3.6.2, PROJ 9.1.1, NumPy 1.24.2.

warp.json lists [source, its warped copy, method]. Where grids are turned to each other gdalwarp's average takes the box of
two corners of a new pixel; there the mean is that of 16 × 16 nearest pixels in it. Pixels follow from their place, as in rasters.py; holes are nodata.
"""
import json
import math
import os

import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
OUT = "test/golden/warp"
os.makedirs(OUT, exist_ok=True)
TYPES = {gdal.GDT_Byte: "u1", gdal.GDT_UInt16: "u2", gdal.GDT_Int16: "i2", gdal.GDT_Float32: "f4"}


def crs(code):
    one = osr.SpatialReference()
    one.ImportFromEPSG(code)
    return one


def create(name, kind, shape, code, transform, nodata):
    height, width, bands = shape
    image = gdal.GetDriverByName("GTiff").Create(f"{OUT}/{name}.tif", width, height, bands, kind, ["COMPRESS=DEFLATE"])
    image.SetGeoTransform(transform)
    image.SetProjection(crs(code).ExportToWkt())
    if nodata is not None:
        for band in range(bands):
            image.GetRasterBand(band + 1).SetNoDataValue(nodata)
    return image


def source(name, kind, shape, code, transform, nodata=None, holes=()):
    image = create(name, kind, shape, code, transform, nodata)
    row, col = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    for band in range(shape[2]):
        data = ((31 * row + 7 * col + 3 * band) % 251).astype(TYPES[kind])
        for hole in holes:
            data[hole] = nodata
        image.GetRasterBand(band + 1).WriteArray(data)


def turned(x, y, pixel, degrees):
    c, s = pixel * math.cos(math.radians(degrees)), pixel * math.sin(math.radians(degrees))
    return [x, c, s, y, s, -c]


files = []


def warp(start, name, method, shape, code, transform, nodata=None, kind=gdal.GDT_Float32):
    given = gdal.Open(f"{OUT}/{start}.tif")
    target = create(name, kind, [*shape, given.RasterCount], code, transform, nodata)
    if nodata is not None:
        for band in range(given.RasterCount):
            target.GetRasterBand(band + 1).Fill(nodata)
    if method == "true mean":
        # The nearest pixel at the centres of 16 × 16 parts of every new pixel.
        x, a, b, y, d, e = transform
        parts = gdal.GetDriverByName("MEM").Create("", shape[1] * 16, shape[0] * 16, given.RasterCount, kind)
        parts.SetGeoTransform([x, a / 16, b / 16, y, d / 16, e / 16])
        parts.SetProjection(target.GetProjection())
        for band in range(given.RasterCount):
            parts.GetRasterBand(band + 1).SetNoDataValue(nodata)
            parts.GetRasterBand(band + 1).Fill(nodata)
        gdal.Warp(parts, given, resampleAlg="near", errorThreshold=0)
        for band in range(given.RasterCount):
            data = parts.GetRasterBand(band + 1).ReadAsArray().reshape(shape[0], 16, shape[1], 16).transpose(0, 2, 1, 3)
            data = data.reshape(*shape, 256)
            known = np.isfinite(data).sum(2)
            target.GetRasterBand(band + 1).WriteArray(np.where(known, np.nansum(data, 2) / np.maximum(1, known), np.nan))
        files.append([start, name, "mean"])
        return
    resampling = {"nearest": "near", "mean": "average"}.get(method, method)
    gdal.Warp(target, given, resampleAlg=resampling, errorThreshold=0, multithread=False)
    files.append([start, name, method])


NAN = float("nan")
source("classes", gdal.GDT_Byte, (23, 19, 1), 26912, [320000.5, 30, 0, 4130010.25, 0, -30], 255, [(5, 7), (6, 7)])
warp("classes", "classes-utm11", "nearest", (31, 29), 32611, [851850, 20, 0, 4135450, 0, -20], 255, gdal.GDT_Byte)
warp("classes", "classes-lonlat", "nearest", (17, 21), 4326, [-113.0308, 0.0003, 0, 37.2991, 0, -0.0003], 255, gdal.GDT_Byte)
source("height", gdal.GDT_Float32, (19, 23, 2), 4326, [11.3, 0.001, 0, 46.52, 0, -0.001], NAN, [(3, 4), (11, 20)])
warp("height", "height-utm32", "bilinear", (37, 35), 32632, [676700, 60, 0, 5154700, 0, -60], NAN)
warp("height", "height-laea", "bilinear", (29, 41), 3035, turned(4420500, 2601000, 50, 17), NAN)
warp("height", "height-mean", "true mean", (6, 9), 32632, [676300, 310, 0, 5154820, 0, -330], NAN)
source("fine", gdal.GDT_UInt16, (70, 90, 1), 25833, [399990, 10, 0, 5819990, 0, -10], 65535, [(30, 40), (0, 0)])
warp("fine", "fine-mean", "mean", (25, 34), 25833, [399973, 31, 0, 5820013, 0, -33], NAN)
warp("fine", "fine-laea", "true mean", (20, 31), 3035, [4560020, 45, 0, 3273820, 0, -45], NAN)
source("turned", gdal.GDT_Int16, (21, 27, 1), 32718, turned(500123.5, 5700093, 10, 33), -9)
warp("turned", "turned-north", "nearest", (41, 37), 32718, [500080, 8, 0, 5700240, 0, -8], -9, gdal.GDT_Int16)
warp("turned", "turned-shifted", "bilinear", (41, 37), 32718, [500080, 7, 0, 5700240, 0, -7], NAN)
source("dateline", gdal.GDT_Int16, (17, 25, 1), 4326, [179.99, 0.001, 0, -17.01, 0, -0.001], -9)
warp("dateline", "dateline-utm60", "nearest", (25, 31), 32760, [817900, 90, 0, 8117300, 0, -90], -9, gdal.GDT_Int16)
with open(f"{OUT}/warp.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one) for one in files) + "\n]\n")
for start, name, _ in files:
    image = gdal.Open(f"{OUT}/{name}.tif")
    data, missing = image.ReadAsArray(), image.GetRasterBand(1).GetNoDataValue()
    print(name, round(float(np.mean(np.isnan(data) if missing != missing else data == missing)), 2), "missing")
