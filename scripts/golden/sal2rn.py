"""Sal²RN in PyTorch, written from facts about its code: logits to which its loss is added, and gradients, as
test/golden/sal2rn.safetensors.

    python scripts/golden/sal2rn.py
"""

import torch
from networks import case, conv_norm, same, save, transposed
from torch import nn
from torch.nn import functional as F


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


def norm(name, of):
    return {f"{name}.scale": same(of.weight), f"{name}.bias": same(of.bias)}


def unit(inputs, outputs, window=3, **options):
    conv = nn.Conv2d(inputs, outputs, window, **options)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class Sal2RN(nn.Module):
    """The first of two inputs has components behind its bands."""

    def __init__(self, bands, components, other, classes):
        super().__init__()
        self.bands = bands
        widths = [(components, 16), (16, 32), (32, 64)]
        self.plain = nn.ModuleList(unit(a, b) for a, b in widths)
        reach = [(1, 0), (2, 1), (5, 4)]
        self.dilated = nn.ModuleList(unit(a, b, dilation=d, padding=p) for (a, b), (d, p) in zip(widths, reach))
        self.fused_plain, self.fused_dilated = unit(64, 64, padding=1), unit(64, 64, padding=1)
        self.gate = unit(128, 64, 1, padding=1)
        self.hidden = nn.ModuleList([nn.Linear(1024, 512), nn.Linear(512, 256)])
        self.out = nn.Linear(256, classes)
        self.norm = nn.BatchNorm1d(bands)
        self.weigh = nn.Sequential(nn.Linear(bands, bands), nn.BatchNorm1d(bands))
        dense = lambda a, b: nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.LeakyReLU(0.2))
        self.spectral = nn.ModuleList([dense(bands, 64), dense(64, bands)])
        self.spectral_out = nn.Linear(bands, classes)
        self.other = nn.ModuleList(unit(a, b, padding=1) for a, b in [(other, 32), (32, 64), (64, 128)])
        self.other_out = nn.Linear(128, classes)

    def forward(self, x, y):
        h = x[:, self.bands :]
        for plain, dilated in zip(self.plain, self.dilated):
            near, far = plain(h), dilated(h)
            h = near + far
        p, q = self.fused_dilated(far), self.fused_plain(near)
        # Of 7 × 7 places, a window of 5 × 5 fits once at a stride of 5.
        gate = torch.sigmoid(F.avg_pool2d(self.gate(torch.cat([p, q], 1)), 5))
        h = F.max_pool2d(gate * p + (1 - gate) * q, 2, stride=1).flatten(1)
        for linear in self.hidden:
            h = linear(h).relu()
        spectrum = x[:, : self.bands].mean((2, 3))
        spectrum = self.weigh(self.norm(spectrum).relu()) * spectrum
        for linear in self.spectral:
            spectrum = linear(spectrum)
        for conv in self.other:
            y = F.max_pool2d(conv(y), 2)
        parts = [self.out(h), self.spectral_out(spectrum), self.other_out(y.flatten(1))]
        first = torch.zeros(len(h), dtype=torch.long)
        loss = sum(share * F.cross_entropy(part, first) for share, part in zip([0.01, 0.01, 1], parts))
        return sum(parts) / 3 + loss

    def named(self):
        names = {}
        for at in range(3):
            names |= conv_norm(f"spatial.plain.{at}", *self.plain[at][:2])
            names |= conv_norm(f"spatial.dilated.{at}", *self.dilated[at][:2])
            names |= conv_norm(f"others.0.units.{at}", *self.other[at][:2])
        for at in range(2):
            names |= layer(f"spatial.hidden.{at}", self.hidden[at])
            names |= layer(f"spectral.hidden.{at}.linear", self.spectral[at][0])
            names |= norm(f"spectral.hidden.{at}.norm", self.spectral[at][1])
        return {
            **names,
            **conv_norm("spatial.fusion.plain", *self.fused_plain[:2]),
            **conv_norm("spatial.fusion.dilated", *self.fused_dilated[:2]),
            **conv_norm("spatial.fusion.gate", *self.gate[:2]),
            **layer("spatial.out", self.out),
            **norm("spectral.norm", self.norm),
            **layer("spectral.gate.linear", self.weigh[0]),
            **norm("spectral.gate.norm", self.weigh[1]),
            **layer("spectral.out", self.spectral_out),
            **layer("others.0.out", self.other_out),
        }


network = Sal2RN(5, 4, 1, 4)
case("sal2rn", network, network.named(), [torch.randn(3, 9, 11, 11), torch.randn(3, 1, 11, 11)])
save("sal2rn")
print(sum(p.numel() for p in Sal2RN(63, 48, 1, 6).parameters()))
