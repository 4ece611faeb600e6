"""Write test/golden/png/* with GDAL (made with GDAL 3.6.2, NumPy 1.24.2, libpng 1.6.39).

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/png.py

Pixels are functions of n = (31 row + 7 col + 3 band) mod 251. Files that GDAL does not write (interlaced, every filter,
colours that mean "transparent") are put together by hand; what GDAL reads of each goes into png.json.
"""
import json
import os
import shutil
import struct
import zlib

import numpy as np
from osgeo import gdal

gdal.UseExceptions()
OUT = "test/golden/png"
shutil.rmtree(OUT, ignore_errors=True)
os.makedirs(OUT)
files = []


def pixels(shape, modulus=251, factor=1, dtype="u1"):
    row, col, band = np.meshgrid(*map(np.arange, shape), indexing="ij")
    return ((31 * row + 7 * col + 3 * band) % 251 % modulus * factor).astype(dtype)


def note(name, data):
    """The pixels, checked against what GDAL reads, and the holes and colours that GDAL reads."""
    source = gdal.Open(f"{OUT}/{name}.png")
    bands = {1: 1, 2: 1, 3: 3, 4: 3}[source.RasterCount]
    height, width = source.RasterYSize, source.RasterXSize
    read = source.ReadAsArray().reshape(source.RasterCount, height, width)[:bands].transpose(1, 2, 0)
    np.testing.assert_array_equal(read, data[:, :, :bands])
    mask = source.GetRasterBand(1).GetMaskBand().ReadAsArray()
    holes = np.argwhere(mask == 0).tolist()
    table = source.GetRasterBand(1).GetColorTable()
    colors = None
    if table is not None:
        used = [int(value) for value in np.unique(read) if value < table.GetCount()]
        colors = [[value, list(table.GetColorEntry(value)[:3])] for value in used]
    files.append({"file": f"{name}.png", "dtype": {"uint8": "u8", "uint16": "u16"}[str(read.dtype)],
                  "shape": list(read.shape), "pixels": read.reshape(-1).tolist(), "holes": holes, "colors": colors})


