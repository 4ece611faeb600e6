"""HCT in PyTorch, written from its description: logits and gradients, as test/golden/hct.safetensors.

    python scripts/golden/hct.py
"""

import torch
from networks import case, conv_norm, same, save, transposed
from torch import nn

C, HEADS = 64, 8


def norm(name, of):
    return {f"{name}.scale": same(of.weight), f"{name}.bias": same(of.bias)}


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


def attend(q, k, v):
    """Heads beside each other in the last axis."""
    q, k, v = (x.unflatten(2, (HEADS, -1)).transpose(1, 2) for x in (q, k, v))
    return nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Stem(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.cube = nn.Sequential(nn.Conv3d(1, 8, 3), nn.BatchNorm3d(8), nn.ReLU())
        self.first = nn.Sequential(nn.Conv2d(8 * (first - 2), C, 3), nn.BatchNorm2d(C), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(second, C, 3), nn.BatchNorm2d(C), nn.ReLU())

    def forward(self, x, y):
        return self.first(self.cube(x[:, None]).flatten(1, 2)), self.second(y)

    def named(self, name):
        parts = {"spectral": self.cube, "first": self.first, "second": self.second}
        return {k: v for part, of in parts.items() for k, v in conv_norm(f"{name}.{part}", of[0], of[1]).items()}


class Tokenizer(nn.Module):
    def __init__(self):
        super().__init__()
        self.where = nn.Linear(C, 4, bias=False)
        self.what = nn.Linear(C, C, bias=False)
        self.cls = nn.Parameter(torch.randn(1, 1, C))
        self.position = nn.Parameter(torch.randn(1, 5, C))

    def forward(self, x):
        pixels = x.flatten(2).mT
        found = torch.einsum("bpt,bpc->btc", self.where(pixels).softmax(1), self.what(pixels))
        return torch.cat([self.cls.expand(len(x), -1, -1), found], 1) + self.position

    def named(self, name):
        return {
            f"{name}.where": transposed(self.where.weight),
            f"{name}.what": transposed(self.what.weight),
            f"{name}.first": same(self.cls),
            f"{name}.position": same(self.position),
        }


class CrossAttention(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(C, inner, bias=False) for _ in range(3))
        self.out = nn.Linear(inner, C)

    def forward(self, queries, keys, values):
        return self.out(attend(self.query(queries), self.key(keys), self.value(values)))

    def named(self, name):
        matrices = {f"{name}.{part}": transposed(getattr(self, part).weight) for part in ("query", "key", "value")}
        return {**matrices, **layer(f"{name}.out", self.out)}


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.between = nn.LayerNorm(C), nn.LayerNorm(C)
        self.query, self.key, self.value, self.out = (nn.Linear(C, C) for _ in range(4))
        self.mlp = nn.Sequential(nn.Linear(C, 8), nn.GELU(), nn.Linear(8, C))

    def forward(self, x):
        own = self.before(x)
        x = x + self.out(attend(self.query(own), self.key(own), self.value(own)))
        return x + self.mlp(self.between(x))

    def named(self, name):
        names = norm(f"{name}.before", self.before) | norm(f"{name}.between", self.between)
        for part in ("query", "key", "value", "out"):
            names |= layer(f"{name}.attention.{part}", getattr(self, part))
        return names | layer(f"{name}.mlp.in", self.mlp[0]) | layer(f"{name}.mlp.out", self.mlp[2])


class Crossing(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(C)
        self.attention = CrossAttention(512)

    def forward(self, token, others):
        own = self.norm(token)
        context = torch.cat([own, others], 1)
        return token + self.attention(own, context, context)

    def named(self, name):
        return norm(f"{name}.norm", self.norm) | self.attention.named(f"{name}.attention")


class HCT(nn.Module):
    def __init__(self, first, second, classes):
        super().__init__()
        self.stem, self.tokenizer = Stem(first, second), Tokenizer()
        self.encoders = nn.ModuleList([Encoder(), Encoder()])
        self.crossings = nn.ModuleList([Crossing(), Crossing()])
        self.norm, self.out = nn.LayerNorm(C), nn.Linear(C, classes)

    def forward(self, x, y):
        x, y = (encoder(self.tokenizer(z)) for encoder, z in zip(self.encoders, self.stem(x, y)))
        x, y = self.crossings[0](x[:, :1], y[:, 1:]), self.crossings[1](y[:, :1], x[:, 1:])
        return self.out(self.norm(x[:, 0])) + self.out(self.norm(y[:, 0]))

    def named(self):
        names = self.stem.named("stem") | self.tokenizer.named("tokenizer")
        for at in range(2):
            names |= self.encoders[at].named(f"encoders.{at}") | self.crossings[at].named(f"crossings.{at}")
        return names | norm("head.norm", self.norm) | layer("head.out", self.out)


if __name__ == "__main__":
    network = HCT(5, 2, 4)
    case("hct", network, network.named(), [torch.randn(3, 5, 7, 7), torch.randn(3, 2, 7, 7)])
    save("hct")
    print("hct", sum(p.numel() for p in HCT(30, 1, 6).parameters()))
