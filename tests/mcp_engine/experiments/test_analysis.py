"""What is concluded, from counts that are made up for it, and over the whole way of rows."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mcp_engine.access import Caller
from mcp_engine.experiments.analysis import Arm, Evidence, analyse
from mcp_engine.experiments.comparing import BinaryCounts, Criterion, MeanMoments, compare_binary, compare_means
from mcp_engine.experiments.observations.repository import MeanTally, UnitCount
from mcp_engine.experiments.schemas import Plan
from mcp_engine.statistics.cuped import adjusted
from mcp_engine.statistics.eprocess import PAIRS, confidence_interval, pair_outcome, trajectory
from mcp_engine.statistics.moments import CrossMoments, Moments
from tests.mcp_engine.experiments.conftest import Api, World
from tests.mcp_engine.experiments.test_watching import observe

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HIGHER = Criterion("higher", 0.05)


def binary(outcomes: list[tuple[int, bool]], arms: int = 2) -> BinaryCounts:
    return BinaryCounts.of(np.array([2 * arm + success for arm, success in outcomes], dtype=np.int64), 1, arms)


def means(*values: list[float], covariates: tuple[list[float], ...] = ()) -> MeanMoments:
    tallies = [
        MeanTally(
            0, arm, CrossMoments.of(covariates[arm], given) if covariates else CrossMoments(),
            Moments() if covariates else Moments.of(given),
        )
        for arm, given in enumerate(values)
    ]  # fmt: skip
    return MeanMoments.of(tallies, len(values))


def evidence(counts: dict[int, tuple[int, int]], **plan: Any) -> Evidence:
    """Return evidence of units with one binary metric: an arm -> (failures, successes)."""
    plan = {"metrics": [{"name": "m", "kind": "binary", "direction": "higher"}]} | plan
    outcomes = np.concatenate([np.repeat([2 * arm, 2 * arm + 1], pair) for arm, pair in counts.items()])
    codes = np.random.default_rng(1).permutation(outcomes)
    metrics = [metric["name"] for metric in (*plan["metrics"], *plan.get("guardrails", ()))]
    arms = len(counts)
    return Evidence(
        name="e", state="running", plan=Plan.model_validate(plan), arms=[Arm(f"arm{n}", n + 1) for n in range(arms)],
        allocations=[[1 / arms] * arms], units=[UnitCount(0, arm, bad + good) for arm, (bad, good) in counts.items()],
        data={name: BinaryCounts.of(codes, 1, arms) for name in metrics}, fallback_units=0, not_binary={},
        alarmed=False, as_of=NOW,
    )  # fmt: skip


def test_a_binary_comparison_is_the_e_process_of_its_pairs() -> None:
    random = np.random.default_rng(7)
    outcomes = [(int(random.integers(2)), bool(random.random() < 0.5)) for _ in range(400)]
    found = compare_binary(binary(outcomes), 1, [[0.5, 0.5]], HIGHER)
    arms = [[success for arm, success in outcomes if arm == one] for one in (0, 1)]
    kinds = [pair_outcome(a, b) for a, b in zip(*arms, strict=False)]
    assert found.p_value == pytest.approx(math.exp(-max(0.0, trajectory(PAIRS, kinds).max())))
    assert found.interval is not None
    counts = [kinds.count(kind) for kind in range(3)]
    assert tuple(found.interval) == pytest.approx(tuple(confidence_interval(PAIRS, counts)))
    assert found.history[-1].interval == found.interval
    assert found.history[-1].observations <= 400
    assert len(found.history) <= 24


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.8, 0.2), (0.1, 0.9)])
def test_units_that_answer_more_often_are_no_better(weights: tuple[float, float]) -> None:
    random, claimed = np.random.default_rng(11), 0
    for _ in range(100):
        arms = (random.random(2000) < weights[1]).astype(np.int64)
        answers = random.random(2000) < np.where(arms == 1, 0.6, 0.3)
        codes = (2 * arms + (random.random(2000) < 0.8))[answers]
        found = compare_binary(BinaryCounts.of(codes, 1, 2), 1, [weights], HIGHER, 1)
        claimed += found.verdict is not None
    assert claimed <= 12  # of 100 at a level of 0.05: more than that has a probability below 0.002


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.75, 0.25), (0.1, 0.9)])
def test_a_difference_is_found_whatever_the_weights(weights: tuple[float, float]) -> None:
    random = np.random.default_rng(13)
    arms = (random.random(4000) < weights[1]).astype(np.int64)
    codes = 2 * arms + (random.random(4000) < np.where(arms == 1, 0.75, 0.6))
    found = compare_binary(BinaryCounts.of(codes, 1, 2), 1, [weights], HIGHER)
    assert found.verdict is True
    assert found.interval is not None
    assert 0 < found.interval.low < 0.15 < found.interval.high


def test_what_was_decided_stays_decided() -> None:
    clear = [(arm, bool(arm)) for _ in range(40) for arm in (0, 1)]
    muddled = [(arm, not arm) for _ in range(60) for arm in (0, 1)]
    first, later = (compare_binary(binary(one), 1, [[0.5, 0.5]], HIGHER) for one in (clear, clear + muddled))
    assert first.verdict is True
    assert later.verdict is True
    assert later.p_value is not None
    assert first.p_value is not None
    assert later.p_value <= first.p_value


def test_direction_says_what_is_better() -> None:
    clear = [(arm, bool(arm)) for _ in range(40) for arm in (0, 1)]
    assert compare_binary(binary(clear), 1, [[0.5, 0.5]], Criterion("lower", 0.05)).verdict is False


def test_the_expected_end_is_where_it_ends_if_nothing_changes() -> None:
    pattern = [(0, success) for success in (True, True, False, False, False)]
    pattern += [(1, success) for success in (True, True, True, False, False)]
    early = compare_binary(binary(pattern * 6), 1, [[0.5, 0.5]], HIGHER)
    assert early.verdict is None
    assert early.to_go is not None
    units = round(6 * early.to_go) + 1
    assert compare_binary(binary(pattern * units), 1, [[0.5, 0.5]], HIGHER).verdict is True


def test_without_a_difference_no_end_is_foreseen() -> None:
    even = [(arm, success) for _ in range(50) for arm in (0, 1) for success in (True, False)]
    found = compare_binary(binary(even), 1, [[0.5, 0.5]], HIGHER)
    assert (found.verdict, found.to_go) == (None, None)
    assert compare_binary(binary([]), 1, [[0.5, 0.5]], HIGHER).difference is None


def test_a_guardrail_asks_for_harm_alone() -> None:
    better = [(arm, bool(arm)) for _ in range(60) for arm in (0, 1)]
    worse = [(arm, not arm) for arm, _ in better]
    guard = Criterion("higher", 0.05, loss=0.1, one_sided=True)
    assert compare_binary(binary(better), 1, [[0.5, 0.5]], guard).verdict is None
    assert compare_binary(binary(worse), 1, [[0.5, 0.5]], guard).verdict is False
    generous = Criterion("higher", 0.05, loss=0.99, one_sided=True)
    assert compare_binary(binary(worse), 1, [[0.5, 0.5]], generous).verdict is None


def test_means_wait_for_their_burn_in_and_are_then_judged() -> None:
    random = np.random.default_rng(3)
    a, b = random.normal(0, 1, 2000), random.normal(0.4, 1, 2000)
    criterion = Criterion("higher", 0.05, burn_in=1000)
    early = compare_means(means(list(a[:500]), list(b[:500])), 1, criterion, fixed=True)
    assert (early.verdict, early.history) == (None, [])
    late = compare_means(means(list(a), list(b)), 1, criterion, fixed=True)
    assert late.verdict is True
    assert late.interval is not None
    assert late.difference is not None
    assert late.difference in late.interval
    adaptive = compare_means(means(list(a), list(b)), 1, criterion, fixed=False)
    assert (adaptive.verdict, adaptive.interval) == (None, None)


def test_a_guarded_mean_is_judged_by_harm_alone() -> None:
    random = np.random.default_rng(3)
    a, b = list(random.normal(0, 1, 1500)), list(random.normal(0.6, 1, 1500))
    guard = Criterion("lower", 0.05, loss=0.1, one_sided=True, burn_in=50)
    assert compare_means(means(a, b), 1, guard, fixed=True).verdict is False
    assert compare_means(means(b, a), 1, guard, fixed=True).verdict is None


def test_a_covariate_narrows_the_interval() -> None:
    random = np.random.default_rng(5)
    before = [random.normal(0, 1, 1500) for _ in range(2)]
    after = [one + random.normal(0.1 * arm, 0.3, 1500) for arm, one in enumerate(before)]
    criterion = Criterion("higher", 0.05, burn_in=100)
    plain = compare_means(means(*map(list, after)), 1, criterion, fixed=True)
    narrow = compare_means(means(*map(list, after), covariates=tuple(map(list, before))), 1, criterion, fixed=True)
    assert plain.interval is not None
    assert narrow.interval is not None
    assert narrow.interval.width < 0.5 * plain.interval.width
    assert narrow.interval.low <= 0.1 <= narrow.interval.high
    expected = adjusted([CrossMoments.of(x, y) for x, y in zip(before, after, strict=True)])
    assert narrow.difference == pytest.approx(expected[1].mean - expected[0].mean)


@pytest.mark.parametrize(
    ("counts", "plan", "decision", "arm"),
    [
        ({0: (50, 50), 1: (48, 52)}, {}, "keep_going", None),
        ({0: (80, 120), 1: (20, 180)}, {}, "winner", "arm1"),
        ({0: (20, 180), 1: (80, 120)}, {}, "none", None),
        ({0: (60, 60), 1: (58, 62)}, {"planned_units": 200}, "none", None),
        ({0: (180, 120), 1: (20, 280), 2: (60, 240)}, {}, "winner", "arm1"),
        ({0: (700, 200), 1: (200, 300)}, {}, "broken", None),
        (
            {0: (20, 180), 1: (80, 120)},
            {"guardrails": [{"name": "g", "kind": "binary", "direction": "higher"}]},
            "harmed",
            "arm1",
        ),
    ],
)
def test_a_conclusion(counts: dict[int, tuple[int, int]], plan: dict[str, Any], decision: str, arm: str | None) -> None:
    conclusion = analyse(evidence(counts, **plan)).conclusion
    assert (conclusion.decision, conclusion.arm) == (decision, arm), conclusion.text


def test_what_has_ended_is_not_told_to_keep_going() -> None:
    found = analyse(dataclasses.replace(evidence({0: (50, 50), 1: (48, 52)}), state="stopped"))
    assert (found.conclusion.decision, found.conclusion.text) == (
        "none", "It ended before any arm had shown to be better.",
    )  # fmt: skip
    assert "1 arm and 1 metric," in found.correction


def test_several_arms_and_metrics_share_the_error_rate() -> None:
    metrics = [{"name": name, "kind": "binary", "direction": "higher"} for name in ("m", "n")]
    found = analyse(evidence({0: (50, 50), 1: (50, 50), 2: (50, 50)}, metrics=metrics, alpha=0.04))
    assert {round(one.level, 12) for one in found.comparisons} == {0.01}
    assert len(found.comparisons) == 4
    assert "Bonferroni" in found.correction


async def test_over_the_rows_the_same_is_found(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin()
    await observe(world, caller, experiment, "helpful", control=(300, 150), short=(300, 230))
    found = await api.analysis(experiment)
    (comparison,) = found["comparisons"]
    assert (comparison["control_observations"], comparison["observations"]) == (300, 300)
    assert comparison["control_value"] == 0.5
    assert comparison["value"] == pytest.approx(230 / 300)
    assert comparison["verdict"] == "better"
    assert found["conclusion"]["decision"] == "winner"
    assert [arm["units"] for arm in found["arms"]] == [300, 300]
    assert comparison["interval"]["low"] > 0


async def test_means_with_a_covariate_over_the_rows(api: Api, world: World, caller: Caller) -> None:
    metric = {"name": "minutes", "kind": "mean", "direction": "lower"}
    experiment = await api.begin(metrics=[metric], covariate="before", burn_in=2)
    values: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for number in range(40):
        before = float(number % 7)
        run = await api.run(unit_id=f"u{number}", attributes={"before": before})
        minutes = 2 * before + (number % 3) * 0.1
        values[run["number"]].append((before, minutes))
        await api.give(minutes, metric="minutes", execution_id=run["execution_id"])
    control, treated = adjusted([CrossMoments.of(*map(list, zip(*pairs, strict=True))) for pairs in values.values()])
    (comparison,) = (await api.analysis(experiment))["comparisons"]
    assert comparison["difference"] == pytest.approx(treated.mean - control.mean)
    assert "CUPED" in comparison["method"]
    assert comparison["interval"] is not None
    assert comparison["p_value"] is None
