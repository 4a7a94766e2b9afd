"""The rules of a plan, and where there is room for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.experiments.assignment import Rule, Slice, Step
from mcp_engine.experiments.schemas import ArmSpec, MetricSpec, NewExperiment, Plan, RuleSpec
from mcp_engine.feedback.schemas import TEXT_METRICS

WEIGHTS_TOLERANCE = 1e-6
HOLDBACK = "holdback"


def check_plan(new: NewExperiment) -> None:
    """Refuse an experiment that could not be judged.

    Raises:
        InvalidInput: `experiment.too_few_arms`, `experiment.duplicate_arm`, `experiment.bad_weights`,
            `experiment.metric_without_direction`, `experiment.duplicate_metric`, `experiment.bad_metric`,
            `experiment.bad_ramp`, `experiment.adaptive_mean`.
    """
    _check_arms(new.arms)
    metrics: list[MetricSpec] = [*new.metrics, *new.guardrails]
    for metric in metrics:
        _check_metric(metric)
    for several in (new.metrics, new.guardrails):
        if len({metric.name for metric in several}) < len(several):
            raise InvalidInput("experiment.duplicate_metric", "Name each metric once, and each guardrail once.")
    kinds = {(metric.name, metric.kind) for metric in metrics}
    if len({name for name, _ in kinds}) < len(kinds):
        raise InvalidInput("experiment.bad_metric", "A metric that is a guardrail too has one `kind` in both places.")
    shares = [step.share for step in new.ramp]
    if not shares or shares != sorted(shares) or not shares[-1]:
        raise InvalidInput(
            "experiment.bad_ramp",
            "The shares of a ramp grow from step to step, to more than 0: else units would leave.",
        )
    if new.allocator == "top_two" and new.metrics[0].kind != "binary":
        raise InvalidInput(
            "experiment.adaptive_mean", "The allocator `top_two` follows a binary primary metric; choose `fixed`."
        )


def _check_arms(arms: Sequence[ArmSpec]) -> None:
    if len(arms) < 2:
        raise InvalidInput(
            "experiment.too_few_arms", "An experiment compares two arms or more; the first is the control."
        )
    if len({arm.name for arm in arms}) < len(arms) or len({arm.version for arm in arms}) < len(arms):
        raise InvalidInput("experiment.duplicate_arm", "Each arm has a name and a version of its own.")
    if any(arm.name == HOLDBACK for arm in arms):
        raise InvalidInput("experiment.duplicate_arm", f"No arm can be named {HOLDBACK!r}: that is who is in none.")
    total = math.fsum(arm.weight for arm in arms)
    if any(arm.weight <= 0 for arm in arms) or abs(total - 1) > WEIGHTS_TOLERANCE:
        raise InvalidInput(
            "experiment.bad_weights", f"The weights of the arms are above 0 and sum to 1; these sum to {total:.6g}."
        )


def _check_metric(metric: MetricSpec) -> None:
    if metric.direction is None:
        raise InvalidInput(
            "experiment.metric_without_direction",
            f"Say whether the metric {metric.name!r} is better when it is `higher` or `lower`.",
        )
    if metric.name in TEXT_METRICS:
        raise InvalidInput("experiment.bad_metric", f"{metric.name!r} holds texts, which can't be compared.")


def normalised_weights(arms: Sequence[ArmSpec]) -> list[float]:
    """Return weights that sum to 1 up to rounding."""
    total = math.fsum(arm.weight for arm in arms)
    return [arm.weight / total for arm in arms]


def steps_from(plan: Plan, start: datetime) -> list[Step]:
    """Return the ramp in seconds since 1970.

    Raises:
        InvalidInput: `experiment.bad_ramp` when a step is earlier than the one before.
    """
    moments = [
        step.at if step.at is not None else start + timedelta(hours=step.after_hours or 0.0) for step in plan.ramp
    ]
    if moments != sorted(moments):
        raise InvalidInput("experiment.bad_ramp", "The steps of a ramp follow one another in time.")
    return [Step(at.timestamp(), step.share) for at, step in zip(moments, plan.ramp, strict=True)]


def rules_of(plan: Plan) -> tuple[Rule, ...]:
    return tuple(Rule(rule.attribute, tuple(rule.values)) for rule in plan.targeting)


def free_slice(key: str, share: float, taken: Iterable[Slice]) -> Slice:
    """Return a part of a group's units that no other running experiment has: the first that is wide enough.

    Raises:
        Conflict: `experiment.group_full`, saying how much is free.
    """
    low, widest = 0.0, 0.0
    for other in [*sorted(taken, key=lambda one: one.low), Slice(key, 1.0, 1.0)]:
        if other.low - low >= share - 1e-12:
            return Slice(key, low, min(low + share, other.low))
        widest, low = max(widest, other.low - low), max(low, other.high)
    raise Conflict(
        "experiment.group_full",
        f"The group has a part of {widest:.3g} of its units free at the most, not {share:.3g}; end another experiment.",
    )


def never_share_a_unit(one: Plan, other: Plan) -> bool:
    """Return whether two running experiments certainly never meet the same unit."""
    if one.group is not None and other.group is not None and one.group.name == other.group.name:
        return True
    return any(
        mine.attribute == theirs.attribute and not _common(mine, theirs)
        for mine in one.targeting
        for theirs in other.targeting
    )


def _common(one: RuleSpec, other: RuleSpec) -> bool:
    return any(a == b and isinstance(a, bool) == isinstance(b, bool) for a in one.values for b in other.values)
