"""Speed twin: one training step and feature extraction of the coupled diffusion network in eager PyTorch on the CPU.

python scripts/twin/denoiser.py [small|base] [--threads 1] [--seconds 20]
Two sources of 12 and 2 bands. Prints one JSON line; times in ms (median, and the fastest), rates in tiles per second. The step is
noising, forward, backward, global-norm clipping and AdamW (foreach or fused, whichever is faster); the same data is used again.
`gflops` counts the matrix products of the linear layers and of attention (backward = 2 x forward); `peak` is the best fp32 matrix
product seen in the same process, both before and after.
"""
import argparse
import json
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


def matmul_peak():
    best = 0.0
    for n in (512, 1024):
        a, b = torch.randn(n, n), torch.randn(n, n)
        out = torch.empty(n, n)
        best = max(best, 2 * n ** 3 / timed(lambda: torch.mm(a, b, out=out), 0.7)["fastestMs"] / 1e6)
    return best


def forward_flops(d, n, ratio, tokens, batch, **_):
    """Multiply-adds x 2 of one forward pass of both sources."""
    N, total = tokens + 1, 0
    for c in BANDS:
        block = N * (4 * d * d + 2 * ratio * d * d) + 2 * N * N * d
        total += tokens * c * d * 2 + (2 * n + 1) * block + n * N * 2 * d * d + 2 * d * d
        total += tokens * 4 * d * d + 2 * tokens * tokens * d  # MPB
        total += tokens * 2 * d * d                            # TCI: query and out
    return 2 * batch * total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config", nargs="?", default="small", choices=CONFIGS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    c = CONFIGS[options.config]
    B, N = c["batch"], c["tokens"]
    peak = matmul_peak()

    text = torch.nn.functional.normalize(torch.randn(6, 128), dim=-1)
    model = Symbiosis(BANDS, c["d"], c["n"], c["heads"], c["ratio"], N, text)
    alpha_bar = linear_alpha_bar()
    x0 = [torch.randn(B, N, k) for k in BANDS]
    eps = [torch.randn(B, N, k) for k in BANDS]
    t = torch.randint(0, 1000, (B,))
    ids = torch.randint(0, 7, (B, N))
    ids[B // 4:] = 0

    steps = {}
    for kind in ("foreach", "fused"):
        optimiser = torch.optim.AdamW(parameter_groups(model, 0.03), lr=1e-4, betas=(0.9, 0.99), eps=1e-8, **{kind: True})

        def step():
            optimiser.zero_grad(set_to_none=True)
            model.loss(x0, eps, t, alpha_bar, ids).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
            optimiser.step()
        steps[kind] = timed(step, options.seconds / 3)
    optimiser = min(steps, key=lambda k: steps[k]["ms"])
    training = steps[optimiser]

    def extraction(batch):
        x, clean = [torch.randn(batch, N, k) for k in BANDS], torch.full((batch,), -1)
        with torch.inference_mode():
            return timed(lambda: model.features(x, clean), options.seconds / 12)
    batches = {b: extraction(b) for b in (4, 8, 16, 32)}
    batch = max(batches, key=lambda b: b / batches[b]["ms"])

    peak = max(peak, matmul_peak())
    flops = forward_flops(**c)
    print(json.dumps({
        "config": options.config, "threads": options.threads, "torch": torch.__version__, "parameters": sum(p.numel() for p in model.parameters()),
        "peakGflops": round(peak, 1), "optimiser": optimiser, "step": training, "otherOptimiserMs": max(s["ms"] for s in steps.values()),
        "tilesPerSecond": round(B / training["ms"] * 1e3, 1), "stepGflops": round(3 * flops / training["ms"] / 1e6, 1),
        "extraction": {"batch": batch, **batches[batch], "tilesPerSecond": round(batch / batches[batch]["ms"] * 1e3, 1),
                       "gflops": round(flops / B * batch / batches[batch]["ms"] / 1e6, 1)},
    }))


if __name__ == "__main__":
    main()
