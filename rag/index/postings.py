"""Postings, packed, and the sum of BM25 over them (the formula is in `rag.lexical`).

Every chunk that shares a term with the question is scored: at 100,000 chunks that is some hundred thousand
postings, which numpy adds up in milliseconds. Pure: no database, no event loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from rag.lexical import idf

Places = list[tuple[UUID, int]]

_PLACE = np.dtype([("ordinal", "<i4"), ("frequency", "<u2"), ("length", "<u2")])
_MOST = 2**16 - 1
_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Postings:
    """Where one term stands in one version: chunks in ascending order, how often, each chunk's length in terms."""

    ordinals: list[int]
    frequencies: list[int]
    lengths: list[int]

    def packed(self) -> bytes:
        """Return 8 bytes a place; counts end at 65,535, which no chunk comes near."""
        places = np.empty(len(self.ordinals), dtype=_PLACE)
        places["ordinal"] = self.ordinals
        places["frequency"] = np.minimum(self.frequencies, _MOST)
        places["length"] = np.minimum(self.lengths, _MOST)
        return places.tobytes()


def terms_by_chunk(found: Iterable[tuple[str, bytes]]) -> dict[int, list[str]]:
    """Return the terms of each chunk of a version by its ordinal, each as often as it stands there, in no order.

    Args:
        found: every term of the version, with its packed postings.
    """
    terms: dict[int, list[str]] = {}
    for term, places in found:
        for ordinal, frequency, _ in np.frombuffer(places, dtype=_PLACE).tolist():
            terms.setdefault(ordinal, []).extend([term] * frequency)
    return terms


@dataclass(frozen=True, slots=True)
class FoundTerm:
    """All postings of one term in a collection.

    Args:
        versions: the versions' ids, 16 bytes each.
        sizes: how many bytes of `places` are each version's, in the same order.
        places: packed postings, one version after the other.
    """

    term: str
    versions: bytes
    sizes: Sequence[int]
    places: bytes

    @property
    def holding(self) -> int:
        return len(self.places) // _PLACE.itemsize


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """Distinct question terms and the parameters of BM25."""

    terms: Sequence[str]
    k1: float
    b: float


class LexicalScores:
    """The BM25 scores of all chunks of a collection that hold a term of the question.

    Args:
        chunks: how many chunks the collection has.
        average: their mean length in terms.
    """

    def __init__(self, found: Sequence[FoundTerm], query: LexicalQuery, *, chunks: int, average: float) -> None:
        self.holding: Mapping[str, int] = {one.term: one.holding for one in found}
        self._holders = {one.term: one.versions for one in found if one.holding}
        # Of some thousand ids, sets of bytes make the distinct ones several times as fast as numpy does.
        owners = [
            one.versions[at : at + _UUID_BYTES] for one in found for at in range(0, len(one.versions), _UUID_BYTES)
        ]
        self._versions: list[bytes] = sorted(set(owners))
        self._positions = {version: position for position, version in enumerate(self._versions)}
        positions = np.fromiter((self._positions[version] for version in owners), dtype=np.int64, count=len(owners))
        terms = list(_split(found, positions))
        widths = np.zeros(len(self._versions), dtype=np.int64)
        for _, owner, places in terms:
            np.maximum.at(widths, owner, places["ordinal"].astype(np.int64) + 1)
        self._ends = np.cumsum(widths)
        self._starts = self._ends - widths
        self._scores = np.zeros(int(widths.sum()))
        for one, owner, places in terms:
            frequency, length = places["frequency"].astype(np.float64), places["length"].astype(np.float64)
            bound = frequency + query.k1 * (1 - query.b + query.b * length / average)
            weight = (query.k1 + 1) * idf(chunks, one.holding)
            # No chunk stands twice in one term's postings.
            self._scores[self._starts[owner] + places["ordinal"]] += weight * frequency / bound

    def held(self, among: Set[UUID] | None = None) -> frozenset[str]:
        """Return the terms of the question that stand in one of these versions; None for all of the collection."""
        if among is None:
            return frozenset(self._holders)
        wanted = {version.bytes for version in among}
        return frozenset(
            term
            for term, versions in self._holders.items()
            if any(versions[at : at + _UUID_BYTES] in wanted for at in range(0, len(versions), _UUID_BYTES))
        )

    def of(self, version_id: UUID, ordinal: int) -> float:
        """Return the score of a chunk; 0 for one without a term of the question."""
        position = self._positions.get(version_id.bytes)
        if position is None or self._starts[position] + ordinal >= self._ends[position]:
            return 0.0
        return float(self._scores[self._starts[position] + ordinal])

    def rank(self, version_id: UUID, ordinal: int, among: Set[UUID] | None = None) -> int | None:
        """Return how many chunks score as much or more, this one included; None for one that scores nothing."""
        own = self.of(version_id, ordinal)
        return int(np.count_nonzero(self._scores_of(among) >= own)) if own > 0 else None

    def best(self, limit: int, among: Set[UUID] | None = None) -> Places:
        """Return the chunks with the largest scores above 0; equal ones in the order of version and ordinal.

        Args:
            among: the versions to choose from; None for all.
        """
        chosen = _largest(self._scores_of(among), limit)
        owners: list[int] = np.searchsorted(self._ends, chosen, side="right").tolist()
        places: list[int] = (chosen - self._starts[owners]).tolist()
        return [(UUID(bytes=self._versions[owner]), place) for owner, place in zip(owners, places, strict=True)]

    def _scores_of(self, among: Set[UUID] | None) -> npt.NDArray[np.float64]:
        """Return the scores, 0 for the chunks of other versions."""
        if among is None:
            return self._scores
        held = {version.bytes for version in among}
        wanted = np.array([version in held for version in self._versions], dtype=np.bool_)
        return np.where(np.repeat(wanted, self._ends - self._starts), self._scores, 0.0)


def _split(
    found: Sequence[FoundTerm], positions: npt.NDArray[np.int64]
) -> list[tuple[FoundTerm, npt.NDArray[np.int64], Any]]:
    """Return each term with its places, and the position of the version that each is of."""
    split: list[tuple[FoundTerm, npt.NDArray[np.int64], Any]] = []
    start = 0
    for one in found:
        end = start + len(one.sizes)
        owner = np.repeat(positions[start:end], np.asarray(one.sizes, dtype=np.int64) // _PLACE.itemsize)
        split.append((one, owner, np.frombuffer(one.places, dtype=_PLACE)))
        start = end
    return split


def _largest(scores: npt.NDArray[np.float64], limit: int) -> npt.NDArray[np.int64]:
    """Return the places of the largest scores above 0, largest first; of equal ones the first."""
    # Selecting among the many zeros would take longer than all the rest.
    held = np.flatnonzero(scores > 0)
    if limit < len(held):
        edge = np.partition(scores[held], -limit)[-limit] if limit else np.inf
        held = held[scores[held] >= edge]
    return held[np.argsort(-scores[held], kind="stable")][:limit]
