"""Accuracy twin: the whole small pipeline in PyTorch (pre-training, dense features, boxes, fusion head) and two references.

The head is the one from before docs/decisions/010-fusion-head.md: one token a source.

python scripts/twin/accuracy.py --data FOLDER --scene 433D|muufl [--splits 0,1,2] [--seeds 0,1,2] [--steps 400] [--references]

Prints one JSON line per split and pre-training seed: overall and average accuracy in per cent on every labelled pixel of the test
blocks (`test`), on the labelled pixels of the training blocks that were not drawn (`near`), and `far`: heads trained on 40 pixels per
class of one half of the training blocks and scored on the other half, both ways. Design choices are made by `near` and `far` only.
`--steps 0` leaves the network at random weights.

Split: the scene is cut in square blocks; of every two horizontal neighbours one, by the seed, is for training; 40 labelled pixels
per class (or all, when fewer) are drawn from the training blocks.
"""
import argparse
import json
import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from symdiffuser import Block, Symbiosis, layer_norm, linear_alpha_bar, parameter_groups


@dataclass(frozen=True)
class Options:
    # pre-training
    width: int = 64
    n: int = 1
    heads: int = 4
    ratio: int = 2
    P: int = 12
    batch: int = 8
    steps: int = 400
    lr: float = 1e-3
    decay: float = 0.03
    ema: float = 0.0
    tMax: int = 1000  # steps are drawn below this one
    mpb: bool = True
    tci: bool = True
    init: str = "torch"  # or "normal": N(0, 0.02), biases 0
    # features
    times: tuple = (-1,)
    inner: int = 8
    what: tuple = ("last",)  # "last", "mpb", "bands"
    means: tuple = (1, 5, 11, 21)
    deviations: tuple = (5, 11, 21)
    standardise: bool = True
    # head
    headWidth: int = 64
    headSteps: int = 150
    headLr: float = 2e-3
    headDecay: float = 0.05
    decayAll: bool = False
    headSchedule: str = "cosine"  # or "constant"
    dropout: float = 0.3
    smoothing: float = 0.05
    members: int = 3
    headInit: str = "torch"
    smoothMap: int = 1


# ---------------------------------------------------------------- scenes and splits

@dataclass
class Scene:
    name: str
    sources: list
    labels: np.ndarray
    block: int
    options: dict = field(default_factory=dict)


def load(name, folder):
    folder = Path(folder)
    if name == "433D":
        import tifffile
        read = lambda f: tifffile.imread(folder / "terramesh-433D" / f"{f}.tif")
        labels = read("LULC").astype(int)
        values = np.unique(labels[labels > 0])
        return Scene(name, [read("S2L2A").astype(np.float64), read("S1RTC")], np.where(labels > 0, np.searchsorted(values, labels) + 1, 0), 28)
    from scipy.io import loadmat
    lidar = [v for k, v in loadmat(folder / "muufl-lidar" / "LiDAR.mat").items() if not k.startswith("_")][0].astype(np.float64)
    labels = [v for k, v in loadmat(folder / "muufl-lidar" / "gt.mat").items() if not k.startswith("_")][0].astype(int)
    return Scene(name, [lidar[..., :1], lidar[..., 1:]], labels, 27, {"means": (1, 3, 9, 21), "deviations": (3, 9, 21)})


