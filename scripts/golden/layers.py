"""Golden numbers for layers, the U-ViT, coupling, conditioning, head, schedules, losses and the optimiser.

Run: python scripts/golden/layers.py [folder]      (default test/golden)
Made with torch 2.13.0 and safetensors; seeded. Inputs and parameters are drawn, rounded to float32, and only then used;
everything is computed in float64 by torch's own functions and rounded to float32 when stored.

Tensor names
  <case>/in/<name>        input (float32; steps, labels and text ids int32)
  <case>/param/<name>     parameter, linear weights as [in, out]
  <case>/out              output; with several outputs also <case>/out/<name>
  <case>/cotangent        G of the shape of <case>/out
  <case>/grad/<name>      gradient of sum(out * G) with respect to the float input or parameter of that name
File metadata "constants" is JSON: {"torch": version, "<case>": {"heads": 2, "n": 1, ...}, ...}.

Files and cases
  layers.safetensors      linear (in x [B, N, 5]); layerNorm and gelu (no parameters); attention, crossAttention (in query,
                          in context: the query linear reads the first, key and value the second); block (MLP ratio 2);
                          timeEmbedding (in t, param time.in / time.out, out [B, d] and out/sinusoidal [B, d], no cotangent for the latter)
  uvit.safetensors        uvit.n1, uvit.n2 (in x [B, N, d], in t; out = features [B, N, d] followed on the last axis by
                          the noise estimate [B, N, C]; also out/features and out/noise separately). Parameters:
                          time.in, time.out, in.<i>.*, mid.*, out.<i>.*, skip.<i>, head.
                          skip.<i> reads concat([x, popped]) where out.0 pops the output of the LAST in block.
                          Time step -1 is in the batch.
  coupling.safetensors    mpb (in own, in other); tci (in x, in ids, in text [K, E]; id k >= 1 is row k - 1 of the table)
  head.safetensors        head.eval, head.alone (without blocks), head.dropout (in mask [n, M, F] of 0/1; the input is z * mask / (1 - p)); width 16 here
                          instead of 64. Parameters: in.<i>, embedding, blocks.<i>.*, mlp.in, mlp.out.
  diffusion.safetensors   schedule.linear, schedule.cosine (out = alpha bar [1000], out/beta); noised (in x0, eps, t, with one
                          t = -1 that returns x0); ddim (in x, in t: the steps visited, the last one followed by clean;
                          out [4, ...] the state after each step; noise function eps(x, t) = 0.8 sin(x) + 0.2 t / 1000);
                          crossEntropy (in logits, in labels 0-based, label smoothing 0.05, mean)
  adamw.safetensors       adamw: three steps; in/<step>/<name> the gradients before clipping, param/<name> the start,
                          out/<step>/<name> the parameters after it, out/<step>/m|v/<name> the moments, out/norm the global norms,
                          in/lr [3]. `embed.weight` is decayed; bias, scale, position (2-D but no weight) are not. One step is the first of them.
  csdiff.safetensors      csdiff.s2, csdiff.s3, csdiff.plain (two sources, neither MPB nor TCI): in <s>.x0, <s>.eps, t, ids, text;
                          out = the loss, out/<s>.features, out/<s>.noise. Parameters <s>.embed, <s>.position, <s>.mpb.*,
                          <s>.tci.*, <s>.denoiser.* (names of uvit).
                          Source s is conditioned on source (s + 1) mod S, through the other's embedded noised latent.
"""
import json
import math
import sys
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "test/golden")
EPS = 1e-5


def rounded(x):
    return x.float().double()


class Parameters(dict):
    """Named parameters that are drawn when first asked for."""

    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def get(self, name, shape, scale, shift=0.0):
        if name not in self:
            value = torch.randn(shape, generator=self.generator) * scale + shift
            self[name] = rounded(value).requires_grad_()
        return self[name]

    def under(self, prefix):
        return Under(self, prefix)


class Under:
    def __init__(self, root, prefix):
        self.root, self.prefix = root, prefix

    def get(self, name, *rest):
        return self.root.get(f"{self.prefix}.{name}", *rest)

    def under(self, prefix):
        return Under(self.root, f"{self.prefix}.{prefix}")


def linear(p, name, x, width):
    w = p.get(f"{name}.weight", (x.shape[-1], width), 1 / math.sqrt(x.shape[-1]))
    return F.linear(x, w.T, p.get(f"{name}.bias", (width,), 0.1))


def layer_norm(x):
    return F.layer_norm(x, x.shape[-1:], eps=EPS)


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(-2, -3)


def attention(p, query, context, heads):
    d = query.shape[-1]
    q, k, v = (heads_of(linear(p, n, x, d), heads) for n, x in (("query", query), ("key", context), ("value", context)))
    return linear(p, "out", F.scaled_dot_product_attention(q, k, v).transpose(-2, -3).flatten(-2), d)


