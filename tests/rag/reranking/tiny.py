"""A real cross-encoder, small enough to be written down: it counts the words that question and text share.

The ONNX file is written as its protocol buffers, field by field (onnx.proto), for the library that does it is no
dependency; ONNX Runtime reads it as any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_COMMON = frozenset("the of a is it was in on and to by for its".split())
_FLOAT, _INT64 = 1, 7
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def words() -> list[str]:
    """Return the vocabulary: what the corpus says, and a few words that questions need."""
    said = re.findall(r"[a-z]+", f"{LIGHTHOUSE} {BAKERY} {OBSERVATORY} who what which when did".lower())
    return [*SPECIAL, *sorted({*said})]


def make(folder: Path, *, inputs: Sequence[str] = _INPUTS, scores: int = 1, bias: float = 1.5) -> Path:
    """Write the model and its tokenizer; return the folder.

    Args:
        inputs: what the graph calls its three inputs.
        scores: numbers for each pair: one is what a cross-encoder gives.
        bias: taken off the number of shared words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(_model(inputs, scores, bias))
    _tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    vocabulary = {word: place for place, word in enumerate(words())}
    tokenizer: Any = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    marks = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks
    )
    return tokenizer


def _model(inputs: Sequence[str], scores: int, bias: float) -> bytes:
    known = words()
    table = np.eye(len(known), dtype=np.float32)
    for place, word in enumerate(known):
        if word in SPECIAL or word in _COMMON:
            table[place] = 0
    ids, mask, types = inputs
    nodes = [
        _node("Gather", ["table", ids], "words"),
        _node("Cast", [mask], "read", _integer("to", _FLOAT)),
        _node("Cast", [types], "second", _integer("to", _FLOAT)),
        _node("Sub", ["one", "second"], "first"),
        *_side("first", "asked"),
        *_side("second", "said"),
        _node("Mul", ["asked", "said"], "shared"),
        _node("ReduceSum", ["shared", "axis1"], "counted", _integer("keepdims", 1)),
        _node("Sub", ["counted", "bias"], "one_score"),
        _node("Concat", ["one_score"] * scores, "logits", _integer("axis", 1)),
    ]
    tensors = [
        _tensor("table", table),
        _tensor("one", np.array([1], np.float32)),
        _tensor("bias", np.array([bias], np.float32)),
        _tensor("axis1", np.array([1])),
        _tensor("axis2", np.array([2])),
    ]
    graph = b"".join([
        *(_bytes(1, node) for node in nodes), _bytes(2, b"overlap"), *(_bytes(5, tensor) for tensor in tensors),
        *(_bytes(11, _value(name, _INT64, ["pairs", "tokens"])) for name in inputs),
        _bytes(12, _value("logits", _FLOAT, ["pairs", "scores"])),
    ])  # fmt: skip
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 13))


def _side(which: str, name: str) -> Iterator[bytes]:
    """Yield the nodes that count the words of one side."""
    yield _node("Mul", ["read", which], f"{name}_read")
    yield _node("Unsqueeze", [f"{name}_read", "axis2"], f"{name}_wide")
    yield _node("Mul", ["words", f"{name}_wide"], f"{name}_words")
    yield _node("ReduceSum", [f"{name}_words", "axis1"], name, _integer("keepdims", 0))


def _node(kind: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    named = b"".join(_bytes(1, one.encode()) for one in inputs) + _bytes(2, output.encode())
    return named + _bytes(4, kind.encode()) + b"".join(_bytes(5, one) for one in attributes)


def _integer(name: str, value: int) -> bytes:
    return _bytes(1, name.encode()) + _number(3, value) + _number(20, 2)


def _tensor(name: str, values: Any) -> bytes:
    kind = _INT64 if values.dtype == np.int64 else _FLOAT
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, values.tobytes())


def _value(name: str, kind: int, dims: Sequence[str]) -> bytes:
    shape = b"".join(_bytes(1, _bytes(2, one.encode())) for one in dims)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
