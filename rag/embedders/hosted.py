"""Embedding models of this machine: GGUF files on llama.cpp, folders on sentence-transformers.

Each runs in a process of its own (`rag.embedders.host`): its memory, its threads and its crashes are not the server's.
One that died is started again for the next texts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from mcp_engine.canonical import digest
from mcp_engine.errors import ModelFailed, Refused
from mcp_engine.line_child import ChildEnded, LineChild
from mcp_engine.models.weights import file_digest
from rag.embedders.host import FAILED, MISSING, OPTIONS, HostedModel
from rag.embedding import Vectors, normalised

_LONGEST_QUOTE: Final = 500


class HostedEmbedder:
    """One model in its process; vectors are scaled to length 1.

    Making one reads all of the weights, for their digest, and loads the model: that takes seconds.

    Raises:
        Refused: `embedder.weights_missing`; `embedder.package_missing` when sentence-transformers is not installed.
        ModelFailed: `embedder.failed` when the library can't load it.
    """

    def __init__(self, options: HostedModel) -> None:
        self._options = options
        self._weights = _weights_digest(options.path)
        self._passages = asyncio.Semaphore(1)
        self._turn = threading.Lock()
        self._process, self._dimensions = _started(options)

    @property
    def name(self) -> str:
        return self._options.name

    @property
    def provider(self) -> str:
        return "llama_cpp" if self._options.kind == "gguf" else self._options.kind

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def weights_digest(self) -> str:
        return self._weights

    @property
    def digest(self) -> str:
        shaping = {"kind", "pooling", "context_tokens", "query_prefix", "passage_prefix"}
        return digest({**self._options.model_dump(mode="json", include=shaping), "weights": self._weights})

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Raises what `embed_passages` raises."""
        return await self._embed([self._options.query_prefix + text for text in texts])

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One batch at a time over all callers, so that questions come in between.

        Raises:
            ModelFailed: `embedder.failed`: the library refuses the texts, or its process died.
        """
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for start in range(0, len(texts), self._options.batch):
            batch = [self._options.passage_prefix + text for text in texts[start : start + self._options.batch]]
            async with self._passages:
                vectors[start : start + len(batch)] = await self._embed(batch)
        return vectors

    async def close(self) -> None:
        await asyncio.to_thread(self._process.close)

    async def _embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._dimensions), dtype=np.float32)
        return normalised(await asyncio.to_thread(self._exchanged, texts))

    def _exchanged(self, texts: Sequence[str]) -> Vectors:
        with self._turn:
            if not self._process.is_alive:
                self._process.close()
                self._process, _ = _started(self._options)
            try:
                # An empty text has no tokens to pool.
                header = self._process.ask([text or " " for text in texts])
                rows = header.get("rows", 0)
                body = self._process.receive_bytes(rows * self._dimensions * 4) if rows else b""
            except ChildEnded as error:
                self._process.close()
                raise _failed(self._options, "its process died; it is started again for the next texts") from error
        if "rows" not in header:
            raise _failed(self._options, header["error"])
        return np.frombuffer(body, dtype="<f4").reshape(len(texts), self._dimensions)


def _started(options: HostedModel) -> tuple[LineChild, int]:
    process = LineChild("rag.embedders.host", OPTIONS.dump_json(options).decode())
    try:
        ready = process.receive()
    except ChildEnded as error:
        process.close()
        raise _failed(options, "its process ended before the model was loaded; see the server's log") from error
    if "dimensions" in ready:
        return process, int(ready["dimensions"])
    process.close()
    if ready["code"] == MISSING:
        raise Refused(
            MISSING,
            f"The embedder {options.name!r} needs a package that is not installed ({ready['error']}); install it "
            "beside the engine: pip install sentence-transformers",
        )
    raise _failed(options, ready["error"])


def _failed(options: HostedModel, why: str) -> ModelFailed:
    return ModelFailed(FAILED, f"The embedder {options.name!r} failed: {why[:_LONGEST_QUOTE]}")


def _weights_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and digests of all files of a folder."""
    try:
        if path.is_dir():
            files = sorted(one for one in path.rglob("*") if one.is_file())
            return digest({str(one.relative_to(path)): file_digest(one) for one in files})
        return file_digest(path)
    except OSError as error:
        raise Refused(
            "embedder.weights_missing", f"The embedder's weights {path} can't be read: {error.strerror}."
        ) from error
