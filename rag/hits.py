"""What a search found: chunks, and the passages that are shown for them.

A passage is the chunk itself, or (`rag.chunkers.parent_child`) all its siblings together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

import numpy as np
import numpy.typing as npt

from rag.embedding import Vectors
from rag.index.postings import LexicalScores, Places
from rag.index.repository import Candidate, IndexRepository

Family = tuple[UUID, int, int]
"""A version, and the ordinals of the first and the last chunk of a passage."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found.

    Args:
        score: fused, 0..1 over the candidates of this search.
        dense: the cosine of the chunk, mixed with that of its best sentence.
        dense_share: `dense` as it was scaled to 0..1 for the fusion.
        lexical_share: BM25, likewise.
    """

    candidate: Candidate
    score: float
    dense: float
    sentence_similarities: Vectors
    dense_share: float
    lexical_share: float

    @property
    def place(self) -> tuple[UUID, int]:
        return self.candidate.version_id, self.candidate.ordinal

    def shows(self, place: tuple[UUID, int]) -> bool:
        """Return whether a chunk is part of the passage that is shown for this one."""
        version_id, first, last = _family(self.candidate)
        return place[0] == version_id and first <= place[1] <= last


def one_each(hits: Sequence[Hit]) -> list[Hit]:
    """Return the best hit of each passage, best first: several chunks of one are found together."""
    found: dict[Family, Hit] = {}
    for hit in hits:
        found.setdefault(_family(hit.candidate), hit)
    return list(found.values())


async def widened(
    index: IndexRepository, hits: Sequence[Hit], vector: npt.NDArray[np.float32], scores: LexicalScores
) -> list[Hit]:
    """Return hits with the whole passage in place of the chunk: its offsets, its sentences and their vectors.

    Scores stay those of the chunk that was found.
    """
    families = [_family(hit.candidate) for hit in hits if hit.candidate.siblings is not None]
    if not families:
        return list(hits)
    places: Places = [(version, ordinal) for version, first, last in families for ordinal in range(first, last + 1)]
    members: dict[Family, list[Candidate]] = {}
    for one in await index.chunks(places, vector, scores):
        members.setdefault(_family(one), []).append(one)
    return [_wide(hit, members.get(_family(hit.candidate), [hit.candidate]), vector) for hit in hits]


def _family(candidate: Candidate) -> Family:
    return (candidate.version_id, *(candidate.siblings or (candidate.ordinal, candidate.ordinal)))


def _wide(hit: Hit, members: Sequence[Candidate], vector: npt.NDArray[np.float32]) -> Hit:
    vectors = np.concatenate([one.vectors for one in members])
    whole = replace(
        hit.candidate,
        start=members[0].start,
        end=members[-1].end,
        page=members[0].page,
        starts=list(chain.from_iterable(one.starts for one in members)),
        ends=list(chain.from_iterable(one.ends for one in members)),
        vectors=vectors,
    )
    return replace(hit, candidate=whole, sentence_similarities=vectors @ vector)
