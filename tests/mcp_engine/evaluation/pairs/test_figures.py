"""What two verdicts on a row, and many rows, come to."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.evaluation.pairs.figures import RowSaid, Said, figures, first_position
from mcp_engine.evaluation.pairs.schemas import Answer

answers = st.sampled_from(get_args(Answer))
said = st.one_of(answers.map(Said), st.just(Said(None, "score.judge_unreadable")))
rows = st.lists(st.builds(RowSaid, said, said), min_size=1, max_size=60)
SWAPPED: dict[Answer, Answer] = {"first": "second", "second": "first", "tie": "tie"}


def row(baseline_first: Answer | None, candidate_first: Answer | None) -> RowSaid:
    return RowSaid(*(Said(one, None if one else "score.judge_unreadable") for one in (baseline_first, candidate_first)))


@pytest.mark.parametrize(
    ("baseline_first", "candidate_first", "result"),
    [
        ("second", "first", "win"),
        ("first", "second", "loss"),
        ("tie", "tie", "tie"),
        ("first", "first", "inconsistent"),
        ("second", "second", "inconsistent"),
        ("second", "tie", "inconsistent"),
        ("tie", "second", "inconsistent"),
        (None, "first", "failed"),
        ("first", None, "failed"),
        (None, None, "failed"),
    ],
)
def test_a_side_wins_a_row_only_when_both_orders_name_it(
    baseline_first: Answer | None, candidate_first: Answer | None, result: str
) -> None:
    assert row(baseline_first, candidate_first).result == result


@given(rows)
def test_every_row_is_counted_once_and_every_missing_verdict_by_its_reason(judged: list[RowSaid]) -> None:
    found = figures(judged)
    assert found.wins + found.losses + found.ties + found.inconsistent + found.failed == found.rows == len(judged)
    assert sum(found.failures.values()) == sum(one.answer is None for pair in judged for one in pair)
    assert found.low <= found.difference <= found.high
    assert found.difference == pytest.approx((found.wins - found.losses) / found.rows)
    assert (found.verdict == "undecided") == (found.p_value > 0.05)


@given(rows)
def test_the_sides_are_treated_alike(judged: list[RowSaid]) -> None:
    one = figures(judged)
    other = figures([RowSaid(pair.candidate_first, pair.baseline_first) for pair in judged])
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.p_value == other.p_value
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.first_position == other.first_position


@given(rows)
def test_the_preference_for_a_position_is_a_share_with_its_interval(judged: list[RowSaid]) -> None:
    found = first_position(judged)
    if found is None:
        assert not any(one.answer in ("first", "second") for pair in judged for one in pair)
        return
    assert 0 <= found.low <= found.share <= found.high <= 1
    swapped = [RowSaid(*(Said(one.answer and SWAPPED[one.answer]) for one in pair)) for pair in judged]
    other = first_position(swapped)
    assert other is not None
    assert (other.share, other.low, other.high) == pytest.approx((1 - found.share, 1 - found.high, 1 - found.low))


def test_a_judge_that_always_names_the_first_shows_nothing_but_its_bias() -> None:
    found = figures([row("first", "first")] * 50)
    assert (found.wins, found.losses, found.inconsistent, found.verdict) == (0, 0, 50, "undecided")
    assert found.first_position is not None
    assert (found.first_position.share, found.first_position.rows) == (1.0, 50)
    # Wilson's interval of 50 of 50, not of 100 of 100: a row is one observation.
    assert found.first_position.low == pytest.approx(0.9287, abs=1e-4)


def test_a_judge_that_sees_a_difference_has_no_preference_and_a_verdict() -> None:
    found = figures([row("second", "first")] * 9 + [row("first", "second")])
    assert found.first_position is not None
    assert found.first_position.share == 0.5
    assert found.p_value == pytest.approx(0.021484375)  # exact: 2 * (1 + 10) / 2**10
    assert found.verdict == "better"
    assert figures([row("first", "second")] * 10).verdict == "worse"
    assert figures([row("second", "first")] * 5).verdict == "undecided"
