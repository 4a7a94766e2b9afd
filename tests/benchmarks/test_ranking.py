"""Figures of rankings, spans and decisions against their definitions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ranking import auroc, coverage_at, length, merged, risk_coverage, shared

spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair) + 1)), max_size=6
)
scored = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1)


@given(spans, spans)
def test_shared_characters_are_counted_once(ours: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> None:
    def characters(given: list[tuple[int, int]]) -> set[int]:
        return {place for start, end in given for place in range(start, end)}

    assert length(merged(ours)) == len(characters(ours))
    assert shared(ours, theirs) == len(characters(ours) & characters(theirs))


@given(scored)
def test_a_curve_has_a_point_for_each_threshold(rows: list[tuple[float, bool]]) -> None:
    curve = risk_coverage([score for score, _ in rows], [right for _, right in rows])
    assert len(curve) == len({score for score, _ in rows})
    for threshold, coverage, risk in curve:
        given = [right for score, right in rows if score >= threshold]
        assert coverage == len(given) / len(rows)
        assert risk == given.count(False) / len(given)
    best = max((coverage for _, coverage, risk in curve if risk <= 0.2), default=0.0)
    assert coverage_at(curve, 0.2) == best


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1), st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1))
def test_auroc_counts_pairs(positive: list[float], negative: list[float]) -> None:
    pairs = [(one > other) + 0.5 * (one == other) for one in positive for other in negative]
    assert auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def test_auroc_of_nothing_is_not_a_number() -> None:
    assert math.isnan(auroc([], [0.5]))
