"""What may be concluded from an experiment now: pure, from what was counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from mcp_engine.experiments.comparing import (
    CHECKPOINTS,
    BinaryCounts,
    Compared,
    Criterion,
    MeanMoments,
    compare_binary,
    compare_means,
)
from mcp_engine.experiments.observations.repository import UnitCount
from mcp_engine.experiments.schemas import Direction, GuardrailSpec, MetricKind, MetricSpec, Plan, Role, State
from mcp_engine.statistics.interval import Interval
from mcp_engine.statistics.multiplicity import bonferroni
from mcp_engine.statistics.ratio_mismatch import ALARM_LEVEL, log_bayes_factor

MAX_INTERVALS = 200
"""Over all comparisons: with many of them, each has fewer checkpoints."""
Decision = Literal["winner", "none", "keep_going", "harmed", "broken"]
Data = BinaryCounts | MeanMoments


class IntervalView(BaseModel):
    """An end that nothing bounds is null."""

    low: float | None
    high: float | None


class CheckpointView(BaseModel):
    """The interval when so many observations of all arms were in; null before there was one."""

    observations: int
    difference: float
    interval: IntervalView


class ComparisonView(BaseModel):
    """An arm beside the control on one metric."""

    arm: str
    metric: str
    role: Role
    kind: MetricKind
    direction: Direction
    tolerated_loss: float | None
    method: str
    level: float = Field(description="Its part of the experiment's error rate.")
    control_observations: int
    observations: int
    control_value: float | None
    value: float | None
    difference: float | None = Field(description="Arm minus control, in the metric's unit.")
    interval: IntervalView | None = Field(description="Holds at every moment at once; null when none is valid.")
    p_value: float | None = Field(description="Valid at every moment; null for means, which have an interval alone.")
    verdict: Literal["better", "worse", "open"]
    expected_units: int | None = Field(
        description="More units until a decision, if things stay as they are; null when none is foreseen."
    )
    biased: bool = Field(description="Shares followed the outcomes: the estimate leans, mostly towards 0 for losers.")
    history: list[CheckpointView]


class ArmUnits(BaseModel):
    arm: str
    version: int
    units: int
    share: float | None
    intended_share: float


class RatioMismatch(BaseModel):
    """Whether units reach the arms in the intended shares; if not, no other figure can be trusted."""

    p_value: float
    alarm: bool


class Excluded(BaseModel):
    """What is not counted."""

    fallback_units: int = Field(description="Units that were ever shown a fallback; such exposures carry no feedback.")
    values_not_binary: dict[str, int] = Field(
        description="By metric: values of a binary one that were neither 0 nor 1."
    )


class Conclusion(BaseModel):
    decision: Decision
    arm: str | None
    text: str


class Analysis(BaseModel):
    """An experiment as it stands; it may be read every minute without being wrong more often."""

    name: str
    state: State
    as_of: datetime
    conclusion: Conclusion
    arms: list[ArmUnits]
    holdback_units: int
    ratio_mismatch: RatioMismatch
    excluded: Excluded
    comparisons: list[ComparisonView]
    correction: str
    biased: bool


@dataclass(frozen=True, slots=True)
class Arm:
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that an analysis is made of.

    Args:
        arms: the control first.
        allocations: the weights that assigned units, in turn.
        data: by metric.
        alarmed: whether a mismatch was noticed before; that stays.
    """

    name: str
    state: State
    plan: Plan
    arms: Sequence[Arm]
    allocations: Sequence[Sequence[float]]
    units: Sequence[UnitCount]
    data: Mapping[str, Data]
    fallback_units: int
    not_binary: Mapping[str, int]
    alarmed: bool
    as_of: datetime
    allocated_at: int = 0
    """How many observations there were when shares changed last."""

    @property
    def fixed(self) -> bool:
        return self.plan.allocator == "fixed"


