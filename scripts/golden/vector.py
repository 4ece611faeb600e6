"""Write test/golden/vector/* with GDAL/OGR (made with GDAL 3.6.2).

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/vector.py

The vector files are written and read again by OGR and burned by gdal_rasterize's own function: vector.json holds, for
each of them, the attributes and the burned rows. shapes.json holds random shapes and their rows, by pixel centre and
with all touched pixels.
"""
import csv
import glob
import json
import math
import os
import random
import sqlite3
import struct

from osgeo import gdal, ogr, osr

gdal.UseExceptions()
gdal.SetConfigOption("OGR_CURRENT_DATE", "2026-01-01T00:00:00.000Z")
OUT = "test/golden/vector"
os.makedirs(OUT, exist_ok=True)
for old in glob.glob(f"{OUT}/*"):
    os.remove(old)
UTM = osr.SpatialReference()
UTM.ImportFromEPSG(32718)
LON_LAT = osr.SpatialReference()
LON_LAT.ImportFromEPSG(4326)
LON_LAT.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
GRID = {"height": 11, "width": 14, "transform": [717729.5, 10, 0, 5700093.25, 0, -10]}
DEGREES = {"height": 11, "width": 14, "transform": [-0.78, 0.0001, 0, 38.125, 0, -0.0001]}
cases = []

# Corners in columns and rows; class, code and weight as they may be missing.
POLYGONS = [
    ("MULTIPOLYGON(((1.2 0.7,9.3 0.4,10.1 7.6,0.6 8.2,1.2 0.7),(3 2,3.2 5.1,7.4 4.6,6.5 1.5,3 2)))", "gräs", 3, 0.5),
    ("MULTIPOLYGON(((0.5 9.5,6.5 9.5,6.5 10.5,0.5 10.5,0.5 9.5)),((11 1,13.7 0.2,13 9,10.2 10.8,11 1),"
     "(11.7 3,11.4 8.3,12.8 7.9,12.6 2.1,11.7 3)))", "roof", 7, 1.25),
    ("MULTIPOLYGON(((4 3,4 3.9,6.1 4.1,6 2.2,4 3)),((7.7 5.2,14.6 5.1,14.9 6.8,7.6 6.7,7.7 5.2)))", "gräs", 3, None),
    ("MULTIPOLYGON(((2 1,5 1,5 2,2 1)))", None, None, 2.5),
    (None, "roof", 7, 3.5),
    ("MULTIPOLYGON EMPTY", "water", 4, 4.5),
    ("MULTIPOLYGON(((8.1 8.6,9.9 8.1,9.7 11.4,7.9 11.9,8.1 8.6)))", "Asphalt", 1, 5.5),
    ("MULTIPOLYGON(((11.9 9.2,13.1 9.4,13 10.9,11.9 9.2)))", "bare soil", 0, 6.5),
]
POINTS = [
    ("MULTIPOINT((0.5 0.5),(13.9 10.9),(14 3))", "gräs", 3, 0.5),
    ("MULTIPOINT((4.2 7.7),(4.999 7.001),(5 8))", "roof", 7, 1.25),
    (None, "water", 4, None),
    ("MULTIPOINT((4.5 7.5))", "Asphalt", 1, 2.5),
]
SINGLE = [("POINT(%s %s)" % place, name, code, weight) for place, name, code, weight in [
    ((0.5, 0.5), "gräs", 3, 0.5), ((13.25, 10.75), "roof", 7, None), ((6, 4), None, None, 2), ((6, 4), "Asphalt", 1, 3),
    ((9.125, 2.5), "roof, red \"1\"", 2, 4)]]


def placed(wkt, grid, kind=None):
    if wkt is None:
        return None
    t = grid["transform"]
    geometry = ogr.CreateGeometryFromWkt(wkt)

    def move(part):
        for index in range(part.GetGeometryCount()):
            move(part.GetGeometryRef(index))
        for index in range(part.GetPointCount()):
            x, y = part.GetX(index), part.GetY(index)
            part.SetPoint_2D(index, t[0] + x * t[1], t[3] + y * t[5])

    move(geometry)
    if kind is not None and ogr.GT_HasZ(kind):
        geometry.Set3D(True)
    if kind is not None and ogr.GT_HasM(kind):
        geometry.SetMeasured(True)
    return geometry


def add_layer(target, name, crs, kind, rows, grid=GRID, options=()):
    layer = target.CreateLayer(name, crs, kind, list(options))
    for field, of in [("class", ogr.OFTString), ("code", ogr.OFTInteger), ("weight", ogr.OFTReal)]:
        definition = ogr.FieldDefn(field, of)
        if of == ogr.OFTString:
            definition.SetWidth(20)
        layer.CreateField(definition)
    for wkt, *values in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for field, value in zip(["class", "code", "weight"], values):
            if value is not None:
                feature[field] = value
        geometry = placed(wkt, grid, kind)
        if geometry is not None:
            feature.SetGeometry(geometry)
        layer.CreateFeature(feature)


