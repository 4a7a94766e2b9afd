"""Whether the scores of rows show what a requirement asks for, at a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mcp_engine.evaluation.labels.calibration import PASSES
from mcp_engine.evaluation.runs.metrics import Scored, counted
from mcp_engine.gates.kind import Requirement
from mcp_engine.statistics.judges import Calibration, corrected_floor
from mcp_engine.statistics.proportions import Flips, above, mcnemar, not_worse

STATISTICS: Final = {
    "better": "exact one-sided McNemar test of rows that improved against rows that worsened",
    "not_worse": "betting e-value against a fall by the margin or more",
    "at_least": "exact binomial test against the threshold",
}
CORRECTED: Final = "exact lower bound of the rate, corrected for the judge's errors"
Values = Sequence[float | None]
"""A score a row, in one order; None where an amount has none."""


def statistic_of(requirement: Requirement, *, judged: bool) -> str:
    """Return how a requirement is decided, in words."""
    return CORRECTED if judged and requirement.rule == "at_least" else STATISTICS[requirement.rule]


def values_of(scorer: Mapping[str, Any], rows: Mapping[str, Mapping[str, Scored]], order: Sequence[str]) -> Values:
    """Return what each row counts as: a failed share is the worst one, a failed amount is None."""
    return [counted(rows[row][scorer["name"]], scorer["scale"], scorer["direction"]) for row in order]


def shown(
    requirement: Requirement,
    scorer: Mapping[str, Any],
    new: Values,
    old: Values | None,
    level: float,
    judge: Calibration | None = None,
) -> bool:
    """Return whether the scores of the same rows show what is required.

    Args:
        scorer: with `direction` and `scale`.
        old: of what the label points at; None when it points at nothing, and there is nothing to be better than.
        level: probability of saying so though it is not.
        judge: what is known of the judge that gave the scores, if one did.

    Raises:
        InvalidInput: `statistics.not_counts` when there is no row.
    """
    right = [_right(requirement, scorer, value) for value in new]
    if requirement.rule == "at_least":
        assert requirement.threshold is not None
        if judge is not None:
            return corrected_floor(sum(right), len(right), judge, level) >= requirement.threshold
        return above(sum(right), len(right), requirement.threshold) <= level
    if old is None:
        return True
    if requirement.rule == "not_worse":
        assert requirement.margin is not None
        before = [_right(requirement, scorer, value) for value in old]
        return not_worse(_flips(before, right), requirement.margin) <= level
    if requirement.pass_at is not None:
        return mcnemar(_flips([_right(requirement, scorer, value) for value in old], right), one_sided=True) <= level
    sign = 1 if scorer["direction"] == "higher" else -1
    return mcnemar(_flips([_ranked(value, sign) for value in old], [_ranked(value, sign) for value in new]),
                   one_sided=True) <= level  # fmt: skip


def _right(requirement: Requirement, scorer: Mapping[str, Any], value: float | None) -> bool:
    bound = PASSES if requirement.pass_at is None else requirement.pass_at
    if value is None:
        return False
    return value >= bound if scorer["direction"] == "higher" else value <= bound


def _ranked(value: float | None, sign: int) -> float:
    """Return a value of which more is better; a row without one is worse than any with one."""
    return float("-inf") if value is None else sign * value


def _flips(old: Sequence[float], new: Sequence[float]) -> Flips:
    gained = sum(after > before for before, after in zip(old, new, strict=True))
    lost = sum(after < before for before, after in zip(old, new, strict=True))
    return Flips(gained, lost, len(new) - gained - lost)
