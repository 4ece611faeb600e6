"""Hold test/golden/hdf5/cube.nc against GDAL, and write octave.h5 with Octave (made with GDAL 3.6.2, Octave 7.3.0).

Run from the project's root with a Python that has GDAL's bindings: python3 scripts/golden/hdf5_check.py
"""
import json
import subprocess

from osgeo import gdal

gdal.UseExceptions()
OUT = "test/golden/hdf5"
with open(f"{OUT}/hdf5.json") as text:
    files = [one for one in json.load(text) if one["file"].startswith("cube.nc")]
for one in files:
    file, field = one["file"].split("#")
    if field == "turned":
        continue
    raster = gdal.Open(f"NETCDF:{OUT}/{file}:{field}")
    assert list(raster.GetGeoTransform()) == one["transform"], field
    assert raster.GetSpatialRef().GetAuthorityCode(None) == str(one["epsg"]), field
    assert [raster.RasterYSize, raster.RasterXSize, raster.RasterCount] == one["shape"], field
subprocess.run(["octave-cli", "--eval", f"""
  [col, row] = meshgrid(0:8, 0:7);
  z = single(mod(31 * row + 7 * col, 251) / 4 - 30);
  save -hdf5 {OUT}/octave.h5 z
"""], check=True)
print(gdal.__version__, len(files))
