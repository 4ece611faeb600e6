"""SepDGConv in PyTorch, written from its description: logits and gradients, as test/golden/sepdgconv.safetensors.

    python scripts/golden/sepdgconv.py
"""

import math

import torch
from networks import case, same, save, transposed
from torch import nn


class Grouped(nn.Module):
    def __init__(self, inputs, outputs, side, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.gates = nn.Parameter(torch.zeros(int(math.log2(inputs))))

    def forward(self, x):
        mask = torch.ones(1, 1)
        for gate in (self.gates > 0).double() + self.gates - self.gates.detach():
            mask = torch.kron(mask, gate * torch.ones(2, 2) + (1 - gate) * torch.eye(2))
        outputs, inputs = self.conv.weight.shape[:2]
        mask = torch.kron(mask, torch.ones(outputs // inputs, 1))
        weight = self.conv.weight * mask[:, :, None, None]
        return self.norm(nn.functional.conv2d(x, weight, stride=self.conv.stride, padding=self.conv.padding))

    def named(self, name):
        return {**plain(name, self.conv, self.norm), f"{name}.gates": same(self.gates)}


def plain(name, conv, norm):
    return {
        f"{name}.weight": same(conv.weight),
        f"{name}.norm.scale": same(norm.weight),
        f"{name}.norm.bias": same(norm.bias),
    }


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.units = nn.ModuleList([Grouped(inputs, outputs, 3, stride), Grouped(outputs, outputs, 3, 1)])
        self.past = nn.ModuleList([] if stride == 1 else [Grouped(inputs, outputs, 1, stride)])

    def forward(self, x):
        y = self.units[1](self.units[0](x).relu())
        for past in self.past:
            x = past(x)
        return (y + x).relu()


class SepDGConv(nn.Module):
    def __init__(self, bands, classes, width):
        super().__init__()
        widths = [width] + [factor * width for factor in (1, 1, 2, 2, 4, 4, 8, 8)]
        self.conv = nn.Conv2d(bands, width, 7, 2, 3, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList(Block(a, b) for a, b in zip(widths, widths[1:]))
        self.out = nn.Linear(widths[-1], classes)

    def forward(self, *patches):
        h = nn.functional.max_pool2d(self.norm(self.conv(torch.cat(patches, 1))).relu(), 3, 2, 1)
        for block in self.blocks:
            h = block(h)
        return self.out(h.mean((2, 3)))

    def named(self):
        names = plain("stem", self.conv, self.norm)
        for at, block in enumerate(self.blocks):
            for part in ("units", "past"):
                for index, unit in enumerate(getattr(block, part)):
                    names |= unit.named(f"blocks.{at}.{part}.{index}")
        return {**names, "out.weight": transposed(self.out.weight), "out.bias": same(self.out.bias)}


network = SepDGConv(3, 4, 4)
case("sepdgconv", network, network.named(), [torch.randn(6, 2, 17, 17), torch.randn(6, 1, 17, 17)])
save("sepdgconv")
print(sum(p.numel() for p in SepDGConv(66, 11, 64).parameters()))
