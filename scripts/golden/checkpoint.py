"""Writes test/golden/checkpoint.safetensors with the reference library, or reads a file with it.

Made with Python 3.11, numpy 2.4, safetensors 0.8:

    python scripts/golden/checkpoint.py             # write the golden file
    python scripts/golden/checkpoint.py FILE        # print what the reference library reads, as JSON
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

golden = Path(__file__).resolve().parents[2] / "test" / "golden" / "checkpoint.safetensors"


def write() -> None:
    arrays = {
        "weights": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
        "block.0.scale": np.array([1e-40, -0.0, np.inf, -np.inf, 3.4e38], dtype=np.float32),
        "loss": np.array(0.1, dtype=np.float64),
        "labels": np.array([[-2147483648, 2147483647], [0, -1]], dtype=np.int32),
        "valid": np.array([True, False, True]),
        "empty": np.zeros((0, 5), dtype=np.float32),
        "räumlich": np.array([7], dtype=np.int32),
    }
    save_file(arrays, golden, metadata={"format": "test/1", "note": "α ≤ 1\n\"quoted\""})


def read(file: str) -> None:
    with safe_open(file, framework="numpy") as opened:
        arrays = {}
        for name in opened.keys():
            array = opened.get_tensor(name)
            # repr, so that infinities and −0 survive the way through JSON.
            arrays[name] = {
                "dtype": str(array.dtype),
                "shape": list(array.shape),
                "values": [repr(value) for value in array.ravel().tolist()],
            }
        print(json.dumps({"arrays": arrays, "metadata": opened.metadata()}))


if len(sys.argv) == 1:
    write()
else:
    read(sys.argv[1])
