"""Fusion: scaled scores, mixed, ties in a fixed order."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from rag.index.repository import Candidate
from rag.retrieval import fuse, scaled
from rag.strategy import Retrieval

QUESTION = np.eye(1, 4, dtype=np.float32)[0]


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
    assert [hit.candidate.version_id.int for hit in fuse(found, QUESTION, Retrieval())] == [1, 2, 3]
    assert fuse([], QUESTION, Retrieval()) == []


def test_equal_scores_scale_to_one_or_to_nothing() -> None:
    assert scaled(np.array([2.0, 2.0])).tolist() == [1, 1]
    assert scaled(np.array([0.0, 0.0])).tolist() == [0, 0]
    assert scaled(np.array([1.0, 3.0, 2.0])).tolist() == [0, 1, 0.5]
