"""A small SS-MAE in PyTorch, written from its description: logits and gradients, as test/golden/ss-mae.safetensors.

    python scripts/golden/ss_mae.py
"""

import torch
from mft import conv, layer, norm
from networks import case, conv_norm, same, save
from torch import nn

C, HEADS, D, DEPTH, COMPONENTS, MAPS = 16, 2, 8, 2, 6, 20


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.between = nn.LayerNorm(C), nn.LayerNorm(C)
        self.all, self.out = nn.Linear(C, 3 * HEADS * D), nn.Linear(HEADS * D, C)
        self.mlp = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(), nn.Linear(4 * C, C))

    def forward(self, x):
        q, k, v = [of.unflatten(2, (HEADS, D)).transpose(1, 2) for of in self.all(self.before(x)).chunk(3, 2)]
        taken = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.out(taken)
        return x + self.mlp(self.between(x))

    def named(self, name):
        return {
            **norm(f"{name}.before", self.before),
            **norm(f"{name}.between", self.between),
            **layer(f"{name}.all", self.all),
            **layer(f"{name}.out", self.out),
            **layer(f"{name}.mlp.in", self.mlp[0]),
            **layer(f"{name}.mlp.out", self.mlp[2]),
        }


class Encoder(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.embedding = nn.Linear(inputs, C)
        self.first = nn.Parameter(torch.zeros(1, 1, C))
        self.layers = nn.Sequential(*[Layer() for _ in range(DEPTH)])

    def forward(self, tokens):
        places = torch.arange(1, tokens.shape[1] + 1)[:, None] / 10_000 ** (torch.arange(C // 2) / (C // 2))
        embedded = self.embedding(tokens) + torch.cat([places.sin(), places.cos()], 1)
        return self.layers(torch.cat([self.first.expand(len(tokens), 1, C), embedded], 1))

    def named(self, name):
        names = {**layer(f"{name}.embedding", self.embedding), f"{name}.first": same(self.first)}
        for at, one in enumerate(self.layers):
            names |= one.named(f"{name}.layers.{at}")
        return names


class SSMAE(nn.Module):
    def __init__(self, first, second, classes, patch):
        super().__init__()
        features = patch * patch + first + second + 2
        self.pixels, self.bands = Encoder(first + second), Encoder(patch * patch)
        self.components = nn.Conv2d(first, COMPONENTS, 1)
        self.maps = nn.Sequential(nn.Conv2d(COMPONENTS, MAPS, 1), nn.GELU(), nn.BatchNorm2d(MAPS))
        unit = lambda a, b, length: [nn.Conv3d(a, b, (length, 3, 3), padding=(0, 1, 1)), nn.BatchNorm3d(b), nn.ReLU()]
        self.spectral = nn.Sequential(*unit(1, 4, 9), *unit(4, 8, 7), *unit(8, 16, 5))
        self.one = nn.Sequential(nn.Conv2d(16 * (MAPS - 18), 128, 1), nn.BatchNorm2d(128), nn.ReLU())
        flat = lambda a: [nn.Conv2d(a, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU()]
        self.other = nn.Sequential(*flat(second), *flat(64), *flat(64))
        self.joined = nn.Linear(192, features)
        self.out = nn.Linear(features, classes)

    def forward(self, x, y):
        both = torch.cat([x, y], 1).flatten(2)
        transformed = torch.cat([self.pixels(both.mT).mean(2), self.bands(both).mean(2)], 1)
        along = self.spectral(self.maps(self.components(x))[:, None]).flatten(1, 2)
        convolved = self.joined(torch.cat([self.one(along), self.other(y)], 1).mean((2, 3)))
        return self.out(3 * transformed + convolved)

    def named(self):
        names = {**self.pixels.named("pixels"), **self.bands.named("bands"), **conv("components", self.components)}
        names |= conv_norm("maps", self.maps[0], self.maps[2])
        for at in range(3):
            names |= conv_norm(f"spectral.{at}", self.spectral[3 * at], self.spectral[3 * at + 1])
            names |= conv_norm(f"second.{at}", self.other[3 * at], self.other[3 * at + 1])
        names |= conv_norm("first", self.one[0], self.one[1])
        return names | layer("joined", self.joined) | layer("out", self.out)


if __name__ == "__main__":
    torch.manual_seed(0)
    network = SSMAE(4, 2, 3, 5)
    case("ss-mae", network, network.named(), [torch.rand(2, 4, 5, 5), torch.rand(2, 2, 5, 5)])
    save("ss-mae")
