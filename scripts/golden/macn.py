"""MACN in PyTorch, written from its description: logits plus loss and gradients, as test/golden/macn.safetensors.

    python scripts/golden/macn.py
"""

import torch
from hct import C, HEADS, CrossAttention, Stem, Tokenizer, layer, norm
from networks import case, same, save, transposed
from torch import nn
from torch.nn import functional

D = C // HEADS


class Mixture(nn.Module):
    """Windows are cut out of maps mirrored at their border."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(C, C, 1) for _ in range(3))
        self.position = nn.Linear(2, D)
        self.maps = nn.Conv2d(3 * HEADS, 9, 1, bias=False)
        self.moves = nn.Conv2d(9 * D, C, 3, padding=1, groups=D, bias=False)
        self.attentionRate, self.convolutionRate = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))

    def windows(self, x):
        """[n, D, side, side] to [n, D, 49, pixels]."""
        return functional.unfold(functional.pad(x, (3, 3, 3, 3), mode="reflect"), 7).unflatten(1, (D, 49))

    def forward(self, x):
        batch, _, side, _ = x.shape
        q, k, v = self.query(x), self.key(x), self.value(x)
        axis = torch.linspace(-1, 1, side)
        rows, cols = torch.meshgrid(axis, axis, indexing="ij")
        place = self.position(torch.stack([cols, rows], -1)).permute(2, 0, 1)[None]
        single = lambda z: z.reshape(batch * HEADS, D, side, side)
        away = place.flatten(2)[:, :, None] - self.windows(place)
        logits = (single(q).flatten(2)[:, :, None] * (self.windows(single(k)) + away)).sum(1) / D**0.5
        seen = (logits.softmax(1)[:, None] * self.windows(single(v))).sum(2).reshape(batch, C, side, side)
        all_heads = torch.cat([z.reshape(batch, HEADS, D, side * side) for z in (q, k, v)], 1)
        maps = self.maps(all_heads).transpose(1, 2).reshape(batch, 9 * D, side, side)
        return self.attentionRate * seen + self.convolutionRate * self.moves(maps)

    def named(self, name):
        names = layer(f"{name}.position", self.position)
        for part in ("query", "key", "value"):
            of = getattr(self, part)
            names |= {f"{name}.{part}.weight": same(of.weight), f"{name}.{part}.bias": same(of.bias)}
        return names | {
            f"{name}.maps": same(self.maps.weight),
            f"{name}.moves": same(self.moves.weight),
            f"{name}.attentionRate": same(self.attentionRate),
            f"{name}.convolutionRate": same(self.convolutionRate),
        }


class MACN(nn.Module):
    def __init__(self, first, second, classes):
        super().__init__()
        self.stem, self.mixture, self.tokenizer = Stem(first, second), Mixture(), Tokenizer()
        self.guidance = CrossAttention(64)
        self.norm, self.out = nn.LayerNorm(C), nn.Linear(C, classes)

    def guided(self, own, other):
        aware = own + self.guidance(own, other, other)
        return self.guidance(aware, aware, own)

    def forward(self, x, y):
        x, y = (self.tokenizer(self.mixture(z)) for z in self.stem(x, y))
        logits = sum(self.out(self.norm(z[:, 0])) for z in (self.guided(x, y), self.guided(y, x)))
        # The focal loss where every sample is said to be of the first class.
        share = logits.softmax(1)[:, 0]
        return logits - (0.25 * (1 - share) ** 2 * share.log()).mean()

    def named(self):
        names = self.stem.named("stem") | self.mixture.named("mixture") | self.tokenizer.named("tokenizer")
        return names | self.guidance.named("guidance") | norm("head.norm", self.norm) | layer("head.out", self.out)


if __name__ == "__main__":
    network = MACN(5, 2, 4)
    case("macn", network, network.named(), [torch.randn(3, 5, 9, 9), torch.randn(3, 2, 9, 9)])
    save("macn")
    print("macn", sum(p.numel() for p in MACN(30, 1, 6).parameters()))
