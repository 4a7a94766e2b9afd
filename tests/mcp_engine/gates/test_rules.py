"""Whether scores show what is required: every rule, both directions, rows without a score, amounts and judges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.runs.metrics import Scored
from mcp_engine.gates.kind import Requirement
from mcp_engine.gates.rules import CORRECTED, STATISTICS, Values, shown, statistic_of, values_of
from mcp_engine.statistics.judges import Calibration, corrected_floor
from mcp_engine.statistics.proportions import Flips, above, mcnemar, not_worse

SHARE = {"name": "exact", "direction": "higher", "scale": "share"}
ERRORS = {"name": "errors", "direction": "lower", "scale": "share"}
AMOUNT = {"name": "points", "direction": "higher", "scale": "amount"}
SECONDS = {"name": "latency", "direction": "lower", "scale": "amount"}
SCORERS = [SHARE, ERRORS, AMOUNT, SECONDS]


def required(**more: Any) -> Requirement:
    return Requirement(name="proof", dataset="questions/1", scorer="exact", **more)


def values(right: int, wrong: int, scorer: dict[str, str] = SHARE, missing: int = 0) -> list[float | None]:
    """So many rows that are right by the middle of a share, that are not, and that have no score."""
    best, worst = (1.0, 0.0) if scorer["direction"] == "higher" else (0.0, 1.0)
    return [best] * right + [worst] * wrong + [None] * missing


BETTER = required()
KEPT = required(rule="not_worse", margin=0.1)
FLOOR = required(rule="at_least", threshold=0.8)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda one: one["name"])
@pytest.mark.parametrize("requirement", [BETTER, required(pass_at=0.5)], ids=["scores", "right and wrong"])
def test_better_needs_more_rows_that_improve_in_the_direction_that_is_better(
    requirement: Requirement, scorer: dict[str, str]
) -> None:
    good, bad = values(10, 0, scorer), values(0, 10, scorer)
    assert shown(requirement, scorer, good, bad, 0.001)
    assert not shown(requirement, scorer, good, bad, 0.0009)  # ten heads in a row: 1 / 1,024
    assert not shown(requirement, scorer, bad, good, 0.5)
    assert not shown(requirement, scorer, good, good, 0.5)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda one: one["name"])
def test_not_worse_and_at_least_ask_how_many_rows_are_right(scorer: dict[str, str]) -> None:
    kept, floor = KEPT.model_copy(update={"pass_at": 0.5}), FLOOR.model_copy(update={"pass_at": 0.5})
    good, bad = values(100, 0, scorer), values(0, 100, scorer)
    assert shown(kept, scorer, good, good, 0.05)
    assert not shown(kept, scorer, bad, good, 0.5)
    assert shown(floor, scorer, good, None, 0.001)
    assert not shown(floor, scorer, values(80, 20, scorer), None, 0.05)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.5, 1.0, None]), st.sampled_from([0.0, 0.7, None])), min_size=1),
    st.sampled_from(SCORERS),
    st.sampled_from([1e-3, 0.05, 0.3]),
)
def test_verdicts_are_those_of_the_named_statistics(
    rows: list[tuple[float | None, float | None]], scorer: dict[str, str], level: float
) -> None:
    """Against the tests by their definition, with flips counted another way."""
    new, old = [one for one, _ in rows], [one for _, one in rows]
    higher = scorer["direction"] == "higher"

    def right(value: float | None, bound: float = 0.5) -> int:
        return int(value is not None and (value >= bound if higher else value <= bound))

    def worth(value: float | None) -> float:
        return -1e9 if value is None else value if higher else -value

    def flips(pairs: Sequence[tuple[float, float]]) -> Flips:
        signs = [(after > before) - (after < before) for after, before in pairs]
        return Flips(signs.count(1), signs.count(-1), signs.count(0))

    judged = flips([(right(a), right(b)) for a, b in rows])
    scored = flips([(worth(a), worth(b)) for a, b in rows])
    assert shown(BETTER, scorer, new, old, level) == (mcnemar(scored, one_sided=True) <= level)
    at = required(pass_at=0.5)
    assert shown(at, scorer, new, old, level) == (mcnemar(judged, one_sided=True) <= level)
    assert shown(KEPT, scorer, new, old, level) == (not_worse(judged, 0.1) <= level)
    count = sum(right(value) for value in new)
    assert shown(FLOOR, scorer, new, old, level) == (above(count, len(new), 0.8) <= level)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, None]), min_size=1, max_size=60), st.sampled_from([BETTER, KEPT]))
def test_what_is_shown_at_a_level_is_shown_at_a_higher_one(new: list[float | None], requirement: Requirement) -> None:
    old = values(0, len(new))
    verdicts = [shown(requirement, SHARE, new, old, level) for level in (1e-9, 1e-4, 0.01, 0.05, 0.5)]
    assert verdicts == sorted(verdicts)


def test_a_score_that_is_just_enough_is_right_and_one_without_is_wrong() -> None:
    at = required(rule="at_least", threshold=0.5, pass_at=2.0)
    assert shown(at, SECONDS, [2.0] * 20, None, 0.01)
    assert not shown(at, SECONDS, [2.1] * 20, None, 0.5)
    assert not shown(at, SECONDS, values(0, 0, SECONDS, missing=20), None, 0.5)
    assert shown(at, AMOUNT, [2.0] * 20, None, 0.01)


@pytest.mark.parametrize("scorer", [AMOUNT, SECONDS], ids=lambda one: one["name"])
def test_an_amount_that_could_not_be_measured_is_worse_than_any(scorer: dict[str, str]) -> None:
    measured: Values = [1e9 if scorer is SECONDS else -1e9] * 10
    missing: Values = [None] * 10
    assert shown(BETTER, scorer, measured, missing, 0.001)
    assert not shown(BETTER, scorer, missing, measured, 0.5)
    assert not shown(BETTER, scorer, missing, missing, 0.5)


def test_nothing_to_be_better_than_needs_no_proof_and_a_threshold_needs_no_baseline() -> None:
    for requirement in (BETTER, required(pass_at=0.5), KEPT):
        assert shown(requirement, SHARE, values(0, 10), None, 1e-9)
    assert not shown(FLOOR, SHARE, values(0, 10), None, 0.5)


def test_what_a_judge_passes_is_corrected_for_its_errors() -> None:
    """A judge that lets half of the bad rows pass proves little with 176 of 200; one that errs seldom, enough."""
    lax, strict = Calibration(95, 100, 50, 100), Calibration(980, 1000, 980, 1000)
    said = values(176, 24)
    assert shown(FLOOR, SHARE, said, None, 0.05)
    assert shown(FLOOR, SHARE, said, None, 0.05, strict)
    assert not shown(FLOOR, SHARE, said, None, 0.05, lax)
    low = corrected_floor(176, 200, strict, 0.05)
    for threshold, verdict in ((low - 1e-6, True), (low + 1e-6, False)):
        at = required(rule="at_least", threshold=threshold)
        assert shown(at, SHARE, said, None, 0.05, strict) is verdict


def test_a_judge_that_says_better_row_by_row_is_taken_at_its_word() -> None:
    judge = Calibration(95, 100, 50, 100)
    assert shown(BETTER, SHARE, values(10, 0), values(0, 10), 0.001, judge)


def test_no_row_shows_nothing() -> None:
    with pytest.raises(InvalidInput) as caught:
        shown(FLOOR, SHARE, [], None, 0.05)
    assert caught.value.code == "statistics.not_counts"
    assert not shown(BETTER, SHARE, [], [], 0.5)


def test_sides_of_different_rows_are_a_fault_and_not_a_verdict() -> None:
    with pytest.raises(ValueError, match="shorter"):
        shown(BETTER, SHARE, [1.0], [0.0, 0.0], 0.05)


def test_values_stand_in_the_order_that_is_asked_for_and_failures_count_as_the_worst() -> None:
    failed, half = Scored(None, "scorer.failed"), Scored(0.5, None)
    rows = {one["name"]: one for one in SCORERS}
    scores = {row: dict.fromkeys(rows, score) for row, score in (("a", half), ("b", failed))}
    assert values_of(SHARE, scores, ["b", "a"]) == [0.0, 0.5]
    assert values_of(ERRORS, scores, ["a", "b"]) == [0.5, 1.0]
    assert values_of(AMOUNT, scores, ["b", "a", "b"]) == [None, 0.5, None]
    with pytest.raises(KeyError):
        values_of(SHARE, scores, ["a row that was never scored"])


def test_how_it_is_decided_is_said_in_words() -> None:
    assert statistic_of(BETTER, judged=True) == STATISTICS["better"]
    assert statistic_of(FLOOR, judged=False) == STATISTICS["at_least"]
    assert statistic_of(FLOOR, judged=True) == CORRECTED
    assert STATISTICS.keys() == {"better", "not_worse", "at_least"}
