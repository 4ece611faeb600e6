"""Write test/golden/zip/*.zip: a small scene as it is passed on, and archives that mean harm (made with Python 3.11).

Run from the project's root: python3 scripts/golden/zip.py
"""
import os
import zipfile

SCENE = "test/golden/recipes/augsburg-ouc"
OUT = "test/golden/zip"
DATE = (2024, 1, 1, 0, 0, 0)
os.makedirs(OUT, exist_ok=True)


def add(archive, name, content, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = method
    archive.writestr(info, content)


with zipfile.ZipFile(f"{OUT}/scene.zip", "w") as out:
    for folder, _, names in sorted(os.walk(SCENE)):
        place = os.path.relpath(folder, SCENE).replace(".", "", 1)
        if place:
            add(out, f"{place}/", b"", zipfile.ZIP_STORED)
        for at, name in enumerate(sorted(names)):
            with open(f"{folder}/{name}", "rb") as file:
                add(out, f"{place}/{name}".lstrip("/"), file.read(), [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED][at % 2])
    add(out, "__MACOSX/._Augsburg", b"junk")
for name, inner in {"up": "a/../../up.txt", "root": "/root.txt", "drive": "C:drive.txt", "back": "..\\back.txt"}.items():
    with zipfile.ZipFile(f"{OUT}/{name}.zip", "w") as out:
        add(out, "good.txt", b"good")
        add(out, inner, b"bad")
with zipfile.ZipFile(f"{OUT}/shared.zip", "w") as out:
    for at in range(9):
        add(out, f"{at}.txt", bytes((17 * n * n) % 251 for n in range(300)) if at == 0 else b"")
    for one in out.filelist[1:]:
        one.header_offset, one.CRC = 0, out.filelist[0].CRC
        one.compress_size, one.file_size = out.filelist[0].compress_size, out.filelist[0].file_size
with zipfile.ZipFile(f"{OUT}/bomb.zip", "w") as out:
    add(out, "bomb.txt", bytes(100_000))
    out.filelist[0].file_size = 2**40
with zipfile.ZipFile(f"{OUT}/bzip2.zip", "w") as out:
    add(out, "packed.txt", b"packed", zipfile.ZIP_BZIP2)
print(sorted(os.listdir(OUT)))
