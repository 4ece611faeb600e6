"""Speed twin: the map of features of a whole scene by the coupled diffusion network in PyTorch on the CPU.

python scripts/twin/scene.py [side] [--threads 2] [--no-compile]
Tiles of 12 x 12 pixels, of which the inner 8 x 8 are kept, mirrored at the border; two sources of 12 and 2 bands. First the fastest
form is chosen: eager or torch.compile (where a C++ compiler lets it work), and the batch. Then every line on standard input asks for
a round: one JSON line.
"""
import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F

from symdiffuser import Symbiosis

BANDS, WIDTH, SIDE, CORE = (12, 2), 64, 12, 8


def tiles_of(image):
    """All tiles of a scene `[H, W, L]`: `[n, N, L]`, a view until it is reshaped."""
    margin = (SIDE - CORE) // 2
    height, width, bands = image.shape
    down, right = -height % CORE, -width % CORE
    padded = F.pad(image.permute(2, 0, 1)[None], (margin, margin + right, margin, margin + down), mode="reflect")[0]
    cut = padded.unfold(1, SIDE, CORE).unfold(2, SIDE, CORE)  # [L, rows, cols, P, P]
    return cut.permute(1, 2, 3, 4, 0).reshape(-1, SIDE * SIDE, bands)


def mapped(features, images, batch):
    """Features of every pixel, `[H, W, S C]`."""
    height, width, _ = images[0].shape
    rows, cols, margin = -(-height // CORE), -(-width // CORE), (SIDE - CORE) // 2
    tiles = [tiles_of(image) for image in images]
    out = torch.empty(rows * cols, CORE, CORE, len(images) * WIDTH)
    clean = torch.full((batch,), -1)
    with torch.inference_mode():
        for first in range(0, rows * cols, batch):
            # The last batch is a full one, too: a form that was compiled knows one size.
            start = max(0, min(first, rows * cols - batch))
            own = features([x[start:start + batch] for x in tiles], clean)
            inner = [x.view(batch, SIDE, SIDE, WIDTH)[:, margin:margin + CORE, margin:margin + CORE] for x in own]
            torch.cat(inner, -1, out=out[start:start + batch])
    whole = out.view(rows, cols, CORE, CORE, -1).permute(0, 2, 1, 3, 4).reshape(rows * CORE, cols * CORE, -1)
    return whole[:height, :width]


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("side", nargs="?", type=int, default=448)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    text = F.normalize(torch.randn(6, 128), dim=-1)
    model = Symbiosis(BANDS, WIDTH, 1, 4, 2, SIDE * SIDE, text).eval()
    images = [torch.randn(options.side, options.side, bands) for bands in BANDS]
    part = [image[:128, :128] for image in images]

    eager = {("eager", batch): model.features for batch in (8, 16, 32, 64)}
    quick = {form: min(seconds_of(lambda: mapped(function, part, form[1])) for _ in range(4)) for form, function in eager.items()}
    forms = {form: eager[form] for form in sorted(quick, key=quick.get)[:2]}
    if not options.no_compile:
        for _, batch in list(forms):
            compiled = torch.compile(model.features, dynamic=False)
            try:
                mapped(compiled, part, batch)
                forms["compiled", batch] = compiled
            except Exception as error:
                print(f"{type(error).__name__}: {str(error).splitlines()[0][:120]}", file=sys.stderr)
    best = min(forms, key=lambda form: min(seconds_of(lambda: mapped(forms[form], part, form[1])) for _ in range(4)))

    form = f"{best[0]}, {best[1]} tiles a batch"
    print(json.dumps({"torch": torch.__version__, "form": form}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": seconds_of(lambda: mapped(forms[best], images, best[1])), "form": form}), flush=True)


if __name__ == "__main__":
    main()
