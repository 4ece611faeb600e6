"""GLT-Net in PyTorch, written from its description: logits to which its loss is added, and gradients, as
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
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for count in bands for a, b in [(count, 32), (32, 64)])
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _ in bands for b in (32, 64))
        self.share = nn.Parameter(torch.ones(len(bands)) / len(bands))
        self.places = nn.ModuleList(nn.Linear((side // 2) ** 2, places) for side in self.sides)
        self.attention = nn.Conv2d(2, 1, 7, padding=3)
        self.merge = nn.Conv2d(192, 64, 3, padding=1, groups=64)
        self.token = nn.Parameter(torch.randn(1, 1, 64))
        self.position = nn.Parameter(torch.randn(1, 1 + places, 64))
        self.blocks = nn.ModuleList(Block(64) for _ in range(5))
        self.norm = nn.LayerNorm(64)
        self.out = nn.Linear(64, classes)
        self.local, self.local_norm = nn.Conv2d(64, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.local_out = nn.Linear(32, classes)
        self.trust = nn.Parameter(torch.ones(2) / 2)
        self.narrow = nn.Linear(64, 32)
        self.narrow_position = nn.Parameter(torch.randn(1, places, 32))
        self.narrow_blocks = nn.ModuleList(Block(32) for _ in range(5))
        self.features = nn.ModuleList(nn.Conv2d(32, 64, 3, padding=1) for _ in self.sides)
        self.bands = nn.ModuleList(nn.Conv2d(64, sum(bands), 3, padding=1) for _ in self.sides)

    def forward(self, *patches):
        side = self.sides[0]
        maps = []
        for size, linear in zip(self.sides, self.places):
            joined = 0
            for at, x in enumerate(patches):
                h = middle(x, size)
                for unit in (2 * at, 2 * at + 1):
                    h = self.norms[unit](self.convs[unit](h)).relu()
                joined = joined + self.share[at] * F.max_pool2d(h, 2)
            x = linear(joined.flatten(2)).unflatten(2, (side, side))
            seen = torch.stack([x.mean(1), x.amax(1)], 1)
            maps.append(x * torch.sigmoid(self.attention(seen)))
        merged = self.merge(torch.stack(maps, 2).flatten(1, 2)).relu()
        grid = merged.flatten(2).mT
        tokens = torch.cat([self.token.expand(len(grid), -1, -1), grid], 1) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        local = self.local_norm(self.local(merged)).relu().mean((2, 3))
        logits = self.trust[0] * self.out(self.norm(tokens[:, 0])) + self.trust[1] * self.local_out(local).softmax(1)

        drawn = self.narrow(tokens[:, 1:]) + self.narrow_position
        for block in self.narrow_blocks:
            drawn = block(drawn)
        drawn = drawn.mT.unflatten(2, (side, side))
        wanted = torch.cat(patches, 1)
        error = 0
        for size, features, bands in zip(self.sides, self.features, self.bands):
            wide = F.interpolate(drawn, scale_factor=size // side, mode="nearest")
            error = error + F.mse_loss(bands(features(wide).relu()), middle(wanted, size)) / 3
        first = torch.zeros(len(logits), dtype=torch.long)
        return logits + error + F.cross_entropy(logits, first)

    def named(self):
        names = {}
        for at, (of, after) in enumerate(zip(self.convs, self.norms)):
            names |= conv_norm(f"sources.{at // 2}.{at % 2}", of, after)
        for at, of in enumerate(self.places):
            names |= layer(f"places.{at}", of)
        for at, of in enumerate(self.blocks):
            names |= of.named(f"blocks.{at}")
        for at, of in enumerate(self.narrow_blocks):
            names |= of.named(f"decoder.blocks.{at}")
        for at, (features, bands) in enumerate(zip(self.features, self.bands)):
            names |= conv(f"decoder.scales.{at}.features", features)
            names |= conv(f"decoder.scales.{at}.bands", bands)
        return {
            **names,
            "share": same(self.share),
            **conv("attention", self.attention),
            **conv("merge", self.merge),
            "classToken": same(self.token),
            "position": same(self.position),
            **norm("norm", self.norm),
            **layer("out", self.out),
            **conv_norm("local", self.local, self.local_norm),
            **layer("localOut", self.local_out),
            "trust": same(self.trust),
            **layer("decoder.in", self.narrow),
            "decoder.position": same(self.narrow_position),
        }


network = GLTNet([5, 2], 4, 6)
case("gltnet", network, network.named(), [torch.randn(3, 5, 6, 6), torch.randn(3, 2, 6, 6)])
save("gltnet")
for bands, classes in [((64, 2), 11), ((63, 1), 6), ((144, 1), 15)]:
    print(bands, sum(p.numel() for p in GLTNet(bands, classes, 24).parameters()))
