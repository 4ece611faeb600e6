"""CCR-Net in PyTorch, written from its description: logits to which its loss is added, and gradients, as
test/golden/ccrnet.safetensors.

    python scripts/golden/ccrnet.py
"""

import torch
from networks import case, conv_norm, same, save, transposed
from torch import nn
from torch.nn import functional as F


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


class CCRNet(nn.Module):
    def __init__(self, bands, classes):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for count in bands for a, b in [(count, 16), (16, 32)])
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _ in bands for b in (16, 32))
        self.linears = nn.ModuleList([nn.Linear(256, 64), nn.Linear(64, 32), nn.Linear(32, 32)])
        self.linear_norms = nn.ModuleList(nn.BatchNorm1d(of.out_features) for of in self.linears)
        self.out = nn.Linear(32, classes)
        self.crossed = nn.Linear(64, 256)

    def features(self, x, at):
        for unit in (2 * at, 2 * at + 1):
            x = self.norms[unit](self.convs[unit](x))
            x = F.pad(x, [x.shape[3] % 2, 0, x.shape[2] % 2, 0], value=-torch.inf)
            x = F.max_pool2d(x, 2).relu()
        return x.flatten(1)

    def forward(self, x, y):
        x, y = self.features(x, 0), self.features(y, 1)
        orders = torch.stack([torch.cat([x, y], 1), torch.cat([y, x], 1)])
        wanted, h = orders.flip(0).flatten(0, 1), orders.flatten(0, 1)
        for at, (linear, norm) in enumerate(zip(self.linears, self.linear_norms)):
            h = norm(linear(h)).relu()
            if at == 0:
                error = F.mse_loss(self.crossed(h), wanted)
        one, other = self.out(h).chunk(2)
        logits = (one + other) / 2
        multiplying = [*self.convs, *self.linears, self.out, self.crossed]
        penalty = sum(of.weight.square().sum() for of in multiplying) / 2
        first = torch.zeros(len(logits), dtype=torch.long)
        return logits + F.cross_entropy(logits, first) + 0.1 * error + 0.1 * penalty

    def named(self):
        names = {}
        for at, (of, after) in enumerate(zip(self.convs, self.norms)):
            names |= conv_norm(f"sources.{at // 2}.{at % 2}", of, after)
        for name, of, after in zip(["code", "hidden.0", "hidden.1"], self.linears, self.linear_norms):
            names |= layer(f"{name}.linear", of)
            names |= {f"{name}.norm.scale": same(after.weight), f"{name}.norm.bias": same(after.bias)}
        return {**names, **layer("out", self.out), **layer("crossed", self.crossed)}


network = CCRNet([5, 2], 4)
case("ccrnet", network, network.named(), [torch.randn(3, 5, 7, 7), torch.randn(3, 2, 7, 7)])
save("ccrnet")
for bands, classes in [((144, 1), 15), ((144, 21), 15), ((180, 4), 7)]:
    print(bands, sum(p.numel() for p in CCRNet(bands, classes).parameters()))
