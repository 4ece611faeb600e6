"""Write test/golden/rasters/*.tif and tif.json with GDAL (made with GDAL 3.6.2, NumPy 1.24.2).

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/rasters.py

Every pixel follows from its place: n = (31 row + 7 col + 3 band) mod 251, and the value is a function of n given by
the raster's type (see `value` in test/scene/golden-rasters.ts), so no swapped axis or band can pass.
"""
import json
import os

import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
OUT = "test/golden/rasters"
os.makedirs(OUT, exist_ok=True)
TRANSFORM = [717729.5, 10.0, 0.0, 5700093.25, 0.0, -10.0]
CODES = {
    "u8": gdal.GDT_Byte, "i8": gdal.GDT_Byte, "u16": gdal.GDT_UInt16, "i16": gdal.GDT_Int16,
    "u32": gdal.GDT_UInt32, "i32": gdal.GDT_Int32, "i64": gdal.GDT_Int64, "f32": gdal.GDT_Float32,
    "f64": gdal.GDT_Float64, "u1": gdal.GDT_Byte, "u4": gdal.GDT_Byte, "u12": gdal.GDT_UInt16, "f16": gdal.GDT_Float32,
}
VALUES = {
    "u8": lambda n: n, "i8": lambda n: n - 125, "u16": lambda n: n * 257, "i16": lambda n: n * 200 - 25000,
    "u32": lambda n: n * 17000000, "i32": lambda n: n * 17000000 - 2100000000,
    "i64": lambda n: n * 17000000000 - 2100000000000, "f32": lambda n: n / 4 - 30, "f64": lambda n: n / 3,
    "u1": lambda n: n % 2, "u4": lambda n: n % 16, "u12": lambda n: n * 16, "f16": lambda n: n / 4 - 30,
}
NUMPY = {
    "u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "i64": "i8", "f32": "f4", "f64": "f8",
    "u1": "u1", "u4": "u1", "u12": "u2", "f16": "f4",
}
files = []


def pixels(dtype, height, width, bands):
    row, col, band = np.meshgrid(np.arange(height), np.arange(width), np.arange(bands), indexing="ij")
    return VALUES[dtype]((31 * row + 7 * col + 3 * band) % 251).astype(NUMPY[dtype])


def write(name, dtype, options=(), shape=(8, 9, 5), epsg=32718, transform=TRANSFORM, then=None, data=None, **expected):
    height, width, bands = shape
    file = f"{OUT}/{name}.tif"
    if dtype == "i8":
        options = [*options, "PIXELTYPE=SIGNEDBYTE"]
    bits = {"u1": 1, "u4": 4, "u12": 12, "f16": 16}.get(dtype)
    if bits:
        options = [*options, f"NBITS={bits}"]
    target = gdal.GetDriverByName("GTiff").Create(file, width, height, bands, CODES[dtype], list(options))
    if transform is not None:
        target.SetGeoTransform(transform)
    if epsg is not None:
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(epsg)
        target.SetProjection(crs.ExportToWkt())
    if data is None:
        data = pixels(dtype, *shape)
    for band in range(bands):
        plane = data[:, :, band]
        target.GetRasterBand(band + 1).WriteArray(plane.view("u1") if dtype == "i8" else plane)
    if then:
        then(target)
    target.FlushCache()
    target = None
    files.append({"file": f"{name}.tif", "dtype": dtype, "shape": list(shape), "epsg": epsg,
                  "transform": transform, **expected})


for dtype in ["u8", "i8", "u16", "i16", "u32", "i32", "i64", "f32", "f64", "u1", "u4", "u12", "f16"]:
    write(f"type-{dtype}", dtype)
write("band-interleaved", "i16", ["INTERLEAVE=BAND"])
write("strips-of-3", "u16", ["BLOCKYSIZE=3"])
write("tiles", "i16", ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32"], shape=(35, 37, 3))
write("tiles-band-interleaved", "f32", ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=BAND",
                                        "COMPRESS=DEFLATE"], shape=(35, 37, 3))
write("lzw", "u16", ["COMPRESS=LZW"])
write("packbits", "u8", ["COMPRESS=PACKBITS"])
write("deflate", "f64", ["COMPRESS=DEFLATE"])
write("lzw-long", "i16", ["COMPRESS=LZW", "BLOCKYSIZE=70"], shape=(70, 61, 2))
for dtype in ["u8", "i16", "u32", "f32", "f64"]:
    write(f"predictor2-{dtype}", dtype, ["COMPRESS=DEFLATE", "PREDICTOR=2"])
