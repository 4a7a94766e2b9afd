"""Probabilities and log-odds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.odds import LARGEST, bounded, log_odds, probability


@given(st.floats(0, 1))
def test_there_and_back_is_the_same(share: float) -> None:
    assert probability(log_odds(share)) == pytest.approx(share, abs=4e-7)
    assert abs(log_odds(share)) <= LARGEST


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_more_is_never_less_probable(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= probability(low) <= probability(high) <= 1
    assert bounded(low) <= bounded(high)


def test_even_odds() -> None:
    assert (log_odds(0.5), probability(0)) == (0, 0.5)
