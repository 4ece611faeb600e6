"""Writes test/golden/clip/: a text encoder of CLIP's shape that is small enough to keep, and what it gives.

Made with Python 3.11, torch 2.13, onnx 1.23, tokenizers 0.23:

    python scripts/golden/clip.py

- tokenizer.json: byte-pair encoding built as CLIP's is (lower case, `</w>` at the end of a word, CLIP's pattern of
  words), trained on the few texts below.
- text_model.onnx: token and position embeddings, two causal blocks (GELU by a sigmoid), layer normalisation, the vector
  at the end of the text projected; random weights. The graph is written with onnx, the numbers come from PyTorch.
- expected.json: for each prompt the ids that `tokenizers` gives and the projected vector that PyTorch gives.
"""

import json
import math
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

folder = Path(__file__).resolve().parents[2] / "test" / "golden" / "clip"
folder.mkdir(exist_ok=True)
torch.manual_seed(0)

begin, end = "<|startoftext|>", "<|endoftext|>"
texts = [
    "a sample of healthy grass", "a sample of stressed grass", "a photo of a parking lot", "an oak and a maple",
    "trees, roads, water and buildings", "railway tracks", "it's a residential area", "low plants and bare soil",
    "parking lot 1", "parking lot 2", "coniferous forest", "broadleaf forest", "a sample of wheat",
]
prompts = [
    "a sample of oak", "A Sample of  Parking\tLot 12", "it's bare soil!", "Größe übrig", "水", "🌳 tree", "",
    "road-side (paved) & shoulder's edge", " ".join(["forest road"] * 60),
]



