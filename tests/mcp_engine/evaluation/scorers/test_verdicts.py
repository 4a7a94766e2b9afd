"""What a judge's output says, or does not."""

from __future__ import annotations

import pytest

from mcp_engine.evaluation.scorers.verdicts import read_verdict


@pytest.mark.parametrize(
    ("output", "verdict"),
    [('{"pass": true}', 1.0), ('{"pass": false, "why": "no"}', 0.0), ('{"score": 0.25}', 0.25), ('{"score": 1}', 1.0)],
)
def test_a_verdict_is_read(output: str, verdict: float) -> None:
    assert read_verdict(output) == verdict


@pytest.mark.parametrize(
    "output",
    ["", "yes", "[1]", '{"pass": "true"}', '{"score": true}', '{"score": 1.5}', '{"score": -0.1}', "{}", "NaN"],
)
def test_anything_else_is_none(output: str) -> None:
    assert read_verdict(output) is None