def analyse(evidence: Evidence) -> Analysis:
    """Return what may be concluded; some tens of milliseconds for each comparison."""
    plan, others = evidence.plan, len(evidence.arms) - 1
    checkpoints = max(1, min(CHECKPOINTS, MAX_INTERVALS // (others * (len(plan.metrics) + len(plan.guardrails)))))
    level = bonferroni(plan.alpha, others, len(plan.metrics))
    guard_level = bonferroni(plan.alpha, others, max(1, len(plan.guardrails)))
    comparisons = [
        *(
            _compared(evidence, metric, arm, level, "further" if place else "primary", checkpoints)
            for place, metric in enumerate(plan.metrics)
            for arm in range(1, others + 1)
        ),
        *guard_comparisons(evidence, checkpoints),
    ]
    mismatch = ratio_mismatch(evidence)
    held_back = sum(one.units for one in evidence.units if one.arm is None)
    return Analysis(
        name=evidence.name,
        state=evidence.state,
        as_of=evidence.as_of,
        conclusion=_conclusion(evidence, comparisons, mismatch),
        arms=_arms(evidence),
        holdback_units=held_back,
        ratio_mismatch=mismatch,
        excluded=Excluded(fallback_units=evidence.fallback_units, values_not_binary=dict(evidence.not_binary)),
        comparisons=comparisons,
        correction=_correction(plan, others, level, guard_level),
        biased=not evidence.fixed,
    )


def _correction(plan: Plan, others: int, level: float, guard_level: float) -> str:
    arms = "1 arm" if others == 1 else f"{others} arms"
    metrics = "1 metric" if len(plan.metrics) == 1 else f"{len(plan.metrics)} metrics"
    return (
        f"Bonferroni: {plan.alpha:g} is shared by {arms} and {metrics}, {level:.4g} each, "
        f"because it alone keeps intervals valid; guardrails share {plan.alpha:g} of their own, {guard_level:.4g} each."
    )


def guard_comparisons(evidence: Evidence, checkpoints: int = 1) -> list[ComparisonView]:
    """Return the comparisons of every arm on every guardrail."""
    arms, guardrails = range(1, len(evidence.arms)), evidence.plan.guardrails
    level = bonferroni(evidence.plan.alpha, len(arms), max(1, len(guardrails)))
    return [_compared(evidence, metric, arm, level, "guardrail", checkpoints) for metric in guardrails for arm in arms]


def ratio_mismatch(evidence: Evidence) -> RatioMismatch:
    """Return the test of the shares over all allocations: each is a test of its own, and e-values multiply."""
    log_e = 0.0
    for number, weights in enumerate(evidence.allocations):
        counts = [0] * len(weights)
        for one in evidence.units:
            if one.allocation == number and one.arm is not None:
                counts[one.arm] += one.units
        if sum(counts):
            log_e += log_bayes_factor(counts, weights)
    p_value = min(1.0, math.exp(-log_e)) if log_e < 700 else 0.0
    return RatioMismatch(p_value=p_value, alarm=evidence.alarmed or p_value <= ALARM_LEVEL)


def _compared(
    evidence: Evidence, metric: MetricSpec, arm: int, level: float, role: Role, checkpoints: int
) -> ComparisonView:
    assert metric.direction is not None
    guard = isinstance(metric, GuardrailSpec)
    plan = evidence.plan
    criterion = Criterion(
        metric.direction, level, metric.tolerated_loss if guard else 0.0, one_sided=guard, planned=plan.planned_units,
        burn_in=plan.burn_in,
    )  # fmt: skip
    data = evidence.data[metric.name]
    if isinstance(data, BinaryCounts):
        found = compare_binary(data, arm, evidence.allocations, criterion, checkpoints)
    else:
        found = compare_means(data, arm, criterion, fixed=evidence.fixed)
    return ComparisonView(
        arm=evidence.arms[arm].name,
        metric=metric.name,
        role=role,
        kind=metric.kind,
        direction=metric.direction,
        tolerated_loss=metric.tolerated_loss if guard else None,
        method=_METHODS[metric.kind] + (_NARROWED if plan.covariate and metric.kind == "mean" else ""),
        level=level,
        control_observations=found.observations[0],
        observations=found.observations[1],
        control_value=found.means[0],
        value=found.means[1],
        difference=found.difference,
        interval=None if found.interval is None else _interval(found.interval),
        p_value=found.p_value,
        verdict="open" if found.verdict is None else "better" if found.verdict else "worse",
        expected_units=_expected(found, evidence),
        biased=not evidence.fixed,
        history=[
            CheckpointView(observations=one.observations, difference=one.difference, interval=_interval(one.interval))
            for one in found.history
        ],
    )


_METHODS: Mapping[MetricKind, str] = {
    "binary": "e-process of blocks in the order of feedback",
    "mean": "asymptotic confidence sequence",
}
_NARROWED = ", narrowed by the covariate (CUPED)"


def _expected(found: Compared, evidence: Evidence) -> int | None:
    if found.to_go is None:
        return None
    units = sum(one.units for one in evidence.units if one.arm is not None)
    return math.ceil((found.to_go - 1) * units)


def _interval(interval: Interval) -> IntervalView:
    low, high = (end if math.isfinite(end) else None for end in interval)
    return IntervalView(low=low, high=high)


def _arms(evidence: Evidence) -> list[ArmUnits]:
    counts, intended = np.zeros(len(evidence.arms)), np.zeros(len(evidence.arms))
    for one in evidence.units:
        if one.arm is not None:
            counts[one.arm] += one.units
            intended += one.units * np.asarray(evidence.allocations[one.allocation])
    total = float(counts.sum())
    shares = intended / total if total else np.asarray(evidence.allocations[-1])
    return [
        ArmUnits(
            arm=arm.name,
            version=arm.version,
            units=int(count),
            share=float(count) / total if total else None,
            intended_share=float(share),
        )
        for arm, count, share in zip(evidence.arms, counts, shares, strict=True)
    ]


def _conclusion(evidence: Evidence, comparisons: Sequence[ComparisonView], mismatch: RatioMismatch) -> Conclusion:
    if mismatch.alarm:
        return Conclusion(
            decision="broken",
            arm=None,
            text="Units do not reach the arms in the intended shares: assignment or reporting is broken, and no other "
            "figure can be trusted. Stop, find out why, and begin anew.",
        )
    harmed = {one.arm: one for one in comparisons if one.role == "guardrail" and one.verdict == "worse"}
    primary = [one for one in comparisons if one.role == "primary"]
    better = [one for one in primary if one.verdict == "better" and one.arm not in harmed]
    if better:
        sign = 1 if better[0].direction == "higher" else -1
        best = max(better, key=lambda one: sign * (one.difference or 0.0))
        return Conclusion(decision="winner", arm=best.arm, text=_praise(best, len(better)))
    if len(harmed) == len(primary):
        worst = next(iter(harmed.values()))
        return Conclusion(
            decision="harmed",
            arm=worst.arm,
            text=f"{worst.arm} is worse than the control on {worst.metric} by more than is tolerated.",
        )
    if all(one.verdict == "worse" or one.arm in harmed for one in primary):
        return Conclusion(decision="none", arm=None, text="Every arm is worse than the control; keep the control.")
    units = sum(one.units for one in evidence.units if one.arm is not None)
    if units >= evidence.plan.planned_units:
        return Conclusion(
            decision="none",
            arm=None,
            text=f"No arm has shown to be better within the planned {evidence.plan.planned_units:,} units. "
            "Going on is allowed, and costs nothing but time.",
        )
    if evidence.state not in ("draft", "running"):
        return Conclusion(decision="none", arm=None, text="It ended before any arm had shown to be better.")
    return Conclusion(decision="keep_going", arm=None, text=_patience(primary))


def _praise(best: ComparisonView, winners: int) -> str:
    several = " It is the best of several that are better than the control; they are not told apart." * (winners > 1)
    return f"{best.arm} is better than the control on {best.metric}.{several}"


def _patience(primary: Sequence[ComparisonView]) -> str:
    expected = [one.expected_units for one in primary if one.expected_units is not None]
    if not expected:
        return "Nothing can be concluded yet, and no decision is in sight under the present estimates."
    return f"Nothing can be concluded yet; under the present estimates about {min(expected):,} more units decide."
