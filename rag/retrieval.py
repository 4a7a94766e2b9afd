"""Hybrid retrieval: dense and lexical candidates, fused.

Both scores are scaled to 0..1 over the candidates and mixed ("relative score fusion"; S. Bruch et al., "An
Analysis of Fusion Functions for Hybrid Retrieval", 2023, find it better than reciprocal ranks).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncSession

from rag.embedding import Vectors
from rag.index.postings import LexicalQuery
from rag.index.repository import Candidate, IndexRepository
from rag.lexical import idf, terms
from rag.strategy import Retrieval

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what retrieval and answering compare against: its vector and its distinct terms in order."""

    text: str
    vector: npt.NDArray[np.float32]
    terms: tuple[str, ...]

    @classmethod
    def of(cls, text: str, vector: npt.NDArray[np.float32]) -> Question:
        return cls(text, vector, tuple(dict.fromkeys(terms(text))))


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found; `score` is fused, 0..1 over the candidates of this search."""

    candidate: Candidate
    score: float
    dense: float
    sentence_similarities: Vectors


@dataclass(frozen=True, slots=True)
class Hits:
    """The best chunks, best first, and what each term of the question weighs in this collection (its idf)."""

    best: list[Hit]
    weights: Mapping[str, float]


async def retrieve(
    session: AsyncSession, collection_id: UUID, question: Question, options: Retrieval, limit: int
) -> Hits:
    """Return the `limit` best chunks of a collection."""
    query = LexicalQuery(question.terms, options.k1, options.b)
    candidates = await IndexRepository(session).candidates(collection_id, question.vector, query, options.candidates)
    weights = {term: idf(candidates.chunks, candidates.holding.get(term, 0)) for term in question.terms}
    return Hits(fuse(candidates.found, question.vector, options)[:limit], weights)


def fuse(found: list[Candidate], vector: npt.NDArray[np.float32], options: Retrieval) -> list[Hit]:
    """Return candidates with their fused score, best first; equal scores in the order of version and place."""
    if not found:
        return []
    similarities = [candidate.vectors @ vector for candidate in found]
    chunk = np.array([candidate.similarity for candidate in found])
    best = np.array([own.max(initial=-1.0) for own in similarities])
    dense = (1 - options.sentence_weight) * chunk + options.sentence_weight * best
    lexical = np.array([candidate.bm25 for candidate in found])
    score = options.dense_weight * scaled(dense) + (1 - options.dense_weight) * scaled(lexical)
    hits = [
        Hit(candidate, float(score[place]), float(dense[place]), similarities[place])
        for place, candidate in enumerate(found)
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.candidate.version_id, hit.candidate.ordinal))


def scaled(scores: Scores) -> Scores:
    """Return scores stretched to 0..1; when all are equal they are 1, or 0 if there is nothing to them."""
    low, high = scores.min(), scores.max()
    if high - low < 1e-12:
        return np.full_like(scores, 1.0 if high > 0 else 0.0)
    return (scores - low) / (high - low)