def masks(layer, field, grid):
    """Rows of digits by pixel centre and with all touched pixels; texts get codes in alphabetical order."""
    features = [one for one in layer if one.IsFieldSetAndNotNull(field) and one.geometry() is not None
                and not one.geometry().IsEmpty()]
    values = [one[field] for one in features]
    names = sorted(set(values)) if any(isinstance(value, str) for value in values) else None
    burned = []
    memory = ogr.GetDriverByName("Memory").CreateDataSource("")
    shapes = memory.CreateLayer("shapes", None, ogr.wkbUnknown)
    shapes.CreateField(ogr.FieldDefn("value", ogr.OFTInteger))
    for one, value in zip(features, values):
        shape = ogr.Feature(shapes.GetLayerDefn())
        shape["value"] = value if names is None else names.index(value) + 1
        shape.SetGeometry(one.geometry())
        shapes.CreateFeature(shape)
    for touched in [False, True]:
        raster = gdal.GetDriverByName("MEM").Create("", grid["width"], grid["height"], 1, gdal.GDT_UInt16)
        raster.SetGeoTransform(grid["transform"])
        gdal.RasterizeLayer(raster, [1], shapes, options=["ATTRIBUTE=value"] + ["ALL_TOUCHED=TRUE"] * touched)
        burned.append(["".join(map(str, row)) for row in raster.ReadAsArray()])
    return {"names": names, "centre": burned[0], "touched": burned[1]}


def check(location, epsg, fields=("class", "code"), grid=GRID, crs_name=None):
    file, _, name = location.partition("#")
    source = ogr.Open(f"{OUT}/{file}")
    layer = source.GetLayerByName(name) if name else source.GetLayer(0)
    properties = []
    burned = {}
    for field in fields:
        layer.ResetReading()
        burned[field] = masks(layer, field, grid)
    layer.ResetReading()
    for one in layer:
        values = {field: one[field] for field in ["class", "code", "weight"] if one.GetFieldIndex(field) >= 0}
        properties.append([one.geometry() is not None and not one.geometry().IsEmpty(), values])
    cases.append({"location": location, "epsg": epsg, "crsName": crs_name, "grid": grid, "properties": properties,
                  "masks": burned})


def geopackage():
    file = f"{OUT}/fields.gpkg"
    target = ogr.GetDriverByName("GPKG").CreateDataSource(file, ["ADD_GPKG_OGR_CONTENTS=NO"])
    plain = ["SPATIAL_INDEX=NO"]
    add_layer(target, "fields", UTM, ogr.wkbMultiPolygon, POLYGONS, options=plain)
    add_layer(target, "Z", UTM, ogr.wkbMultiPolygon25D, POLYGONS, options=plain)
    add_layer(target, "odd \"name\"", UTM, ogr.wkbMultiPolygonM, POLYGONS, options=[*plain, "GEOMETRY_NAME=odd \"place\""])
    add_layer(target, "big-endian", UTM, ogr.wkbMultiPolygonZM, POLYGONS, options=plain)
    add_layer(target, "points", UTM, ogr.wkbMultiPoint, POINTS, options=plain)
    add_layer(target, "single", UTM, ogr.wkbPoint, SINGLE, options=plain)
    add_layer(target, "lines", UTM, ogr.wkbLineString, [("LINESTRING(1 1,5 6)", "road", 1, 1)], options=plain)
    target = None
    database = sqlite3.connect(file)
    for fid, blob in database.execute('SELECT fid, geom FROM "big-endian" WHERE geom IS NOT NULL').fetchall():
        size = 8 + [0, 32, 48, 48, 64][(blob[3] >> 1) & 7]
        shape = ogr.CreateGeometryFromWkb(blob[size:])
        if shape.IsEmpty():
            continue
        # Envelope of x, y, z and m, all big-endian.
        west, east, south, north = shape.GetEnvelope()
        header = b"GP\0" + bytes([4 << 1]) + struct.pack(">i8d", 32718, west, east, south, north, 0, 0, 0, 0)
        blob = header + bytes(shape.ExportToIsoWkb(ogr.wkbXDR))
        database.execute('UPDATE "big-endian" SET geom = ? WHERE fid = ?', (blob, fid))
    database.commit()
    database.close()
    shrunk(file)
    for name in ["fields", "Z", "odd \"name\"", "big-endian", "points", "single"]:
        check(f"fields.gpkg#{name}", 32718)
    one = f"{OUT}/one-layer.gpkg"
    target = ogr.GetDriverByName("GPKG").CreateDataSource(one, ["ADD_GPKG_OGR_CONTENTS=NO"])
    add_layer(target, "fields", UTM, ogr.wkbMultiPolygon, POLYGONS, options=plain)
    target = None
    shrunk(one)
    check("one-layer.gpkg", 32718)


