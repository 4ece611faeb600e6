"""Golden numbers of uncertainty for test/evaluate and test/symdiffuser, from NumPy, SciPy and scikit-learn.

Made with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1:
    python scripts/golden/uncertainty.py > test/golden/uncertainty.json

Probabilities are softmaxes of random logits, of which a share is sharpened: overconfident as networks are. They are
rounded to float32 and stored; all else is computed in float64 from the rounded ones.
"""
import json
import warnings

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import entropy
from sklearn.metrics import log_loss

VERSIONS = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
assert VERSIONS == {"numpy": "2.4.6", "scipy": "1.17.1", "scikit-learn": "1.9.1"}, VERSIONS
BINS = 15


# Rows of float32 sum to 1 only nearly.
warnings.filterwarnings("ignore", message="The y_prob values do not sum to one")


def listed(values):
    """Digits enough for a float32."""
    return [float(f"{value:.9g}") for value in np.ravel(values)]


def rounded(values):
    return np.asarray(values, np.float32).astype(np.float64)


def drawn(random, rows, classes, sharpness):
    logits = random.normal(size=(rows, classes)) * 1.5
    truth = np.array([random.choice(classes, p=softmax(row)) for row in logits])
    return rounded(softmax(sharpness * logits, axis=1)), truth


def calibration(p, truth, classes):
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == truth
    edges = np.linspace(0, 1, BINS + 1)
    which = np.clip(np.digitize(confidence, edges, right=True) - 1, 0, BINS - 1)
    bins = []
    for bin in range(BINS):
        inside = which == bin
        count = int(inside.sum())
        bins.append({
            "count": count,
            "confidence": float(confidence[inside].mean()) if count else None,
            "accuracy": float(hit[inside].mean()) if count else None,
        })
    ece = sum(b["count"] * abs(b["accuracy"] - b["confidence"]) for b in bins if b["count"]) / len(p)
    return {
        "pixels": len(p),
        "expectedCalibrationError": ece,
        "negativeLogLikelihood": log_loss(truth, p, labels=range(classes)),
        "bins": bins,
    }


def temperature(p, truth):
    def loss(log_t):
        scaled = log_softmax(np.log(p) / np.exp(log_t), axis=1)
        return -scaled[np.arange(len(p)), truth].mean()

    found = minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x))


def scores(p, kind):
    if kind == "lac":
        return 1 - p
    order = np.argsort(-p, axis=1, kind="stable")
    sums = np.cumsum(np.take_along_axis(p, order, axis=1), axis=1)
    result = np.empty_like(p)
    np.put_along_axis(result, order, sums, axis=1)
    return result


def quantile(values, coverage):
    n = len(values)
    level = np.ceil((n + 1) * coverage - 1e-9) / n if n else 2
    return np.quantile(values, level, method="inverted_cdf") if level <= 1 else np.inf


def conformal(held, held_truth, p, truth, kind, coverage, conditional):
    classes = p.shape[1]
    own = scores(held, kind)[np.arange(len(held)), held_truth]
    groups = [own[held_truth == k] if conditional else own for k in range(classes)]
    thresholds = np.array([quantile(group, coverage) for group in groups])
    sets = scores(p, kind) <= thresholds
    sizes = sets.sum(axis=1)
    hit = sets[np.arange(len(p)), truth]
    return {
        "score": kind,
        "coverage": coverage,
        "classConditional": conditional,
        "thresholds": [None if np.isinf(q) else float(q) for q in thresholds],
        "bits": (sets * (1 << np.arange(classes))).sum(axis=1).tolist(),
        "sizes": sizes.tolist(),
        "scores": {
            "coverage": float(hit.mean()),
            "coverageByClass": [float(hit[truth == k].mean()) if (truth == k).any() else None for k in range(classes)],
            "meanSize": float(sizes.mean()),
            "single": float((sizes == 1).mean()),
        },
    }


def case(random, name, classes, rows, sharpness):
    held, held_truth = drawn(random, rows, classes, sharpness)
    p, truth = drawn(random, 60, classes, sharpness)
    t = temperature(held, held_truth)
    rules = [("lac", 0.9, False), ("aps", 0.9, False), ("lac", 0.8, True), ("aps", 0.5, True), ("lac", 0.995, False)]
    return {
        "name": name,
        "classes": classes,
        "heldOut": listed(held),
        "heldOutClassOf": held_truth.tolist(),
        "probabilities": listed(p),
        "classOf": truth.tolist(),
        "reliability": calibration(p, truth, classes),
        "temperature": t,
        "tempered": listed(softmax(np.log(held) / t, axis=1)),
        "labelSets": [conformal(held, held_truth, p, truth, *rule) for rule in rules],
    }


def heads(random):
    logits = rounded(random.normal(size=(3, 5, 4)) * 3)
    logits[:, 4] = logits[0, 4]  # all heads agree
    p = softmax(logits, axis=2)
    mean = p.mean(axis=0)
    disagreement = entropy(mean, axis=1) - entropy(p, axis=2).mean(axis=0)
    return {
        "logits": [listed(one) for one in logits],
        "probabilities": listed(mean),
        "entropy": entropy(mean, axis=1).tolist(),
        "disagreement": disagreement.tolist(),
    }


random = np.random.default_rng(11)
cases = [
    case(random, "overconfident", 4, 150, 2.5),
    case(random, "underconfident", 3, 80, 0.4),
    case(random, "few pixels, many classes", 9, 24, 1.0),
]
print(json.dumps({"versions": VERSIONS, "cases": cases, "heads": heads(random)}))
