"""The picture of risk over coverage: every point of both curves, inside the frame, on scales that can be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as some

from benchmarks.risk_picture import HEIGHT, WIDTH, picture

SVG = "{http://www.w3.org/2000/svg}"
SHARE = some.floats(0, 1)
POINTS = some.lists(some.fixed_dictionaries({"threshold": SHARE, "coverage": SHARE, "risk": SHARE}), min_size=1)


@given(POINTS, POINTS)
def test_every_point_is_drawn_inside_the_frame(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> None:
    drawn = ET.fromstring(picture({"curve": ours, "curve_retrieval_score": theirs}))
    lines = [one.get("points", "").split() for one in drawn.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [len(ours), len(theirs)]
    for x, y in (map(float, point.split(",")) for line in lines for point in line):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_more_risk_is_higher_and_more_coverage_further_right() -> None:
    points = [{"threshold": 0.9, "coverage": 0.1, "risk": 0.05}, {"threshold": 0.1, "coverage": 1, "risk": 0.5}]
    drawn = picture({"curve": points, "curve_retrieval_score": points})
    [(x, y), (x_after, y_after)] = [
        tuple(map(float, one.split(","))) for one in re.findall(r'points="([^"]+)"', drawn)[0].split()
    ]
    assert x < x_after
    assert y > y_after
    # Risk is told up to its next tenth, coverage up to all: 60 % is on one axis alone.
    assert (drawn.count(">50 %</text>"), drawn.count(">60 %</text>")) == (1, 1)
    assert drawn.count('text-anchor="end" fill="#4b5563"') == 6
