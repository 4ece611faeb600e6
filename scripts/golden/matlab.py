"""Write test/golden/rasters/*.mat and mat.json (made with SciPy 1.17.1, h5py 3.16.0, NumPy 2.4.6).

Run from the project's root: python3 scripts/golden/matlab.py

Pixels follow the formula of rasters.py. What SciPy cannot write (big-endian files, numbers stored in a smaller type
than their class, 64-bit text) is packed by hand after "MAT-File Format" and read back with SciPy.
"""
import json
import os
import struct
import zlib

import h5py
import numpy as np
import scipy.io
import scipy.sparse

OUT = "test/golden/rasters"
os.makedirs(OUT, exist_ok=True)
VALUES = {
    "u8": lambda n: n, "i8": lambda n: n - 125, "u16": lambda n: n * 257, "i16": lambda n: n * 200 - 25000,
    "u32": lambda n: n * 17000000, "i32": lambda n: n * 17000000 - 2100000000,
    "i64": lambda n: n * 17000000000 - 2100000000000, "u64": lambda n: n * 17000000000, "f32": lambda n: n / 4 - 30,
    "f64": lambda n: n / 3, "u1": lambda n: n % 2,
}
NUMPY = {"u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "i64": "i8", "u64": "u8",
         "f32": "f4", "f64": "f8", "u1": "?"}
files = []


def pixels(dtype, height=8, width=9, bands=5):
    row, col, band = np.meshgrid(np.arange(height), np.arange(width), np.arange(bands), indexing="ij")
    return VALUES[dtype]((31 * row + 7 * col + 3 * band) % 251).astype(NUMPY[dtype])


def expect(location, dtype, shape=(8, 9, 5)):
    files.append({"file": location, "dtype": dtype, "shape": list(shape)})


for dtype in NUMPY:
    scipy.io.savemat(f"{OUT}/class-{dtype}.mat", {"x": pixels(dtype)}, do_compression=dtype != "f64")
    expect(f"class-{dtype}.mat", dtype)
scipy.io.savemat(f"{OUT}/plain.mat", {"x": pixels("i16")}, do_compression=False)
expect("plain.mat", "i16")
scipy.io.savemat(f"{OUT}/one-band.mat", {"gt": pixels("u8")[:, :, 0], "note": "a scene", "scale": 0.5})
expect("one-band.mat", "u8", (8, 9, 1))

lidar = np.empty((1, 2), object)
for index in range(2):
    lidar[0, index] = {"z": pixels("f32")[:, :, [index]][:, :, 0], "info": {"name": f"return {index}"}}
points = np.zeros((1, 3), [("code", object), ("name", object)])
for index, name in enumerate(["trees", "grass", "Straße"]):
    points[0, index] = (float(index + 1), name)
labels = {"labels": pixels("u8")[:, :, 0].astype("f8"), "Materials_Type": np.array(["trees", "mostly grass"], object)}
tree = {"hsi": {"Data": pixels("u16"), "Lidar": lidar, "sceneLabels": labels, "info": points},
        "mask": pixels("u1")[:, :, 0], "title": np.array(["ab ", "cde"]), "empty": np.zeros((0, 3))}
for name, compressed in {"tree": False, "tree-packed": True}.items():
    scipy.io.savemat(f"{OUT}/{name}.mat", tree, do_compression=compressed)
    expect(f"{name}.mat#hsi.Data", "u16")
    expect(f"{name}.mat#hsi.Lidar[0].z", "f32", (8, 9, 1))
    expect(f"{name}.mat#mask", "u1", (8, 9, 1))
