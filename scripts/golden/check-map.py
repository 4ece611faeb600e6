"""Reads GeoTIFF files with GDAL and prints what it finds as JSON, for test/evaluate/geotiff-writer.test.ts.

Written for GDAL 3.6 (python3-gdal):
    python3 scripts/golden/check-map.py map.tif [more.tif …]
Pixels are given as a SHA-256 of the band-last array in the file's own type, little-endian.
"""
import hashlib
import json
import sys

import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()


def found(path):
    image = gdal.Open(path)
    first = image.GetRasterBand(1)
    pixels = image.ReadAsArray()
    if pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = np.ascontiguousarray(pixels)
    crs = image.GetSpatialRef()
    crs_name = crs.GetName() if crs else None
    epsg = crs.GetAuthorityCode(None) if crs else None
    table = first.GetColorTable()
    attributes = first.GetDefaultRAT()
    nodata = first.GetNoDataValue()
    return {
        "size": [image.RasterYSize, image.RasterXSize, image.RasterCount],
        "type": str(pixels.dtype),
        "sha256": hashlib.sha256(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()).hexdigest(),
        "blockSize": first.GetBlockSize(),
        "compression": image.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"),
        "transform": image.GetGeoTransform(can_return_null=True),
        "crs": crs_name,
        "epsg": None if epsg is None else int(epsg),
        "nodata": None if nodata is None else str(nodata),
        "bandNames": [image.GetRasterBand(band + 1).GetDescription() for band in range(image.RasterCount)],
        "metadata": {key: value for key, value in image.GetMetadata().items() if key != "AREA_OR_POINT"},
        "colors": None if table is None else {i: table.GetColorEntry(i)[:3] for i in range(table.GetCount()) if any(table.GetColorEntry(i)[:3])},
        "interpretation": [gdal.GetColorInterpretationName(image.GetRasterBand(b + 1).GetColorInterpretation()) for b in range(image.RasterCount)],
        "categoryNames": first.GetCategoryNames(),
        "attributes": None
        if attributes is None
        else [
            [attributes.GetValueAsString(row, column) for column in range(attributes.GetColumnCount())]
            for row in range(attributes.GetRowCount())
        ],
    }


print(json.dumps([found(path) for path in sys.argv[1:]]))
