"""Write test/golden/envi/* with GDAL (made with GDAL 3.6.2, NumPy 1.24.2).

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/envi.py

Pixels are those of rasters.py: n = (31 row + 7 col + 3 band) mod 251 and a function of n by type. Headers that GDAL
does not write (big-endian, other spellings) are written by hand; what GDAL reads of each goes into envi.json.
"""
import json
import os
import shutil

import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
OUT = "test/golden/envi"
shutil.rmtree(OUT, ignore_errors=True)
os.makedirs(OUT)
TYPES = {
    "u8": (1, "u1", lambda n: n), "i16": (2, "i2", lambda n: n * 200 - 25000),
    "i32": (3, "i4", lambda n: n * 17000000 - 2100000000), "f32": (4, "f4", lambda n: n / 4 - 30),
    "f64": (5, "f8", lambda n: n / 3), "u16": (12, "u2", lambda n: n * 257), "u32": (13, "u4", lambda n: n * 17000000),
    "i64": (14, "i8", lambda n: n * 17000000000 - 2100000000000), "u64": (15, "u8", lambda n: n * 17000000000),
}
GDAL_TYPES = {
    "u8": gdal.GDT_Byte, "i16": gdal.GDT_Int16, "i32": gdal.GDT_Int32, "f32": gdal.GDT_Float32, "f64": gdal.GDT_Float64,
    "u16": gdal.GDT_UInt16, "u32": gdal.GDT_UInt32, "i64": gdal.GDT_Int64, "u64": gdal.GDT_UInt64,
}
AXES = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}
files = []


def pixels(dtype, shape=(8, 9, 5)):
    row, col, band = np.meshgrid(*map(np.arange, shape), indexing="ij")
    return TYPES[dtype][2]((31 * row + 7 * col + 3 * band) % 251).astype(TYPES[dtype][1])


def note(name, dtype, shape, **expected):
    """What GDAL reads: pixels are checked here, its place goes into the JSON."""
    if dtype in ["i64", "u64"]:
        # GDAL 3.6.2 reads no 64-bit integers from ENVI files.
        files.append({"file": name, "dtype": dtype, "shape": shape, "transform": None, "epsg": None, **expected})
        return
    source = gdal.Open(f"{OUT}/{name}")
    read = source.ReadAsArray().reshape(shape[2], *shape[:2]).transpose(1, 2, 0)
    np.testing.assert_array_equal(read, pixels(dtype, shape))
    transform = source.GetGeoTransform(can_return_null=True)
    crs = source.GetSpatialRef()
    epsg = None
    if crs is not None and not crs.IsLocal():
        crs.AutoIdentifyEPSG()
        epsg = crs.GetAuthorityCode(None)
    files.append({"file": name, "dtype": dtype, "shape": shape, "transform": transform,
                  "epsg": None if epsg is None else int(epsg), **expected})


def write(name, dtype, interleave="bsq", shape=(8, 9, 5), then=None, options=(), **expected):
    """By GDAL."""
    data = pixels(dtype, shape)
    target = gdal.GetDriverByName("ENVI").Create(f"{OUT}/{name}", shape[1], shape[0], shape[2], GDAL_TYPES[dtype],
                                                 [f"INTERLEAVE={interleave}", *options])
    for band in range(shape[2]):
        target.GetRasterBand(band + 1).WriteArray(data[:, :, band])
    if then:
        then(target)
    target = None
    note(name, dtype, shape, **expected)


def hand(name, dtype, interleave="bsq", shape=(8, 9, 5), order="<", header=None, lines="", before=b"", after=b"",
         start="ENVI\n", **expected):
    """By hand; `header` is the header's name."""
    data = pixels(dtype, shape).transpose(AXES[interleave])
    with open(f"{OUT}/{name}", "wb") as out:
        out.write(before + data.astype(order + TYPES[dtype][1]).tobytes() + after)
    text = start + (
        f"samples = {shape[1]}\nlines = {shape[0]}\nbands = {shape[2]}\ndata type = {TYPES[dtype][0]}\n"
        f"interleave = {interleave}\nbyte order = {int(order == '>')}\nheader offset = {len(before)}\n")
    with open(f"{OUT}/{header or os.path.splitext(name)[0] + '.hdr'}", "wb") as out:
        out.write((text if lines is None else text + lines).encode(expected.pop("encoding", "utf-8")))
    note(name, dtype, shape, **expected)


for interleave in AXES:
    for dtype in TYPES:
        if dtype in ["i64", "u64"]:
            hand(f"{interleave}-{dtype}.dat", dtype, interleave)
        else:
            write(f"{interleave}-{dtype}.dat", dtype, interleave)
        hand(f"big-{interleave}-{dtype}.dat", dtype, interleave, order=">")


