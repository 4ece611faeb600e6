"""Common subspace of two sources by NumPy and SciPy, from its formulas: test/golden/ucsl.json.

    python scripts/golden/ucsl.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import cdist

random = np.random.default_rng(7)
alpha, beta, gamma, width, k = 1e-3, 1e-2, 1, 20, 30
sizes, count, classes = [6, 3], 36, 3


def table(rows):
    labels = np.arange(rows) % classes
    centres = np.random.default_rng(1).uniform(0.2, 0.8, (classes, sum(sizes)))
    return np.float32(centres[labels] + 0.12 * random.standard_normal((rows, sum(sizes)))), labels


train, labels = table(count)
first = np.arange(sum(sizes)) < sizes[0]
x = np.vstack([train, train * first, train * ~first]).astype(np.float64).T  # bands by samples
samples = x.shape[1]

squares = cdist(x.T, x.T, "sqeuclidean")
np.fill_diagonal(squares, np.inf)
weights = np.zeros((samples, samples))
for row in range(samples):
    near = np.argsort(squares[row])[:k]
    weights[row, near] = np.exp(-squares[row, near] / 2)
weights = np.maximum(weights, weights.T)
laplacian = np.diag(weights.sum(1)) - weights

ridge = x @ x.T + alpha * np.eye(len(x)) + beta * x @ laplacian @ x.T
values, vectors = eigh(np.eye(samples) - x.T @ np.linalg.solve(ridge, x) + gamma * laplacian)
print("smallest gap of eigenvalues", np.diff(values[: width + 1]).min(), "largest", values[-1])
projection = np.linalg.solve(ridge, x @ vectors[:, :width])
projection *= np.sign(projection[np.abs(projection).argmax(0), np.arange(width)])

test, truth = table(60)
nearest = cdist(test @ projection, train @ projection).argmin(1)
print("right", (labels[nearest] == truth).mean())
target = Path(__file__).parents[2] / "test" / "golden" / "ucsl.json"
numbers = lambda a: [float(f"{v:.9g}") for v in np.ravel(a)]
result = {
    "sources": sizes,
    "train": numbers(train),
    "labels": labels.tolist(),
    "projection": numbers(projection),
    "test": numbers(test),
    "predicted": labels[nearest].tolist(),
}
target.write_text(json.dumps(result) + "\n")
