"""Write test/golden/hdf5/*.mat, *.h5, *.nc and hdf5.json (made with h5py 3.16.0, NumPy 2.4.6).

Run from the project's root: python3 scripts/golden/hdf5.py

Pixels follow the formula of rasters.py. MATLAB's files are laid out as MATLAB R2023b saves them with -v7.3: a user
block of 512 bytes, reversed axes, MATLAB_class and its companions as attributes, cells and struct arrays as references
into #refs#. The georeference of NetCDF files is checked with GDAL by hdf5_check.py.
"""
import json
import os
import struct

import h5py
import numpy as np
import scipy.sparse

OUT = "test/golden/hdf5"
os.makedirs(OUT, exist_ok=True)
VALUES = {
    "u8": lambda n: n, "i8": lambda n: n - 125, "u16": lambda n: n * 257, "i16": lambda n: n * 200 - 25000,
    "u32": lambda n: n * 17000000, "i32": lambda n: n * 17000000 - 2100000000,
    "i64": lambda n: n * 17000000000 - 2100000000000, "u64": lambda n: n * 17000000000, "f16": lambda n: n / 4 - 30,
    "f32": lambda n: n / 4 - 30, "f64": lambda n: n / 3, "u1": lambda n: n % 2,
}
NUMPY = {"u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "i64": "i8", "u64": "u8",
         "f16": "f2", "f32": "f4", "f64": "f8", "u1": "?"}
MATLAB = {"u8": "uint8", "i8": "int8", "u16": "uint16", "i16": "int16", "u32": "uint32", "i32": "int32",
          "i64": "int64", "u64": "uint64", "f32": "single", "f64": "double", "u1": "logical"}
WKT = ('PROJCS["WGS 84 / UTM zone 18S",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
       'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],'
       'AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
       'PARAMETER["central_meridian",-75],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],'
       'PARAMETER["false_northing",10000000],UNIT["metre",1],AUTHORITY["EPSG","32718"]]')
files = []


def pixels(dtype, height=8, width=9, bands=5):
    row, col, band = np.meshgrid(np.arange(height), np.arange(width), np.arange(bands), indexing="ij")
    return VALUES[dtype]((31 * row + 7 * col + 3 * band) % 251).astype(NUMPY[dtype])


def expect(location, dtype, shape=(8, 9, 5), **expected):
    files.append({"file": location, "dtype": dtype, "shape": list(shape), **expected})


class MatFile:
    """A -v7.3 file as MATLAB lays it out."""

    def __init__(self, name):
        self.name = f"{OUT}/{name}.mat"
        self.file = h5py.File(self.name, "w", userblock_size=512, libver="earliest")
        self.count = 0

    def close(self):
        self.file.close()
        text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 ."
        with open(self.name, "r+b") as out:
            out.write(text.ljust(116) + bytes(8) + struct.pack("<H", 0x0200) + b"IM")

    def marked(self, item, matlab_class, **attributes):
        item.attrs["MATLAB_class"] = np.bytes_(matlab_class)
        for name, value in attributes.items():
            item.attrs[name] = value
        return item

    def fields(self, item, names):
        letters = np.empty(len(names), object)
        for index, name in enumerate(names):
            letters[index] = np.array([letter.encode() for letter in name], "S1")
        item.attrs.create("MATLAB_fields", letters, dtype=h5py.vlen_dtype(np.dtype("S1")))

    def array(self, path, values, dtype, **options):
        stored = np.atleast_2d(values).T
        if stored.dtype == bool:
            stored = stored.astype("u1")
        item = self.marked(self.file.create_dataset(path, data=stored, **options), MATLAB[dtype])
        if dtype == "u1":
            item.attrs["MATLAB_int_decode"] = np.int32(1)
        return item

    def text(self, path, text):
        rows = text if isinstance(text, list) else [text]
        codes = np.array([[ord(letter) for letter in row] for row in rows], "u2").T
        return self.marked(self.file.create_dataset(path, data=codes), "char", MATLAB_int_decode=np.int32(2))

    def empty(self, path, dims, matlab_class="double"):
        item = self.file.create_dataset(path, data=np.array(dims, "u8"))
        return self.marked(item, matlab_class, MATLAB_empty=np.uint8(1))

    def struct(self, path, names):
        group = self.marked(self.file.create_group(path), "struct")
        self.fields(group, names)

    def sparse(self, path, values, dtype="f64"):
        columns = scipy.sparse.csc_matrix(values)
        group = self.marked(self.file.create_group(path), MATLAB[dtype], MATLAB_sparse=np.uint64(values.shape[0]))
        group["jc"] = columns.indptr.astype("u8")
        if columns.nnz > 0:
            group["ir"], group["data"] = columns.indices.astype("u8"), columns.data.astype(NUMPY[dtype].replace("?", "u1"))
        return group

    def hidden(self):
        self.count += 1
        return f"#refs#/{self.count}"

    def references(self, path, places, shape):
        references = np.array([self.file[place].ref for place in places], h5py.ref_dtype).reshape(shape)
        return self.file.create_dataset(path, data=references, dtype=h5py.ref_dtype)