def place(epsg, transform):
    def then(target):
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(epsg)
        target.SetSpatialRef(crs)
        target.SetGeoTransform(transform)
    return then


write("utm.dat", "u16", "bil", then=place(32718, [717729.5, 10.0, 0.0, 5700093.25, 0.0, -10.0]))
write("geographic.dat", "u8", then=place(4326, [-0.78, 0.0001, 0.0, 38.125, 0.0, -0.0001]))
turn = np.deg2rad(12)
write("rotated.dat", "u8", then=place(26915, [500.0, 3 * np.cos(turn), 3 * np.sin(turn), 900.0, 3 * np.sin(turn),
                                              -3 * np.cos(turn)]))
write("south-up.dat", "u8", then=place(32615, [500.0, 3.0, 0.0, 900.0, 0.0, 3.0]))
write("other-crs.dat", "u8", then=place(3035, [4321000.0, 20.0, 0.0, 3210000.0, 0.0, -20.0]))
SMALL = (3, 4, 1)
for name, info in {
    "tie": "UTM, 2.5, 3.000, 271460.000, 3290891.000, 2.5e+00, 2, 15, North, WGS-84, units=Meters",
    "south": "UTM,1,1,300000,6200000,30,30,56,South,Geocentric Datum of Australia 1994,units=Meters",
    "nad83": "{UTM, 1.000, 1.000, 271460.0, 3290891.0, 2.5, 2.5, 15, North, North America 1983}"[1:-1],
    "nad27": "UTM, 1.000, 1.000, 271460.0, 3290891.0, 2.5, 2.5, 15, North, North America 1927",
    "latlon": "Geographic Lat/Lon, 1.0000, 1.0000, -95.36, 29.73, 2.5e-05, 2e-05, WGS-84, units=Degrees",
    "seconds": "Geographic Lat/Lon, 1, 1, -343296, 107028, 0.9, 1.8, North America 1983, units=Seconds",
    "turned": "UTM, 1, 1, 271460.0, 3290891.0, 4, 4, 11, North, WGS-84, units=Meters, rotation=-37.5",
    "arbitrary": "Arbitrary, 1.0000, 1.0000, 40.0, 50.0, 2.0, 3.0, 0, North",
}.items():
    hand(f"map-{name}.dat", "u8", shape=SMALL, lines=f"map info = {{{info}}}\n")
hand("map-pixels.dat", "u8", shape=SMALL, lines="map info = {Arbitrary, 1, 1, 0, 0, 1, 1, 0, North}\n")

WAVES = [450.1, 550.2, 650.3, 750.4, 850.5]
micro = ", ".join(f"{wave / 1000:.5f}" for wave in WAVES)
nano = ",\n ".join(str(wave) for wave in WAVES)
hand("micrometers.img", "f32", "bil", lines=f"wavelength units = Micrometers\nwavelength = {{{micro}}}\n",
     wavelengths=WAVES)
hand("nanometers.bip", "f32", "bip", header="nanometers.bip.HDR", start="ENVI\r\n",
     lines=f"Wavelength  Units=Nanometers\r\nWAVELENGTH={{\r\n {nano}}}\r\nfwhm = {{5,5,5,5,5}}\r\n", wavelengths=WAVES)
hand("no-unit.dat", "f32", lines=f"wavelength = {{{nano},}}\n", wavelengths=WAVES)
for unit in ["Wavenumber", "Index", "Unknown", "GHz"]:
    hand(f"unit-{unit.lower()}.dat", "u8", shape=(3, 4, 5), wavelengths=None,
         lines=f"wavelength units = {unit}\nwavelength = {{{nano}}}\n")
NAMES = ["Straße", "grün (550 nm)", "rot", "NIR é", "SWIR"]
hand("names.dat", "i16", lines="band names = {\n" + ",\n".join(NAMES) + "}\n; band names = {none}\n", names=NAMES)
hand("names-latin1", "i16", header="names-latin1.hdr", lines="band names = {" + ", ".join(NAMES) + "}\n", names=NAMES,
     encoding="latin-1")
hand("ignored.dat", "i16", lines=f"data ignore value = {200 * 38 - 25000}\n", nodata=200 * 38 - 25000)
hand("ignored-f32.dat", "f32", lines="data ignore value = -20.5\n", nodata=-20.5)
hand("offset.dat", "u16", "bil", before=bytes(range(13)), after=b"trailing bytes")
with open(f"{OUT}/defaults.dat", "wb") as out:
    out.write(pixels("u16").transpose(AXES["bsq"]).astype("<u2").tobytes())
