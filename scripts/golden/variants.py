"""Golden numbers for what the method may be besides its defaults: prediction targets, couplings, more sources, the VAE.

Run: python scripts/golden/variants.py [folder]      (default test/golden)
Writes variants.safetensors; names of tensors and rounding as in layers.py, whose parts are used here.

Cases
  ddim.<prediction>       in x, in t: the steps visited, the last one followed by clean; out [4, ...] the state after each
                          step; what the network says is 0.8 sin(x) + 0.2 t / 1000 whatever it stands for. Each step goes
                          through x0 and eps, one after the other.
  csdiff.<name>           in <s>.x0, <s>.eps, t and, with text, ids, text; out = the loss; constants say which variant.
                          Parameters <s>.mpb.<i>.*, <s>.concat.<i>.merge, <s>.tci.0.*: one a source it is conditioned on.
  autoencoder.<kind>      vit, vae: in x [B, N, L], in valid [B, N] and, of the vae, in noise [B, N, C]; out = the loss with
                          weight 1e-3, out/latent what encoding gives. The divergence is torch.distributions' own.
  adamw.shares            param/network.weight, head.weight, head.bias; in/<step>/<name> gradients, out/<step>/<name> the
                          parameters after it; rate 0.01, of which the network has a share of 0.1; decay 0.1 of weights
"""
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from layers import ALPHA_BAR, File, alpha_bar, block, draw, layer_norm, linear, mpb, noised, rounded, tci, uvit

WEIGHT = 1e-3


def clean_and_noise(prediction, x, said, a):
    """x0 and eps that follow from a noised latent and what the network says of it."""
    s, n = a.sqrt(), (1 - a).sqrt()
    if prediction == "noise":
        return (x - n * said) / s, said
    if prediction == "latent":
        return said, (x - s * said) / n
    x0 = s * x - n * said
    return x0, (x - s * x0) / n


def ddim(f):
    steps = [999, 700, 400, 100]
    for prediction in ("noise", "latent", "velocity"):
        x = rounded(draw(2, 3, 5, seed=80))
        f.put(f"ddim.{prediction}/in/x", x)
        f.put(f"ddim.{prediction}/in/t", torch.tensor(steps))
        states = []
        for t, to in zip(steps, steps[1:] + [-1]):
            a, b = (ALPHA_BAR[s] if s >= 0 else torch.ones(()) for s in (t, to))
            x0, eps = clean_and_noise(prediction, x, 0.8 * x.sin() + 0.2 * t / 1000, a)
            x = b.sqrt() * x0 + (1 - b).sqrt() * eps
            states.append(x)
        f.put(f"ddim.{prediction}/out", torch.stack(states))


def csdiff(p, i, sources, d, heads, coupling, perception, prediction):
    S, t = sources, i["t"]
    x0, eps = ([i[f"{s}.{k}"] for s in range(S)] for k in ("x0", "eps"))
    e = []
    for s in range(S):
        position = p.get(f"{s}.position", (x0[s].shape[1], d), 0.5)
        e.append(linear(p.under(str(s)), "embed", noised(x0[s], eps[s], t), d) + position)
    loss = 0
    for s in range(S):
        q, f = p.under(str(s)), e[s]
        others = [(s + 1 + k) % S for k in range(1 if coupling == "chain" else S - 1)]
        for k, other in enumerate(others):
            if perception == "attention":
                f = mpb(q.under(f"mpb.{k}"), f, e[other], heads)
            if perception == "concat":
                f = linear(q.under(f"concat.{k}"), "merge", torch.cat([f, e[other]], -1), d)
        if "text" in i:
            f = tci(q.under("tci.0"), f, i["ids"], i["text"], heads)
        _, said = uvit(q.under("denoiser"), f, t, 1, heads, 2, x0[s].shape[-1])
        a = alpha_bar(t)[:, None, None]
        target = {"noise": eps[s], "latent": x0[s], "velocity": a.sqrt() * eps[s] - (1 - a).sqrt() * x0[s]}[prediction]
        loss = loss + F.mse_loss(said, target)
    return loss


