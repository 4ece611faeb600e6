"""Write test/golden/crs/: places in many coordinate reference systems as PROJ computes them.

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/crs.py
Made with GDAL 3.6.2, PROJ 9.1.1 and EPSG 10.076.

points.json  by EPSG code: the geographic CRS under it, and a place [lon, lat, x, y]
pairs.json   between two codes by PROJ's own choice of transformation: [from, to, x, y, x', y', metres it may differ]
wkt.json     well-known text in three dialects, without the code of the CRS: [dialect, text, base, lon, lat, x, y]
spellings.json  codes, and well-known text that means the same without it: [code, dialect, text]
*.tif, tif.json  GeoTIFFs whose CRS has no code, and a place as in wkt.json
"""
import json
import math
import os
import re

from osgeo import gdal, osr

osr.UseExceptions()
gdal.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")
osr.SetPROJEnableNetwork(False)
OUT = "test/golden/crs"
os.makedirs(OUT, exist_ok=True)


def lonlat(crs):
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return crs


def of(code):
    crs = lonlat(osr.SpatialReference())
    crs.ImportFromEPSG(code)
    return crs


def moved(start, end, x, y):
    return [float(f"{one:.12g}") for one in osr.CoordinateTransformation(start, end).TransformPoint(x, y)[:2]]


def inside(crs, share=0.37):
    area = crs.GetAreaOfUse()
    west, east = area.west_lon_degree, area.east_lon_degree
    east += 360 if east < west else 0
    lon = west + share * (east - west)
    lat = area.south_lat_degree + share * (area.north_lat_degree - area.south_lat_degree)
    return round(lon - 360 if lon > 180 else lon, 4), round(lat, 4)


def rows(file, all_rows):
    with open(f"{OUT}/{file}", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in all_rows) + "\n]\n")


def without_codes(text):
    return re.sub(r',(AUTHORITY\["EPSG","\w+"\]|ID\["EPSG",\w+\]|USAGE\[.*\]\]|AREA\[".*?"\]|BBOX\[.*?\])(?=[\],])', "", text)


COMMON = [3857, 32612, 32718, 32601, 32760, 26912, 26710, 25832, 23031, 3035, 3034, 5070, 2154, 27700, 28992, 31370,
          2056, 21781, 31467, 31983, 29193, 28355, 7855, 3413, 3031, 3995, 3572, 6933, 5514, 5513, 2193, 27200, 2180,
          3347, 3978, 2263, 2227, 6350, 3112, 3577, 2053, 2326, 3405, 24047, 4087, 8857, 3168, 29873, 5880, 4647]
codes = sorted(set(COMMON + [code for code in range(2001, 32761, 229)]))
found = []
for code in codes:
    try:
        crs = of(code)
        if not crs.IsProjected() or crs.IsCompound() or code == 3146 or crs.GetAttrValue("AUTHORITY", 1) != str(code):
            continue
        base = int(crs.GetAttrValue("GEOGCS|AUTHORITY", 1))
        lon, lat = inside(crs)
        if abs(of(base).GetAngularUnits() * 180 / math.pi - 1) < 1e-9 and float(crs.GetAttrValue("PRIMEM", 1)) == 0:
            found.append([code, base, lon, lat, *moved(of(base), crs, lon, lat)])
    except RuntimeError:
        pass
rows("points.json", found)

PAIRS = [(4326, 32612, 0.001), (26912, 32612, 0.001), (4326, 26912, 0.001), (4258, 25832, 0.001), (25832, 3857, 0.001),
         (32633, 32632, 0.001), (31983, 32723, 0.001), (27700, 32630, 5), (31370, 25831, 1), (28992, 32631, 1),
         (21781, 2056, 2), (26712, 32612, 15), (23031, 25831, 6), (2154, 3035, 0.001), (28355, 7855, 2), (3857, 5070, 0.001)]
pairs = []
for start, end, metres in PAIRS:
    lon, lat = inside(of(start if start not in (4326, 4258) else end), 0.6)
    if start == 3857:
        lon, lat = -100.5, 41.2
    if start == 21781:
        lon, lat = 7.9, 46.6
    if start == 23031:
        lon, lat = 1.75, 43.5
    x, y = moved(of(4326), of(start), lon, lat)
    pairs.append([start, end, x, y, *moved(of(start), of(end), x, y), metres])
rows("pairs.json", pairs)

texts = []
for code in [4326, 4267, 32612, 26712, 2227, 3857, 3395, 3035, 5070, 3112, 2154, 27700, 28992, 3031, 3413, 5041, 2056,
             3168, 3375, 29873, 5880, 4087, 2314, 22275, 3078, 3021]:
    crs = of(code)
    base = 4326 if code == 4326 else int(crs.GetAttrValue("GEOGCS|AUTHORITY", 1))
    lon, lat = inside(crs)
    for dialect in ("WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"):
        try:
            text = crs.ExportToWkt([f"FORMAT={dialect}"])
        except RuntimeError:
            continue
        if dialect == "WKT1_GDAL" and code % 2 == 0 or dialect == "WKT2_2019" and code % 3 == 0:
            continue
        texts.append([dialect, without_codes(text), base, lon, lat, *moved(of(base), crs, lon, lat)])