def block(p, x, heads, ratio):
    h = layer_norm(x)
    x = x + attention(p.under("attention"), h, h, heads)
    h = F.gelu(linear(p, "mlp.in", layer_norm(x), x.shape[-1] * ratio))
    return x + linear(p, "mlp.out", h, x.shape[-1])


def sinusoidal(t, d):
    f = torch.exp(-math.log(10000) * torch.arange(d // 2) / (d // 2))
    a = (t + 1).double()[:, None] * f
    return torch.cat([a.cos(), a.sin()], -1) * (t >= 0)[:, None]


def time_embedding(p, t, d):
    return linear(p, "time.out", F.silu(linear(p, "time.in", sinusoidal(t, d), d)), d)


def uvit(p, x, t, n, heads, ratio, channels):
    d = x.shape[-1]
    x = torch.cat([time_embedding(p, t, d)[:, None], x], 1)
    kept = []
    for i in range(n):
        x = block(p.under(f"in.{i}"), x, heads, ratio)
        kept.append(x)
    x = block(p.under("mid"), x, heads, ratio)
    for i in range(n):
        x = linear(p, f"skip.{i}", torch.cat([x, kept.pop()], -1), d)
        x = block(p.under(f"out.{i}"), x, heads, ratio)
    features = layer_norm(x)[:, 1:]
    return features, linear(p, "head", features, channels)


def mpb(p, own, other, heads):
    d = own.shape[-1]
    a, b = layer_norm(own), layer_norm(other)
    q, k, v = (heads_of(linear(p, n, x, d), heads) for n, x in (("query", b), ("key", a), ("value", a)))
    return own + linear(p, "out", F.scaled_dot_product_attention(q, k, v).transpose(-2, -3).flatten(-2), d)


def tci(p, x, ids, text, heads):
    """Written as full attention of every token over all [null, class 1 ... K] keys with a mask: another form of the same sum."""
    d, K = x.shape[-1], text.shape[0]
    null = p.get("null", (d,), 0.5)
    keys = torch.cat([null[None], linear(p, "text", text, d)])
    q = heads_of(linear(p, "query", layer_norm(x), d), heads)
    k, v = (heads_of(linear(p, n, keys, d), heads) for n in ("key", "value"))
    seen = torch.arange(K + 1).expand(*ids.shape, K + 1) == ids[..., None].long()
    seen = seen | (torch.arange(K + 1) == 0)
    attended = F.scaled_dot_product_attention(q, k.expand(x.shape[0], -1, -1, -1), v.expand(x.shape[0], -1, -1, -1), attn_mask=seen[:, None])
    return x + linear(p, "out", attended.transpose(-2, -3).flatten(-2), d)


def head(p, groups, width, heads, classes, blocks=1):
    """groups: tokens of two kinds, `[n, M_g, F_g]`."""
    x = torch.cat([linear(p, f"in.{i}", z, width) for i, z in enumerate(groups)], 1)
    x = x + p.get("embedding", x.shape[1:], 0.5)
    for i in range(blocks):
        x = block(p.under(f"blocks.{i}"), x, heads, 2)
    x = layer_norm((x if blocks else F.gelu(x)).mean(1))
    return linear(p, "mlp.out", F.gelu(linear(p, "mlp.in", x, width)), classes)


def linear_schedule(T=1000):
    return torch.linspace(1e-4, 0.02, T)


def cosine_schedule(T=1000, s=0.008):
    f = torch.cos((torch.arange(T + 1) / T + s) / (1 + s) * math.pi / 2) ** 2
    return (1 - f[1:] / f[:-1]).clamp(max=0.999)


ALPHA_BAR = torch.cumprod(1 - linear_schedule(), 0)


def alpha_bar(t):
    return torch.where(t < 0, torch.ones(()), ALPHA_BAR[t.long().clamp(min=0)])


def noised(x0, eps, t):
    a = alpha_bar(t)[:, None, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def csdiff(p, x0, eps, t, ids, text, d, n, heads, ratio, coupled=True):
    S = len(x0)
    e = []
    for s in range(S):
        position = p.get(f"{s}.position", (x0[s].shape[1], d), 0.5)
        e.append(linear(p.under(str(s)), "embed", noised(x0[s], eps[s], t), d) + position)
    loss, outs = 0, []
    for s in range(S):
        q, f = p.under(str(s)), e[s]
        if coupled:
            f = mpb(q.under("mpb"), f, e[(s + 1) % S], heads)
            f = tci(q.under("tci"), f, ids, text, heads)
        features, noise = uvit(q.under("denoiser"), f, t, n, heads, ratio, x0[s].shape[-1])
        loss = loss + F.mse_loss(noise, eps[s])
        outs.append((features, noise))
    return loss, outs


class File:
    def __init__(self):
        self.tensors, self.constants = {}, {}

    def put(self, name, x):
        x = x.detach()
        assert name not in self.tensors, name
        self.tensors[name] = (x.to(torch.int32) if not x.is_floating_point() else x.float()).contiguous().clone()

    def case(self, name, function, inputs, extra=None, **constants):
        """function(parameters, inputs) -> out or (out, {name: more})."""
        seed = zlib.crc32(name.encode())
        p = Parameters(seed)
        inputs = {k: rounded(v).requires_grad_() if v.is_floating_point() else v for k, v in inputs.items()}
        out = function(p, inputs)
        out, more = out if isinstance(out, tuple) else (out, {})
        self.put(f"{name}/out", out)
        for k, v in more.items():
            self.put(f"{name}/out/{k}", v)
        for k, v in inputs.items():
            self.put(f"{name}/in/{k}", v)
        for k, v in p.items():
            self.put(f"{name}/param/{k}", v)
        cotangent = rounded(torch.randn(out.shape, generator=torch.Generator().manual_seed(seed + 1)))
        leaves = {**{k: v for k, v in inputs.items() if v.requires_grad}, **p}
        grads = torch.autograd.grad((out * cotangent).sum(), list(leaves.values()), allow_unused=True)
        self.put(f"{name}/cotangent", cotangent)
        for k, g, v in zip(leaves, grads, leaves.values()):
            self.put(f"{name}/grad/{k}", torch.zeros_like(v) if g is None else g)
        if constants:
            self.constants[name] = constants

    def save(self, name):
        meta = {"constants": json.dumps({"torch": torch.__version__.split("+")[0], **self.constants})}
        path = FOLDER / f"{name}.safetensors"
        save_file(dict(sorted(self.tensors.items())), path, meta)
        print(f"{path}: {len(self.tensors)} tensors, {path.stat().st_size} bytes")


def draw(*shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def layers():
    f = File()
    x = draw(2, 7, 12, seed=1)
    f.case("linear", lambda p, i: linear(p, "layer", i["x"], 3), {"x": draw(2, 4, 5, seed=2)})
    f.case("layerNorm", lambda p, i: layer_norm(i["x"]), {"x": x * 3 + 2})
    f.case("gelu", lambda p, i: F.gelu(i["x"]), {"x": torch.linspace(-6, 6, 49)})
    f.case("attention", lambda p, i: attention(p, i["x"], i["x"], 3), {"x": x}, heads=3)
    f.case("crossAttention", lambda p, i: attention(p, i["query"], i["context"], 3), {"query": x, "context": draw(2, 5, 12, seed=3)}, heads=3)
    f.case("block", lambda p, i: block(p, i["x"], 3, 2), {"x": x}, heads=3, ratio=2)
    t = torch.tensor([-1, 0, 1, 500, 999])
    f.case("timeEmbedding", lambda p, i: (time_embedding(p, i["t"], 16), {"sinusoidal": sinusoidal(i["t"], 16)}), {"t": t}, width=16)
    f.save("layers")


def denoisers():
    f = File()
    for n in (1, 2):
        def run(p, i, n=n):
            features, noise = uvit(p, i["x"], i["t"], n, 2, 2, 5)
            return torch.cat([features, noise], -1), {"features": features, "noise": noise}
        f.case(f"uvit.n{n}", run, {"x": draw(2, 9, 16, seed=10 + n), "t": torch.tensor([-1, 371])}, n=n, heads=2, ratio=2, channels=5)
    f.save("uvit")


def coupling():
    f = File()
    f.case("mpb", lambda p, i: mpb(p, i["own"], i["other"], 2), {"own": draw(2, 9, 16, seed=20), "other": draw(2, 9, 16, seed=21)}, heads=2)
    ids = torch.tensor([[0, 1, 2, 3, 0, 0, 3, 1, 1], [0, 0, 0, 0, 0, 2, 0, 0, 0]])
    f.case("tci", lambda p, i: tci(p, i["x"], i["ids"], i["text"], 2), {"x": draw(2, 9, 16, seed=22), "ids": ids, "text": draw(3, 10, seed=23)}, heads=2)
    f.save("coupling")


def heads():
    f = File()
    z = {"z.0": draw(4, 2, 11, seed=30), "z.1": draw(4, 3, 5, seed=32)}
    groups = lambda i: [i["z.0"], i["z.1"]]
    f.case("head.eval", lambda p, i: head(p, groups(i), 16, 4, 5), z, heads=4, width=16, ratio=2, classes=5)
    f.case("head.alone", lambda p, i: head(p, groups(i), 16, 4, 5, 0), z, width=16, classes=5)
    mask = (torch.rand(z["z.0"].shape, generator=torch.Generator().manual_seed(31)) >= 0.3).double()
    def dropped(p, i):
        return head(p, [i["z.0"] * mask / 0.7, i["z.1"]], 16, 4, 5)
    f.case("head.dropout", dropped, z, heads=4, width=16, ratio=2, classes=5, dropout=0.3)
    f.put("head.dropout/in/mask", mask)
    f.save("head")


def diffusion():
    f = File()
    for name, beta in (("linear", linear_schedule()), ("cosine", cosine_schedule())):
        f.put(f"schedule.{name}/out", torch.cumprod(1 - beta, 0))
        f.put(f"schedule.{name}/out/beta", beta)
    f.case("noised", lambda p, i: noised(i["x0"], i["eps"], i["t"]),
           {"x0": draw(4, 3, 5, seed=40), "eps": draw(4, 3, 5, seed=41), "t": torch.tensor([-1, 0, 400, 999])})
    x, steps = rounded(draw(2, 3, 5, seed=42)), [999, 700, 400, 100]
    f.put("ddim/in/x", x)
    f.put("ddim/in/t", torch.tensor(steps))
    states = []
    for t, to in zip(steps, steps[1:] + [-1]):
        a, b = (ALPHA_BAR[s] if s >= 0 else torch.ones(()) for s in (t, to))
        eps = 0.8 * x.sin() + 0.2 * t / 1000
        x = b.sqrt() * (x - (1 - a).sqrt() * eps) / a.sqrt() + (1 - b).sqrt() * eps
        states.append(x)
    f.put("ddim/out", torch.stack(states))
    f.case("crossEntropy", lambda p, i: F.cross_entropy(i["logits"], i["labels"], label_smoothing=0.05),
           {"logits": draw(6, 5, seed=43) * 3, "labels": torch.tensor([0, 4, 2, 2, 1, 3])}, smoothing=0.05)
    f.save("diffusion")


def optimiser():
    f = File()
    shapes = {"embed.weight": (3, 4), "embed.bias": (4,), "position": (5, 4), "norm.scale": (4,)}
    p = {k: rounded(draw(*s, seed=50 + i)).requires_grad_() for i, (k, s) in enumerate(shapes.items())}
    decay = [v for k, v in p.items() if k.endswith(".weight") and v.ndim == 2]
    rest = [v for k, v in p.items() if not (k.endswith(".weight") and v.ndim == 2)]
    adamw = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
                              lr=0.01, betas=(0.9, 0.99), eps=1e-8, foreach=False)
    for k, v in p.items():
        f.put(f"adamw/param/{k}", v)
    norms, rates = [], rounded(torch.tensor([0.01, 0.02, 0.005]))
    for step, size in enumerate((2.0, 0.05, 1.0)):
        for i, (k, v) in enumerate(p.items()):
            v.grad = rounded(draw(*v.shape, seed=60 + 10 * step + i) * size)
            f.put(f"adamw/in/{step}/{k}", v.grad)
        norms.append(torch.nn.utils.clip_grad_norm_(list(p.values()), 1.0))
        for group in adamw.param_groups:
            group["lr"] = float(rates[step])
        adamw.step()
        for k, v in p.items():
            f.put(f"adamw/out/{step}/{k}", v)
            f.put(f"adamw/out/{step}/m/{k}", adamw.state[v]["exp_avg"])
            f.put(f"adamw/out/{step}/v/{k}", adamw.state[v]["exp_avg_sq"])
    f.put("adamw/in/lr", rates)
    f.put("adamw/out/norm", torch.stack(norms))
    f.constants["adamw"] = {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weightDecay": 0.1, "clip": 1}
    f.save("adamw")


def whole():
    f = File()
    ids = torch.tensor([[0, 1, 2, 0, 0, 3, 1, 0, 2], [0, 0, 0, 0, 0, 0, 0, 0, 0]])
    for name, bands, coupled in (("s2", (5, 2), True), ("s3", (4, 2, 1), True), ("plain", (5, 2), False)):
        S = len(bands)
        inputs = {f"{s}.{k}": draw(2, 9, c, seed=100 * S + 10 * s + j) for s, c in enumerate(bands) for j, k in enumerate(("x0", "eps"))}
        inputs["t"] = torch.tensor([12, 640])
        if coupled:
            inputs |= {"ids": ids, "text": draw(3, 6, seed=70)}
        def run(p, i):
            loss, outs = csdiff(p, [i[f"{s}.x0"] for s in range(S)], [i[f"{s}.eps"] for s in range(S)], i["t"], i.get("ids"), i.get("text"), 8, 1, 2, 2, coupled)
            more = {f"{s}.{k}": v for s, o in enumerate(outs) for k, v in zip(("features", "noise"), o)}
            return loss, more
        f.case(f"csdiff.{name}", run, inputs, sources=S, width=8, n=1, heads=2, ratio=2)
    f.save("csdiff")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in (layers, denoisers, coupling, heads, diffusion, optimiser, whole):
        part()
