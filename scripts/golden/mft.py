"""MFT in PyTorch, written from its description: logits and gradients, as test/golden/mft.safetensors.

    python scripts/golden/mft.py
"""

import torch
from networks import case, same, save, transposed
from torch import nn

C, HEADS = 64, 8


class Tokenizer(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.words = nn.Linear(C, words, bias=False)
        self.values = nn.Linear(C, C, bias=False)

    def forward(self, x):
        pixels = x.flatten(2).mT
        return torch.einsum("bpw,bpc->bwc", self.words(pixels).softmax(1), self.values(pixels))

    def named(self, name):
        return {f"{name}.words": transposed(self.words.weight), f"{name}.values": transposed(self.values.weight)}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = nn.LayerNorm(C), nn.LayerNorm(C)
        self.query, self.key, self.value = [nn.Linear(C // HEADS, C, bias=False) for _ in range(3)]
        self.out = nn.Linear(HEADS * C, C)
        self.mlp = nn.Sequential(nn.Linear(C, 512), nn.GELU(), nn.Linear(512, C))

    def forward(self, x):
        slices = self.before(x).unflatten(2, (HEADS, -1))
        q, k, v = self.query(slices[:, 0]), self.key(slices), self.value(slices)
        shares = torch.einsum("bgc,bngc->bgn", q, k).div((C // HEADS) ** 0.5).softmax(-1)
        x = x + self.out(torch.einsum("bgn,bngc->bgc", shares, v).flatten(1))[:, None]
        return x + self.mlp(self.after(x))

    def named(self, name):
        return {
            **norm(f"{name}.before", self.before),
            **norm(f"{name}.after", self.after),
            **{f"{name}.{part}": transposed(getattr(self, part).weight) for part in ("query", "key", "value")},
            **layer(f"{name}.out", self.out),
            **layer(f"{name}.mlp.in", self.mlp[0]),
            **layer(f"{name}.mlp.out", self.mlp[2]),
        }


def norm(name, of):
    return {f"{name}.scale": same(of.weight), f"{name}.bias": same(of.bias)}


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


def conv(name, of):
    return {f"{name}.weight": same(of.weight), f"{name}.bias": same(of.bias)}


class MFT(nn.Module):
    def __init__(self, first, second, classes):
        super().__init__()
        maps = 8 * (first - 8)
        self.spectral = nn.Conv3d(1, 8, (9, 3, 3), padding=(0, 1, 1))
        self.spectralNorm = nn.BatchNorm3d(8)
        self.grouped = nn.Conv2d(maps, C, 3, padding=1, groups=16 if maps % 16 == 0 else 8)
        self.pointwise = nn.Conv2d(maps, C, 1)
        self.firstNorm, self.secondNorm = nn.BatchNorm2d(C), nn.BatchNorm2d(C)
        self.second = nn.Conv2d(second, C, 3, padding=1)
        self.firstWords, self.secondWords = Tokenizer(4), Tokenizer(1)
        self.positions = nn.Parameter(torch.zeros(5, C))
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(C)
        self.out = nn.Linear(C, classes)

    def forward(self, x, y):
        x = self.spectralNorm(self.spectral(x[:, None])).relu().flatten(1, 2)
        x = self.firstNorm(self.grouped(x) + self.pointwise(x)).relu()
        y = nn.functional.gelu(self.secondNorm(self.second(y)))
        tokens = torch.cat([self.secondWords(y), self.firstWords(x)], 1) + self.positions
        return self.out(self.norm(self.blocks(tokens))[:, 0])

    def named(self):
        names = {"positions": same(self.positions)}
        for name in ("spectral", "grouped", "pointwise", "second"):
            names |= conv(name, getattr(self, name))
        for name in ("spectralNorm", "firstNorm", "secondNorm", "norm"):
            names |= norm(name, getattr(self, name))
        for name in ("firstWords", "secondWords"):
            names |= getattr(self, name).named(name)
        for at, block in enumerate(self.blocks):
            names |= block.named(f"blocks.{at}")
        return names | layer("out", self.out)


if __name__ == "__main__":
    torch.manual_seed(0)
    network = MFT(12, 2, 3)
    case("mft", network, network.named(), [torch.randn(2, 12, 5, 5), torch.randn(2, 2, 5, 5)])
    save("mft")
