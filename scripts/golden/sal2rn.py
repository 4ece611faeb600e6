"""Sal²RN in PyTorch, written from its description: logits and gradients, as test/golden/sal2rn.safetensors.

    python scripts/golden/sal2rn.py
"""

import torch
from networks import case, conv_norm, same, save, transposed
from torch import nn


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


class Chain(nn.Module):
    def __init__(self, widths, **options):
        super().__init__()
        pairs = list(zip(widths, widths[1:]))
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, **options) for a, b in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b in pairs)

    def forward(self, x, after=lambda x: x):
        for conv, norm in zip(self.convs, self.norms):
            x = after(norm(conv(x)).relu())
        return x

    def named(self, name):
        names = {}
        for at, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            names |= conv_norm(f"{name}.{at}", conv, norm)
        return names


class Sal2RN(nn.Module):
    def __init__(self, bands, other, classes):
        super().__init__()
        self.reduce = nn.Conv2d(bands, min(48, bands), 1, bias=False)
        self.plain = Chain([min(48, bands), 16, 32, 64])
        self.dilated = Chain([min(48, bands), 16, 32, 64], dilation=2, padding=1)
        self.alpha = nn.Parameter(torch.ones(1))
        self.hidden = nn.ModuleList([nn.Linear(1024, 512), nn.Linear(512, 256)])
        self.out = nn.Linear(256, classes)
        self.beta = nn.Parameter(torch.ones(1))
        self.spectral = nn.ModuleList([nn.Linear(bands, 64), nn.Linear(64, bands)])
        self.spectral_out = nn.Linear(bands, classes)
        self.other = Chain([other, 32, 64, 128], padding=1)
        self.other_out = nn.Linear(128, classes)

    def forward(self, x, y):
        seen = self.reduce(x)
        h = self.plain(seen) + self.dilated(seen)
        h = nn.functional.max_pool2d(h * torch.sigmoid(self.alpha * h), 2, stride=1).flatten(1)
        for linear in self.hidden:
            h = linear(h).relu()
        spectrum = x.mean((2, 3))
        spectrum = spectrum * torch.sigmoid(self.beta * spectrum)
        for linear in self.spectral:
            spectrum = linear(spectrum).relu()
        y = self.other(y, lambda y: nn.functional.max_pool2d(y, 2)).flatten(1)
        return self.out(h) + self.spectral_out(spectrum) + self.other_out(y)

    def named(self):
        return {
            "spatial.reduce": same(self.reduce.weight),
            **self.plain.named("spatial.plain"),
            **self.dilated.named("spatial.dilated"),
            "spatial.gate": same(self.alpha),
            **layer("spatial.hidden.0", self.hidden[0]),
            **layer("spatial.hidden.1", self.hidden[1]),
            **layer("spatial.out", self.out),
            "spectral.gate": same(self.beta),
            **layer("spectral.hidden.0", self.spectral[0]),
            **layer("spectral.hidden.1", self.spectral[1]),
            **layer("spectral.out", self.spectral_out),
            **self.other.named("others.0.units"),
            **layer("others.0.out", self.other_out),
        }


network = Sal2RN(49, 1, 4)
case("sal2rn", network, network.named(), [torch.randn(2, 49, 11, 11), torch.randn(2, 1, 11, 11)])
save("sal2rn")
print(sum(p.numel() for p in Sal2RN(63, 1, 6).parameters()))
