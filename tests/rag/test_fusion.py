"""Fusion: scaled scores or ranks, mixed, ties in a fixed order; the rankings of several wordings."""

from __future__ import annotations

import math
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fusion import RANK_CONSTANT, by_ranks, fuse, reciprocal, scaled
from rag.index.repository import Candidate
from rag.strategy import Retrieval

QUESTION = np.eye(1, 4, dtype=np.float32)[0]
# Few different values, so that many are equal.
RANKED = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=12)


def candidate(number: int, similarity: float, bm25: float, sentences: list[float]) -> Candidate:
    vectors = np.zeros((len(sentences), 4), dtype=np.float32)
    vectors[:, 0] = sentences
    return Candidate(UUID(int=number), 0, 0, 1, None, similarity, bm25, [0], [1], vectors)


def test_both_scores_count_and_the_best_sentence_lifts_its_chunk() -> None:
    found = [candidate(1, 0.2, 0.0, [0.9]), candidate(2, 0.5, 4.0, [0.5]), candidate(3, 0.1, 2.0, [0.1])]
    hits = fuse(found, QUESTION, Retrieval())
    assert [hit.candidate.version_id.int for hit in hits] == [2, 1, 3]
    assert hits[0].score == pytest.approx(0.5 * (0.5 - 0.1) / (0.55 - 0.1) + 0.5)
    assert hits[1].score == pytest.approx(0.5)
    lexical = fuse(found, QUESTION, Retrieval(dense_weight=0))
    assert [hit.candidate.version_id.int for hit in lexical] == [2, 3, 1]


def test_ties_stand_in_the_order_of_version_and_place() -> None:
    found = [candidate(number, 0.3, 1.0, [0.3]) for number in (3, 1, 2)]
    for options in (Retrieval(), Retrieval(fusion="rrf")):
        assert [hit.candidate.version_id.int for hit in fuse(found, QUESTION, options)] == [1, 2, 3]
    assert fuse([], QUESTION, Retrieval()) == []


def test_equal_scores_scale_to_one_or_to_nothing() -> None:
    assert scaled(np.array([2.0, 2.0])).tolist() == [1, 1]
    assert scaled(np.array([0.0, 0.0])).tolist() == [0, 0]
    assert scaled(np.array([1.0, 3.0, 2.0])).tolist() == [0, 1, 0.5]


def test_reciprocal_ranks_are_those_of_the_formula() -> None:
    found = [candidate(1, 0.9, 0.0, [0.9]), candidate(2, 0.5, 4.0, [0.5]), candidate(3, 0.1, 2.0, [0.1])]
    hits = {hit.candidate.version_id.int: hit for hit in fuse(found, QUESTION, Retrieval(fusion="rrf", rrf_k=10))}
    expected = {1: (1, None), 2: (2, 1), 3: (3, 2)}
    for number, (dense, lexical) in expected.items():
        parts = 1 / (10 + dense) + (0 if lexical is None else 1 / (10 + lexical))
        assert hits[number].score == pytest.approx(parts * 11 / 2)
        assert hits[number].lexical_share == pytest.approx(0 if lexical is None else 11 / (10 + lexical))


@given(RANKED, st.integers(1, 1000))
def test_reciprocal_ranks_depend_on_the_order_alone(scores: list[float], k: int) -> None:
    shares = reciprocal(np.array(scores), k)
    assert np.all((shares > 0) & (shares <= 1))
    assert shares.max() == 1
    stretched = reciprocal(np.exp(np.array(scores)) * 3, k)
    assert np.array_equal(shares, stretched)
    for one, other in ((i, j) for i in range(len(scores)) for j in range(len(scores))):
        assert (scores[one] > scores[other]) == (shares[one] > shares[other])
        rank = 1 + sum(score > scores[one] for score in scores)
        assert math.isclose(shares[one], (k + 1) / (k + rank))


def places(ranking: list[int]) -> list[tuple[UUID, int]]:
    return [(UUID(int=number), 0) for number in ranking]


@given(st.lists(st.permutations(list(range(1, 7))), min_size=2, max_size=4), st.data())
def test_rankings_of_wordings_are_fused_by_reciprocal_ranks(rankings: list[list[int]], data: st.DataObject) -> None:
    own, *others = [ranking[: data.draw(st.integers(0, len(ranking)))] for ranking in rankings]
    found = fuse([candidate(number, 0.3, 1.0, [0.3]) for number in range(1, 7)], QUESTION, Retrieval())
    hits = by_ranks(found, places(own), [places(other) for other in others])

    def share(ranking: list[int], number: int) -> float:
        return (RANK_CONSTANT + 1) / (RANK_CONSTANT + ranking.index(number) + 1) if number in ranking else 0.0

    scores = {hit.candidate.version_id.int: hit.score for hit in hits}
    for number in range(1, 7):
        expected = share(own, number) / 2 + sum(share(other, number) for other in others) / len(others) / 2
        assert math.isclose(scores[number], expected, abs_tol=1e-12)
    order = [(-hit.score, hit.candidate.version_id.int) for hit in hits]
    assert order == sorted(order)
    assert 0 <= min(scores.values()) <= max(scores.values()) <= 1 + 1e-12


def test_bad_wordings_do_not_drive_out_what_the_question_found() -> None:
    found = fuse([candidate(number, 0.3, 1.0, [0.3]) for number in range(1, 9)], QUESTION, Retrieval())
    hits = by_ranks(found, places([1, 2, 3, 4]), [places([5, 6, 7, 8]) for _ in range(3)])
    assert {hit.candidate.version_id.int for hit in hits[:4]} == {1, 2, 5, 6}