def halves(shape, block, seed):
    """True for training pixels: of every two neighbouring blocks of a row one, drawn by the seed."""
    rows, cols = -(-shape[0] // block), -(-shape[1] // block)
    rng = np.random.default_rng(seed)
    flips = rng.integers(0, 2, (rows, -(-cols // 2)))
    colour = (flips[:, :, None] ^ np.array([0, 1])).reshape(rows, -1)[:, :cols].astype(bool)
    return np.kron(colour, np.ones((block, block), bool))[:shape[0], :shape[1]]


def draw(labels, allowed, count, rng):
    """Flat indices of `count` pixels per class, or of all when there are fewer."""
    flat, chosen = np.where(allowed, labels, 0).ravel(), []
    for k in range(1, labels.max() + 1):
        at = np.flatnonzero(flat == k)
        chosen.append(rng.permutation(at)[:count])
    return np.sort(np.concatenate(chosen))


@dataclass
class Split:
    train: np.ndarray
    test: np.ndarray
    near: np.ndarray
    far: list


def split(scene, seed, count=40):
    half = halves(scene.labels.shape, scene.block, seed)
    rng = np.random.default_rng(1000 + seed)
    train = draw(scene.labels, half, count, rng)
    labelled = scene.labels > 0
    near = np.setdiff1d(np.flatnonzero(labelled & half), train)
    rows, cols = -(-half.shape[0] // scene.block), -(-half.shape[1] // scene.block)
    fold = np.kron(rng.integers(0, 2, (rows, cols)), np.ones((scene.block,) * 2, int))[:half.shape[0], :half.shape[1]]
    far = []
    for k in (0, 1):
        far.append((draw(scene.labels, half & (fold == k), count, rng), np.flatnonzero(labelled & half & (fold != k))))
    return Split(train, np.flatnonzero(labelled & ~half), near, far)


def normalise(x):
    """Clip each band to its 1-99 percentile range widened by a quarter of the range at both ends, then standardise."""
    low, high = np.percentile(x, [1, 99], axis=(0, 1))
    margin = 0.25 * (high - low)
    x = np.clip(x, low - margin, high + margin)
    return ((x - x.mean((0, 1))) / x.std((0, 1)).clip(1e-6)).astype(np.float32)


def scores(truth, predicted):
    classes = np.unique(truth)
    recall = [(predicted[truth == k] == k).mean() for k in classes]
    return np.array([100 * (truth == predicted).mean(), 100 * np.mean(recall)])


# ---------------------------------------------------------------- pre-training and features

def build(bands, K, o):
    text = F.normalize(torch.randn(K, 128, generator=torch.Generator().manual_seed(7)), dim=-1) if o.tci else None
    model = Symbiosis(bands, o.width, o.n, o.heads, o.ratio, o.P * o.P, text, o.mpb)
    if o.init == "normal":
        for m in model.modules():
            if isinstance(m, nn.Linear):
                if m.weight.abs().sum() > 0:
                    nn.init.trunc_normal_(m.weight, std=0.02)
                nn.init.zeros_(m.bias)
    return model


def d4(x, k):
    x = np.rot90(x, k % 4)
    return x[:, ::-1] if k >= 4 else x


def pretrain(x, labels, train, o, seed):
    """x: normalised sources [H, W, C]; labels are read at the training pixels only."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    H, W = labels.shape
    model = build([y.shape[-1] for y in x], int(labels.max()), o)
    if o.steps == 0:
        return model, []
    ids = np.zeros(H * W, np.int64)
    ids[train] = labels.ravel()[train]
    ids = ids.reshape(H, W)
    alpha_bar = linear_alpha_bar()
    optimiser = torch.optim.AdamW(parameter_groups(model, o.decay), lr=o.lr, betas=(0.9, 0.99), eps=1e-8, fused=True)
    warm = max(1, round(0.05 * o.steps))
    average = {k: v.clone() for k, v in model.state_dict().items()} if o.ema else None
    losses, P = [], o.P
    for step in range(o.steps):
        rate = (step + 1) / warm if step < warm else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (o.steps - warm)))
        for group in optimiser.param_groups:
            group["lr"] = o.lr * rate
        tiles, tileIds = [[] for _ in x], []
        for b in range(o.batch):
            if o.tci and b < o.batch // 4:  # somewhere over a training pixel
                at = train[rng.integers(len(train))]
                r, c = (int(np.clip(p - rng.integers(P), 0, n - P)) for p, n in ((at // W, H), (at % W, W)))
            else:
                r, c = rng.integers(H - P + 1), rng.integers(W - P + 1)
            k = rng.integers(8)
            for s, y in enumerate(x):
                tiles[s].append(d4(y[r:r + P, c:c + P], k).reshape(P * P, -1))
            tileIds.append(d4(ids[r:r + P, c:c + P], k).reshape(-1))
        tileIds = np.stack(tileIds)
        tileIds = torch.from_numpy(np.where(rng.random(tileIds.shape) < 0.9, tileIds, 0))
        x0 = [torch.from_numpy(np.stack(t)) for t in tiles]
        eps = [torch.randn_like(y) for y in x0]
        t = torch.randint(0, o.tMax, (o.batch,))
        loss = model.loss(x0, eps, t, alpha_bar, tileIds if o.tci else None)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if o.ema:
            for k, v in model.state_dict().items():
                average[k].lerp_(v, 1 - min(o.ema, (1 + step) / (10 + step)))
        losses.append(loss.item())
    if o.ema:
        model.load_state_dict(average)
    return model, losses


def extract(model, x, o, seed=0):
    """Stitched maps, `[token][H, W, d]`: for every time, every kind in `what`, every source."""
    H, W = x[0].shape[:2]
    q, m = o.inner, (o.P - o.inner) // 2
    rows, cols = -(-H // q), -(-W // q)
    maps = []
    alpha_bar = linear_alpha_bar()
    with torch.inference_mode():
        for t in o.times:
            noise = np.random.default_rng(99 + seed)
            tiles = []
            for y in x:
                if t >= 0:
                    a = float(alpha_bar[t])
                    y = (math.sqrt(a) * y + math.sqrt(1 - a) * noise.standard_normal(y.shape)).astype(np.float32)
                y = np.pad(y, ((m, rows * q - H + m), (m, cols * q - W + m), (0, 0)), "reflect")
                tiles.append(np.stack([y[r * q:r * q + o.P, c * q:c * q + o.P].reshape(o.P * o.P, -1) for r in range(rows) for c in range(cols)]))
            parts = {kind: [[] for _ in x] for kind in ("last", "mpb")}
            for i in range(0, rows * cols, 16):
                fused = []
                batch = [torch.from_numpy(y[i:i + 16]) for y in tiles]
                for s, f in enumerate(model.features(batch, torch.full((len(batch[0]),), t), fused=fused)):
                    parts["last"][s].append(f)
                    parts["mpb"][s].append(fused[s])
            for kind in o.what:
                if kind == "bands":
                    if t == o.times[0]:
                        maps += [np.ascontiguousarray(y) for y in x]
                    continue
                for s in range(len(x)):
                    f = torch.cat(parts[kind][s]).numpy().reshape(rows, cols, o.P, o.P, -1)[:, :, m:m + q, m:m + q]
                    maps.append(np.ascontiguousarray(f.transpose(0, 2, 1, 3, 4).reshape(rows * q, cols * q, -1)[:H, :W]))
    return maps


def integral(x):
    s = np.zeros((x.shape[0] + 1, x.shape[1] + 1) + x.shape[2:])
    np.cumsum(x, 0, out=s[1:, 1:])
    np.cumsum(s[1:, 1:], 1, out=s[1:, 1:])
    return s


def box(s, size):
    """Mean over the part of each window that lies in the scene, from an integral image."""
    H, W, h = s.shape[0] - 1, s.shape[1] - 1, size // 2
    r0, r1 = np.clip(np.arange(H) - h, 0, H), np.clip(np.arange(H) + h + 1, 0, H)
    c0, c1 = np.clip(np.arange(W) - h, 0, W), np.clip(np.arange(W) + h + 1, 0, W)
    rows = s[r1] - s[r0]
    return (rows[:, c1] - rows[:, c0]) / ((r1 - r0)[:, None] * (c1 - c0))[..., None]


def pooled(x, means, deviations, standardise=True):
    """[H * W, d * (means + deviations)]"""
    x = x.astype(np.float64)
    s = integral(x)
    averages = {size: box(s, size) if size > 1 else x for size in {*means, *deviations}}
    parts = [averages[size] for size in means]
    if deviations:
        s = integral(x * x)
        parts += [np.sqrt(np.maximum(box(s, size) - averages[size] ** 2, 0)) for size in deviations]
    z = np.concatenate(parts, -1).reshape(x.shape[0] * x.shape[1], -1).astype(np.float32)
    if standardise:
        z = (z - z.mean(0, dtype=np.float64).astype(np.float32)) / z.std(0).clip(1e-6)
    return z


# ---------------------------------------------------------------- head

class Head(nn.Module):
    def __init__(self, widths, K, o):
        super().__init__()
        d = o.headWidth
        self.dropout = nn.Dropout(o.dropout)
        self.shared = len(set(widths)) == 1
        self.ins = nn.ModuleList(nn.Linear(w, d) for w in (widths[:1] if self.shared else widths))
        self.embedding = nn.Parameter(torch.randn(len(widths), d) * 0.02)
        self.block, self.norm = Block(d, 4, 2), layer_norm(d)
        self.mlp_in, self.mlp_out = nn.Linear(d, d), nn.Linear(d, K)

    def forward(self, z):
        ins = list(self.ins) * len(z) if self.shared else self.ins
        x = torch.stack([layer(self.dropout(y)) for layer, y in zip(ins, z)], 1) + self.embedding
        return self.mlp_out(F.gelu(self.mlp_in(self.norm(self.block(x).mean(1)))))


def fit(z, y, K, o, seed):
    torch.manual_seed(seed)
    head = Head([a.shape[1] for a in z], K, o)
    if o.headInit == "normal":
        for m in head.modules():
            if isinstance(m, nn.Linear):
                nn.init.trunc_normal_(m.weight, std=0.02)
                nn.init.zeros_(m.bias)
    groups = head.parameters() if o.decayAll else parameter_groups(head, o.headDecay)
    optimiser = torch.optim.AdamW(groups, lr=o.headLr, betas=(0.9, 0.99), weight_decay=o.headDecay, fused=True)
    for step in range(o.headSteps):
        if o.headSchedule == "cosine":
            for group in optimiser.param_groups:
                group["lr"] = o.headLr * 0.5 * (1 + math.cos(math.pi * step / o.headSteps))
        loss = F.cross_entropy(head(z), y, label_smoothing=o.smoothing)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimiser.step()
    return head.eval()


def classify(z, labels, train, o, seed):
    """Class map [H * W] of the average of some heads; z: pooled features of every token."""
    z = [torch.from_numpy(a) for a in z]
    truth = torch.from_numpy(labels.ravel()[train] - 1)
    at, total = torch.from_numpy(train), 0
    for member in range(o.members):
        head = fit([a[at] for a in z], truth, int(labels.max()), o, 100 * seed + member)
        with torch.inference_mode():
            total = total + torch.cat([head([a[i:i + 8192] for a in z]).softmax(-1) for i in range(0, len(z[0]), 8192)])
    p = (total / o.members).numpy()
    if o.smoothMap > 1:
        p = box(integral(p.reshape(*labels.shape, -1)), o.smoothMap).reshape(p.shape)
    return p.argmax(1) + 1


def evaluate(z, scene, cut, o, seed):
    flat = scene.labels.ravel()
    predicted = classify(z, scene.labels, cut.train, o, seed)
    far = np.mean([scores(flat[check], classify(z, scene.labels, train, o, seed)[check]) for train, check in cut.far], 0)
    return {"test": scores(flat[cut.test], predicted[cut.test]), "near": scores(flat[cut.near], predicted[cut.near]), "far": far}


def features(scene, cut, o, seed):
    x = [normalise(y) for y in scene.sources]
    model, losses = pretrain(x, scene.labels, cut.train, o, seed)
    return extract(model, x, o), losses


# ---------------------------------------------------------------- references

def references(scene, cut):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    x = np.concatenate([normalise(y) for y in scene.sources], -1)
    flat, sets = scene.labels.ravel(), {"pixel": x.reshape(flat_size(x), -1), "boxes": pooled(x, (1, 3, 9, 21), (3, 9, 21))}
    kinds = {"forest": lambda: RandomForestClassifier(300, random_state=0), "svm": lambda: make_pipeline(StandardScaler(), SVC(C=10))}
    out = {}
    for where, z in sets.items():
        for kind, make in kinds.items():
            run = lambda train, check: scores(flat[check], make().fit(z[train], flat[train]).predict(z[check]))
            out[f"{kind} {where}"] = {"test": run(cut.train, cut.test), "near": run(cut.train, cut.near), "far": np.mean([run(a, b) for a, b in cut.far], 0)}
    return out


def flat_size(x):
    return x.shape[0] * x.shape[1]


def rounded(result):
    return {k: [round(float(a), 2) for a in v] for k, v in result.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--scene", default="433D", choices=("433D", "muufl"))
    parser.add_argument("--splits", default="0,1,2")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--references", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    scene = load(a.scene, a.data)
    o = replace(Options(steps=a.steps), **scene.options)
    for s in map(int, a.splits.split(",")):
        cut = split(scene, s)
        if a.references:
            for name, result in references(scene, cut).items():
                print(json.dumps({"scene": a.scene, "split": s, "method": name, **rounded(result)}), flush=True)
        for seed in map(int, a.seeds.split(",")):
            start = time.perf_counter()
            maps, losses = features(scene, cut, o, seed)
            middle = time.perf_counter()
            z = [pooled(m, o.means, o.deviations, o.standardise) for m in maps]
            result = evaluate(z, scene, cut, o, seed)
            print(json.dumps({"scene": a.scene, "split": s, "seed": seed, "steps": a.steps, **rounded(result),
                              "loss": round(float(np.mean(losses[-50:])), 3) if losses else None,
                              "seconds": [round(middle - start, 1), round(time.perf_counter() - middle, 1)]}), flush=True)


if __name__ == "__main__":
    main()