def tokenizer_with(vocabulary: dict, merges: list) -> Tokenizer:
    model = models.BPE(vocabulary, merges, unk_token=end, continuing_subword_prefix="", end_of_word_suffix="</w>")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
    split = pre_tokenizers.Split(Regex(words), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


tokenizer = tokenizer_with({}, [])
# CLIP's vocabulary begins with all bytes, inside and at the end of a word.
alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
trainer = trainers.BpeTrainer(
    vocab_size=640, initial_alphabet=alphabet, end_of_word_suffix="</w>", special_tokens=[begin, end], show_progress=False
)
tokenizer.train_from_iterator(texts + [" ".join(alphabet)], trainer)
learned = json.loads(tokenizer.to_str())["model"]
tokens = [*alphabet, *(f"{one}</w>" for one in alphabet)]
tokens += [token for token in sorted(learned["vocab"], key=learned["vocab"].get) if token not in {*tokens, begin, end}]
# As in CLIP, the end of a text is the largest id: the model finds it so.
vocabulary = {token: at for at, token in enumerate([*tokens, begin, end])}
merges = [tuple(pair) for pair in learned["merges"]]
tokenizer = tokenizer_with(vocabulary, merges)
tokenizer.add_special_tokens([begin, end])
tokenizer.post_processor = processors.RobertaProcessing(
    (end, vocabulary[end]), (begin, vocabulary[begin]), trim_offsets=False, add_prefix_space=False
)
tokenizer.enable_truncation(77)
tokenizer.save(str(folder / "tokenizer.json"), pretty=False)

V, C, G, E, N, layers = len(vocabulary), 16, 2, 12, 77, 2
weights = {"tokens": torch.randn(V, C) * 0.5, "positions": torch.randn(N, C) * 0.3, "projection": torch.randn(C, E) * 0.3}
for block in range(layers):
    for name, shape in {"q": (C, C), "k": (C, C), "v": (C, C), "o": (C, C), "up": (C, 4 * C), "down": (4 * C, C)}.items():
        weights[f"{block}.{name}.weight"] = torch.randn(shape) / math.sqrt(shape[0])
        weights[f"{block}.{name}.bias"] = torch.randn(shape[1]) * 0.1
for norm in [*(f"{block}.norm{at}" for block in range(layers) for at in (1, 2)), "norm"]:
    weights[f"{norm}.weight"] = 1 + 0.1 * torch.randn(C)
    weights[f"{norm}.bias"] = 0.1 * torch.randn(C)


def text_embedding(ids: list[int]) -> np.ndarray:
    """PyTorch's own attention and layer normalisation; `[E]`."""
    w, x = weights, weights["tokens"][ids] + weights["positions"][: len(ids)]
    norm = lambda x, name: torch.nn.functional.layer_norm(x, (C,), w[f"{name}.weight"], w[f"{name}.bias"])
    linear = lambda x, name: x @ w[f"{name}.weight"] + w[f"{name}.bias"]
    heads = lambda x: x.reshape(len(ids), G, C // G).transpose(0, 1)
    for block in range(layers):
        y = norm(x, f"{block}.norm1")
        q, k, v = (heads(linear(y, f"{block}.{name}")) for name in "qkv")
        seen = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(seen.transpose(0, 1).reshape(len(ids), C), f"{block}.o")
        y = linear(norm(x, f"{block}.norm2"), f"{block}.up")
        x = x + linear(y * torch.sigmoid(1.702 * y), f"{block}.down")
    return (norm(x, "norm")[int(np.argmax(ids))] @ w["projection"]).numpy()


nodes, constants, count = [], {name: value.numpy() for name, value in weights.items()}, 0


def op(kind: str, *inputs: str, out: str | None = None, **attributes) -> str:
    global count
    count += 1
    out = out or f"h{count}"
    nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
    return out


def const(value, dtype=np.int64) -> str:
    name = f"c{len(constants)}"
    constants[name] = np.array(value, dtype=dtype)
    return name


linear = lambda x, name: op("Add", op("MatMul", x, f"{name}.weight"), f"{name}.bias")
norm = lambda x, name: op("LayerNormalization", x, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=1e-5)
length = op("Gather", op("Shape", "input_ids"), const(1), axis=0)
along = op("Range", const(0), length, const(1))
x = op("Add", op("Gather", "tokens", "input_ids"), op("Gather", "positions", along))
# Hidden from a token are later ones, and those that the mask takes out.
later = op("Less", op("Unsqueeze", along, const([1])), op("Unsqueeze", along, const([0])))
masked = op("Equal", op("Unsqueeze", "attention_mask", const([1, 2])), const(0))
hidden = op("Where", op("Or", later, masked), const(-1e9, np.float32), const(0, np.float32))
heads = lambda x: op("Transpose", op("Reshape", x, const([0, 0, G, C // G])), perm=[0, 2, 1, 3])
for block in range(layers):
    y = norm(x, f"{block}.norm1")
    q, k, v = (heads(linear(y, f"{block}.{name}")) for name in "qkv")
    scores = op("Div", op("MatMul", q, op("Transpose", k, perm=[0, 1, 3, 2])), const(math.sqrt(C // G), np.float32))
    seen = op("MatMul", op("Softmax", op("Add", scores, hidden), axis=-1), v)
    seen = op("Reshape", op("Transpose", seen, perm=[0, 2, 1, 3]), const([0, 0, C]))
    x = op("Add", x, linear(seen, f"{block}.o"))
    y = linear(norm(x, f"{block}.norm2"), f"{block}.up")
    y = op("Mul", y, op("Sigmoid", op("Mul", y, const(1.702, np.float32))))
    x = op("Add", x, linear(y, f"{block}.down"))
last = op("Identity", norm(x, "norm"), out="last_hidden_state")
at = op("Unsqueeze", op("ArgMax", "input_ids", axis=1, keepdims=1), const([2]))
picked = op("Squeeze", op("GatherElements", last, op("Expand", at, const([1, 1, C])), axis=1), const([1]))
op("MatMul", picked, "projection", out="text_embeds")
ids_of = lambda name: helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
graph = helper.make_graph(
    nodes,
    "clip text",
    [ids_of("input_ids"), ids_of("attention_mask")],
    [
        helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", C]),
        helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["batch", E]),
    ],
    [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="clip.py")
onnx.checker.check_model(model, full_check=True)
onnx.save(model, str(folder / "text_model.onnx"))

expected = []
for prompt in prompts:
    ids = tokenizer.encode(prompt).ids
    expected.append({"prompt": prompt, "ids": ids, "embedding": [round(float(v), 7) for v in text_embedding(ids)]})
lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in expected)
(folder / "expected.json").write_text(f"[\n{lines}\n]\n", encoding="utf8")
print(V, "tokens;", [len(one["ids"]) for one in expected])
