"""The fast mode: the mean of MiniLM's own word vectors, without running the model.

Each word piece counts the less the more frequent it is (S. Arora, Y. Liang and T. Ma, "A Simple but Tough-to-Beat
Baseline for Sentence Embeddings", 2017, "SIF"); how frequent is guessed from its place in BERT's vocabulary, which
is in the order of frequency, by Zipf's law (as S. Tulkens and T. van Dongen do in "Model2Vec", 2024). What all
vectors have in common is removed from the table once in place of from each text. No other weights than those of the
bundled model are needed: they are read out of its ONNX file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mcp_engine.canonical import digest
from rag.embedders.options import STATIC
from rag.embedding import DIMENSIONS, MODEL_SHA256, Vectors, bundled_model, normalised
from rag.weights import VOCABULARY_SHA256, tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_TABLE = "inner.embeddings.word_embeddings.weight_q"
_SCALES = "inner.embeddings.word_embeddings.weight_scale"
_FIRST_WORD = 1996
"""The place of "the"; before it stand special tokens and single characters."""
_SMOOTHING = 1e-3
"""`a` of the paper: a word of this frequency counts half."""
_COMMON = 1
_GRAPH, _INITIALIZER, _NAME, _RAW = 7, 5, 8, 9
"""Field numbers of ONNX's ModelProto, GraphProto and TensorProto."""


class StaticEmbedder:
    """Vectors of 384 dimensions, several hundred times as fast as the model, and weaker: measure before you choose it.

    A text is read as a whole, however long it is.
    """

    name = STATIC
    provider = "static"
    dimensions = DIMENSIONS
    weights_digest = MODEL_SHA256

    @property
    def digest(self) -> str:
        return digest(
            {
                "model": MODEL_SHA256,
                "vocabulary": VOCABULARY_SHA256,
                "pooling": "sif",
                "smoothing": str(_SMOOTHING),
                "common": _COMMON,
            }
        )

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self._embed, texts)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        table = self._table
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for place, encoding in enumerate(self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)):
            if encoding.ids:
                vectors[place] = table[encoding.ids].sum(axis=0)
        return normalised(vectors)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return tokenizer()

    @cached_property
    def _table(self) -> Vectors:
        """Return the word vectors, weighed, without what they have in common."""
        found = dict(_initializers(bundled_model()))
        quantised = np.frombuffer(found[_TABLE], dtype=np.int8).reshape(-1, DIMENSIONS)
        table = quantised * np.frombuffer(found[_SCALES], dtype="<f4").reshape(-1, 1)
        frequency = _frequencies(len(table))
        table = table - frequency @ table
        _, axes = np.linalg.eigh((table * frequency[:, None]).T @ table)
        common = axes[:, -_COMMON:]
        table = table - table @ common @ common.T
        weights = _SMOOTHING / (_SMOOTHING + frequency)
        weights[:_FIRST_WORD] = weights[_FIRST_WORD]
        return (table * weights[:, None]).astype(np.float32)


def _frequencies(count: int) -> Any:
    """Return how frequent each piece of the vocabulary is by Zipf's law; what stands before the words as if never."""
    frequency = np.zeros(count)
    frequency[_FIRST_WORD:] = 1 / np.arange(1, count - _FIRST_WORD + 1)
    return frequency / frequency.sum()


def _initializers(model: bytes) -> Iterator[tuple[str, memoryview]]:
    """Yield the name and the bytes of each tensor in an ONNX file (a ModelProto in Protocol Buffers' wire format)."""
    for graph in _members(memoryview(model), _GRAPH):
        for tensor in _members(graph, _INITIALIZER):
            names, raw = list(_members(tensor, _NAME)), list(_members(tensor, _RAW))
            if names and raw:
                yield bytes(names[0]).decode(), raw[0]


def _members(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Yield the length-delimited members of a message that have this number."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        match key & 7:
            case 0:
                _, place = _varint(message, place)
            case 1:
                place += 8
            case 2:
                length, place = _varint(message, place)
                if key >> 3 == wanted:
                    yield message[place : place + length]
                place += length
            case 5:
                place += 4
            case kind:
                raise ValueError(f"no Protocol Buffers message: wire type {kind}")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
