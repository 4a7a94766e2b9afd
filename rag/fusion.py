"""How scores of different searches become one order.

By default both scores are scaled to 0..1 over the candidates and mixed ("relative score fusion"; S. Bruch et al., "An
Analysis of Fusion Functions for Hybrid Retrieval", 2023, find it better than reciprocal ranks). Reciprocal ranks are
those of G. Cormack, C. Clarke and S. Büttcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual
Rank Learning Methods", 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from rag.hits import Hit
from rag.index.postings import Places
from rag.index.repository import Candidate
from rag.strategy import Retrieval

Scores = npt.NDArray[np.float64]

RANK_CONSTANT = 60
"""Of reciprocal ranks between wordings, as in the paper."""


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


def by_ranks(hits: Sequence[Hit], own: Places, others: Sequence[Places]) -> list[Hit]:
    """Return hits by the weighed mean of their reciprocal ranks in all rankings, best first; it becomes their score.

    The question's own ranking weighs as much as all others together: wordings that a model chose badly add
    passages, and do not drive out what the question found. Equal scores are in the order of version and place.
    A ranking that does not have a hit adds nothing to it.
    """
    shares: dict[tuple[UUID, int], float] = {}
    for weight, ranking in [(0.5, own), *((0.5 / len(others), other) for other in others)]:
        for rank, place in enumerate(ranking, start=1):
            shares[place] = shares.get(place, 0.0) + weight * (RANK_CONSTANT + 1) / (RANK_CONSTANT + rank)
    scored = [replace(hit, score=shares.get(hit.place, 0.0)) for hit in hits]
    return sorted(scored, key=lambda hit: (-hit.score, hit.candidate.version_id, hit.candidate.ordinal))
