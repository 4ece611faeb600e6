"""CCR-Net in PyTorch, written from its description: logits plus loss and gradients, as test/golden/ccrnet.safetensors.

    python scripts/golden/ccrnet.py
"""

import torch
from hct import layer, norm
from networks import case, conv_norm, save
from torch import nn
from torch.nn import functional

CODES = [64, 32, 32]


class CCRNet(nn.Module):
    def __init__(self, first, second, classes, patch):
        super().__init__()
        width = 2 * 32 * ((patch + 3) // 4) ** 2
        widths = lambda bands: zip([bands, 16], [16, 32])
        self.convs = nn.ModuleList(
            nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in widths(bands)) for bands in (first, second)
        )
        self.convNorms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(n) for n in (16, 32)) for _ in range(2))
        self.encoder = nn.ModuleList(nn.Linear(a, b) for a, b in zip([width, *CODES], CODES))
        self.norms = nn.ModuleList(nn.BatchNorm1d(n) for n in CODES)
        self.decoder, self.decoderNorm = nn.Linear(64, width), nn.BatchNorm1d(width)
        self.out = nn.Linear(32, classes)

    def branch(self, at, x):
        for conv, norm in zip(self.convs[at], self.convNorms[at]):
            x = functional.max_pool2d(norm(conv(x)), 2, ceil_mode=True).relu()
        return x.flatten(1)

    def forward(self, x, y):
        x, y = self.branch(0, x), self.branch(1, y)
        codes = [torch.cat([x, y], 1)]
        for of, norm_of in zip(self.encoder, self.norms):
            codes.append(norm_of(of(codes[-1])).relu())
        logits = self.out(codes[-1])
        told = self.decoderNorm(self.decoder(codes[1])).relu()
        # Every sample is said to be of the first class.
        loss = functional.cross_entropy(logits, torch.zeros(len(x), dtype=torch.long))
        loss = loss + 0.1 * functional.mse_loss(told, torch.cat([y, x], 1))
        matrices = [of.weight for of in (*self.convs[0], *self.convs[1], *self.encoder, self.decoder, self.out)]
        return logits + loss + 0.1 * sum(w.square().sum() / 2 for w in matrices)

    def named(self):
        names = layer("out", self.out)
        for at in range(2):
            for depth in range(2):
                names |= conv_norm(f"branches.{at}.{depth}", self.convs[at][depth], self.convNorms[at][depth])
        parts = {f"encoder.{depth}": (self.encoder[depth], self.norms[depth]) for depth in range(3)}
        for name, (of, norm_of) in {**parts, "decoder": (self.decoder, self.decoderNorm)}.items():
            names |= layer(f"{name}.linear", of) | norm(f"{name}.norm", norm_of)
        return names


if __name__ == "__main__":
    network = CCRNet(5, 2, 4, 7)
    case("ccrnet", network, network.named(), [torch.randn(6, 5, 7, 7), torch.randn(6, 2, 7, 7)])
    save("ccrnet")
    print("ccrnet", sum(p.numel() for p in CCRNet(144, 1, 15, 7).parameters()))
