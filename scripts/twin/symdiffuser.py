"""PyTorch twin of the coupled diffusion network, in idiomatic eager form (fused projections, scaled_dot_product_attention).

The computation is the one of the golden numbers (scripts/golden/layers.py); query, key and value of a self-attention share one
product, and the two-way softmax of text conditioning is written as a sigmoid of the difference of the two logits.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def layer_norm(d):
    """Without scale and bias: a linear layer always follows."""
    return nn.LayerNorm(d, elementwise_affine=False)


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        q, k, v = (heads_of(y, self.heads) for y in self.qkv(x).chunk(3, -1))
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, d, heads, ratio):
        super().__init__()
        self.norm1, self.norm2 = layer_norm(d), layer_norm(d)
        self.attention = Attention(d, heads)
        self.mlp_in, self.mlp_out = nn.Linear(d, d * ratio), nn.Linear(d * ratio, d)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp_out(F.gelu(self.mlp_in(self.norm2(x))))


class Denoiser(nn.Module):
    """U-ViT: time token, n in blocks, a mid block, n out blocks with long skips."""

    def __init__(self, d, n, heads, ratio, channels):
        super().__init__()
        self.d = d
        self.time_in, self.time_out = nn.Linear(d, d), nn.Linear(d, d)
        self.ins = nn.ModuleList(Block(d, heads, ratio) for _ in range(n))
        self.mid = Block(d, heads, ratio)
        self.outs = nn.ModuleList(Block(d, heads, ratio) for _ in range(n))
        self.skips = nn.ModuleList(nn.Linear(2 * d, d) for _ in range(n))
        self.norm, self.head = layer_norm(d), nn.Linear(d, channels)
        self.register_buffer("frequencies", torch.exp(-math.log(10000) * torch.arange(d // 2) / (d // 2)), persistent=False)

    def forward(self, x, t):
        a = (t + 1)[:, None] * self.frequencies
        a = torch.cat([a.cos(), a.sin()], -1) * (t >= 0)[:, None]
        x = torch.cat([self.time_out(F.silu(self.time_in(a)))[:, None], x], 1)
        kept = []
        for block in self.ins:
            x = block(x)
            kept.append(x)
        x = self.mid(x)
        for skip, block in zip(self.skips, self.outs):
            x = block(skip(torch.cat([x, kept.pop()], -1)))
        return self.norm(x[:, 1:])


class Perception(nn.Module):
    """MPB: query of the other source, key and value of the own."""

    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm_own, self.norm_other = layer_norm(d), layer_norm(d)
        self.query, self.kv, self.out = nn.Linear(d, d), nn.Linear(d, 2 * d), nn.Linear(d, d)

    def forward(self, own, other):
        q = heads_of(self.query(self.norm_other(other)), self.heads)
        k, v = (heads_of(y, self.heads) for y in self.kv(self.norm_own(own)).chunk(2, -1))
        return own + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Injection(nn.Module):
    """TCI: per token attention over {null, text of its class}; ids None or 0 sees null only."""

    def __init__(self, d, heads, text):
        super().__init__()
        self.heads = heads
        self.register_buffer("table", text, persistent=False)
        self.text, self.null = nn.Linear(text.shape[1], d), nn.Parameter(torch.randn(d) * 0.02)
        self.norm = layer_norm(d)
        self.query, self.kv, self.out = nn.Linear(d, d), nn.Linear(d, 2 * d), nn.Linear(d, d)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, ids=None):
        if ids is None:
            return x + self.out(self.kv(self.null)[x.shape[-1]:])
        keys = torch.cat([self.null[None], self.text(self.table)])
        k, v = self.kv(keys).chunk(2, -1)
        q = self.query(self.norm(x)).unflatten(-1, (self.heads, -1))
        difference = F.embedding(ids, k - k[0]).unflatten(-1, (self.heads, -1))
        logit = (q * difference).sum(-1) / math.sqrt(q.shape[-1])
        weight = torch.sigmoid(logit.masked_fill((ids == 0)[..., None], -1e9))
        attended = v[0] + (weight[..., None] * F.embedding(ids, v - v[0]).unflatten(-1, (self.heads, -1))).flatten(-2)
        return x + self.out(attended)


class Symbiosis(nn.Module):
    """CSDiff of any number of sources, coupled in a ring."""

    def __init__(self, bands, d, n, heads, ratio, tokens, text=None, mpb=True):
        super().__init__()
        S = len(bands)
        self.embeds = nn.ModuleList(nn.Linear(c, d) for c in bands)
        self.positions = nn.ParameterList(torch.randn(tokens, d) * 0.02 for _ in range(S))
        self.mpbs = nn.ModuleList(Perception(d, heads) for _ in range(S)) if mpb else None
        self.tcis = nn.ModuleList(Injection(d, heads, text) for _ in range(S)) if text is not None else None
        self.denoisers = nn.ModuleList(Denoiser(d, n, heads, ratio, c) for c in bands)

    def features(self, x, t, ids=None, fused=None):
        """Post-norm tokens of every source; `fused`, a list, receives the denoisers' inputs."""
        e = [embed(y) + position for embed, y, position in zip(self.embeds, x, self.positions)]
        out = []
        for s, denoiser in enumerate(self.denoisers):
            f = e[s]
            if self.mpbs is not None:
                f = self.mpbs[s](f, e[(s + 1) % len(e)])
            if self.tcis is not None:
                f = self.tcis[s](f, ids)
            if fused is not None:
                fused.append(f)
            out.append(denoiser(f, t))
        return out

    def loss(self, x0, eps, t, alpha_bar, ids=None):
        a = alpha_bar[t][:, None, None]
        x = [a.sqrt() * y + (1 - a).sqrt() * e for y, e in zip(x0, eps)]
        return sum(F.mse_loss(q.head(f), e) for q, f, e in zip(self.denoisers, self.features(x, t, ids), eps))


def linear_alpha_bar(T=1000):
    return torch.cumprod(1 - torch.linspace(1e-4, 0.02, T, dtype=torch.float64), 0).float()


def parameter_groups(module, decay):
    """Weight decay for matrices of linear layers only."""
    decayed = [p for k, p in module.named_parameters() if k.endswith("weight") and p.ndim == 2]
    rest = [p for k, p in module.named_parameters() if not (k.endswith("weight") and p.ndim == 2)]
    return [{"params": decayed, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
