"""Compared networks in PyTorch, written from their descriptions: logits and gradients, as test/golden/networks.safetensors.

    python scripts/golden/networks.py

A network is a torch.nn.Module and a table from the names of our parameters to its own. Parameters are not stored: both
sides fill them by a formula (`filled`). Of the gradient of a parameter, only its norm and its product with the filled
parameter are kept.
"""

import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
arrays = {}


def filled(name, shape):
    """The parameter of a name, in our shape; the same formula stands in test/support/golden-network.ts."""
    count = math.prod(shape)
    phase = sum(map(ord, name)) % 97
    wave = torch.sin(phase + 0.73 * torch.arange(count, dtype=torch.float64))
    if len(shape) > 1:
        values = math.sqrt(2 * shape[0] / count) * wave
    else:
        values = 0.1 * wave + (1 if name.endswith("scale") else 0)
    return values.to(torch.float32).to(torch.float64).reshape(shape)


def same(parameter):
    """A parameter that has our shape."""
    return parameter, lambda x: x


def transposed(parameter):
    """A linear layer's weight: ours is [in, out]."""
    return parameter, lambda x: x.T


def reshaped(parameter, *shape):
    return parameter, lambda x: x.reshape(shape)


def conv_norm(name, conv, norm):
    """A unit of a convolution and a batch normalisation."""
    return {
        f"{name}.convolution.weight": same(conv.weight),
        f"{name}.convolution.bias": same(conv.bias),
        f"{name}.norm.scale": same(norm.weight),
        f"{name}.norm.bias": same(norm.bias),
    }


def case(name, network, table, inputs):
    """Forward and backward in training mode, without dropout."""
    used = {id(parameter) for parameter, _ in table.values()}
    assert used == {id(p) for p in network.parameters()}, f"{name}: parameters without a name"
    with torch.no_grad():
        for path, (parameter, ours) in table.items():
            shape = ours(parameter).shape
            values = filled(path, list(shape))
            # The inverse of each view: a transpose is its own, a reshape that of the parameter's shape.
            back = ours(values) if values.dim() == parameter.dim() else values
            parameter.copy_(back.reshape(parameter.shape))
    inputs = [x.requires_grad_() for x in inputs]
    logits = network.train()(*inputs)
    cotangent = torch.randn_like(logits)
    (logits * cotangent).sum().backward()
    for at, x in enumerate(inputs):
        arrays[f"{name}/in/{at}"] = x.detach()
        arrays[f"{name}/grad/{at}"] = x.grad
    arrays[f"{name}/out"] = logits.detach()
    arrays[f"{name}/cotangent"] = cotangent
    for path, (parameter, ours) in table.items():
        gradient = ours(parameter.grad)
        probe = torch.stack([gradient.norm(), (gradient * filled(path, list(gradient.shape))).sum()])
        arrays[f"{name}/probe/{path}"] = probe


def save(file):
    """All cases, as test/golden/FILE.safetensors."""
    target = Path(__file__).parents[2] / "test" / "golden" / f"{file}.safetensors"
    save_file({name: x.to(torch.float32).contiguous() for name, x in arrays.items()}, target)
    print(target, sum(x.numel() for x in arrays.values()), "numbers")


class Unit(nn.Module):
    def __init__(self, inputs, outputs, side, activation):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, padding=side // 2)
        self.norm = nn.BatchNorm2d(outputs)
        self.activation = activation

    def forward(self, x):
        return self.activation(self.norm(self.conv(x)))

    def named(self, name):
        return conv_norm(name, self.conv, self.norm)


class Enhancement(nn.Module):
    """Weights for the pixels or channels of one source, from how they are alike to those of the other."""

    def __init__(self, channels, places, spatial):
        super().__init__()
        self.own = Unit(32, channels, 1, torch.sigmoid)
        self.other = Unit(32, channels, 1, torch.sigmoid)
        self.reduce = nn.Conv1d(places, 1, 1, bias=False)
        self.spatial = spatial

    def forward(self, x, y):
        a, b = self.own(x).flatten(2), self.other(y).flatten(2)
        alike = "bcp,bcq->bqp" if self.spatial else "bcp,bdp->bdc"
        weight = self.reduce(torch.einsum(alike, a, b))[:, 0]
        return x * (weight.reshape(x.shape[0], 1, *x.shape[2:]) if self.spatial else weight[:, :, None, None])

    def named(self, name):
        reduce = self.reduce.weight
        return {
            **self.own.named(f"{name}.own"),
            **self.other.named(f"{name}.other"),
            f"{name}.reduce": reshaped(reduce, reduce.shape[1], 1),
        }


class S2ENet(nn.Module):
    def __init__(self, first, second, classes, patch):
        super().__init__()
        branch = lambda widths: nn.Sequential(*[Unit(a, b, 3, torch.relu) for a, b in zip(widths, widths[1:])])
        self.first = branch([first, 128, 64, 32])
        self.second = branch([second, 8, 16, 32])
        self.spatial = Enhancement(16, patch * patch, True)
        self.spectral = Enhancement(32, 32, False)
        self.fusion = Unit(64, 32, 1, torch.relu)
        self.out = nn.Linear(32, classes)

    def forward(self, x, y):
        x, y = self.first(x), self.second(y)
        both = torch.cat([self.spatial(x, y), self.spectral(y, x)], 1)
        return self.out(self.fusion(both).mean((2, 3)))

    def named(self):
        names = {}
        for branch in ("first", "second"):
            for at, unit in enumerate(getattr(self, branch)):
                names |= unit.named(f"{branch}.{at}")
        return {
            **names,
            **self.spatial.named("spatial"),
            **self.spectral.named("spectral"),
            **self.fusion.named("fusion"),
            "out.weight": transposed(self.out.weight),
            "out.bias": same(self.out.bias),
        }


if __name__ == "__main__":
    network = S2ENet(5, 2, 4, 7)
    case("s2enet", network, network.named(), [torch.randn(3, 5, 7, 7), torch.randn(3, 2, 7, 7)])
    save("networks")
    sizes = lambda *of: sum(p.numel() for p in S2ENet(*of).parameters())
    print("s2enet", sizes(64, 2, 11, 7), sizes(144, 1, 15, 7), sizes(180, 4, 7, 7))
