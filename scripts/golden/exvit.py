"""ExViT in PyTorch, written from its description: logits and gradients, as test/golden/exvit.safetensors.

    python scripts/golden/exvit.py
"""

import torch
from mft import conv, layer, norm
from networks import case, same, save, transposed
from torch import nn

C, HEADS = 64, 4


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.between = nn.LayerNorm(C), nn.LayerNorm(C)
        self.query, self.key, self.value = [nn.Linear(C, C, bias=False) for _ in range(3)]
        self.out = nn.Linear(C, C)
        self.mlp = nn.Sequential(nn.Linear(C, 32), nn.GELU(), nn.Linear(32, C))

    def forward(self, x):
        own = self.before(x)
        q, k, v = [of(own).unflatten(2, (HEADS, -1)) for of in (self.query, self.key, self.value)]
        shares = torch.einsum("bngd,bmgd->bgnm", q, k).div((C // HEADS) ** 0.5).softmax(-1)
        x = x + self.out(torch.einsum("bgnm,bmgd->bngd", shares, v).flatten(2))
        return x + self.mlp(self.between(x))

    def named(self, name):
        return {
            **norm(f"{name}.before", self.before),
            **norm(f"{name}.between", self.between),
            **{f"{name}.{part}": transposed(getattr(self, part).weight) for part in ("query", "key", "value")},
            **layer(f"{name}.out", self.out),
            **layer(f"{name}.mlp.in", self.mlp[0]),
            **layer(f"{name}.mlp.out", self.mlp[2]),
        }


class Separable(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return nn.functional.gelu(self.norm(self.pointwise(self.depthwise(x))))

    def named(self, name):
        parts = {**conv(f"{name}.depthwise", self.depthwise), **conv(f"{name}.pointwise", self.pointwise)}
        return parts | norm(f"{name}.norm", self.norm)


class Branch(nn.Module):
    def __init__(self, bands):
        super().__init__()
        self.convolutions = nn.Sequential(Separable(bands, 16), Separable(16, 32), Separable(32, C))
        self.embedding = nn.Linear(C, C)
        self.layers = nn.Sequential(*[Layer() for _ in range(4)])

    def forward(self, x, positions):
        return self.layers(self.embedding(self.convolutions(x).flatten(2).mT) + positions)

    def named(self, name):
        names = layer(f"{name}.embedding", self.embedding)
        for part in ("convolutions", "layers"):
            for at, one in enumerate(getattr(self, part)):
                names |= one.named(f"{name}.{part}.{at}")
        return names


class ExViT(nn.Module):
    def __init__(self, bands, classes, patch):
        super().__init__()
        self.branches = nn.ModuleList(Branch(count) for count in bands)
        self.positions = nn.Parameter(torch.zeros(patch * patch, C))
        self.joint = nn.Sequential(Layer(), Layer())
        self.pool = nn.Sequential(nn.LayerNorm(C), nn.Linear(C, 1))
        self.head = nn.Sequential(nn.LayerNorm(C), nn.Linear(C, classes))

    def forward(self, *patches):
        tokens = self.joint(torch.cat([of(x, self.positions) for of, x in zip(self.branches, patches)], 1))
        return self.head((self.pool(tokens).softmax(1) * tokens).sum(1))

    def named(self):
        names = {"positions": same(self.positions)}
        for at, branch in enumerate(self.branches):
            names |= branch.named(f"branches.{at}")
        for at, one in enumerate(self.joint):
            names |= one.named(f"joint.{at}")
        for name in ("pool", "head"):
            of = getattr(self, name)
            names |= {**norm(f"{name}.norm", of[0]), **layer(f"{name}.out", of[1])}
        return names


if __name__ == "__main__":
    torch.manual_seed(0)
    network = ExViT([5, 2], 3, 5)
    case("exvit", network, network.named(), [torch.randn(2, 5, 5, 5), torch.randn(2, 2, 5, 5)])
    save("exvit")
