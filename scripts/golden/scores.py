"""Golden scores for test/evaluate/scores.test.ts, from scikit-learn and SciPy.

Made with Python 3, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1:
    python scripts/golden/scores.py > test/golden/scores.json
"""
import json
import sys

import numpy as np
from scipy.stats import binomtest
from sklearn import metrics

VERSIONS = {"numpy": "2.4.6", "scipy": "1.17.1", "scikit-learn": "1.9.1"}


def case(name, truth, first, second, class_count):
    labels = list(range(1, class_count + 1))
    kept = truth > 0
    t, p, q = truth[kept], first[kept], second[kept]
    recall, precision, f1, support = [
        v.tolist()
        for v in (
            metrics.recall_score(t, p, labels=labels, average=None, zero_division=np.nan),
            metrics.precision_score(t, p, labels=labels, average=None, zero_division=np.nan),
            metrics.f1_score(t, p, labels=labels, average=None, zero_division=np.nan),
            metrics.precision_recall_fscore_support(t, p, labels=labels, zero_division=0)[3],
        )
    ]
    only_first = int(((p == t) & (q != t)).sum())
    only_second = int(((p != t) & (q == t)).sum())
    n = only_first + only_second
    kappa = metrics.cohen_kappa_score(t, p, labels=labels)
    # balanced_accuracy_score divides by the classes present in truth only, as we do.
    return {
        "name": name,
        "classCount": class_count,
        "truth": truth.tolist(),
        "first": first.tolist(),
        "second": second.tolist(),
        "confusion": metrics.confusion_matrix(t, p, labels=labels).tolist(),
        "overallAccuracy": metrics.accuracy_score(t, p),
        "averageAccuracy": float(np.nanmean(recall)),
        "kappa": None if np.isnan(kappa) else kappa,
        "perClass": [
            {"recall": none(r), "precision": none(pr), "f1": none(f), "support": s}
            for r, pr, f, s in zip(recall, precision, f1, support)
        ],
        "mcnemar": {
            "onlyFirst": only_first,
            "onlySecond": only_second,
            "pValue": binomtest(min(only_first, only_second), n).pvalue if n else 1.0,
        },
    }


def none(value):
    return None if np.isnan(value) else value


def noisy(random, truth, class_count, error):
    other = random.integers(1, class_count + 1, truth.size)
    return np.where(random.random(truth.size) < error, other, np.maximum(truth, 1))


def main():
    for package, version in VERSIONS.items():
        found = {"numpy": np, "scipy": sys.modules["scipy"], "scikit-learn": sys.modules["sklearn"]}[package].__version__
        assert found == version, f"{package}: expected {version}; got {found}"
    random = np.random.default_rng(7)
    cases = []
    truth = random.integers(0, 6, 400)
    cases.append(case("five classes, some pixels unlabelled", truth, noisy(random, truth, 5, 0.3), noisy(random, truth, 5, 0.4), 5))
    truth = random.choice([1, 2, 4], 150, p=[0.8, 0.15, 0.05])
    first = noisy(random, truth, 4, 0.3)
    cases.append(case("a class without test pixels", truth, first, noisy(random, truth, 4, 0.1), 4))
    cases.append(case("classes never predicted", truth, np.full(150, 1), noisy(random, truth, 5, 0.1), 5))
    cases.append(case("all right", truth, truth, noisy(random, truth, 4, 0.5), 4))
    cases.append(case("all wrong", truth, truth % 4 + 1, truth, 4))
    cases.append(case("one class only", np.full(9, 2), np.full(9, 2), np.full(9, 2), 3))
    print(json.dumps({"versions": VERSIONS, "cases": cases}))


main()