complex_pixels = pixels("f64")[:, :, 0] * (1 + 2j)
scipy.io.savemat(f"{OUT}/refused.mat", {"c": complex_pixels, "s": scipy.sparse.csc_matrix(complex_pixels)})
odd = pixels("u1")[:, :, 0]
few = scipy.sparse.csc_matrix(([1.5, -2, 3], ([2, 7, 0], [0, 4, 8])), shape=(8, 9))
for name, compressed in {"sparse": False, "sparse-packed": True}.items():
    scipy.io.savemat(f"{OUT}/{name}.mat", {"all": scipy.sparse.csc_matrix(pixels("f64")[:, :, 0]),
                                           "odd": scipy.sparse.csc_matrix(odd.astype("f8")),
                                           "mask": scipy.sparse.csc_matrix(odd), "few": few,
                                           "none": scipy.sparse.csc_matrix((8, 9))}, do_compression=compressed)
    expect(f"{name}.mat#all", "f64", (8, 9, 1))
    files.append({"file": f"{name}.mat#odd", "dtype": "u1", "shape": [8, 9, 1], "className": "double"})
    expect(f"{name}.mat#mask", "u1", (8, 9, 1))
scipy.io.savemat(f"{OUT}/level4.mat", {"x": pixels("f64")[:, :, 0]}, format="4")
with h5py.File(f"{OUT}/level73.mat", "w", userblock_size=512) as out:
    out["x"] = np.arange(6.0)
with open(f"{OUT}/level73.mat", "r+b") as out:
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 ."
    out.write(text.ljust(116) + bytes(8) + struct.pack("<H", 0x0200) + b"IM")


class Packer:
    """MAT level 5 by hand, in either byte order."""

    def __init__(self, order):
        self.order = order

    def element(self, kind, data):
        if 0 < len(data) <= 4:
            word = (len(data) << 16) | kind
            return struct.pack(self.order + "I", word) + data.ljust(4, b"\0")
        return struct.pack(self.order + "II", kind, len(data)) + data + bytes(-len(data) % 8)

    def matrix(self, array_class, dims, name, *parts, flags=0):
        body = self.element(6, struct.pack(self.order + "II", (flags << 8) | array_class, 0))
        body += self.element(5, struct.pack(f"{self.order}{len(dims)}i", *dims))
        body += self.element(1, name.encode()) + b"".join(parts)
        return struct.pack(self.order + "II", 14, len(body)) + body

    def numbers(self, array_class, array, kind, code, name="x"):
        values = array.flatten(order="F").tolist()
        data = struct.pack(f"{self.order}{len(values)}{code}", *values)
        return self.matrix(array_class, array.shape, name, self.element(kind, data))

    def file(self, name, *variables):
        version = struct.pack(self.order + "H", 0x0100) + (b"IM" if self.order == "<" else b"MI")
        with open(f"{OUT}/{name}.mat", "wb") as out:
            out.write(b"MATLAB 5.0 MAT-file, packed by hand".ljust(116) + bytes(8) + version + b"".join(variables))
        return scipy.io.loadmat(f"{OUT}/{name}.mat")


little, big = Packer("<"), Packer(">")
small = pixels("u8")
assert (little.file("stored-smaller", little.numbers(6, small, 2, "B"))["x"] == small).all()
files.append({"file": "stored-smaller.mat", "dtype": "u8", "shape": [8, 9, 5], "className": "double"})
assert (big.file("big-endian", big.numbers(10, pixels("i16"), 3, "h"))["x"] == pixels("i16")).all()
expect("big-endian.mat", "i16")
packed = zlib.compress(big.numbers(7, pixels("f32"), 7, "f"))
assert (big.file("big-endian-packed", struct.pack(">II", 15, len(packed)) + packed)["x"] == pixels("f32")).all()
expect("big-endian-packed.mat", "f32")
field_names = big.element(5, struct.pack(">i", 8)) + big.element(1, b"a\0\0\0\0\0\0\0cube\0\0\0\0")
inner = big.numbers(6, np.array([[3]]), 2, "B", "") + big.numbers(6, pixels("i16"), 3, "h", "")
assert big.file("big-endian-struct", big.matrix(2, (1, 1), "s", field_names, inner))["s"]["a"][0, 0] == 3
files.append({"file": "big-endian-struct.mat#s.cube", "dtype": "i16", "shape": [8, 9, 5], "className": "double"})
with open(f"{OUT}/mat.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one) for one in files) + "\n]\n")
print(scipy.__version__, h5py.__version__, np.__version__, len(files))
