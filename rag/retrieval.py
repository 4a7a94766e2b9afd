"""Hybrid retrieval: dense and lexical candidates, fused, and if wanted made different from each other.

By default both scores are scaled to 0..1 over the candidates and mixed ("relative score fusion"; S. Bruch et al., "An
Analysis of Fusion Functions for Hybrid Retrieval", 2023, find it better than reciprocal ranks). Reciprocal ranks are
those of G. Cormack, C. Clarke and S. Büttcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual
Rank Learning Methods", 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncSession

from rag.embedding import Vectors
from rag.filters.repository import FilterRepository
from rag.hits import Hit, one_each, widened
from rag.index.postings import LexicalQuery
from rag.index.repository import Candidate, Candidates, IndexRepository
from rag.lexical import idf, terms
from rag.stores.port import SearchedIndex
from rag.strategy import Filters, Retrieval

Scores = npt.NDArray[np.float64]

BORROWED_SHARE = 0.5
"""Of a term's weight, when only an earlier question holds it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what retrieval and answering compare against: its vector and its distinct terms in order.

    Args:
        vector: of the question, together with its context.
        borrowed: those of the terms that stand in its context alone.
    """

    text: str
    vector: npt.NDArray[np.float32]
    terms: tuple[str, ...]
    borrowed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str, vector: npt.NDArray[np.float32], context: Sequence[str] = ()) -> Question:
        own = tuple(dict.fromkeys(terms(text)))
        borrowed = [term for term in dict.fromkeys(terms(" ".join(context))) if term not in own]
        return cls(text, vector, (*own, *borrowed), frozenset(borrowed))

    def weights(self, chunks: int, holding: Mapping[str, int]) -> dict[str, float]:
        """Return what each term weighs: its idf, of a borrowed one half of that."""
        share = {term: BORROWED_SHARE if term in self.borrowed else 1.0 for term in self.terms}
        return {term: share[term] * idf(chunks, holding.get(term, 0)) for term in self.terms}


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found, and the way to it.

    Args:
        best: the passages, best first; with `mmr` in the order in which they were chosen.
        weights: what each term of the question weighs in this collection (its idf).
        fused: all candidates, best first; of chunks that are shown together only the best.
        candidates: what the dense and the lexical search found.
        among: the versions that the filters and the access lists let through; None when all were searched.
        unheld: the terms of the question that no document that was searched holds; what a document says that the
            reader may not read is told by nothing.
        filtered: whether there were filters.
    """

    best: list[Hit]
    weights: Mapping[str, float]
    fused: list[Hit]
    candidates: Candidates
    among: Set[UUID] | None
    unheld: frozenset[str]
    filtered: bool = False


async def retrieve(
    session: AsyncSession,
    collection_id: UUID,
    question: Question,
    options: Retrieval,
    limit: int,
    filters: Filters | None = None,
    searched: SearchedIndex | None = None,
) -> Hits:
    """Return the `limit` best chunks of a collection, of what the session's reader may read.

    Args:
        filters: narrow those of the options further.
        searched: where candidates come from; by default the index in PostgreSQL.

    Raises:
        TryLater: `store.unavailable` when another store does not answer.
    """
    wanted = narrowing(options, filters)
    among = await FilterRepository(session).among(collection_id, wanted)
    query = LexicalQuery(question.terms, options.k1, options.b)
    index = IndexRepository(session)
    source = index if searched is None else searched
    candidates = await source.candidates(collection_id, question.vector, query, options.candidates, among)
    holding = candidates.scores.holding
    weights = question.weights(candidates.chunks, holding)
    fused = one_each(fuse(candidates.found, question.vector, options))
    best = fused[:limit]
    if options.mmr is not None and fused:
        vectors = await index.chunk_vectors([hit.place for hit in fused])
        order = diversified(np.array([hit.score for hit in fused]), vectors, options.mmr, limit)
        best = [fused[place] for place in order]
    best = await widened(index, best, question.vector, candidates.scores)
    unheld = frozenset(question.terms) - candidates.scores.held(among)
    return Hits(best, weights, fused, candidates, among, unheld, bool(wanted))


def narrowing(options: Retrieval, filters: Filters | None) -> list[Filters]:
    """Return the filters that a document must pass, less those that restrict nothing."""
    return [one for one in (options.filters, filters) if one is not None and one != Filters()]


def fuse(found: list[Candidate], vector: npt.NDArray[np.float32], options: Retrieval) -> list[Hit]:
    """Return candidates with their fused score, best first; equal scores in the order of version and place."""
    if not found:
        return []
    similarities = [candidate.vectors @ vector for candidate in found]
    chunk = np.array([candidate.similarity for candidate in found])
    best = np.array([own.max(initial=-1.0) for own in similarities])
    dense = (1 - options.sentence_weight) * chunk + options.sentence_weight * best
    lexical = np.array([candidate.bm25 for candidate in found])
    if options.fusion == "rrf":
        shares = reciprocal(dense, options.rrf_k), np.where(lexical > 0, reciprocal(lexical, options.rrf_k), 0.0)
    else:
        shares = scaled(dense), scaled(lexical)
    score = options.dense_weight * shares[0] + (1 - options.dense_weight) * shares[1]
    hits = [
        Hit(
            candidate, float(score[place]), float(dense[place]), similarities[place], float(shares[0][place]),
            float(shares[1][place]),
        )
        for place, candidate in enumerate(found)
    ]  # fmt: skip
    return sorted(hits, key=lambda hit: (-hit.score, hit.candidate.version_id, hit.candidate.ordinal))


def scaled(scores: Scores) -> Scores:
    """Return scores stretched to 0..1; when all are equal they are 1, or 0 if there is nothing to them."""
    low, high = scores.min(), scores.max()
    if high - low < 1e-12:
        return np.full_like(scores, 1.0 if high > 0 else 0.0)
    return (scores - low) / (high - low)


def reciprocal(scores: Scores, k: int) -> Scores:
    """Return (k + 1) / (k + rank) of each score, ranks from 1: 1 for the best; equal scores share the better rank."""
    ranks = 1 + np.searchsorted(np.sort(-scores), -scores, side="left")
    return (k + 1) / (k + ranks.astype(np.float64))


def diversified(scores: Scores, vectors: Vectors, relevance: float, limit: int) -> list[int]:
    """Return places in the order of maximal marginal relevance: each adds most to those before it.

    After J. Carbonell and J. Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and
    Producing Summaries", 1998; of equal ones the first.

    Args:
        scores: relevance of each, best first.
        vectors: of length 1; their inner product is how alike two are.
        relevance: λ, 1 for relevance alone, 0 for difference alone.
    """
    chosen: list[int] = []
    alike = np.zeros(len(scores))
    while len(chosen) < min(limit, len(scores)):
        gains = marginal(scores, alike, relevance)
        gains[chosen] = -np.inf
        chosen.append(int(np.argmax(gains)))
        nearest = (vectors @ vectors[chosen[-1]]).astype(np.float64)
        alike = nearest if len(chosen) == 1 else np.maximum(alike, nearest)
    return chosen


def marginal(scores: Scores, alike: Scores, relevance: float) -> Scores:
    """Return λ · relevance - (1 - λ) · likeness to the most alike of those chosen (0 before the first)."""
    return relevance * scores - (1 - relevance) * alike
