"""A small SS-MAE in PyTorch, written from facts about its code: logits of the network, the error of the first training, and
gradients of both, as test/golden/ss-mae.safetensors.

    python scripts/golden/ss_mae.py
"""

import torch
from mft import layer, norm
from networks import case, conv_norm, same, save
from torch import nn
from torch.nn import functional as F

C, HEADS, D, DEPTH, COMPONENTS = 16, 2, 8, 2, 16


def sines(count):
    table = torch.zeros(count, C)
    for place in range(count):
        for pair in range(C // 2):
            angle = torch.tensor(place / 10_000 ** (pair / (C / 2)))
            table[place, 2 * pair], table[place, 2 * pair + 1] = angle.sin(), angle.cos()
    return table


class Layer(nn.Module):
    def __init__(self, gated):
        super().__init__()
        self.before, self.between = nn.LayerNorm(C), nn.LayerNorm(C)
        self.all, self.out = nn.Linear(C, 3 * HEADS * D), nn.Linear(HEADS * D, C)
        self.first, self.last = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)
        self.gate = nn.Linear(C, 4 * C) if gated else None

    def forward(self, x):
        q, k, v = [of.unflatten(2, (HEADS, D)).transpose(1, 2) for of in self.all(self.before(x)).chunk(3, 2)]
        taken = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.out(taken)
        own = self.between(x)
        wide = F.gelu(self.first(own))
        return x + self.last(wide * self.gate(own) if self.gate else wide)

    def named(self, name):
        return {
            **norm(f"{name}.before", self.before),
            **norm(f"{name}.between", self.between),
            **layer(f"{name}.all", self.all),
            **layer(f"{name}.out", self.out),
            **layer(f"{name}.mlp.in", self.first),
            **layer(f"{name}.mlp.out", self.last),
            **(layer(f"{name}.gates.0", self.gate) if self.gate else {}),
        }


def named_layers(name, layers):
    names = {}
    for at, one in enumerate(layers):
        names |= one.named(f"{name}.layers.{at}")
    return names


