"""Outside check of the ONNX writer: are our models valid, and do they mean to others what they mean to us?

    node --import tsx scripts/write-models.ts FOLDER
    python scripts/golden/onnx_check.py FOLDER

Each model goes through `onnx.checker` (full check, with strict shape inference), is computed by ONNX's own reference
evaluator, and by ONNX Runtime where that is installed; results are compared with those of our interpreter.

`FusedMatMul` is an operation of ONNX Runtime alone (domain com.microsoft), of which ONNX knows nothing. Models with it are
checked twice: as they are, without shape inference, and in full after each FusedMatMul is written out as Transpose,
MatMul and Mul. The reference evaluator is given the written-out model.

Made with Python 3.11, numpy 2.4, onnx 1.23, onnxruntime 1.30.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

try:
    import onnxruntime
except ImportError:
    onnxruntime = None

# Theirs is single precision, ours double.
TOLERANCE = 1e-4
DTYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "BOOL": "?"}


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """A safetensors file, without the library for it."""
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        data = np.frombuffer(content[8 + length + start : 8 + length + end], DTYPES[entry["dtype"]])
        # A copy: some reference kernels write into their input.
        arrays[name] = data.reshape(entry["shape"]).copy()
    return arrays


def ranks(model: onnx.ModelProto) -> dict[str, int]:
    """Rank of every value, by shape inference."""
    known = {}
    for value in [*model.graph.input, *model.graph.output]:
        known[value.name] = len(value.type.tensor_type.shape.dim)
    for array in model.graph.initializer:
        known[array.name] = len(array.dims)
    inferred = onnx.shape_inference.infer_shapes(model)
    for value in inferred.graph.value_info:
        if value.type.tensor_type.HasField("shape"):
            known[value.name] = len(value.type.tensor_type.shape.dim)
    return known


def written_out(model: onnx.ModelProto) -> onnx.ModelProto:
    """Each FusedMatMul as Transpose, MatMul and Mul, one after the other, so that ranks behind it can be inferred."""
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    kept = [opset for opset in plain.opset_import if opset.domain == ""]
    del plain.opset_import[:]
    plain.opset_import.extend(kept)
    while True:
        at = next((at for at, node in enumerate(plain.graph.node) if node.op_type == "FusedMatMul"), None)
        if at is None:
            return plain
        before = onnx.ModelProto()
        before.CopyFrom(plain)
        del before.graph.node[at:]
        del before.graph.output[:]
        rank = ranks(before)
        node = plain.graph.node[at]
        flags = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        unknown = set(flags) - {"transA", "transB", "alpha"}
        assert not unknown, f"FusedMatMul with {unknown}"
        nodes, inputs = [], []
        for name, flag in zip(node.input, ("transA", "transB")):
            if flags.get(flag, 0):
                order = list(range(rank[name]))
                order[-2:] = order[-1], order[-2]
                turned = f"{node.output[0]}.{flag}"
                nodes.append(helper.make_node("Transpose", [name], [turned], perm=order))
                name = turned
            inputs.append(name)
        (output,) = node.output
        if flags.get("alpha", 1) == 1:
            nodes.append(helper.make_node("MatMul", inputs, [output]))
        else:
            nodes.append(helper.make_node("MatMul", inputs, [f"{output}.product"]))
            nodes.append(helper.make_node("Constant", [], [f"{output}.alpha"], value_float=flags["alpha"]))
            nodes.append(helper.make_node("Mul", [f"{output}.product", f"{output}.alpha"], [output]))
        rest = list(plain.graph.node)
        del plain.graph.node[:]
        plain.graph.node.extend([*rest[:at], *nodes, *rest[at + 1 :]])


def compare(who: str, names: list[str], got: list[np.ndarray], expected: dict[str, np.ndarray]) -> None:
    for name, found in zip(names, got):
        wanted = expected[f"out/{name}"]
        found = np.asarray(found, dtype=np.float64)
        assert found.shape == wanted.shape, f"{who}, {name}: expected {wanted.shape}; got {found.shape}"
        difference = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
        worst = float(difference.max(initial=0))
        assert worst <= TOLERANCE, f"{who}, {name}: differs by {worst:.2g}"


def check(file: Path) -> bool:
    """Check one model; whether it has an operation of ONNX Runtime's own."""
    model = onnx.load(file)
    arrays = read_arrays(file.with_suffix(".safetensors"))
    feeds = {name.removeprefix("in/"): array for name, array in arrays.items() if name.startswith("in/")}
    names = [output.name for output in model.graph.output]
    assert sorted(f"out/{name}" for name in names) == sorted(name for name in arrays if name.startswith("out/"))
    is_custom = any(node.domain for node in model.graph.node)
    if is_custom:
        onnx.checker.check_model(model)
        plain = written_out(model)
    else:
        plain = model
    onnx.checker.check_model(plain, full_check=True)
    compare("reference", names, ReferenceEvaluator(plain).run(names, feeds), arrays)
    if onnxruntime is not None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        compare("ONNX Runtime", names, session.run(names, feeds), arrays)
    return is_custom


def main() -> int:
    files = sorted(Path(sys.argv[1]).glob("*.onnx"))
    assert files, f"expected models in {sys.argv[1]}; got none"
    failed, custom = 0, 0
    for file in files:
        try:
            custom += check(file)
        except Exception as fault:
            failed += 1
            print(f"{file.stem}: {type(fault).__name__}: {str(fault)[:1000]}")
    runtime = f"onnxruntime {onnxruntime.__version__}" if onnxruntime else "no onnxruntime"
    print(f"onnx {onnx.__version__}, {runtime}: {len(files)} models, {custom} of them with FusedMatMul")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
