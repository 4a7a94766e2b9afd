"""The gate's ledger: levels that add up on every way verdicts can go, and simulations of a search that tries a lot."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.proportions import Flips, mcnemar
from mcp_engine.statistics.spending import AFTER_PASSES, Ledger, opening_budget

ROWS, ATTEMPTS = 600, 1000


def passing_wins(discordant: int, alpha: float) -> int:
    """The fewest gains among so many flips that the one-sided exact test accepts."""
    low, high = 0, discordant + 1
    while low < high:
        middle = (low + high) // 2
        if mcnemar(Flips(middle, discordant - middle, 0), one_sided=True) <= alpha:
            high = middle
        else:
            low = middle + 1
    return low


def thresholds(alpha: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([passing_wins(discordant, alpha) for discordant in range(ROWS + 1)])


def levels_on_all_ways(ledger: Ledger, looks: int) -> float:
    """The levels of a ledger's next looks, summed over every way that their verdicts can go."""
    if not looks:
        return 0.0
    further = [levels_on_all_ways(ledger.after(passed=passed), looks - 1) for passed in (False, True)]
    return ledger.next_alpha + sum(further)


@given(st.floats(0.001, 0.2), st.integers(1, 20), st.integers(1, 9))
def test_levels_over_all_ways_add_up_to_the_total_at_most(total: float, planned: int, looks: int) -> None:
    assert levels_on_all_ways(Ledger(total, planned), looks) <= total * (1 + 1e-12)


def test_without_a_pass_nine_tenths_of_the_budget_are_spent_in_the_end() -> None:
    ledger, spent = Ledger(0.05, planned=10), 0.0
    for _ in range(5000):
        spent += ledger.next_alpha
        ledger = ledger.after(passed=False)
    assert spent == pytest.approx(0.9 * 0.05, rel=1e-3)


def test_the_planned_looks_have_the_same_chance_and_later_ones_less_and_less() -> None:
    ledger = Ledger(0.05, planned=3)
    levels = list[float]()
    for _ in range(6):
        levels.append(ledger.next_alpha)
        ledger = ledger.after(passed=False)
    assert levels[0] == levels[1] == levels[2] == pytest.approx(0.05 * 0.81 / 3)
    assert levels[2] > levels[3] > levels[4] > levels[5] > 0


@given(st.floats(0.001, 0.2), st.integers(1, 40), st.integers(0, 90), st.integers(0, 60))
def test_what_is_left_is_what_the_looks_to_come_can_spend(budget: float, planned: int, looks: int, ahead: int) -> None:
    ledger, spent = Ledger(budget, planned, looks), 0.0
    left = ledger.left
    for _ in range(ahead):
        spent += ledger.next_alpha
        ledger = ledger.after(passed=False)
    assert spent / (1 - AFTER_PASSES) == pytest.approx(left - ledger.left, abs=1e-12)
    # In the limit that is everything: what is left falls to nothing.
    assert 0 < ledger.left <= left <= budget * (1 + 1e-12)
    assert Ledger(budget, planned, planned + 10**9).left <= budget * 1e-9


def test_a_new_ledger_has_all_of_its_budget_left_and_a_pass_leaves_what_was_set_aside() -> None:
    assert Ledger(0.05, 10).left == pytest.approx(0.05)
    after = Ledger(0.05, 10).after(passed=True)
    assert after.left == after.budget == pytest.approx(0.05 * 0.09 * AFTER_PASSES)


def test_a_pass_costs_and_so_many_of_them_leave_nothing() -> None:
    ledger = Ledger(0.05, planned=10)
    assert ledger.after(passed=True).next_alpha < ledger.after(passed=False).next_alpha / 50
    for _ in range(400):
        ledger = ledger.after(passed=True)
    assert ledger.next_alpha == 0.0


def test_generations_of_fresh_rows_share_the_total_for_ever() -> None:
    assert [opening_budget(0.06, generation) for generation in (1, 2, 3)] == pytest.approx([0.03, 0.01, 0.005])
    assert sum(opening_budget(0.05, generation) for generation in range(1, 10_000)) == pytest.approx(0.05, rel=1e-3)


def test_a_thousand_noise_attempts_on_one_sealed_set_seldom_promote_any() -> None:
    """1,000 searches, each trying 1,000 versions that are as good as the baseline, on the same 600 rows."""
    generator = np.random.default_rng(21)
    needed = thresholds(Ledger(0.05, ATTEMPTS).next_alpha)
    fooled = 0
    for _ in range(1000):
        right = int(generator.binomial(ROWS, 0.5))
        gained = generator.binomial(ROWS - right, 0.5, ATTEMPTS)
        lost = generator.binomial(right, 0.5, ATTEMPTS)
        fooled += bool((gained >= needed[gained + lost]).any())
    assert 0 < fooled / 1000 <= 0.05


def test_a_gain_hidden_among_a_thousand_attempts_is_found_on_the_same_rows() -> None:
    """Every planned look has the same level, so it does not matter at which one the version of 0.65 is tried."""
    generator = np.random.default_rng(22)
    needed = thresholds(Ledger(0.05, ATTEMPTS).after(passed=False).next_alpha)
    right = generator.binomial(ROWS, 0.5, 2000)
    gained, lost = generator.binomial(ROWS - right, 0.65), generator.binomial(right, 0.35)
    assert np.mean(gained >= needed[gained + lost]) >= 0.85


def test_screening_on_open_rows_finds_the_gain_with_400_sealed_ones() -> None:
    """A version is looked at when it gains at 0.01 on 400 open rows; about eight of 1,000 noise versions are, too."""
    generator = np.random.default_rng(23)

    def p_values(rate: float, tries: int) -> list[float]:
        right = generator.binomial(400, 0.5, tries)
        gained, lost = generator.binomial(400 - right, rate), generator.binomial(right, 1 - rate)
        flips = zip(gained, lost, strict=True)
        return [mcnemar(Flips(int(g), int(lost_), 0), one_sided=True) for g, lost_ in flips]

    screened = sum(p <= 0.01 for p in p_values(0.5, 4000)) / 4
    assert screened <= 12
    alpha = Ledger(0.05, planned=20).next_alpha
    opened, sealed = p_values(0.65, 1000), p_values(0.65, 1000)
    found = [open_p <= 0.01 and sealed_p <= alpha for open_p, sealed_p in zip(opened, sealed, strict=True)]
    assert np.mean(found) >= 0.8


def test_a_search_that_sees_scores_breaks_the_guarantee() -> None:
    """Why a look may tell its verdict only: the majority of the luckiest of 200 noise versions looks like a gain."""
    generator, fooled = np.random.default_rng(24), 0
    needed = thresholds(Ledger(0.05, 201).next_alpha)
    for _ in range(60):
        baseline = generator.random(ROWS) < 0.5
        noise = generator.random((200, ROWS)) < 0.5
        scores = noise.sum(axis=1)
        majority = noise[np.argsort(scores)[-41:]].mean(axis=0) > 0.5
        gained, lost = int((majority & ~baseline).sum()), int((baseline & ~majority).sum())
        fooled += gained >= needed[gained + lost]
    assert fooled / 60 > 0.5


def test_bad_input_is_refused() -> None:
    for call in (
        lambda: Ledger(1.0),
        lambda: Ledger(math.nan),
        lambda: Ledger(planned=0),
        lambda: Ledger(looks=-1),
        lambda: opening_budget(0.05, 0),
        lambda: opening_budget(0.0, 1),
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.code == "statistics.out_of_range"
