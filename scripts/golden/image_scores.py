"""Golden scores of one image against another, by scikit-image and NumPy.

Run: python scripts/golden/image_scores.py [folder]      (default test/golden)
Made with scikit-image 0.26.0. image-scores.json: height, width, bands, real and other [H, W, L] as flat lists, pixels, scores.
PSNR and SSIM are of each band, with the range of the real band among the pixels; SSIM by uniform windows of 7 x 7, averaged over
those pixels whose window lies in the image; spectral angle in degrees; all are then averaged.
"""
import json
import sys
from pathlib import Path

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "test/golden")
rng = np.random.default_rng(0)
H, W, L = 13, 11, 3
real = np.round(100 + 40 * np.cumsum(rng.standard_normal((H, W, L)), 1), 1)
other = np.round(real + 30 * rng.standard_normal((H, W, L)) + 5, 1)
pixels = np.sort(rng.permutation(H * W)[:90])
row, col = pixels // W, pixels % W
inner = (row >= 3) & (col >= 3) & (row < H - 3) & (col < W - 3)
psnr, ssim, r = [], [], []
for band in range(L):
    a, b = real[row, col, band], other[row, col, band]
    span = a.max() - a.min()
    psnr.append(peak_signal_noise_ratio(a, b, data_range=span))
    _, full = structural_similarity(real[..., band], other[..., band], data_range=span, full=True)
    ssim.append(full[row[inner], col[inner]].mean())
    r.append(np.corrcoef(a, b)[0, 1])
a, b = real[row, col], other[row, col]
angle = np.degrees(np.arccos((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)))
scores = {"psnr": np.mean(psnr), "ssim": np.mean(ssim), "spectralAngle": angle.mean(), "correlation": np.mean(r)}
data = {"height": H, "width": W, "bands": L, "real": real.ravel().tolist(), "other": other.ravel().tolist(), "pixels": pixels.tolist(),
        "scores": {k: float(v) for k, v in scores.items()}}
(folder / "image-scores.json").write_text(json.dumps(data) + "\n")
print(data["scores"])
