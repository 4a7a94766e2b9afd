"""Figures of decisions against their definitions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ranking import coverage_at, risk_coverage

scored = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1)


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
