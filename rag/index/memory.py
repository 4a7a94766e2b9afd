"""Which collections' vectors a process holds in memory, and how they stay those of the database."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from rag.embedding import DIMENSIONS
from rag.index.vectors import Block, CollectionVectors

BUDGET_BYTES = 512 * 1024 * 1024
_VERSIONS_AT_A_TIME = 100


class VectorSource(Protocol):
    """The index in the database, as one transaction sees it."""

    async def indexed_versions(self, collection_id: UUID) -> list[UUID]:
        """Return the versions that have chunks in a collection."""
        ...

    async def sent_vectors(self, version_ids: Sequence[UUID]) -> list[tuple[UUID, list[int], bytes]]:
        """Return for each version the ordinals of its chunks and, in the same order, their vectors as sent."""
        ...


class VectorMemory:
    """Vectors by collection, read when a search first needs them; the longest unused leave when it gets full.

    A collection's revision is a new random id after every change of its index, so vectors of the
    revision that a search reads are the right ones, whoever made the change and in whatever process.
    After a change only the versions that are new are read.

    Args:
        budget_bytes: collections that are larger by themselves are not held at all.
    """

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget_bytes = budget_bytes
        self._held: OrderedDict[UUID, CollectionVectors] = OrderedDict()
        self._reading: dict[UUID, asyncio.Lock] = {}

    def takes(self, chunks: int, dimensions: int | None = DIMENSIONS) -> bool:
        """Return whether a collection of so many chunks is held in memory."""
        # A vector, and a third of it for its projection.
        return chunks * (4 * (dimensions or DIMENSIONS) * 4 // 3) <= self._budget_bytes

    @property
    def bytes(self) -> int:
        """What is held now."""
        return sum(one.bytes for one in self._held.values())

    async def vectors(
        self, source: VectorSource, collection_id: UUID, revision: UUID, index_id: UUID | None = None
    ) -> CollectionVectors:
        """Return the vectors of a collection at `revision`, or later if it changed meanwhile.

        Args:
            index_id: of its index; of another one no block is taken over.
        """
        held = self._held.get(collection_id)
        if held is None or held.revision != revision:
            held = await self._read_once(source, collection_id, revision, index_id)
        self._held.move_to_end(collection_id)
        return held

    async def _read_once(
        self, source: VectorSource, collection_id: UUID, revision: UUID, index_id: UUID | None
    ) -> CollectionVectors:
        """Searches that need the same vectors wait for the first to read them."""
        lock = self._reading.setdefault(collection_id, asyncio.Lock())
        try:
            async with lock:
                held = self._held.get(collection_id)
                if held is None or held.revision != revision:
                    before = {} if held is None or held.index_id != index_id else held.blocks
                    blocks = await self._blocks(source, collection_id, before)
                    held = await asyncio.to_thread(CollectionVectors, revision, blocks, index_id)
                    self._held[collection_id] = held
                    self._make_room(collection_id)
                return held
        finally:
            if not lock.locked():
                self._reading.pop(collection_id, None)

    async def _blocks(
        self, source: VectorSource, collection_id: UUID, before: Mapping[UUID, Block]
    ) -> dict[UUID, Block]:
        versions = await source.indexed_versions(collection_id)
        blocks = {version: before[version] for version in versions if version in before}
        missing = [version for version in versions if version not in before]
        for start in range(0, len(missing), _VERSIONS_AT_A_TIME):
            sent = await source.sent_vectors(missing[start : start + _VERSIONS_AT_A_TIME])
            blocks |= await asyncio.to_thread(_read, sent)
        return blocks

    def _make_room(self, kept: UUID) -> None:
        while self.bytes > self._budget_bytes:
            oldest = next(iter(self._held))
            if oldest == kept:
                return
            del self._held[oldest]


def _read(sent: Sequence[tuple[UUID, list[int], bytes]]) -> dict[UUID, Block]:
    return {version: Block.of(ordinals, vectors) for version, ordinals, vectors in sent}
