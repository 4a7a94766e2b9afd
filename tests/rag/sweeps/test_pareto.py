"""The front of quality and latency."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.sweeps.pareto import Point, dominates, front

# Few different values, so that ties are many.
FEW = st.sampled_from([0.0, 0.25, 0.5, 1.0])
ALIKE = st.builds(Point, FEW, st.sampled_from([1.0, 2.0, 5.0]))
POINTS = st.lists(ALIKE | st.builds(Point, st.floats(0, 1), st.floats(0, 1e6)), max_size=64)


@given(POINTS)
def test_no_point_of_the_front_is_dominated_and_every_other_point_is(points: list[Point]) -> None:
    chosen = front(points)
    assert len(set(chosen)) == len(chosen)
    for place, point in enumerate(points):
        assert any(dominates(other, point) for other in points) is (place not in chosen)


@given(POINTS)
def test_along_the_front_more_time_buys_more_quality(points: list[Point]) -> None:
    along = [points[place] for place in front(points)]
    assert along == sorted(along, key=lambda point: (point.latency_ms, point.quality))
    assert [point.quality for point in along] == sorted(point.quality for point in along)


def test_equal_points_are_both_on_the_front() -> None:
    best, worse = Point(1.0, 2.0), Point(0.5, 2.0)
    assert front([best, worse, best]) == [0, 2]
    assert front([]) == []