packed = {"chunks": (2, 4, 3), "compression": "gzip", "compression_opts": 3}
mat = MatFile("types")
for dtype in MATLAB:
    mat.array(dtype, pixels(dtype), dtype, **({} if dtype == "f64" else packed))
    expect(f"types.mat#{dtype}", dtype)
mat.close()
mat = MatFile("single")
mat.array("x", pixels("i16"), "i16", **packed)
mat.array("scale", np.array([[0.5]]), "f64")
mat.text("note", "a scene")
mat.close()
expect("single.mat", "i16")
mat = MatFile("tree")
mat.struct("hsi", ["Data", "Lidar", "sceneLabels", "info"])
mat.array("hsi/Data", pixels("u16"), "u16", **packed)
places = []
for index in range(2):
    place = mat.hidden()
    mat.struct(place, ["z", "info"])
    mat.array(f"{place}/z", pixels("f32")[:, :, index], "f32")
    mat.struct(f"{place}/info", ["name"])
    mat.text(f"{place}/info/name", f"return {index}")
    places.append(place)
mat.marked(mat.references("hsi/Lidar", places, (2, 1)), "cell")
mat.struct("hsi/sceneLabels", ["labels", "Materials_Type"])
mat.array("hsi/sceneLabels/labels", pixels("u8")[:, :, 0].astype("f8"), "f64")
places = [mat.hidden() for _ in range(2)]
for place, name in zip(places, ["trees", "mostly grass"]):
    mat.text(place, name)
mat.marked(mat.references("hsi/sceneLabels/Materials_Type", places, (1, 2)), "cell")
mat.struct("hsi/info", ["code", "name"])
codes, names = [mat.hidden() for _ in range(3)], [mat.hidden() for _ in range(3)]
for index, name in enumerate(["trees", "grass", "Straße"]):
    mat.array(codes[index], np.array([[float(index + 1)]]), "f64")
    mat.text(names[index], name)
mat.references("hsi/info/code", codes, (3, 1))
mat.references("hsi/info/name", names, (3, 1))
mat.array("mask", pixels("u1")[:, :, 0], "u1")
mat.text("title", ["ab ", "cde"])
mat.empty("empty", [0, 3])
mat.empty("nothing", [0, 0], "cell")
mat.fields(mat.empty("nobody", [0, 1], "struct"), ["code", "name"])
mat.close()
expect("tree.mat#hsi.Data", "u16")
expect("tree.mat#hsi.Lidar[0].z", "f32", (8, 9, 1))
expect("tree.mat#mask", "u1", (8, 9, 1))
mat = MatFile("sparse")
mat.sparse("all", pixels("f64")[:, :, 0])
mat.sparse("mask", pixels("u1")[:, :, 0], "u1")
few = np.zeros((8, 9))
few[2, 0], few[7, 4], few[0, 8] = 1.5, -2, 3
mat.sparse("few", few)
mat.sparse("none", np.zeros((8, 9)))
mat.close()
mat = MatFile("sparse-faults")
for name, part, values in [("rows", "ir", [2, 8, 0]), ("columns", "jc", [0, 1, 1, 1, 1, 2, 2, 2, 4, 3]),
                           ("short", "data", [1.5, -2])]:
    group = mat.sparse(name, few)
    del group[part]
    group[part] = np.array(values, "f8" if part == "data" else "u8")
mat.close()
expect("sparse.mat#all", "f64", (8, 9, 1))
expect("sparse.mat#mask", "u1", (8, 9, 1))
mat = MatFile("refused")
values = pixels("f64")[:, :, 0]
both = np.zeros(values.T.shape, [("real", "f8"), ("imag", "f8")])
both["real"], both["imag"] = values.T, 2 * values.T
mat.marked(mat.file.create_dataset("c", data=both), "double")
mat.marked(mat.file.create_dataset("t", data=np.zeros((1, 6), "u4")), "table", MATLAB_object_decode=np.int32(3))
mat.marked(mat.file.create_group("f"), "function_handle", MATLAB_object_decode=np.int32(1))
mat.array("big", np.array([[2**53 + 1, 1], [2, 3]]), "i64")
mat.close()

with h5py.File(f"{OUT}/types.h5", "w") as out:
    for dtype in NUMPY:
        out[f"little/{dtype}"] = pixels(dtype)
        expect(f"types.h5#little/{dtype}", dtype)
        if dtype not in ["u8", "i8", "u1"]:
            data = pixels(dtype).astype(">" + NUMPY[dtype])
            out.create_dataset(f"big/{dtype}", data=data, chunks=(3, 4, 2), compression="gzip", shuffle=True)
            expect(f"types.h5#big.{dtype}", dtype)
    out.create_dataset("summed", data=pixels("i16"), chunks=(8, 5, 5), fletcher32=True)
    out.create_dataset("offset", data=pixels("i16"), chunks=(8, 5, 5), scaleoffset=0)
    out.create_dataset("grown", data=pixels("u8"), maxshape=(None, None, None), chunks=(5, 4, 3))
    out["further"] = pixels("i16")[None]
    out["alias"] = h5py.SoftLink("/little/u16")
    out["loop"] = h5py.SoftLink("/")
    out["outside"] = h5py.ExternalLink("single.h5", "/reflectance")
