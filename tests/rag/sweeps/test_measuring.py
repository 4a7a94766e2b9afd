"""What rows come to: counts, latencies, risk over coverage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sweeps.measuring import Asked, RiskPoint, auroc, measured, risk_coverage

RIGHT = Asked(True, 10.0, refused=False, confidence=0.9, is_right=True)
WRONG = Asked(True, 30.0, refused=False, confidence=0.6)
REFUSED = Asked(True, 20.0, refused=True, confidence=0.2)
FAILED = Asked(True)
UNKNOWN = Asked(False, 1000.0, refused=False, confidence=0.99)
ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30)


def test_rows_are_counted_and_those_that_failed_have_no_latency() -> None:
    found = measured([RIGHT, WRONG, REFUSED, FAILED], with_curve=True)
    assert (found.answered, found.refused, found.failed) == (2, 1, 1)
    assert (found.latency_p50_ms, found.latency_p95_ms) == (20.0, pytest.approx(29.0))
    assert found.curve is not None
    assert found.curve.points == [RiskPoint(0.9, 0.25, 0.0), RiskPoint(0.6, 0.5, 0.5)]


def test_rows_that_name_no_sources_are_left_out_of_the_curve_and_counted() -> None:
    found = measured([RIGHT, UNKNOWN], with_curve=True)
    assert found.curve is not None
    assert (found.curve.rows, found.curve.left_out) == (1, 1)
    assert found.curve.points == [RiskPoint(0.9, 1.0, 0.0)]


def test_where_every_row_failed_there_is_no_latency_and_an_empty_curve() -> None:
    found = measured([FAILED, FAILED], with_curve=True)
    assert (found.failed, found.latency_p50_ms, found.latency_p95_ms) == (2, None, None)
    assert found.curve is not None
    assert found.curve.points == []
    assert measured([RIGHT], with_curve=False).curve is None


@given(ANSWERS, st.integers(0, 20))
def test_each_point_of_the_curve_says_what_its_threshold_would_have_answered(
    answers: list[tuple[float, bool]], unanswered: int
) -> None:
    total = len(answers) + unanswered
    points = risk_coverage(answers, total)
    assert [point.threshold for point in points] == sorted({confidence for confidence, _ in answers}, reverse=True)
    for threshold, coverage, risk in points:
        given_answers = [is_right for confidence, is_right in answers if confidence >= threshold]
        assert coverage == len(given_answers) / total
        assert risk == given_answers.count(False) / len(given_answers)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1), st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1))
def test_auroc_counts_pairs(positive: list[float], negative: list[float]) -> None:
    pairs = [(one > other) + 0.5 * (one == other) for one in positive for other in negative]
    assert auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def test_without_both_kinds_of_answers_there_is_no_auroc() -> None:
    assert auroc([], [0.5]) is None
    found = [measured(rows, with_curve=True).curve for rows in ([RIGHT, REFUSED], [RIGHT, WRONG])]
    assert [one and one.auroc for one in found] == [None, 1.0]
