"""Weights that are fitted to rows say what the rows say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.odds import log_odds, probability
from rag.strategy import MOST_WEIGHT
from rag.sweeps.calibrating import LEAST, Said, fitted


def drawn(count: int, own: float, judge: float, bias: float, *, seed: int = 1) -> list[Said]:
    """Draw rows whose answers are right as often as these weights say."""
    random = np.random.default_rng(seed)
    rows: list[Said] = []
    for _ in range(count):
        said, thought = float(random.normal(0, 1.5)), float(random.normal(0, 2))
        right = bool(random.random() < probability(bias + own * said + judge * thought))
        rows.append(Said(probability(said), thought, right))
    return rows


def test_the_weights_that_rows_were_drawn_with_are_found_again() -> None:
    found = fitted(drawn(20_000, own=0.6, judge=1.4, bias=-0.8))
    assert found is not None
    assert (found.own, found.judge, found.bias) == (
        pytest.approx(0.6, abs=0.06),
        pytest.approx(1.4, abs=0.06),
        pytest.approx(-0.8, abs=0.06),
    )
    assert found.loss_after < found.loss_before
    assert (found.rows, found.right) == (20_000, sum(row.is_right for row in drawn(20_000, 0.6, 1.4, -0.8)))


def test_without_a_judge_its_weight_says_nothing_and_stays() -> None:
    rows = [Said(row.own, None, row.is_right) for row in drawn(5_000, own=2.0, judge=0.0, bias=0.5)]
    found = fitted(rows)
    assert found is not None
    assert (found.own, found.bias) == (pytest.approx(2.0, abs=0.15), pytest.approx(0.5, abs=0.15))
    assert found.judge == 1.0


def test_a_judge_that_is_always_wrong_is_not_listened_to() -> None:
    found = fitted(drawn(5_000, own=1.0, judge=-2.0, bias=0.0))
    assert found is not None
    assert found.judge == 0
    assert found.own > 0


def test_rows_that_one_number_divides_cleanly_have_weights_too() -> None:
    rows = [Said(0.9, 3.0, True)] * 30 + [Said(0.1, -3.0, False)] * 30
    found = fitted(rows)
    assert found is not None
    assert found.loss_after < found.loss_before < 0.11
    assert max(found.own, found.judge) <= MOST_WEIGHT


@pytest.mark.parametrize(("right", "wrong"), [(LEAST - 1, 200), (200, LEAST - 1), (0, 0)])
def test_too_few_of_either_fit_nothing(right: int, wrong: int) -> None:
    assert fitted([Said(0.7, 1.0, True)] * right + [Said(0.4, 0.0, False)] * wrong) is None


def test_rows_of_which_some_were_not_judged_fit_nothing() -> None:
    rows = drawn(200, 1.0, 1.0, 0.0)
    assert fitted([*rows, Said(0.5, None, True)]) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(-15, 15)), min_size=LEAST, max_size=60),
    st.lists(st.tuples(st.floats(0, 1), st.floats(-15, 15)), min_size=LEAST, max_size=60),
)
def test_whatever_the_rows_say_the_weights_are_ones_that_a_strategy_may_have(
    right: list[tuple[float, float]], wrong: list[tuple[float, float]]
) -> None:
    found = fitted([Said(*one, True) for one in right] + [Said(*one, False) for one in wrong])
    assert found is not None
    assert 0 <= found.own <= MOST_WEIGHT
    assert 0 <= found.judge <= MOST_WEIGHT
    assert -50 <= found.bias <= 50
    assert np.isfinite([found.loss_before, found.loss_after]).all()


def test_log_odds_of_certainty_are_bounded() -> None:
    found = fitted([Said(1.0, 15.0, True)] * 30 + [Said(0.0, -15.0, False)] * 30)
    assert found is not None
    assert found.loss_before == pytest.approx(0, abs=1e-6)
    assert log_odds(1.0) == 15