for name, dtype in {"summed": "i16", "offset": "i16", "grown": "u8", "further": "i16", "alias": "u16"}.items():
    expect(f"types.h5#{name}", dtype)
with h5py.File(f"{OUT}/single.h5", "w", libver="latest") as out:
    out.create_dataset("scene/reflectance", data=pixels("f32"), chunks=(3, 9, 5), compression="gzip")
    wavelengths = out.create_dataset("scene/wavelengths", data=np.array([0.45, 0.55, 0.65, 0.75, 0.85]))
    wavelengths.attrs["units"] = "micrometers"
    out["note"] = "a scene"
expect("single.h5", "f32", wavelengths=[450, 550, 650, 750, 850])
with h5py.File(f"{OUT}/user-block.h5", "w", userblock_size=512) as out:
    out["x"] = pixels("i16")
expect("user-block.h5", "i16")
with h5py.File(f"{OUT}/refused.h5", "w") as out:
    out.create_dataset("lzf", data=pixels("u8"), chunks=(8, 9, 5), compression="lzf")
    out["complex"] = pixels("f32") * (1 + 2j)
    out["records"] = np.zeros((3, 4), [("code", "i4"), ("height", "f4")])
    out["text"] = np.array([["ab", "c"], ["d", "e"]], h5py.string_dtype())
    out["unsafe"] = np.array([[2**53 + 1, 1], [2, 3]], "i8")
    out["four"] = np.zeros((2, 3, 4, 5), "u1")
    out["line"] = np.arange(6.0)
    layout = h5py.VirtualLayout((8, 9), "u1")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (8, 9))
    out.create_virtual_dataset("virtual", layout)
    out.create_dataset("external", (8, 9), "u1", external=[("elsewhere.raw", 0, h5py.h5f.UNLIMITED)])
    out.create_dataset("claim", (40000, 40000, 400), "f8", chunks=(10, 10, 10), compression="gzip")
    out.create_group("nothing")
with h5py.File(f"{OUT}/circle.h5", "w") as out:
    inner = out.create_group("a/b")
    inner["a"] = out["a"]
circle = MatFile("circle")
inner = circle.file.create_group("a/b")
inner["a"] = circle.file["a"]
circle.close()


def scale(out, name, values, **attributes):
    item = out.create_dataset(name, data=values)
    for key, value in attributes.items():
        item.attrs[key] = np.bytes_(value)
    item.make_scale(name)
    return item


with h5py.File(f"{OUT}/cube.nc", "w") as out:
    scale(out, "band", np.arange(5, dtype="i4"))
    scale(out, "y", 5700093.25 - 5 - 10 * np.arange(8.0), units="m", standard_name="projection_y_coordinate")
    scale(out, "x", 717729.5 + 5 + 10 * np.arange(9.0), units="m", standard_name="projection_x_coordinate")
    scale(out, "time", np.zeros(1))
    out["wavelength"] = np.array([450, 550, 650, 750, 850], "f4")
    out["wavelength"].attrs["units"] = np.bytes_("nm")
    out["crs"] = np.zeros((), "i1")
    out["crs"].attrs["crs_wkt"] = out["crs"].attrs["spatial_ref"] = np.bytes_(WKT)
    out["crs"].attrs["grid_mapping_name"] = np.bytes_("transverse_mercator")

    def variable(name, dtype, axes, data, **attributes):
        item = out.create_dataset(name, data=data)
        for index, axis in enumerate(axes):
            item.dims[index].attach_scale(out[axis])
        item.attrs["grid_mapping"] = np.bytes_("crs")
        for key, value in attributes.items():
            item.attrs[key] = value

    variable("radiance", "i16", ["band", "y", "x"], pixels("i16").transpose(2, 0, 1), _FillValue=np.int16([-17400]))
    variable("turned", "u8", ["x", "y"], pixels("u8")[:, :, 0].T)
    variable("dated", "u8", ["time", "y", "x"], pixels("u8", bands=1).transpose(2, 0, 1))
    variable("packed", "i16", ["y", "x"], np.int16(pixels("f32")[:, :, 0] * 4 + 120), scale_factor=np.float64([0.25]),
             add_offset=np.float64([-30]), _FillValue=np.int16([0]))
transform = [717729.5, 10, 0, 5700093.25, 0, -10]
place = {"transform": transform, "epsg": 32718}
expect("cube.nc#radiance", "i16", wavelengths=[450, 550, 650, 750, 850], nodata=-17400, **place)
expect("cube.nc#turned", "u8", (8, 9, 1), **place)
expect("cube.nc#dated", "u8", (8, 9, 1), **place)
expect("cube.nc#packed", "f32", (8, 9, 1), nodata="nan", holes=[[0, 0]], **place)
# Written by hdf5_check.py.
expect("octave.h5", "f32", (8, 9, 1))
with open(f"{OUT}/hdf5.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(one) for one in files) + "\n]\n")
print(h5py.__version__, np.__version__, len(files))
