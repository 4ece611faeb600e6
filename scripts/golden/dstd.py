"""DSTD in PyTorch, written from its description: logits and gradients, as test/golden/dstd.safetensors.

    python scripts/golden/dstd.py
"""

import torch
from networks import case, same, save, transposed
from torch import nn
from torch.nn import functional as F

C = 64


def norm(name, of):
    return {f"{name}.scale": same(of.weight), f"{name}.bias": same(of.bias)}


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


def plain(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class Tokenizer(nn.Module):
    def __init__(self, bands):
        super().__init__()
        self.first = nn.Conv2d(bands, C, 3, padding=1, bias=False)
        self.second = nn.Conv2d(C, C, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(C)

    def forward(self, x):
        x = self.norm(self.second(self.first(x).relu()).relu())
        return F.max_pool2d(x, 3, 2, 1).flatten(2).mT

    def named(self, name):
        kernels = {f"{name}.first": same(self.first.weight), f"{name}.second": same(self.second.weight)}
        return kernels | norm(f"{name}.norm", self.norm)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = nn.LayerNorm(C), nn.LayerNorm(C)
        self.asking = plain(C, 4 * C)
        self.mlp = nn.Sequential(nn.Linear(C, C), nn.GELU(), nn.Linear(C, C))

    def named(self, name):
        return {
            **norm(f"{name}.before", self.before),
            **norm(f"{name}.after", self.after),
            f"{name}.asking": transposed(self.asking.weight),
            **layer(f"{name}.mlp.in", self.mlp[0]),
            **layer(f"{name}.mlp.out", self.mlp[2]),
        }


def attention(q, k, v):
    q, k, v = [x.unflatten(2, (2, -1)).transpose(1, 2) for x in (q, k, v)]
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(), Block()
        self.squeeze, self.excite = plain(C, 16), plain(16, C)
        self.places = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x, y):
        xo, xq, xk, xv = self.first.asking(self.first.before(x)).chunk(4, -1)
        yo, yq, yk, yv = self.second.asking(self.second.before(y)).chunk(4, -1)
        channels = self.excite(self.squeeze(xq.mean(1, keepdim=True)).relu()).sigmoid()
        side = round(yq.shape[1] ** 0.5)
        seen = torch.stack([yq.mean(2), yq.amax(2)], 1).unflatten(2, (side, side))
        places = self.places(seen).sigmoid().flatten(2).mT
        x = x + attention(xq * channels, xk, xv) + attention(-yq, xk, xv)
        y = y + attention(yq * places, yk, yv) + attention(-xq, yk, yv)
        x = x + self.first.mlp(self.first.after(x))
        y = y + self.second.mlp(self.second.after(y))
        common = attention(yo, xk, xv), attention(xo, yk, yv)
        return x, y, common

    def named(self, name):
        return {
            **self.first.named(f"{name}.first"),
            **self.second.named(f"{name}.second"),
            f"{name}.squeeze": transposed(self.squeeze.weight),
            f"{name}.excite": transposed(self.excite.weight),
            f"{name}.places": same(self.places.weight),
        }


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.values = nn.ModuleList([plain(C, C), plain(C, C)])
        self.shares = plain(2 * C, 2 * C)

    def forward(self, x, y):
        a, b = self.shares(torch.cat([x, y], -1)).sigmoid().chunk(2, -1)
        return a * self.values[0](x).tanh() + b * self.values[1](y).tanh()

    def named(self, name):
        values = {f"{name}.values.{at}": transposed(one.weight) for at, one in enumerate(self.values)}
        return values | {f"{name}.shares": transposed(self.shares.weight)}


class DSTD(nn.Module):
    def __init__(self, first, second, classes):
        super().__init__()
        many = lambda count, make: nn.ModuleList(make() for _ in range(count))
        self.tokens = nn.ModuleList([Tokenizer(first), Tokenizer(second)])
        self.layers = many(3, Layer)
        self.commonNorms, self.norms = many(2, lambda: nn.LayerNorm(C)), many(3, lambda: nn.LayerNorm(C))
        self.commonGate, self.gates = Gate(), many(3, Gate)
        self.pools = many(2, lambda: nn.Linear(C, 1))
        self.heads = many(5, lambda: nn.Linear(C, classes))

    def forward(self, x, y):
        x, y = self.tokens[0](x), self.tokens[1](y)
        specifics = []
        for one in self.layers:
            x, y, common = one(x, y)
            specifics.append(x + y)
        state = self.commonGate(*[of(x) for of, x in zip(self.commonNorms, common)])
        for of, gate, specific in zip(self.norms, self.gates, specifics[::-1]):
            state = gate(of(state), specific)
        summary = (self.pools[0](state).softmax(1) * state).sum(1)
        # What only the loss uses has no part in the logits.
        unused = sum(p.sum() for p in self.parameters())
        return self.heads[0](summary) + 0 * unused

    def named(self):
        names = self.commonGate.named("commonGate")
        for name in ("tokens", "layers", "gates"):
            for at, one in enumerate(getattr(self, name)):
                names |= one.named(f"{name}.{at}")
        for name, make in {"commonNorms": norm, "norms": norm, "pools": layer, "heads": layer}.items():
            for at, one in enumerate(getattr(self, name)):
                names |= make(f"{name}.{at}", one)
        return names


if __name__ == "__main__":
    torch.manual_seed(0)
    network = DSTD(5, 2, 3)
    case("dstd", network, network.named(), [torch.randn(2, 5, 6, 6), torch.randn(2, 2, 6, 6)])
    save("dstd")
    print(sum(p.numel() for p in DSTD(144, 8, 15).parameters()))
