"""Write test/golden/rasters/octave-v6.mat and octave-v7.mat with Octave (made with Octave 7.3.0).

Run from the project's root: python3 scripts/golden/octave.py

Pixels follow the formula of rasters.py.
"""
import subprocess

OUT = "test/golden/rasters"
subprocess.run(["octave-cli", "--eval", f"""
  [row, col, band] = ndgrid(0:7, 0:8, 0:4);
  n = mod(31 * row + 7 * col + 3 * band, 251);
  hsi.Data = int16(n * 200 - 25000);
  hsi.Lidar = {{single(n(:, :, 1) / 4 - 30), n(:, :, 1) / 3}};
  hsi.info = struct("name", {{"trees", "grass"}}, "code", {{1, 2}});
  mask = mod(n(:, :, 1), 2) == 1;
  counts = sparse(n(:, :, 1) .* (mod(n(:, :, 1), 2) == 1));
  word = "Octave";
  save("-v6", "{OUT}/octave-v6.mat", "hsi", "mask", "counts", "word");
  save("-v7", "{OUT}/octave-v7.mat", "hsi", "mask", "counts", "word");
"""], check=True)