def shrunk(file):
    database = sqlite3.connect(file)
    database.isolation_level = None
    for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute("PRAGMA page_size = 512")
    database.execute("VACUUM")
    database.close()


def shapefiles():
    driver = ogr.GetDriverByName("ESRI Shapefile")
    made = {"polygon": (ogr.wkbPolygon, POLYGONS, []), "polygon-z": (ogr.wkbPolygon25D, POLYGONS, ["ENCODING=UTF-8"]),
            "polygon-m": (ogr.wkbPolygonM, POLYGONS, ["ENCODING=CP1252"]), "multipoint": (ogr.wkbMultiPoint, POINTS, []),
            "point": (ogr.wkbPoint, SINGLE, []), "point-zm": (ogr.wkbPointZM, SINGLE, []),
            "line": (ogr.wkbLineString, [("LINESTRING(1 1,5 6)", "road", 1, 1)], [])}
    for name, (kind, rows, options) in made.items():
        rows = [row for row in rows if row[0] is None or "EMPTY" not in row[0]]
        target = driver.CreateDataSource(f"{OUT}/{name}.shp")
        add_layer(target, name, UTM, kind, rows, options=options)
        target = None
        os.remove(f"{OUT}/{name}.shx")
        if name == "point":
            os.remove(f"{OUT}/{name}.prj")
        if name != "line":
            gdal.SetConfigOption("SHAPE_RESTORE_SHX", "YES")
            check(f"{name}.shp", None, crs_name=None if name == "point" else "WGS_1984_UTM_Zone_18S")
            os.remove(f"{OUT}/{name}.shx")


def geojson():
    driver = ogr.GetDriverByName("GeoJSON")
    target = driver.CreateDataSource(f"{OUT}/degrees.geojson")
    add_layer(target, "degrees", LON_LAT, ogr.wkbMultiPolygon, POLYGONS, DEGREES, ["RFC7946=YES"])
    target = None
    check("degrees.geojson", 4326, grid=DEGREES)
    target = driver.CreateDataSource(f"{OUT}/named-crs.geojson")
    add_layer(target, "named", UTM, ogr.wkbMultiPoint, POINTS)
    target = None
    check("named-crs.geojson", 32718)
    geometry = ogr.Geometry(ogr.wkbGeometryCollection)
    for wkt in [POLYGONS[0][0], POINTS[1][0]]:
        geometry.AddGeometry(placed(wkt, DEGREES))
    with open(f"{OUT}/collection.geojson", "w") as out:
        json.dump({"type": "Feature", "properties": {"id": 4, "class": "gräs", "code": 5, "weight": None},
                   "geometry": json.loads(geometry.ExportToJson())}, out, ensure_ascii=False)
    check("collection.geojson", 4326, grid=DEGREES)


def tables():
    """Points as spreadsheets write them; OGR reads the same points from a layer in memory."""
    writers = {
        "points.csv": (["lon", "lat", "class", "code", "weight"], {}, DEGREES, 4326, str),
        "semicolons.csv": (["Class", "Easting", "Northing", "Code", "Weight"],
                           {"delimiter": ";", "lineterminator": "\r\n"}, GRID, None, lambda n: str(n).replace(".", ",")),
        "tabs.tsv": (["X", "Y", "class", "code", "weight"], {"delimiter": "\t", "lineterminator": "\n"}, GRID, None, str),
    }
    for name, (header, options, grid, epsg, text) in writers.items():
        memory = ogr.GetDriverByName("Memory").CreateDataSource("")
        add_layer(memory, "points", None, ogr.wkbPoint, SINGLE, grid)
        layer = memory.GetLayer(0)
        with open(f"{OUT}/{name}", "w", newline="", encoding="utf-8-sig" if ";" in options.values() else "utf-8") as out:
            table = csv.writer(out, **options)
            table.writerow(header)
            for one in layer:
                cells = {"x": text(one.geometry().GetX()), "y": text(one.geometry().GetY())}
                cells |= {field: "" if one[field] is None else text(one[field]) if field != "class" else one[field]
                          for field in ["class", "code", "weight"]}
                alias = {"lon": "x", "lat": "y", "easting": "x", "northing": "y"}
                table.writerow([cells[alias.get(column.lower(), column.lower())] for column in header])
        properties = []
        layer.ResetReading()
        for one in layer:
            values = {field: one[field] for field in ["class", "code", "weight"]}
            properties.append([True, {next(c for c in header if c.lower() == field): value
                                      for field, value in values.items()}])
        burned = {}
        for field in ["class", "code"]:
            layer.ResetReading()
            burned[next(c for c in header if c.lower() == field)] = masks(layer, field, grid)
        cases.append({"location": name, "epsg": epsg, "crsName": None, "grid": grid, "properties": properties,
                      "masks": burned})