for dtype in ["f16", "f32", "f64"]:
    write(f"predictor3-{dtype}", dtype, ["COMPRESS=LZW", "PREDICTOR=3"])
write("predictor2-tiles", "i16", ["COMPRESS=LZW", "PREDICTOR=2", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"],
      shape=(35, 37, 3))
write("predictor3-planar", "f32", ["COMPRESS=DEFLATE", "PREDICTOR=3", "INTERLEAVE=BAND"])
for dtype in ["i16", "f32", "f64", "u12"]:
    write(f"big-endian-{dtype}", dtype, ["ENDIANNESS=BIG"])
write("big-endian-predictor2", "i16", ["ENDIANNESS=BIG", "COMPRESS=DEFLATE", "PREDICTOR=2"])
# GDAL 3.6.2 cannot read its own big-endian files with predictor 3, so there is none here.
write("bigtiff", "i16", ["BIGTIFF=YES"])
write("bigtiff-big-endian-tiles", "f32", ["BIGTIFF=YES", "ENDIANNESS=BIG", "TILED=YES", "BLOCKXSIZE=16",
                                          "BLOCKYSIZE=16", "COMPRESS=LZW"], shape=(35, 37, 2))
write("zstd", "i16", ["COMPRESS=ZSTD", "PREDICTOR=2"])
write("lerc", "f32", ["COMPRESS=LERC", "MAX_Z_ERROR=0"])
write("lerc-zstd", "i16", ["COMPRESS=LERC_ZSTD", "MAX_Z_ERROR=0", "INTERLEAVE=BAND"])
write("geographic", "i16", epsg=4326, transform=[-0.78, 0.0001, 0.0, 38.125, 0.0, -0.0001])
write("rotated", "u8", transform=[500.0, 3.0, 1.0, 900.0, 0.5, -4.0])
write("point", "u8", then=lambda target: target.SetMetadataItem("AREA_OR_POINT", "Point"))
write("point-rotated", "u8", transform=[500.0, 3.0, 1.0, 900.0, 0.5, -4.0],
      then=lambda target: target.SetMetadataItem("AREA_OR_POINT", "Point"))
write("no-georeference", "u8", epsg=None, transform=None)
write("nodata", "i16", then=lambda target: target.GetRasterBand(1).SetNoDataValue(-25000 + 200 * 38), nodata=-17400)
holes = pixels("f32", 8, 9, 2)
holes[2, 3, 1] = np.nan
holes[5, 0, 0] = np.inf
write("nodata-nan", "f32", shape=(8, 9, 2), data=holes, nodata="nan", holes=[[2, 3], [5, 0]],
      then=lambda target: target.GetRasterBand(1).SetNoDataValue(float("nan")))
holes = pixels("f32", 8, 9, 1)
holes[7, 8, 0] = np.float32(-3.4e38)
write("nodata-f32", "f32", shape=(8, 9, 1), data=holes, nodata=-3.4e38, holes=[[7, 8]],
      then=lambda target: target.GetRasterBand(1).SetNoDataValue(-3.4e38))


def describe(target):
    for band in range(5):
        one = target.GetRasterBand(band + 1)
        one.SetDescription(f"band {band + 1} <&> \"{band}\"")
        one.SetMetadataItem("wavelength", str(0.45 + band / 10))
        one.SetMetadataItem("wavelength_units", "Micrometers")


write("wavelengths", "f32", then=describe, wavelengths=[450, 550, 650, 750, 850],
      names=[f"band {band + 1} <&> \"{band}\"" for band in range(5)])


def scale(target):
    for band in range(5):
        target.GetRasterBand(band + 1).SetScale(0.5 + band)
        target.GetRasterBand(band + 1).SetOffset(-band)


write("scale-offset", "i16", then=scale, scales=[[0.5 + band, -band] for band in range(5)])


def band_nodata(target):
    # GeoTIFF has one nodata value for all bands; others go into the sidecar.
    target.FlushCache()
    with open(f"{OUT}/band-nodata.tif.aux.xml", "w") as file:
        file.write('<PAMDataset>\n  <PAMRasterBand band="2">\n    <NoDataValue>%d</NoDataValue>\n  </PAMRasterBand>\n</PAMDataset>\n'
                   % VALUES["i16"](3 + 7 * 4 + 31 * 2))


write("band-nodata", "i16", then=band_nodata, holes=[[2, 4]])


def names(target):
    for band in range(5):
        target.GetRasterBand(band + 1).SetDescription(f"{0.45 + band / 10:.2f} um")


write("wavelengths-in-names", "f32", then=names, wavelengths=[450, 550, 650, 750, 850])


def palette(target):
    table = gdal.ColorTable()
    for value, color in {0: (0, 0, 0), 1: (200, 30, 40), 2: (10, 220, 30), 255: (7, 8, 9)}.items():
        table.SetColorEntry(value, color + (255,))
    target.GetRasterBand(1).SetColorTable(table)
    target.GetRasterBand(1).SetCategoryNames(["nothing", "roofs & walls", "grass"])


write("palette", "u8", shape=(8, 9, 1), then=palette,
      categories=[[0, "nothing", [0, 0, 0]], [1, "roofs & walls", [200, 30, 40]], [2, "grass", [10, 220, 30]]])


def table(target):
    rat = gdal.RasterAttributeTable()
    for name, kind, usage in [("VALUE", gdal.GFT_Integer, gdal.GFU_MinMax), ("Class", gdal.GFT_String, gdal.GFU_Name),
                              ("R", gdal.GFT_Integer, gdal.GFU_Red), ("G", gdal.GFT_Integer, gdal.GFU_Green),
                              ("B", gdal.GFT_Integer, gdal.GFU_Blue)]:
        rat.CreateColumn(name, kind, usage)
    for row, cells in enumerate([(3, "water", 0, 0, 255), (7, "trees", 0, 128, 0)]):
        for column, cell in enumerate(cells):
            (rat.SetValueAsString if column == 1 else rat.SetValueAsInt)(row, column, cell)
    target.GetRasterBand(1).SetDefaultRAT(rat)


write("attribute-table", "u16", shape=(8, 9, 1), then=table,
      categories=[[3, "water", [0, 0, 255]], [7, "trees", [0, 128, 0]]])


def mask(target):
    hidden = np.full((8, 9), 255, "u1")
    hidden[1, 4] = hidden[6, 2] = 0
    target.CreateMaskBand(gdal.GMF_PER_DATASET)
    target.GetRasterBand(1).GetMaskBand().WriteArray(hidden)


gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
gdal.SetConfigOption("GDAL_TIFF_OVR_BLOCKSIZE", "64")
write("mask", "u8", shape=(8, 9, 3), then=mask, holes=[[1, 4], [6, 2]])
write("overviews", "i16", ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"], shape=(35, 37, 1),
      then=lambda target: target.BuildOverviews("NEAREST", [2, 4]))


def sparse():
    file = f"{OUT}/sparse.tif"
    target = gdal.GetDriverByName("GTiff").Create(
        file, 37, 35, 1, gdal.GDT_Int16, ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "SPARSE_OK=TRUE"])
    target.GetRasterBand(1).SetNoDataValue(-9)
    target.GetRasterBand(1).WriteArray(pixels("i16", 16, 16, 1)[:, :, 0], 0, 0)


