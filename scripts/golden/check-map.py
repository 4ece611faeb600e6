"""Reads GeoTIFF, GeoPackage and GeoJSON with GDAL and prints what it finds as JSON, for the tests of test/evaluate.

Written for GDAL 3.6 with GEOS (python3-gdal):
    python3 scripts/golden/check-map.py map.tif [polygons.gpkg …] [more.tif …]
Pixels are given as a SHA-256 of the band-last array in the file's own type, little-endian. Polygons are burned into the
grid of the raster before them, from their own reference system, and given in the same way. FILE#LAYER is another layer
than "polygons", FILE#LAYER:WHERE those of its polygons for which a condition holds.
"""
import hashlib
import json
import sys

import numpy as np
from osgeo import gdal, ogr, osr
from osgeo_utils.samples import validate_cloud_optimized_geotiff

gdal.UseExceptions()
ogr.UseExceptions()


def sha256(pixels):
    pixels = np.ascontiguousarray(pixels)
    return hashlib.sha256(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()).hexdigest()


def reductions(band):
    """How each overview comes from the level before: the mode and the mean of 2 x 2 pixels that are not nodata."""
    levels = [band.ReadAsArray()] + [band.GetOverview(i).ReadAsArray() for i in range(band.GetOverviewCount())]
    nodata = band.GetNoDataValue()
    holds = []
    for large, small in zip(levels, levels[1:]):
        height, width = small.shape
        values = np.full((2 * height, 2 * width), np.nan)
        values[: large.shape[0], : large.shape[1]] = large
        if nodata is not None:
            values[values == nodata] = np.nan
        values = values.reshape(height, 2, width, 2).transpose(0, 2, 1, 3).reshape(height, width, 4)
        some = ~np.isnan(values).all(-1)
        counts = (values[..., None] == values[..., None, :]).sum(-1)
        chosen = (values == small[..., None]).sum(-1)
        mean = np.nansum(values, -1) / np.maximum(1, (~np.isnan(values)).sum(-1))
        missing = np.isnan(small) if nodata is None or np.isnan(nodata) else small == nodata
        holds.append(
            {
                "size": [height, width],
                "mode": bool((chosen == counts.max(-1))[some].all() and missing[~some].all()),
                "mean": bool(np.allclose(small[some], mean[some], rtol=1e-6) and missing[~some].all()),
            }
        )
    return holds


def cloud_optimized(path):
    warnings, errors, _ = validate_cloud_optimized_geotiff.validate(path, full_check=True)
    return {"warnings": warnings, "errors": errors}


def signed_area(points):
    x, y = np.array(points)[:, 0], np.array(points)[:, 1]
    x, y = x - x[0], y - y[0]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def style_of(source, name):
    styles = source.GetLayerByName("layer_styles")
    if styles is None:
        return None
    styles.SetAttributeFilter(f"f_table_name = '{name}'")
    return [[style.GetField(field) for field in ("styleQML", "useAsDefault")] for style in styles]


def found_polygons(path, raster_path):
    path, _, choice = path.partition("#")
    name, _, where = (choice or "polygons").partition(":")
    source = gdal.OpenEx(path, gdal.OF_VECTOR)
    layer = source.GetLayerByName(name)
    layer.SetAttributeFilter(where or None)
    crs = layer.GetSpatialRef()
    features = list(layer)
    shapes = [feature.GetGeometryRef() for feature in features]
    together = ogr.Geometry(ogr.wkbMultiPolygon)
    sides = {}
    for shape in shapes:
        together.AddGeometry(shape)
        for at in range(shape.GetGeometryCount()):
            points = shape.GetGeometryRef(at).GetPoints()
            for a, b in zip(points, points[1:]):
                sides[a, b] = sides.get((a, b), 0) + 1
    union = together.UnionCascaded()
    alone = [np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in sides if (b, a) not in sides]
    raster = gdal.Open(raster_path)
    band = raster.GetRasterBand(1)
    burned = gdal.GetDriverByName("MEM").Create("", raster.RasterXSize, raster.RasterYSize, 1, band.DataType)
    burned.SetGeoTransform(raster.GetGeoTransform(can_return_null=True) or (0, 1, 0, 0, 0, -1))
    if raster.GetSpatialRef():
        burned.SetSpatialRef(raster.GetSpatialRef())
    burned.GetRasterBand(1).Fill(band.GetNoDataValue())
    gdal.RasterizeLayer(burned, [1], layer, options=["ATTRIBUTE=code"])
    layer.ResetReading()
    first = features[0]
    return {
        "driver": source.GetDriver().ShortName,
        "epsg": None if crs is None else crs.GetAuthorityCode(None),
        "crs": None if crs is None else crs.GetName(),
        "first": {first.GetFieldDefnRef(i).GetName(): first.GetField(i) for i in range(first.GetFieldCount())},
        "features": len(features),
        "pixels": sum(feature.GetField("pixels") for feature in features),
        "areaM2": sum(feature.items().get("area_m2") or 0 for feature in features),
        "area": sum(shape.Area() for shape in shapes),
        "unionArea": union.Area(),
        "valid": all(shape.IsValid() for shape in shapes),
        "counterClockwise": all(signed_area(shape.GetGeometryRef(0).GetPoints()) > 0 for shape in shapes),
        "sidesTwice": sum(count > 1 for count in sides.values()),
        "lengthOfSidesAlone": float(sum(alone)),
        "perimeter": union.Boundary().Length(),
        "sha256": sha256(burned.ReadAsArray()),
        "style": style_of(source, name),
    }


def found(path):
    image = gdal.Open(path)
    first = image.GetRasterBand(1)
    pixels = image.ReadAsArray()
    if pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    crs = image.GetSpatialRef()
    crs_name = crs.GetName() if crs else None
    epsg = crs.GetAuthorityCode(None) if crs else None
    table = first.GetColorTable()
    attributes = first.GetDefaultRAT()
    nodata = first.GetNoDataValue()
    return {
        "size": [image.RasterYSize, image.RasterXSize, image.RasterCount],
        "type": str(pixels.dtype),
        "sha256": sha256(pixels),
        "blockSize": first.GetBlockSize(),
        "compression": image.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"),
        "layout": image.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"),
        "overviews": reductions(first),
        "cloudOptimized": cloud_optimized(path),
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


answers = []
raster = None
for path in sys.argv[1:]:
    if path.endswith(".tif"):
        raster = path
        answers.append(found(path))
    else:
        answers.append(found_polygons(path, raster))
print(json.dumps(answers))
