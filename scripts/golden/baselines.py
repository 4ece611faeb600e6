"""Reference numbers of scikit-learn for the random forest, gradient boosting, the support vector classifier and nearest neighbours.

Run: python scripts/golden/baselines.py golden [file]   (default test/baselines/reference.json)
     python scripts/golden/baselines.py compare         fits both on the real scenes, on the features and splits that
                                                        test/baselines/export-real.ts writes, and prints both scores
Made with scikit-learn 1.9.1 and NumPy 2.4; seeded.

reference.json: three overlapping classes (0, 1, 2) in 6 columns of unequal scale, one of them constant
  train, test            rows, rounded to 4 decimals; classes trainClasses, testClasses
  svc.decisions          SVC(C=10, gamma="scale") after StandardScaler, one-vs-one, [test, pairs 0-1, 0-2, 1-2]
  svc.scores             the same as decision_function_shape="ovr", [test, 3]
  svc.predictions        of the test rows, equal votes told apart by the scores
  tree                   [feature, threshold, rows] of the nodes with at least 20 rows that DecisionTreeClassifier splits,
                         from the root, left before right; smaller nodes have equally good splits, drawn at random
  forest.accuracy        share of right test rows, mean over 20 seeds of RandomForestClassifier(300)
  forest.probabilities   mean over the same seeds, [test, 3]
  extraTrees             the same of ExtraTreesClassifier(300)
  boosting.accuracy      share of right test rows of HistGradientBoostingClassifier()
  boosting.early         probabilities of HistGradientBoostingClassifier(max_iter=3) of the training rows, [train, 3]
  neighbours             probabilities of KNeighborsClassifier() after StandardScaler, [test, 3]
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

ROOT = Path(__file__).resolve().parents[2]


def svc(shape="ovr"):
    return make_pipeline(
        StandardScaler(), SVC(C=10, gamma="scale", decision_function_shape=shape, break_ties=shape == "ovr")
    )


def forest(seed, kind=RandomForestClassifier):
    return kind(n_estimators=300, max_features="sqrt", random_state=seed, n_jobs=2)


def forest_numbers(kind, train, train_classes, test, test_classes):
    forests = [forest(seed, kind).fit(train, train_classes) for seed in range(20)]
    return {
        "accuracy": round(float(np.mean([one.score(test, test_classes) for one in forests])), 4),
        "probabilities": listed(np.mean([one.predict_proba(test) for one in forests], axis=0)),
    }


def draw(generator, size):
    classes = generator.integers(0, 3, size)
    centres = np.array([[0, 0, 0, 1, 0, 0], [1, 1.2, 0, 0, 0, 0], [1.6, -0.6, 1, 0, 0, 0]])
    rows = centres[classes] + generator.normal(size=(size, 6))
    rows[:, 3] = rows[:, 0] * rows[:, 1] + 0.3 * rows[:, 3]
    rows = rows * [1, 10, 0.1, 1, 3, 0] + [0, 100, 0, 0, -5, 2]
    # float32, as tables are; four decimals, so that the file stays small.
    return rows.round(4).astype(np.float32), classes


def splits(tree, node=0):
    if tree.children_left[node] < 0 or tree.n_node_samples[node] < 20:
        return []
    split = [int(tree.feature[node]), round(float(tree.threshold[node]), 4), int(tree.n_node_samples[node])]
    return [split, *splits(tree, tree.children_left[node]), *splits(tree, tree.children_right[node])]


def listed(array, decimals=4):
    return np.round(np.asarray(array, np.float64), decimals).tolist()


def golden(path):
    generator = np.random.default_rng(7)
    train, train_classes = draw(generator, 200)
    test, test_classes = draw(generator, 200)
    train64, test64 = train.astype(np.float64), test.astype(np.float64)
    pairs = svc("ovo").fit(train64, train_classes)
    scored = svc().fit(train64, train_classes)
    tree = DecisionTreeClassifier(random_state=0).fit(train, train_classes)
    neighbours = make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(train64, train_classes)

    def boosted(rounds):
        return HistGradientBoostingClassifier(max_iter=rounds, random_state=0).fit(train64, train_classes)

    drawn = train, train_classes, test, test_classes
    numbers = {
        "train": listed(train),
        "trainClasses": train_classes.tolist(),
        "test": listed(test),
        "testClasses": test_classes.tolist(),
        "svc": {
            "decisions": listed(pairs.decision_function(test64)),
            "scores": listed(scored.decision_function(test64)),
            "predictions": scored.predict(test64).tolist(),
        },
        "tree": splits(tree.tree_),
        "forest": forest_numbers(RandomForestClassifier, *drawn),
        "extraTrees": forest_numbers(ExtraTreesClassifier, *drawn),
        "boosting": {
            "accuracy": round(float(boosted(100).score(test64, test_classes)), 4),
            "early": listed(boosted(3).predict_proba(train64)),
        },
        "neighbours": listed(neighbours.predict_proba(test64)),
    }
    path.write_text(json.dumps(numbers, separators=(",", ":")) + "\n")


def score(truth, predicted):
    recalls = [np.mean(predicted[truth == k] == k) for k in np.unique(truth)]
    return 100 * np.mean(predicted == truth), 100 * np.mean(recalls)


def compare():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        command = ["node", "--import", "tsx", "test/baselines/export-real.ts", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True)
        print("scene seed method: OA / AA ours, OA / AA scikit-learn, same label; fit, whole scene")
        for run in json.loads((folder / "runs.json").read_text()):
            name, seed, method = run["name"], run["seed"], run["method"]
            features = np.fromfile(folder / f"{name}.features", np.float32).reshape(-1, run["columns"])
            labels = np.fromfile(folder / f"{name}.labels", np.uint16)
            train = np.fromfile(folder / f"{name}.{seed}.train", np.int32)
            test = np.fromfile(folder / f"{name}.{seed}.test", np.int32)
            ours = np.fromfile(folder / f"{name}.{seed}.{method}", np.uint16)[test]
            if method == "svm":
                models = [svc()]
                rows = features.astype(np.float64)
            elif method == "gbt":
                models = [HistGradientBoostingClassifier(random_state=0)]
                rows = features
            else:
                models = [forest(s) for s in range(3)]
                rows = features
            theirs = [model.fit(rows[train], labels[train]).predict(rows[test]) for model in models]
            mine = score(labels[test], ours)
            oa, aa = np.mean([score(labels[test], one) for one in theirs], axis=0)
            same = 100 * np.mean([np.mean(one == ours) for one in theirs])
            print(
                f"{name} {seed} {method}: {mine[0]:.2f} / {mine[1]:.2f}, {oa:.2f} / {aa:.2f}, {same:.2f} %; "
                f"{run['fitMs'] / 1000:.2f} s, {run['predictMs'] / 1000:.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["golden"]:
        golden(Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "test/baselines/reference.json")
    elif sys.argv[1:] == ["compare"]:
        compare()
    else:
        sys.exit(__doc__)