sparse()


def jpeg():
    """Lossy: the values GDAL reads back are in the JSON."""
    row, col = np.meshgrid(np.arange(16), np.arange(24), indexing="ij")
    smooth = np.stack([row * 15, col * 10, 255 - row * 7 - col * 5]).astype("u1")
    for name, options in {"jpeg": [], "jpeg-ycbcr": ["PHOTOMETRIC=YCBCR"]}.items():
        file = f"{OUT}/{name}.tif"
        target = gdal.GetDriverByName("GTiff").Create(
            file, 24, 16, 3, gdal.GDT_Byte, ["COMPRESS=JPEG", "JPEG_QUALITY=95", "INTERLEAVE=PIXEL", *options])
        target.WriteArray(smooth)
        target = None
        read = gdal.Open(file).ReadAsArray().transpose(1, 2, 0)
        with open(f"{OUT}/{name}.json", "w") as out:
            json.dump(read.reshape(-1).tolist(), out, separators=(",", ":"))


jpeg()
for name, kind in {"complex": gdal.GDT_CInt16}.items():
    gdal.GetDriverByName("GTiff").Create(f"{OUT}/{name}.tif", 9, 8, 1, kind).FlushCache()
gdal.GetDriverByName("GTiff").Create(f"{OUT}/lzma.tif", 9, 8, 1, gdal.GDT_Byte, ["COMPRESS=LZMA"]).FlushCache()
with open(f"{OUT}/tif.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one) for one in files) + "\n]\n")
print(gdal.__version__, np.__version__, len(files))
