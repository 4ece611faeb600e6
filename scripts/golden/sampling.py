"""Golden numbers for sampling: ten DDIM steps of a tiny coupled network, one source missing or a part of it.

Run: python scripts/golden/sampling.py [folder]      (default test/golden)
The network is the one of layers.py, in float64. Cases sampling.source (all of source 1 is missing) and sampling.hole (4 of its 9
pixels): in/<s>.x0, in/<s>.eps [1, 9, C], in/t the steps visited, in/missing [9], in/text; out [1, 9, C] the latent of
source 1 at the end, as float32; sampling/param/* is of all. At every step known latents are noised with their own noise, in
sampling.clean (the same hole) they are clean; missing ones begin as their noise. Clean estimates are clipped to -3 ... 3.
"""
import torch

import layers
from layers import File, Parameters, alpha_bar, csdiff, draw, rounded


def sample(p, x0, eps, t, missing, ids, text, is_clean):
    x = eps[1]
    for at, step in enumerate(t):
        a = alpha_bar(step[None])[0]
        level = torch.ones(()) if is_clean else a
        known = [level.sqrt() * x + (1 - level).sqrt() * e for x, e in zip(x0, eps)]
        x = torch.where(missing[None, :, None] == 1, x, known[1])
        # csdiff noises what it is given: of x / sqrt(a) and no noise it makes x.
        given = [known[0] / a.sqrt(), x / a.sqrt()]
        _, outs = csdiff(p, given, [torch.zeros_like(x) for x in given], step[None], ids, text, 8, 1, 2, 2)
        noise = outs[1][1]
        clean = ((x - (1 - a).sqrt() * noise) / a.sqrt()).clamp(-3, 3)
        noise = (x - a.sqrt() * clean) / (1 - a).sqrt()
        b = alpha_bar(t[at + 1][None])[0] if at + 1 < len(t) else torch.ones(())
        x = b.sqrt() * clean + (1 - b).sqrt() * noise
    return torch.where(missing[None, :, None] == 1, x, x0[1])


def main():
    f = File()
    text = rounded(draw(3, 6, seed=70))
    ids = torch.zeros(1, 9, dtype=torch.int32)
    t = torch.arange(1000, 0, -100) - 1
    p = Parameters(5)
    holes = {"source": torch.ones(9, dtype=torch.int32), "hole": torch.tensor([0, 1, 1, 0, 1, 1, 0, 0, 0], dtype=torch.int32)}
    for name, missing in {**holes, "clean": holes["hole"]}.items():
        inputs = {f"{s}.{k}": rounded(draw(1, 9, c, seed=300 + 10 * s + j)) for s, c in enumerate((5, 2)) for j, k in enumerate(("x0", "eps"))}
        out = sample(p, [inputs["0.x0"], inputs["1.x0"]], [inputs["0.eps"], inputs["1.eps"]], t, missing, ids, text, name == "clean")
        f.put(f"sampling.{name}/out", out)
        for k, v in {**inputs, "t": t, "missing": missing, "text": text}.items():
            f.put(f"sampling.{name}/in/{k}", v)
    for k, v in p.items():
        f.put(f"sampling/param/{k}", v)
    f.save("sampling")


if __name__ == "__main__":
    layers.FOLDER.mkdir(parents=True, exist_ok=True)
    main()