with open(f"{OUT}/defaults.HDR", "w") as out:
    out.write("ENVI\nBANDS=5\n;lines = 99\nbad line\ndescription = {\n samples = 7\n}\nSamples =9\nlines   =   8\n"
              "data type = 12\n")
note("defaults.dat", "u16", (8, 9, 5))


def classes(target):
    table = gdal.ColorTable()
    for value, color in enumerate([(0, 0, 0), (200, 30, 40), (10, 220, 30), (0, 0, 255)]):
        table.SetColorEntry(value, color + (255,))
    target.GetRasterBand(1).SetColorTable(table)
    target.GetRasterBand(1).SetCategoryNames(["Unclassified", "roofs", "grass", "water"])


write("classes.dat", "u8", shape=(8, 9, 1), then=classes, categories=[
    [0, "Unclassified", [0, 0, 0]], [1, "roofs", [200, 30, 40]], [2, "grass", [10, 220, 30]], [3, "water", [0, 0, 255]]])
hand("last.bil", "i16", "bil")
hand("bad-bands.dat", "u16", "bip", lines="bbl = {1, 0, 1.0,\n 0.000, 1}\nband names = {a, b, c, d, e}\n"
     f"wavelength units = nm\nwavelength = {{{nano}}}\n")
hand("bad-bands-bsq.dat", "f32", "bsq", lines="bbl = {1, 0, 1, 0, 1}\n")
hand("bad-bands-bil.dat", "u8", "bil", lines="bbl = {1, 0, 1, 0, 1}\n")


def cut():
    """No beginning of this text is whole: each region has a digit that can only be lost."""
    with open(f"{OUT}/roi-cut.txt", "w") as out:
        out.write("; ENVI Output of ROIs (4.x)\n; Number of ROIs: 2\n; File Dimension: 9 x 8\n"
                  "; ROI name: a\n; ROI rgb value: {1, 2, 3}\n; ROI npts: 2\n; ROI name: b\n"
                  "; ROI rgb value: {4, 5, 6}\n; ROI npts: 1\n; ID X Y\n1 2 3\n2 4 5\n\n1 9 8")


cut()


def regions():
    """Laid out as ENVI 4.x lays it out: all heads, one line of columns, then the points of each region."""
    height, width = 8, 9
    labels = np.zeros((height, width), "u2")
    names = ["healthy grass", "roofs #2", "roofs #2", "water", "empty", "Straße"]
    colors = [(0, 205, 0), (200, 30, 40), (201, 31, 41), (0, 0, 255), (1, 2, 3), (7, 8, 9)]
    points = [[(0, 0), (0, 8), (7, 0)], [(3, 4), (3, 5)], [(4, 4)], [(7, 8), (0, 8)], [], [(5, 1), (6, 2), (5, 2), (1, 1)]]
    values = [1, 2, 2, 3, 4, 5]
    head = f"; ENVI Output of ROIs (4.8) [Mon Nov 05 12:54:21 2012]\n; Number of ROIs: {len(names)}\n"
    head += f"; File Dimension: {width} x {height}\n;\n"
    body = ";   ID    X    Y       MapX          MapY             Lat             Lon      B1\n"
    for name, color, region, value in zip(names, colors, points, values):
        head += f"; ROI name: {name}\n; ROI rgb value: {{{', '.join(map(str, color))}}}\n; ROI npts: {len(region)}\n;\n"
        for at, (row, col) in enumerate(region):
            labels[row, col] = value
            place = f"{271460 + 2.5 * col:12.2f} {3290891 - 2.5 * row:12.2f} {29.7:12.6f} {-95.3:12.6f}"
            body += f"{at + 1:6} {col + 1:4} {row + 1:4} {place} {17:6}\n"
        body += "\n" if region else ""
    with open(f"{OUT}/regions.txt", "wb") as out:
        out.write((head + body).replace("\n", "\r\n").encode("latin-1"))
    categories = [[values[at], names[at], colors[at]] for at in [0, 1, 3, 4, 5]]
    with open(f"{OUT}/regions.json", "w") as out:
        json.dump({"shape": [height, width, 1], "labels": labels.reshape(-1).tolist(), "categories": categories}, out,
                  ensure_ascii=False)


regions()
for name in os.listdir(OUT):
    if name.endswith(".aux.xml"):
        os.remove(f"{OUT}/{name}")
with open(f"{OUT}/envi.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one, ensure_ascii=False) for one in files) + "\n]\n")
print(gdal.__version__, np.__version__, len(files))