def couplings(f):
    def case(name, bands, tokens, text, d=4, **variant):
        inputs = {f"{s}.{k}": draw(2, tokens, c, seed=200 + 10 * s + j) for s, c in enumerate(bands) for j, k in enumerate(("x0", "eps"))}
        inputs["t"] = torch.tensor([3, 720])
        if text:
            inputs |= {"ids": torch.tensor([[0, 2] * 8, [1] * 16])[:, :tokens], "text": draw(2, 3, seed=71)}
        options = {"sources": len(bands), "d": d, "heads": 2, **variant}
        f.case(f"csdiff.{name}", lambda p, i: csdiff(p, i, **options), inputs, **options)
        # Gradients of the denoisers' blocks are in uvit.safetensors.
        for key in [k for k in f.tensors if k.startswith(f"csdiff.{name}/grad/") and ".denoiser." in k and ".head." not in k]:
            del f.tensors[key]

    case("latent", (3, 1), 4, True, coupling="chain", perception="attention", prediction="latent")
    case("velocity", (3, 1), 4, True, coupling="chain", perception="attention", prediction="velocity")
    case("concat", (3, 1), 4, False, coupling="chain", perception="concat", prediction="noise")
    case("all3", (1, 3, 200), 4, True, coupling="all", perception="attention", prediction="noise")
    case("all4", (3, 1, 2, 1), 4, False, coupling="all", perception="concat", prediction="velocity")
    case("chain4", (1, 2, 1, 3), 4, True, coupling="chain", perception="attention", prediction="noise")


def vit(p, x, outputs, width=8, heads=4):
    x = linear(p, "in", x, width) + p.get("position", (x.shape[1], width), 0.5)
    return linear(p, "out", layer_norm(block(p.under("blocks.0"), x, heads, 2)), outputs)


def autoencoders(f):
    C, L = 3, 5
    valid = torch.tensor([[1.0, 1, 0, 1], [1, 0, 1, 1]])
    inputs = {"x": draw(2, 4, L, seed=90), "valid": valid}

    def of_valid(x):
        return (x.mean(-1) * valid).sum() / valid.sum()

    def plain(p, i):
        z = vit(p.under("encoder"), i["x"], C)
        loss = of_valid((vit(p.under("decoder"), z, L) - i["x"]) ** 2) + WEIGHT * of_valid(z ** 2)
        return loss, {"latent": z}

    def variational(p, i):
        mean, log_variance = vit(p.under("encoder"), i["x"], 2 * C).chunk(2, -1)
        posterior = Normal(mean, (0.5 * log_variance).exp())
        z = mean + posterior.scale * i["noise"]
        divergence = kl_divergence(posterior, Normal(torch.zeros(()), torch.ones(())))
        return of_valid((vit(p.under("decoder"), z, L) - i["x"]) ** 2) + WEIGHT * of_valid(divergence), {"latent": mean}

    f.case("autoencoder.vit", plain, inputs, weight=WEIGHT)
    f.case("autoencoder.vae", variational, {**inputs, "noise": draw(2, 4, C, seed=91)}, weight=WEIGHT)
    # The mask has no gradient of interest.
    for kind in ("vit", "vae"):
        del f.tensors[f"autoencoder.{kind}/grad/valid"]


def shares(f):
    shapes = {"network.weight": (3, 4), "head.weight": (4, 2), "head.bias": (2,)}
    p = {k: rounded(draw(*s, seed=95 + i)).requires_grad_() for i, (k, s) in enumerate(shapes.items())}
    groups = [{"params": [v], "lr": 0.001 if k.startswith("network") else 0.01, "weight_decay": 0.1 if v.ndim == 2 else 0.0} for k, v in p.items()]
    adamw = torch.optim.AdamW(groups, betas=(0.9, 0.99), eps=1e-8, foreach=False)
    for k, v in p.items():
        f.put(f"adamw.shares/param/{k}", v)
    for step in range(3):
        for i, (k, v) in enumerate(p.items()):
            v.grad = rounded(draw(*v.shape, seed=120 + 10 * step + i))
            f.put(f"adamw.shares/in/{step}/{k}", v.grad)
        torch.nn.utils.clip_grad_norm_(list(p.values()), 1.0)
        adamw.step()
        for k, v in p.items():
            f.put(f"adamw.shares/out/{step}/{k}", v)


if __name__ == "__main__":
    file = File()
    for part in (ddim, couplings, autoencoders, shares):
        part(file)
    file.save("variants")
