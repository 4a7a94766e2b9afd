"""The vectors of a collection in memory, and the exact search over them.

Reading 100,000 vectors from the database for each question takes most of a second's tenth; memory gives them
in a few milliseconds. Above `PROJECTED_FROM` chunks a search first compares projections onto the collection's
principal axes, and then only the vectors that can still be among the nearest: for unit vectors split into
projection and rest, the Cauchy-Schwarz inequality bounds the inner product by

    q·x  <=  Pq·Px + |q - PᵀPq| · |x - PᵀPx|

so nothing is lost ("filter and refine"; T. Seidl and H.-P. Kriegel, "Optimal Multi-Step k-Nearest Neighbor
Search", 1998). Pure: no database, no event loop.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from rag.embedding import DIMENSIONS, Vectors

Vector = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Places = list[tuple[UUID, int]]

PROJECTED_FROM = 16_384
AXES = 128
_SAMPLE = 8_192
_ROUNDING = 1e-5
"""More than single precision can err in such a sum."""
_HEADER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Block:
    """The chunks of one version; versions never change, so neither do blocks within an index."""

    ordinals: npt.NDArray[np.int32]
    vectors: Vectors

    @classmethod
    def of(cls, ordinals: Iterable[int], sent: bytes) -> Block:
        """Return the block of vectors as pgvector's `vector_send` writes them, one after the other.

        Each is a 16-bit number of dimensions, 16 unused bits, and big-endian 32-bit floats; all are as long.
        """
        places = np.fromiter(ordinals, dtype=np.int32)
        if not len(places):
            return cls(places, np.zeros((0, DIMENSIONS), dtype=np.float32))
        raw = np.frombuffer(sent, dtype=np.uint8).reshape(len(places), -1)
        vectors = np.ascontiguousarray(raw[:, _HEADER_BYTES:]).view(">f4").astype(np.float32)
        return cls(places, vectors)


class CollectionVectors:
    """All vectors of a collection at one revision. Immutable; a change makes a new one that shares the blocks.

    Args:
        blocks: by version; equal distances are decided by version, then ordinal.
        index_id: of the index that they belong to; another index has other blocks for the same versions.
    """

    def __init__(self, revision: UUID, blocks: Mapping[UUID, Block], index_id: UUID | None = None) -> None:
        self.revision = revision
        self.index_id = index_id
        self._versions = sorted(blocks)
        parts = [blocks[version] for version in self._versions]
        sizes = [len(block.ordinals) for block in parts]
        self._owners = np.repeat(np.arange(len(sizes)), sizes)
        self._ordinals = np.concatenate([np.zeros(0, dtype=np.int32), *(block.ordinals for block in parts)])
        held = [block.vectors for block in parts] or [np.zeros((0, DIMENSIONS), dtype=np.float32)]
        self._vectors = np.concatenate(held)
        ends = np.cumsum(sizes, dtype=np.int64).tolist()
        # Views: the vectors are held once.
        self.blocks = {
            version: Block(self._ordinals[end - size : end], self._vectors[end - size : end])
            for version, size, end in zip(self._versions, sizes, ends, strict=True)
        }
        self._projection = _Projection(self._vectors) if len(self) >= PROJECTED_FROM else None

    def __len__(self) -> int:
        return len(self._ordinals)

    @property
    def bytes(self) -> int:
        return self._vectors.nbytes + (self._projection.bytes if self._projection else 0)

    def nearest(self, vector: Vector, limit: int, among: Set[UUID] | None = None) -> Places:
        """Return the `limit` chunks with the largest inner product, nearest first; takes processor time.

        Args:
            among: the versions to search; None for all.
        """
        places = self._places_of(among)
        if not len(places):
            return []
        if self._projection is not None and limit < len(places):
            places = self._projection.possible(self._vectors, vector, limit, places)
        scores = self._scores_of(places, vector)
        best = _largest(scores, limit)
        found = places[best[np.lexsort((places[best], -scores[best]))]]
        return [(self._versions[self._owners[place]], int(self._ordinals[place])) for place in found]

    def rank(self, vector: Vector, chunk: tuple[UUID, int], among: Set[UUID] | None = None) -> int | None:
        """Return how many chunks are as near or nearer, this one included; None for a chunk that is not among them."""
        places = self._places_of(among)
        owner = bisect_left(self._versions, chunk[0])
        if owner == len(self._versions) or self._versions[owner] != chunk[0]:
            return None
        at = np.flatnonzero((self._owners[places] == owner) & (self._ordinals[places] == chunk[1]))
        if not len(at):
            return None
        # Of one product: another would be rounded otherwise.
        scores = self._scores_of(places, vector)
        return int(np.count_nonzero(scores >= scores[at[0]]))

    def _scores_of(self, places: Numbers, vector: Vector) -> Vector:
        # Taking all rows would copy them.
        return (self._vectors if len(places) == len(self) else self._vectors[places]) @ vector

    def _places_of(self, among: Set[UUID] | None) -> Numbers:
        """Return, in order, where the chunks of these versions stand."""
        if among is None:
            return np.arange(len(self))
        wanted = np.array([version in among for version in self._versions], dtype=np.bool_)
        return np.flatnonzero(wanted[self._owners])


class _Projection:
    """Vectors on the principal axes, and the length of what that leaves out."""

    def __init__(self, vectors: Vectors) -> None:
        sample = vectors[:: max(1, len(vectors) // _SAMPLE)].astype(np.float64)
        _, axes = np.linalg.eigh(sample.T @ sample)
        self._axes = axes[:, -AXES:].astype(np.float32)
        self._near: Vectors = vectors @ self._axes
        squared = np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", self._near, self._near)
        self._rest = np.sqrt(np.maximum(squared, 0))

    @property
    def bytes(self) -> int:
        return self._near.nbytes + self._rest.nbytes

    def possible(self, vectors: Vectors, vector: Vector, limit: int, among: Numbers) -> Numbers:
        """Return, in order, those places `among` whose vectors can be the `limit` nearest there."""
        near: Vector = vector @ self._axes
        left = float(np.sqrt(max(0.0, float(vector @ vector - near @ near))))
        middle: Vector = self._near @ near
        rest = self._rest
        if len(among) < len(middle):
            middle, rest = middle[among], rest[among]
        # Some that are surely near say how near the last one must be.
        promising = among[_largest(middle, 4 * limit)]
        last = np.partition(vectors[promising] @ vector, -limit)[-limit]
        return among[middle + left * rest >= last - _ROUNDING]


def _largest(scores: npt.NDArray[np.float32], count: int) -> Numbers:
    """Return the places of the `count` largest scores, in no order; of equal ones at the edge, the first."""
    if count >= len(scores):
        return np.arange(len(scores))
    edge = np.partition(scores, -count)[-count]
    above, equal = np.flatnonzero(scores > edge), np.flatnonzero(scores == edge)
    return np.concatenate([above, equal[: count - len(above)]])
