"""An embedder that embeds nothing twice: what is known already is not asked for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rag.embedding import Embedder, Vectors


class KnownVectors:
    """Wraps an embedder whose vectors of some passages are known; it is the same embedder to everyone else."""

    def __init__(self, embedder: Embedder, known: Mapping[str, npt.NDArray[np.float32]]) -> None:
        self._embedder = embedder
        self._known = known

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def digest(self) -> str:
        return self._embedder.digest

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    @property
    def provider(self) -> str:
        return self._embedder.provider

    @property
    def weights_digest(self) -> str | None:
        return self._embedder.weights_digest

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return await self._embedder.embed_queries(texts)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        missing = [place for place, text in enumerate(texts) if text not in self._known]
        for place, text in enumerate(texts):
            if text in self._known:
                vectors[place] = self._known[text]
        vectors[missing] = await self._embedder.embed_passages([texts[place] for place in missing])
        return vectors