def write(name, data, table=None, options=()):
    """By GDAL."""
    height, width, bands = data.shape
    memory = gdal.GetDriverByName("MEM").Create("", width, height, bands,
                                                gdal.GDT_UInt16 if data.dtype == np.uint16 else gdal.GDT_Byte)
    for band in range(bands):
        memory.GetRasterBand(band + 1).WriteArray(data[:, :, band])
    if bands in (2, 4):
        memory.GetRasterBand(bands).SetColorInterpretation(gdal.GCI_AlphaBand)
    if table is not None:
        colors = gdal.ColorTable()
        for value, color in enumerate(table):
            colors.SetColorEntry(value, tuple(color))
        memory.GetRasterBand(1).SetColorTable(colors)
    gdal.GetDriverByName("PNG").CreateCopy(f"{OUT}/{name}.png", memory, options=list(options))
    note(name, data)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def scanlines(data, depth, filters):
    """Rows of samples, packed and filtered by each of `filters` in turn."""
    height, width, channels = data.shape
    step = max(1, channels * depth // 8)
    rows = []
    for row in range(height):
        samples = data[row].reshape(-1)
        if depth == 16:
            rows.append(samples.astype(">u2").tobytes())
        elif depth == 8:
            rows.append(samples.astype("u1").tobytes())
        else:
            bits = "".join(format(value, f"0{depth}b") for value in samples)
            bits += "0" * (-len(bits) % 8)
            rows.append(bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8)))
    out = b""
    for row, line in enumerate(rows):
        kind = filters[row % len(filters)]
        above = rows[row - 1] if row > 0 else bytes(len(line))
        out += bytes([kind])
        for at, value in enumerate(line):
            a = line[at - step] if at >= step else 0
            b = above[at]
            c = above[at - step] if at >= step else 0
            nearest = min([a, b, c], key=lambda one: abs(a + b - c - one))
            out += bytes([(value - [0, a, b, (a + b) // 2, nearest][kind]) & 255])
    return out


def hand(name, data, color, depth, filters=(0,), interlaced=False, before=b"", parts=1, read=True):
    height, width, _ = data.shape
    if interlaced:
        steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        passes = [data[row::down, col::across] for col, row, across, down in steps]
        raw = b"".join(scanlines(one, depth, filters) for one in passes if one.size)
    else:
        raw = scanlines(data, depth, filters)
    packed = zlib.compress(raw, 9)
    size = -(-len(packed) // parts)
    with open(f"{OUT}/{name}.png", "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)))
        out.write(chunk(b"tEXt", b"Comment\0a note") + before)
        for at in range(0, len(packed), size):
            out.write(chunk(b"IDAT", packed[at:at + size]))
        out.write(chunk(b"IEND", b""))
    if read:
        note(name, data)


SHAPE = (8, 9, 1)
TABLE = [(0, 0, 0, 255), (200, 30, 40, 255), (10, 220, 30, 255), (7, 8, 9, 255)]
LONG = [(value, 255 - value, value * 3 % 256, 255) for value in range(251)]
write("grey", pixels(SHAPE))
write("grey-16", pixels(SHAPE, factor=257, dtype="u2"))
write("rgb", pixels((8, 9, 3)))
write("rgb-16", pixels((8, 9, 3), factor=257, dtype="u2"))
write("rgba", pixels((8, 9, 4), modulus=5))
write("rgba-16", pixels((8, 9, 4), modulus=5, factor=9000, dtype="u2"))
write("grey-alpha", pixels((8, 9, 2), modulus=5))
write("palette", pixels(SHAPE), LONG)
for bits in [1, 2, 4]:
    write(f"grey-{bits}", pixels(SHAPE, modulus=2 ** bits), options=[f"NBITS={bits}"])
    hand(f"palette-{bits}", pixels(SHAPE, modulus=min(4, 2 ** bits)), 3, bits, (0, 1, 2, 3, 4),
         before=chunk(b"PLTE", b"".join(bytes(color[:3]) for color in TABLE[:2 ** bits])))
for filters in [(0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)]:
    hand(f"filters-{''.join(map(str, filters))}", pixels((8, 9, 3)), 2, 8, filters)
hand("parts", pixels((8, 9, 3), factor=257, dtype="u2"), 2, 16, (4, 2), parts=3)
hand("interlaced", pixels((8, 9, 3)), 2, 8, (0, 1, 2, 3, 4), interlaced=True)
hand("interlaced-16", pixels((11, 13, 1), factor=257, dtype="u2"), 0, 16, (4, 3, 2), interlaced=True)
hand("interlaced-small", pixels((1, 3, 1)), 0, 8, (1,), interlaced=True)
palette = chunk(b"PLTE", b"".join(bytes(color[:3]) for color in TABLE))
hand("interlaced-palette", pixels(SHAPE, modulus=4), 3, 8, (0, 4), interlaced=True, before=palette)
hand("interlaced-2", pixels(SHAPE, modulus=4), 0, 2, (0, 4), interlaced=True, read=False)
hand("transparent-grey", pixels(SHAPE, modulus=7), 0, 8, (1,), before=chunk(b"tRNS", struct.pack(">H", 3)))
hand("transparent-grey-16", pixels(SHAPE, factor=257, dtype="u2"), 0, 16, before=chunk(b"tRNS", struct.pack(">H", 38 * 257)))
hand("transparent-rgb", pixels((8, 9, 3), modulus=16), 2, 8, before=chunk(b"tRNS", struct.pack(">HHH", 7, 10, 13)))
hand("transparent-palette", pixels(SHAPE, modulus=4), 3, 8, before=palette + chunk(b"tRNS", bytes([255, 0])))
for name in os.listdir(OUT):
    if name.endswith(".aux.xml"):
        os.remove(f"{OUT}/{name}")
with open(f"{OUT}/png.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one, separators=(",", ":")) for one in files) + "\n]\n")
print(gdal.__version__, np.__version__, len(files))