for text in ["+proj=sinu +R=6371007.181", "+proj=moll", "+proj=robin", "+proj=eqearth", "+proj=aeqd +lat_0=41 +lon_0=12",
             "+proj=eqdc +lat_0=39 +lon_0=-96 +lat_1=33 +lat_2=45", "+proj=cass +lat_0=40 +lon_0=11 +x_0=500"]:
    crs = lonlat(osr.SpatialReference())
    crs.ImportFromProj4(text + ("" if "+R=" in text else " +datum=WGS84") + " +no_defs")
    own = lonlat(crs.CloneGeogCS())
    texts.append(["WKT1_ESRI", crs.ExportToWkt(["FORMAT=WKT1_ESRI"]), None, 12.25, 41.5, *moved(own, crs, 12.25, 41.5)])
rows("wkt.json", texts)

spellings = []
for code in [32632, 32733, 2154, 2263, 3035, 31467, 28992, 2056, 3031, 3857, 3078, 4258]:
    for dialect in ("WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"):
        text = of(code).ExportToWkt([f"FORMAT={dialect}"])
        spellings.append([code, dialect, without_codes(text)])
rows("spellings.json", spellings)

CUSTOM = {
    "tmerc": "+proj=tmerc +lat_0=1.5 +lon_0=10.25 +k=0.9997 +x_0=12345 +y_0=-6789 +ellps=GRS80",
    "utm-datum": "+proj=utm +zone=33 +ellps=intl +towgs84=-87,-98,-121",
    "lcc1": "+proj=lcc +lat_0=40.5 +lat_1=40.5 +lon_0=11 +k_0=0.9998 +x_0=600000 +y_0=200000 +ellps=clrk66",
    "lcc2": "+proj=lcc +lat_0=40 +lat_1=41.5 +lat_2=44.25 +lon_0=11 +x_0=1000 +y_0=2000 +datum=WGS84 +units=us-ft",
    "aea": "+proj=aea +lat_0=23 +lat_1=29.5 +lat_2=45.5 +lon_0=9 +x_0=10 +y_0=-20 +datum=NAD83",
    "laea": "+proj=laea +lat_0=52.5 +lon_0=10.5 +x_0=4321000 +y_0=3210000 +ellps=bessel",
    "stere-north": "+proj=stere +lat_0=90 +lat_ts=71 +lon_0=-39 +x_0=3 +y_0=4 +datum=WGS84",
    "stere-south": "+proj=stere +lat_0=-90 +lat_ts=-60 +lon_0=7 +x_0=3 +y_0=4 +datum=WGS84",
    "sinu": "+proj=sinu +lon_0=5 +R=6371007.181",
    "sinu-ellipsoid": "+proj=sinu +lon_0=5 +ellps=bessel",
    "merc": "+proj=merc +lon_0=3 +k=0.997 +x_0=5 +y_0=6 +datum=WGS84",
    "merc2": "+proj=merc +lon_0=3 +lat_ts=42 +x_0=5 +y_0=6 +datum=WGS84",
    "eqc": "+proj=eqc +lat_ts=35 +lat_0=0 +lon_0=3 +x_0=5 +y_0=6 +datum=WGS84",
    "longlat": "+proj=longlat +a=6378000 +rf=297",
    "moll": "+proj=moll +lon_0=3 +x_0=5 +y_0=6 +datum=WGS84",
    "cea": "+proj=cea +lon_0=3 +lat_ts=20 +x_0=5 +y_0=6 +datum=WGS84",
    "km": "+proj=tmerc +lat_0=1.5 +lon_0=10.25 +k=0.9997 +x_0=12345 +y_0=-6789 +datum=WGS84 +units=km",
}
places = []
for name, text in CUSTOM.items():
    crs = lonlat(osr.SpatialReference())
    crs.ImportFromProj4(text + " +no_defs")
    image = gdal.GetDriverByName("GTiff").Create(f"{OUT}/{name}.tif", 2, 1, 1, gdal.GDT_Byte)
    image.SetGeoTransform([100, 10, 0, 200, 0, -10])
    image.SetProjection(crs.ExportToWkt())
    image = None
    own = lonlat(crs.CloneGeogCS())
    lat = -71.5 if name == "stere-south" else 43.75
    places.append([f"{name}.tif", 9.125, lat, *moved(own, crs, 9.125, lat)])
rows("tif.json", places)
print(gdal.__version__, len(found), len(pairs), len(texts), len(places))
