"""GLT-Net in PyTorch, written from facts about its code: logits to which its loss is added, and gradients, as
test/golden/gltnet.safetensors.

    python scripts/golden/gltnet.py
"""

import torch
from networks import case, conv_norm, same, save, transposed
from torch import nn
from torch.nn import functional as F


def layer(name, of):
    return {f"{name}.weight": transposed(of.weight), f"{name}.bias": same(of.bias)}


def norm(name, of):
    return {f"{name}.scale": same(of.weight), f"{name}.bias": same(of.bias)}


def conv(name, of):
    return {f"{name}.weight": same(of.weight), f"{name}.bias": same(of.bias)}


def middle(x, side):
    first = (x.shape[2] - side) // 2
    return x[:, :, first : first + side, first : first + side]


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.seen = nn.Linear(width, 3 * 64, bias=False)
        self.out = nn.Linear(64, width)
        self.mlp = nn.Sequential(nn.Linear(width, 8), nn.GELU(), nn.Linear(8, width))

    def forward(self, x):
        q, k, v = [part.unflatten(2, (4, 16)).transpose(1, 2) for part in self.seen(self.before(x)).chunk(3, 2)]
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.mlp(self.after(x))

    def named(self, name):
        return {
            **norm(f"{name}.before", self.before),
            f"{name}.seen": transposed(self.seen.weight),
            **layer(f"{name}.out", self.out),
            **norm(f"{name}.after", self.after),
            **layer(f"{name}.mlp.in", self.mlp[0]),
            **layer(f"{name}.mlp.out", self.mlp[2]),
        }


class GLTNet(nn.Module):
    def __init__(self, bands, classes, patch):
        super().__init__()
        self.sides = [patch // 3, 2 * patch // 3, patch]
        places = self.sides[0] ** 2
        unit = lambda a, b, side=3: nn.Sequential(nn.Conv2d(a, b, side, padding=side // 2), nn.BatchNorm2d(b), nn.ReLU())
        self.first = nn.ModuleList(unit(count, 32) for count in bands)
        self.second = nn.ModuleList(nn.ModuleList(unit(32, 64) for _ in self.sides) for _ in bands)
        self.share = nn.Parameter(torch.ones(len(bands)) / len(bands))
        self.places = nn.ModuleList(nn.Linear((side // 2) ** 2, places) for side in self.sides)
        self.attention = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.token = nn.Parameter(torch.randn(1, 1, 64))
        self.position = nn.Parameter(torch.randn(1, 1 + places, 64))
        self.blocks = nn.ModuleList(Block(64) for _ in range(5))
        self.norm = nn.LayerNorm(64)
        self.out = nn.Linear(64, classes)
        self.local = unit(64, 32, 1)
        self.local_out = nn.Linear(32, classes)
        self.trust = nn.Parameter(torch.ones(2) / 2)
        self.narrow = nn.Linear(64, 32)
        self.narrow_position = nn.Parameter(torch.randn(1, 1 + places, 32))
        self.narrow_blocks = nn.ModuleList(Block(32) for _ in range(5))
        self.wide = nn.Linear(32, 64)
        self.bands = nn.ModuleList(nn.Conv2d(64, sum(bands), 3, padding=1) for _ in self.sides)

    def forward(self, *patches):
        side = self.sides[0]
        scales = []
        for at, (size, linear) in enumerate(zip(self.sides, self.places)):
            joined = 0
            for source, x in enumerate(patches):
                h = self.second[source][at](self.first[source](middle(x, size)))
                joined = joined + self.share[source] * F.max_pool2d(h, 2)
            scales.append(linear(joined.flatten(2)).unflatten(2, (side, side)))
        maps = []
        for channel in range(64):
            one = torch.stack([x[:, channel] for x in scales], 1)
            seen = torch.stack([one.mean(1), one.amax(1)], 1)
            maps.append(torch.sigmoid(self.attention(seen)))
        attended = torch.cat(maps, 1)
        grid = attended.flatten(2).mT + self.position[:, 1:]
        tokens = torch.cat([self.token.expand(len(grid), -1, -1), grid], 1) + self.position[:, :1]
        for block in self.blocks:
            tokens = block(tokens)
        local = self.local_out(self.local(attended).mean((2, 3))).softmax(1)
        logits = self.trust[0] * self.out(self.norm(tokens[:, 0])) + self.trust[1] * local

        drawn = self.narrow(tokens) + self.narrow_position
        for block in self.narrow_blocks:
            drawn = block(drawn)
        drawn = self.wide(drawn)[:, 1:].mT.unflatten(2, (side, side))
        error = 0
        for size, bands in zip(self.sides, self.bands):
            found = torch.sigmoid(bands(F.interpolate(drawn, scale_factor=size // side, mode="nearest")))
            each = zip(found.split([x.shape[1] for x in patches], 1), patches)
            error = error + sum(F.mse_loss(own, middle(x, size)) for own, x in each) / len(patches) / 3
        first = torch.zeros(len(logits), dtype=torch.long)
        return logits + error + F.cross_entropy(logits, first)

    def named(self):
        names = {}
        for source, (first, second) in enumerate(zip(self.first, self.second)):
            names |= conv_norm(f"sources.{source}.first", *first[:2])
            for at, of in enumerate(second):
                names |= conv_norm(f"sources.{source}.second.{at}", *of[:2])
        for at, of in enumerate(self.places):
            names |= layer(f"places.{at}", of)
        for at, of in enumerate(self.blocks):
            names |= of.named(f"blocks.{at}")
        for at, of in enumerate(self.narrow_blocks):
            names |= of.named(f"decoder.blocks.{at}")
        for at, of in enumerate(self.bands):
            names |= conv(f"decoder.bands.{at}", of)
        return {
            **names,
            "share": same(self.share),
            "attention": same(self.attention.weight),
            "classToken": same(self.token),
            "position": same(self.position),
            **norm("norm", self.norm),
            **layer("out", self.out),
            **conv_norm("local", *self.local[:2]),
            **layer("localOut", self.local_out),
            "trust": same(self.trust),
            **layer("decoder.in", self.narrow),
            "decoder.position": same(self.narrow_position),
            **layer("decoder.out", self.wide),
        }


# Of fewer tokens, gradients of the decoder are no better in single precision than 1 in 10 000.
network = GLTNet([5, 2], 4, 12)
case("gltnet", network, network.named(), [torch.rand(2, 5, 12, 12), torch.rand(2, 2, 12, 12)])
save("gltnet")
for bands, classes in [((64, 2), 11), ((63, 1), 6), ((144, 1), 15)]:
    print(bands, sum(p.numel() for p in GLTNet(bands, classes, 24).parameters()))