def random_shapes():
    """Shapes with holes, slivers, shared borders, corners on pixel corners and centres, partly or wholly outside."""
    rng = random.Random(5)
    rasters = []

    def ring(kind, height, width):
        count = rng.choice([3, 4, 5, 9])
        if kind == "grid":
            return [(rng.randint(-4, 2 * width + 4) / 2, rng.randint(-4, 2 * height + 4) / 2) for _ in range(count)]
        if kind == "upright":
            (a, b), (c, d) = [sorted(rng.randint(-4, 4 * length + 4) / 4 for _ in range(2)) for length in (width, height)]
            return [(a, c), (b, c), (b, d), (a, d)]
        if kind == "sliver":
            x, y, gap = rng.uniform(-3, width + 3), rng.uniform(-3, height + 3), rng.choice([0.001, 0.02, 0.3])
            return [(x, y), (rng.uniform(-3, width + 3), rng.uniform(-3, height + 3)), (x + gap, y + gap)]
        if kind == "wild":
            return [(rng.uniform(-2 * width, 3 * width), rng.uniform(-2 * height, 3 * height)) for _ in range(count)]
        x, y, radius = rng.uniform(-2, width + 2), rng.uniform(-2, height + 2), rng.uniform(0.2, max(height, width))
        turns = sorted(rng.uniform(0, 2 * math.pi) for _ in range(count))
        return [(x + radius * rng.uniform(0.4, 1) * math.cos(turn), y + radius * rng.uniform(0.4, 1) * math.sin(turn))
                for turn in turns]

    for _ in range(60):
        height, width = rng.randint(1, 13), rng.randint(1, 17)
        transform = rng.choice([[0, 1, 0, 0, 0, 1], [717729.5, 10, 0, 5700093.25, 0, -10], [100.1, 0.3, 0, 7.7, 0, -0.7]])

        def at(col, row):
            return [round(transform[0] + col * transform[1], 4), round(transform[3] + row * transform[5], 4)]

        memory = ogr.GetDriverByName("Memory").CreateDataSource("")
        layer = memory.CreateLayer("shapes", None, ogr.wkbUnknown)
        layer.CreateField(ogr.FieldDefn("value", ogr.OFTInteger))
        shapes, shared = [], [(0.0, 0.0), (width / 2, height / 2)]
        for value in range(1, rng.randint(2, 4)):
            kind = rng.choice(["grid", "upright", "sliver", "wild", "star", "points", "shared"])
            if kind == "points":
                points = [at(*rng.choice(ring("grid", height, width) + ring("star", height, width))) for _ in range(4)]
                geometry = {"type": "MultiPoint", "coordinates": points}
            else:
                first = [*shared, (rng.uniform(0, width), rng.uniform(0, height))] if kind == "shared" else ring(
                    kind, height, width)
                shared = first[:2]
                rings = [first] + [ring(rng.choice(["star", "grid"]), height, width) for _ in range(rng.choice([0, 0, 1]))]
                rings = [one[::rng.choice([1, -1])] for one in rings]
                geometry = {"type": "Polygon", "coordinates": [[at(*place) for place in [*one, one[0]]] for one in rings]}
            feature = ogr.Feature(layer.GetLayerDefn())
            feature["value"] = value
            feature.SetGeometry(ogr.CreateGeometryFromJson(json.dumps(geometry)))
            layer.CreateFeature(feature)
            shapes.append(geometry)
        burned = {}
        for key, options in [("centre", []), ("touched", ["ALL_TOUCHED=TRUE"])]:
            raster = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_UInt16)
            raster.SetGeoTransform(transform)
            gdal.RasterizeLayer(raster, [1], layer, options=["ATTRIBUTE=value", *options])
            burned[key] = "/".join("".join(map(str, row)) for row in raster.ReadAsArray())
        rasters.append({"height": height, "width": width, "transform": transform, "shapes": shapes, **burned})
    return rasters


def write(name, rows):
    with open(f"{OUT}/{name}", "w", encoding="utf-8") as out:
        lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        out.write("[\n" + ",\n".join(lines) + "\n]\n")


gdal.PushErrorHandler("CPLQuietErrorHandler")
geopackage()
shapefiles()
geojson()
tables()
write("vector.json", cases)
write("shapes.json", random_shapes())
print(gdal.__version__, len(cases), sum(os.path.getsize(file) for file in glob.glob(f"{OUT}/*")))
