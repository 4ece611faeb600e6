"""Write test/golden/numpy/*.npy, *.npz and npy.json (made with NumPy 2.4.6).

Run from the project's root: python3 scripts/golden/numpy_arrays.py

Pixels follow the formula of rasters.py. (Named so that no script beside it imports it for NumPy.)
"""
import json
import os
import zipfile

import numpy as np

OUT = "test/golden/numpy"
os.makedirs(OUT, exist_ok=True)
VALUES = {
    "u8": lambda n: n, "i8": lambda n: n - 125, "u16": lambda n: n * 257, "i16": lambda n: n * 200 - 25000,
    "u32": lambda n: n * 17000000, "i32": lambda n: n * 17000000 - 2100000000,
    "i64": lambda n: n * 17000000000 - 2100000000000, "u64": lambda n: n * 17000000000, "f16": lambda n: n / 4 - 30,
    "f32": lambda n: n / 4 - 30, "f64": lambda n: n / 3, "u1": lambda n: n % 2,
}
NUMPY = {"u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "i64": "i8", "u64": "u8",
         "f16": "f2", "f32": "f4", "f64": "f8", "u1": "?"}
files = []


def pixels(dtype, height=8, width=9, bands=5):
    row, col, band = np.meshgrid(np.arange(height), np.arange(width), np.arange(bands), indexing="ij")
    return VALUES[dtype]((31 * row + 7 * col + 3 * band) % 251).astype(NUMPY[dtype])


def expect(location, dtype, shape=(8, 9, 5)):
    files.append({"file": location, "dtype": dtype, "shape": list(shape)})


for dtype in NUMPY:
    np.save(f"{OUT}/type-{dtype}.npy", pixels(dtype))
    expect(f"type-{dtype}.npy", dtype)
for dtype in ["i16", "f16", "f32", "u64", "f64"]:
    np.save(f"{OUT}/big-endian-{dtype}.npy", pixels(dtype).astype(">" + NUMPY[dtype]))
    expect(f"big-endian-{dtype}.npy", dtype)
np.save(f"{OUT}/column-major.npy", np.asfortranarray(pixels("u16")))
expect("column-major.npy", "u16")
np.save(f"{OUT}/column-major-2d.npy", np.asfortranarray(pixels("f32")[:, :, 0]))
expect("column-major-2d.npy", "f32", (8, 9, 1))
np.save(f"{OUT}/one-band.npy", pixels("u8")[:, :, 0])
expect("one-band.npy", "u8", (8, 9, 1))
np.save(f"{OUT}/further-axes.npy", pixels("i16")[..., None, None])
expect("further-axes.npy", "i16")
for version in [(2, 0), (3, 0)]:
    with open(f"{OUT}/version-{version[0]}.npy", "wb") as out:
        np.lib.format.write_array(out, pixels("i16"), version=version)
    expect(f"version-{version[0]}.npy", "i16")
np.savez(f"{OUT}/stored.npz", hsi=pixels("u16"), labels=pixels("u8")[:, :, 0], scale=np.float64(0.5))
np.savez_compressed(f"{OUT}/deflated.npz", hsi=pixels("u16"), labels=pixels("u8")[:, :, 0], names=np.array(["a", "b"]))
for name in ["stored", "deflated"]:
    expect(f"{name}.npz#hsi", "u16")
    expect(f"{name}.npz#labels", "u8", (8, 9, 1))
np.savez_compressed(f"{OUT}/single.npz", x=pixels("f32"), wavelengths=np.arange(5.0))
expect("single.npz", "f32")
with zipfile.ZipFile(f"{OUT}/bzip2.npz", "w", zipfile.ZIP_BZIP2) as out:
    with out.open("x.npy", "w") as entry:
        np.lib.format.write_array(entry, pixels("u8"))
refused = {"complex": pixels("f32") * (1 + 2j), "records": np.zeros((3, 4), [("code", "i4"), ("height", "f4")]),
           "objects": np.array([[None, 1], ["x", 2.0]], object), "text": np.array([["ab", "c"], ["d", "e"]]),
           "long-double": np.zeros((3, 4), np.longdouble), "unsafe": np.array([[2**53 + 1, 1], [2, 3]], "i8"),
           "line": np.arange(6.0), "empty": np.zeros((0, 3)), "four-axes": np.zeros((2, 3, 4, 5), "u1")}
for name, array in refused.items():
    np.save(f"{OUT}/refused-{name}.npy", array)
with open(f"{OUT}/npy.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one) for one in files) + "\n]\n")
print(np.__version__, len(files))
