"""Candidates for the table of coordinate reference systems, as JSON on standard output; epsg-table.mjs reads them.

For every EPSG projected and geographic 2-D CRS that is not deprecated: its PROJ definition, with the Helmert shift to
WGS 84 that PROJ chooses or, where PROJ sees several, the one of the EPSG data set that covers the area of use best and
is most accurate or, where that still is further than 5 m from PROJ's own choice of transformation, the three-parameter
shift that is this choice in the middle of the area of use; and, for three points in the area of use, what PROJ computes:
`own` [lon, lat on the CRS's own datum, x, y], `wgs84` [lon, lat on WGS 84, x, y by the same shift], and `best`, how far
in metres that is from PROJ's own choice of transformation with the grid files at hand.

Needs a Python that has GDAL's bindings, and PROJ's proj.db: python3 epsg-table.py /usr/share/proj/proj.db
"""
import json
import math
import re
import sqlite3
import sys

from osgeo import gdal, osr

osr.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")
osr.SetPROJEnableNetwork(False)
db = sqlite3.connect(sys.argv[1])
meta = dict(db.execute("SELECT key, value FROM metadata"))
ARC_SECONDS = {9101: 180 * 3600 / math.pi, 9104: 1, 9109: 180 * 3600 / math.pi * 1e-6, 9113: 0.324,
               1031: 1e-3}
METRES = {9001: 1, 1025: 1e-3}
MILLIONTHS = {9201: 1e6, 9202: 1, 1028: 1e-3}


def areas(table, code):
    return db.execute(
        "SELECT west_lon, south_lat, east_lon, north_lat FROM usage JOIN extent ON extent.code = extent_code AND "
        "extent.auth_name = extent_auth_name WHERE object_table_name = ? AND object_auth_name = 'EPSG' AND "
        "object_code = ?", (table, code)).fetchall()


def wrapped(area):
    west, south, east, north = area
    return (west, south, east + 360 if east < west else east, north)


def overlap(area, other):
    """Share of `area` that `other` covers."""
    west, south, east, north = wrapped(area)
    best = 0
    for turn in (-360, 0, 360):
        w, s, e, n = wrapped(other)
        across = min(east, e + turn) - max(west, w + turn)
        up = min(north, n) - max(south, s)
        if across > 0 and up > 0:
            best = max(best, across * up / max(1e-12, (east - west) * (north - south)))
    return best


def number(value):
    return format(round(value, 9), ".12g")


def to_wgs84(row):
    method, tx, ty, tz, unit, rx, ry, rz, turn, scale, scale_unit = row
    shift = [METRES[unit] * one for one in (tx, ty, tz)]
    if rx is None:
        return shift
    sign = -1 if method in (1032, 1038, 9607) else 1  # coordinate frame rotations turn the other way
    return shift + [sign * ARC_SECONDS[turn] * one for one in (rx, ry, rz)] + [MILLIONTHS[scale_unit] * scale]


def helmerts():
    """By code of a geographic CRS: (areas, accuracy in metres, parameters) of its shifts to WGS 84 or its equals."""
    found = {}
    equal = (4326, 4258, 4269, 4674, 4283, 7844, 4167, 4612, 6318)
    for code, source, accuracy, *row in db.execute(
            "SELECT code, source_crs_code, accuracy, method_code, tx, ty, tz, translation_uom_code, rx, ry, rz, "
            "rotation_uom_code, scale_difference, scale_difference_uom_code FROM helmert_transformation_table WHERE "
            f"auth_name = 'EPSG' AND deprecated = 0 AND epoch IS NULL AND px IS NULL AND target_crs_code IN {equal}"):
        if row[0] in (9603, 9606, 9607):
            found.setdefault(source, []).append((areas("helmert_transformation", code), accuracy or 99, to_wgs84(row)))
    return found


shifts = helmerts()


def chosen_shift(geographic, area):
    best = None
    for places, accuracy, parameters in shifts.get(geographic, []):
        covered = max((overlap(area, place) for place in places), default=0)
        if covered < 0.05:
            continue
        key = (-(1 if covered > 0.95 else round(covered, 1)), accuracy, -covered)
        if best is None or key < best[0]:
            best = (key, parameters)
    return None if best is None else ",".join(number(one) for one in best[1])


def definition(crs, geographic, area):
    """PROJ's definition without what is default, and where the shift to WGS 84 is from."""
    guessed = crs.Clone()
    try:
        guessed.AddGuessedTOWGS84()
    except RuntimeError:
        pass
    text = guessed.ExportToProj4()
    origin = "proj"
    if "+nadgrids=@null" in text:  # Web Mercator: WGS 84's longitude and latitude on a sphere
        return re.sub(r"\+(nadgrids=@null|wktext|no_defs)", "", text), origin
    text = text.replace("+datum=NAD83", "+ellps=GRS80 +towgs84=0,0,0").replace("+datum=NAD27", "+ellps=clrk66")
    text = re.sub(r"\+datum=(?!WGS84)\S+", "", text)
    text = re.sub(r"\+(nadgrids|geoidgrids)=\S+|\+(wktext|no_defs|type=crs)|\+units=m(?= |$)", "", text)
    if "+datum=" not in text and "+towgs84=" not in text:
        shift = chosen_shift(geographic, area)
        origin = "none" if shift is None else "epsg"
        if shift is None and re.search(r"\+ellps=(GRS80|WGS84)", text):
            shift, origin = "0,0,0", "equal"
        if shift is not None:
            text += f" +towgs84={shift}"
    return text, origin


def points(area):
    west, south, east, north = wrapped(area)
    for across, up in ((0.5, 0.5), (0.3, 0.35), (0.7, 0.6)):
        lon = west + across * (east - west)
        yield (lon - 360 if lon > 180 else lon, max(-89, min(89, south + up * (north - south))))