class Encoder(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.embedding = nn.Linear(inputs, C)
        self.first = nn.Parameter(torch.zeros(1, 1, C))
        self.layers = nn.Sequential(*[Layer(True) for _ in range(DEPTH)])

    def forward(self, tokens, kept):
        """Features of the first token and of those that are kept alone."""
        places = sines(1 + tokens.shape[1])
        embedded = (self.embedding(tokens) + places[1:])[:, kept]
        first = (self.first + places[0]).expand(len(tokens), 1, C)
        return self.layers(torch.cat([first, embedded], 1))

    def named(self, name):
        names = {**layer(f"{name}.embedding", self.embedding), f"{name}.first": same(self.first)}
        return names | named_layers(name, self.layers)


class Decoder(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.embedding, self.hidden = nn.Linear(C, C), nn.Linear(outputs, C)
        self.layers = nn.Sequential(*[Layer(False) for _ in range(DEPTH)])
        self.out, self.norm, self.last = nn.Linear(C, outputs), nn.LayerNorm(outputs), nn.Linear(outputs, outputs)

    def forward(self, features, kept, count):
        seen = self.embedding(features)
        grey = self.hidden(torch.full((self.hidden.in_features,), 127 / 255))
        rows = [seen[:, 0]]
        for place in range(count):
            rows.append(seen[:, 1 + kept.index(place)] if place in kept else grey.expand(len(seen), C))
        decoded = self.layers(torch.stack(rows, 1) + sines(1 + count))
        return self.last(self.norm(self.out(decoded)[:, 1:]))

    def named(self, name):
        return {
            **layer(f"{name}.embedding", self.embedding),
            **layer(f"{name}.hidden", self.hidden),
            **named_layers(name, self.layers),
            **layer(f"{name}.out", self.out),
            **norm(f"{name}.norm", self.norm),
            **layer(f"{name}.last", self.last),
        }


class Autoencoder(nn.Module):
    """Hides every third token, from the second on."""

    def __init__(self, bands, other, patch):
        super().__init__()
        self.count = bands
        self.pixels, self.bands = Encoder(bands + other), Encoder(patch * patch)
        self.norm = nn.LayerNorm(C)
        self.of_pixels, self.of_bands = Decoder(bands + other), Decoder(patch * patch)

    def forward(self, x, y):
        both = torch.cat([x[:, : self.count], y], 1).flatten(2)
        total = 0
        for tokens, encoder, decoder in [(both.mT, self.pixels, self.of_pixels), (both, self.bands, self.of_bands)]:
            count = tokens.shape[1]
            kept = [place for place in range(count) if place % 3 != 1]
            hidden = [place for place in range(count) if place % 3 == 1]
            found = decoder(self.norm(encoder(tokens, kept)), kept, count)
            total = total + (found[:, hidden] - tokens[:, hidden]).square().sum() / tokens.numel()
        return total.expand(len(x), 1)

    def named(self):
        return {
            **self.pixels.named("pixels"),
            **self.bands.named("bands"),
            **norm("norm", self.norm),
            **self.of_pixels.named("ofPixels"),
            **self.of_bands.named("ofBands"),
        }


class SSMAE(nn.Module):
    """The first of two inputs has components behind its bands."""

    def __init__(self, bands, seen, other, classes, patch):
        super().__init__()
        self.count = bands
        features = patch * patch + bands + other + 2
        self.pixels, self.bands = Encoder(bands + other), Encoder(patch * patch)
        self.norm = nn.LayerNorm(C)
        flat = lambda a, b, *after: nn.Sequential(nn.Conv2d(a, b, 1), *after, nn.BatchNorm2d(b))
        cube = lambda a, b, depth: nn.Sequential(
            nn.Conv3d(a, b, (depth, 3, 3), padding=1), nn.GELU(), nn.BatchNorm3d(b)
        )
        n = COMPONENTS
        self.components = flat(seen, n, nn.GELU())
        self.cubes = nn.ModuleList([cube(1, 4, 9), cube(4, 8, 7), cube(8, 16, 5)])
        maps = [4 * (n - 6), 8 * (n - 10), 16 * (n - 12)]
        self.wides = nn.ModuleList(flat(count, 2 * count) for count in maps)
        self.narrows = nn.ModuleList(
            [
                flat(2 * maps[0], maps[0], nn.GELU()),
                flat(2 * maps[1], maps[1], nn.GELU()),
                flat(2 * maps[2], 128, nn.ReLU()),
            ]
        )
        self.others = nn.Sequential(
            *[
                nn.Sequential(nn.Conv2d(count, 64, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(64))
                for count in (other, 64, 64)
            ]
        )
        self.joined = nn.Linear(192, features)
        self.out = nn.Linear(features, classes)

    def forward(self, x, y):
        both = torch.cat([x[:, : self.count], y], 1).flatten(2)
        parts = []
        for tokens, encoder in [(both.mT, self.pixels), (both, self.bands)]:
            parts.append(self.norm(encoder(tokens, list(range(tokens.shape[1])))).mean(2))
        h = self.components(x[:, self.count :])
        for cube, wide, narrow in zip(self.cubes, self.wides, self.narrows):
            h = narrow(wide(cube(h.unflatten(1, (cube[0].in_channels, -1))).flatten(1, 2)))
        convolved = self.joined(torch.cat([h, self.others(y)], 1).permute(0, 2, 3, 1)).mean((1, 2))
        return self.out(3 * torch.cat(parts, 1) + convolved)

    def named(self):
        names = {**self.pixels.named("pixels"), **self.bands.named("bands"), **norm("norm", self.norm)}
        names |= conv_norm("components", self.components[0], self.components[-1])
        for at in range(3):
            names |= conv_norm(f"stages.{at}.cube", self.cubes[at][0], self.cubes[at][-1])
            names |= conv_norm(f"stages.{at}.wide", self.wides[at][0], self.wides[at][-1])
            names |= conv_norm(f"stages.{at}.narrow", self.narrows[at][0], self.narrows[at][-1])
            names |= conv_norm(f"others.{at}", self.others[at][0], self.others[at][-1])
        return names | layer("joined", self.joined) | layer("out", self.out)


if __name__ == "__main__":
    torch.manual_seed(0)
    # Of fewer components, gradients are no better in single precision than 1 in 10 000.
    network = SSMAE(4, 4, 2, 3, 5)
    case("ss-mae", network, network.named(), [torch.randn(3, 8, 5, 5), torch.randn(3, 2, 5, 5)])
    autoencoder = Autoencoder(4, 2, 5)
    case("autoencoder", autoencoder, autoencoder.named(), [torch.rand(2, 8, 5, 5), torch.rand(2, 2, 5, 5)])
    save("ss-mae")
