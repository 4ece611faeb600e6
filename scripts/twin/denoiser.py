"""Speed twin: one training step and feature extraction of the coupled diffusion network in PyTorch on the CPU.

python scripts/twin/denoiser.py [small|base] [--threads 1] [--seconds 5] [--no-compile]
Two sources of 12 and 2 bands. First the fastest form is chosen: eager or torch.compile (where a C++ compiler lets it work), AdamW
foreach or fused, and for extraction the batch. Then every line on standard input asks for a round: one JSON line, times in ms
(median, and the fastest), rates in tiles per second. The step is noising, forward, backward, global-norm clipping and AdamW; the
same data is used again. `gflops` counts the matrix products of the linear layers and of attention (backward = 2 x forward).
"""
import argparse
import json
import sys
import time

import torch

from symdiffuser import Symbiosis, linear_alpha_bar, parameter_groups

CONFIGS = {"small": dict(d=64, n=1, heads=4, ratio=2, tokens=144, batch=8),
           "base": dict(d=128, n=2, heads=4, ratio=4, tokens=49, batch=32)}
BANDS = (12, 2)


def timed(function, seconds, warm=3):
    for _ in range(warm):
        function()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    times.sort()
    return {"ms": round(times[len(times) // 2] * 1e3, 3), "fastestMs": round(times[0] * 1e3, 3), "repetitions": len(times)}


def forward_flops(d, n, ratio, tokens, batch, **_):
    """Multiply-adds x 2 of one forward pass of both sources."""
    N, total = tokens + 1, 0
    for c in BANDS:
        block = N * (4 * d * d + 2 * ratio * d * d) + 2 * N * N * d
        total += tokens * c * d * 2 + (2 * n + 1) * block + n * N * 2 * d * d + 2 * d * d
        total += tokens * 4 * d * d + 2 * tokens * tokens * d  # MPB
        total += tokens * 2 * d * d                            # TCI: query and out
    return 2 * batch * total


def training_step(model, loss, data, kind):
    optimiser = torch.optim.AdamW(parameter_groups(model, 0.03), lr=1e-4, betas=(0.9, 0.99), eps=1e-8, **{kind: True})

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss(*data).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        optimiser.step()
    return step


def extraction(features, tokens, batch):
    x, clean = [torch.randn(batch, tokens, k) for k in BANDS], torch.full((batch,), -1)

    def extract():
        with torch.inference_mode():
            return features(x, clean)
    return extract


def working(forms):
    """Those of some functions that run, and the first reason of those that do not."""
    found, reason = {}, None
    for key, form in forms.items():
        try:
            form()
            found[key] = form
        except Exception as error:
            reason = reason or f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"
    return found, reason


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config", nargs="?", default="small", choices=CONFIGS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    c = CONFIGS[options.config]
    B, N = c["batch"], c["tokens"]

    text = torch.nn.functional.normalize(torch.randn(6, 128), dim=-1)
    model = Symbiosis(BANDS, c["d"], c["n"], c["heads"], c["ratio"], N, text)
    ids = torch.randint(0, 7, (B, N))
    ids[B // 4:] = 0
    data = ([torch.randn(B, N, k) for k in BANDS], [torch.randn(B, N, k) for k in BANDS], torch.randint(0, 1000, (B,)),
            linear_alpha_bar(), ids)

    losses, features = {"eager": model.loss}, {"eager": model.features}
    if not options.no_compile:
        losses["compiled"] = torch.compile(model.loss, dynamic=False)
        features["compiled"] = torch.compile(model.features, dynamic=False)
    steps, fault = working({(form, kind): training_step(model, loss, data, kind)
                            for form, loss in losses.items() for kind in ("foreach", "fused")})
    eager = {("eager", size): extraction(model.features, N, size) for size in (4, 8, 16, 32)}

    def per_tile(forms):
        return min(forms, key=lambda key: timed(forms[key], options.seconds / 8)["ms"] / key[1])
    size = per_tile(eager)[1]
    extractions, _ = working({(form, size): extraction(function, N, size) for form, function in features.items()})
    step = min(steps, key=lambda key: timed(steps[key], options.seconds / 4)["ms"])
    chosen = per_tile(extractions)

    flops = forward_flops(**c)
    about = {"config": options.config, "threads": options.threads, "torch": torch.__version__, "compileFault": fault,
             "parameters": sum(p.numel() for p in model.parameters())}
    print(json.dumps({**about, "step": step, "extraction": chosen}), flush=True)
    for _ in sys.stdin:
        training = timed(steps[step], options.seconds)
        extracting = timed(extractions[chosen], options.seconds / 2)
        print(json.dumps({
            **about,
            "step": {"form": " ".join(step), **training, "tilesPerSecond": round(B / training["ms"] * 1e3, 1),
                     "gflops": round(3 * flops / training["ms"] / 1e6, 1)},
            "extraction": {"form": chosen[0], "batch": size, **extracting,
                           "tilesPerSecond": round(size / extracting["ms"] * 1e3, 1),
                           "gflops": round(flops / B * size / extracting["ms"] / 1e6, 1)},
        }), flush=True)


if __name__ == "__main__":
    main()