def lonlat(crs):
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return crs


def moved(step, x, y):
    x, y, _ = step.TransformPoint(x, y)
    return [x, y] if math.isfinite(x) and math.isfinite(y) else None


def geocentric(crs, lon, lat):
    a, es = crs.GetSemiMajor(), 1 - (crs.GetSemiMinor() / crs.GetSemiMajor()) ** 2
    lon, lat = math.radians(lon), math.radians(lat)
    n = a / math.sqrt(1 - es * math.sin(lat) ** 2)
    return (n * math.cos(lat) * math.cos(lon), n * math.cos(lat) * math.sin(lon), n * (1 - es) * math.sin(lat))


def central_shift(base, degrees, greenwich, area):
    """PROJ's choice in the middle of the area as three metres; null where PROJ only keeps longitude and latitude."""
    lon, lat = next(points(area))
    place = moved(osr.CoordinateTransformation(wgs84, base), lon, lat)
    if place is None:
        return None
    own = (place[0] * degrees + greenwich, place[1] * degrees)
    if math.hypot(own[0] - lon, own[1] - lat) < 1e-9:
        return None
    pairs = zip(geocentric(wgs84, lon, lat), geocentric(base, *own))
    return ",".join(format(round(to - at, 3), ".12g") for to, at in pairs)


def by_shift(text, crs, area, metres):
    """On WGS 84 and by the definition: lon, lat, x, y; and the distances from PROJ's choice."""
    shifted = lonlat(osr.SpatialReference())
    shifted.ImportFromProj4(text)
    from_wgs84 = osr.CoordinateTransformation(wgs84, shifted)
    by_choice = osr.CoordinateTransformation(wgs84, crs)
    places, distances = [], []
    for lon, lat in points(area):
        place, other = moved(from_wgs84, lon, lat), moved(by_choice, lon, lat)
        if place is not None:
            places.append([lon, lat, *place])
        if place is not None and other is not None:
            distances.append(round(metres * math.hypot(place[0] - other[0], place[1] - other[1]), 3))
    return places, distances


wgs84 = lonlat(osr.SpatialReference())
wgs84.ImportFromEPSG(4326)
crses, datums = [], {}
for code, kind in db.execute(
        "SELECT code, type FROM crs_view WHERE auth_name = 'EPSG' AND deprecated = 0 AND type IN "
        "('projected', 'geographic 2D') ORDER BY CAST(code AS INTEGER)"):
    table = "projected_crs" if kind == "projected" else "geodetic_crs"
    crs = lonlat(osr.SpatialReference())
    try:
        crs.ImportFromEPSG(int(code))
        base = lonlat(crs.CloneGeogCS())
        geographic = int(code) if kind != "projected" else db.execute(
            "SELECT geodetic_crs_code FROM projected_crs WHERE auth_name = 'EPSG' AND code = ?", (code,)).fetchone()[0]
        datum = db.execute("SELECT datum_code FROM geodetic_crs WHERE auth_name = 'EPSG' AND code = ?",
                           (geographic,)).fetchone()[0]
        area = max(areas(table, code), key=lambda one: (wrapped(one)[2] - one[0]) * (one[3] - one[1]))
        text, origin = definition(crs, geographic, area)
    except RuntimeError as fault:
        crses.append({"code": int(code), "refused": str(fault)})
        continue
    degrees = base.GetAngularUnits() * 180 / math.pi
    greenwich = float(base.GetAttrValue("PRIMEM", 1) or 0)
    metres = crs.GetLinearUnits() if kind == "projected" else 111000 * degrees
    own = []
    try:
        project = osr.CoordinateTransformation(base, crs)
        for lon, lat in points(area):
            place = moved(project, (lon - greenwich) / degrees, lat / degrees)
            if place is not None:
                own.append([lon - greenwich, lat, *place])
        shift, best = by_shift(text, crs, area, metres)
        if origin != "proj" and max(best, default=0) > 5:
            central = central_shift(base, degrees, greenwich, area)
            other = None if central is None else re.sub(r" *\+towgs84=\S+", "", text) + f" +towgs84={central}"
            places, distances = ([], []) if other is None else by_shift(other, crs, area, metres)
            if len(distances) == len(best) and max(distances) < max(best):
                text, origin, shift, best = other, "centre", places, distances
    except RuntimeError as fault:
        crses.append({"code": int(code), "refused": str(fault)})
        continue
    crses.append({"code": int(code), "kind": kind, "datum": datum, "definition": text, "shift": origin, "unit": crs.GetLinearUnits(),
                  "own": own, "wgs84": shift, "best": best})
    if kind != "projected":
        names = [re.search(r'DATUM\["([^"]+)"', crs.ExportToWkt([f"FORMAT={form}"])) for form in
                 ("WKT1_GDAL", "WKT1_ESRI", "WKT2")] + [re.search(r'ENSEMBLE\["([^"]+)"', crs.ExportToWkt(["FORMAT=WKT2"]))]
        datums[int(code)] = sorted({name.group(1) for name in names if name is not None})
ellipsoids = [[int(code), a * (0.3048 if unit == 9002 else 1), rf if rf is not None else (0 if a == b else a / (a - b))]
              for code, a, unit, rf, b in db.execute(
                  "SELECT code, semi_major_axis, uom_code, inv_flattening, semi_minor_axis FROM ellipsoid WHERE "
                  "auth_name = 'EPSG' AND deprecated = 0 AND uom_code IN (9001, 9002)")]
json.dump({"source": f"PROJ {meta['PROJ.VERSION']}, EPSG {meta['EPSG.VERSION']}, GDAL {gdal.__version__}",
           "crses": crses, "datums": datums, "ellipsoids": ellipsoids}, sys.stdout)
