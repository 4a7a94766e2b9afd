"""Hybrid retrieval: dense and lexical candidates, fused, and if wanted made different from each other.

A question may come with other wordings (`rag.rewriting`): what they find is scored by the question itself, and all
their rankings are fused.
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
from rag.fusion import Scores, by_ranks, fuse
from rag.hits import Hit, one_each, widened
from rag.index.postings import LexicalQuery, Places
from rag.index.repository import Candidates, IndexRepository
from rag.lexical import idf, terms
from rag.stores.port import SearchedIndex
from rag.strategy import Filters, Retrieval

BORROWED_SHARE = 0.5
"""Of a term's weight, when only an earlier question holds it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what retrieval and answering compare against: its vector and its distinct terms in order.

    Args:
        vector: of the question, together with its context.
        borrowed: those of the terms that stand in its context alone.
        context: the questions before, that it is asked together with.
    """

    text: str
    vector: npt.NDArray[np.float32]
    terms: tuple[str, ...]
    borrowed: frozenset[str] = frozenset()
    context: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, vector: npt.NDArray[np.float32], context: Sequence[str] = ()) -> Question:
        own = tuple(dict.fromkeys(terms(text)))
        borrowed = [term for term in dict.fromkeys(terms(" ".join(context))) if term not in own]
        return cls(text, vector, (*own, *borrowed), frozenset(borrowed), tuple(context))

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
    others: Sequence[Question] = (),
) -> Hits:
    """Return the `limit` best chunks of a collection, of what the session's reader may read.

    Args:
        filters: narrow those of the options further.
        searched: where candidates come from; by default the index in PostgreSQL.
        others: other wordings of the question, which find passages too.

    Raises:
        TryLater: `store.unavailable` when another store does not answer.
    """
    wanted = narrowing(options, filters)
    among = await FilterRepository(session).among(collection_id, wanted)
    index = IndexRepository(session)
    search = _Search(collection_id, options, index if searched is None else searched, among)
    candidates = await search.candidates(question)
    holding = candidates.scores.holding
    weights = question.weights(candidates.chunks, holding)
    found = fuse(candidates.found, question.vector, options)
    if others:
        found = await _joined(search, index, question, candidates, found, others)
    fused = one_each(found)
    best = fused[:limit]
    if options.mmr is not None and fused:
        vectors = await index.chunk_vectors([hit.place for hit in fused])
        order = diversified(np.array([hit.score for hit in fused]), vectors, options.mmr, limit)
        best = [fused[place] for place in order]
    best = await widened(index, best, question.vector, candidates.scores)
    unheld = frozenset(question.terms) - candidates.scores.held(among)
    return Hits(best, weights, fused, candidates, among, unheld, bool(wanted))


@dataclass(frozen=True, slots=True)
class _Search:
    """Where and how every wording is searched."""

    collection_id: UUID
    options: Retrieval
    source: SearchedIndex
    among: Set[UUID] | None

    async def candidates(self, question: Question) -> Candidates:
        query = LexicalQuery(question.terms, self.options.k1, self.options.b)
        return await self.source.candidates(
            self.collection_id, question.vector, query, self.options.candidates, self.among
        )


async def _joined(
    search: _Search,
    index: IndexRepository,
    question: Question,
    candidates: Candidates,
    own: Sequence[Hit],
    others: Sequence[Question],
) -> list[Hit]:
    """Return what all wordings found, by the fusion of their rankings; `own` are the question's own hits."""
    first = [hit.place for hit in own]
    rankings: list[Places] = []
    for other in others:
        found = await search.candidates(other)
        rankings.append([hit.place for hit in fuse(found.found, other.vector, search.options)])
    known = set(first)
    more = list(dict.fromkeys(place for ranking in rankings for place in ranking if place not in known))
    added = await index.chunks(more, question.vector, candidates.scores) if more else []
    return by_ranks(fuse([*candidates.found, *added], question.vector, search.options), first, rankings)


def narrowing(options: Retrieval, filters: Filters | None) -> list[Filters]:
    """Return the filters that a document must pass, less those that restrict nothing."""
    return [one for one in (options.filters, filters) if one is not None and one != Filters()]


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
