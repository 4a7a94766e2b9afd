"""From the scores of rows to one number with its interval."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mcp_engine.evaluation.runs.schemas import EvaluationMetric
from mcp_engine.evaluation.scorers.port import Direction, Scale
from mcp_engine.statistics.paired import mean_interval
from mcp_engine.statistics.proportions import wilson


class Scored(NamedTuple):
    """The score of one row: a value, or why there is none."""

    value: float | None
    failure_code: str | None


def counted(score: Scored, scale: Scale, direction: Direction) -> float | None:
    """Return what a row counts as: the worst share when its score failed, None (left out) for an amount."""
    if score.value is not None or scale == "amount":
        return score.value
    return 0.0 if direction == "higher" else 1.0


def metric(scorer: Mapping[str, Any], scores: Sequence[Scored]) -> EvaluationMetric:
    """Return a scorer's mean over all rows, with its 95 % interval.

    Right and wrong take Wilson's interval, others as `statistics.paired.mean_interval`; a single number has none.
    """
    values = [value for score in scores if (value := counted(score, scorer["scale"], scorer["direction"])) is not None]
    mean, low, high, method = _interval(values, str(scorer["lock_digest"]))
    return EvaluationMetric(
        scorer=scorer["name"],
        number=scorer["number"],
        lock_digest=scorer["lock_digest"],
        type=scorer["type"],
        direction=scorer["direction"],
        scale=scorer["scale"],
        unit=scorer["unit"],
        scored=sum(score.value is not None for score in scores),
        failures=dict(Counter(score.failure_code for score in scores if score.failure_code is not None)),
        mean=mean,
        low=low,
        high=high,
        method=method,
    )


def generator_for(text: str) -> np.random.Generator:
    """Return a generator that is the same for the same text, so that an interval can be recomputed."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))


def _interval(values: Sequence[float], seed: str) -> tuple[float | None, float | None, float | None, str | None]:
    if not values:
        return None, None, None, None
    if set(values) <= {0.0, 1.0}:
        right = int(sum(values))
        interval = wilson(right, len(values))
        return right / len(values), interval.low, interval.high, "wilson"
    if len(values) < 2:
        return values[0], None, None, None
    estimate = mean_interval(values, generator_for(seed))
    return estimate.mean, estimate.interval.low, estimate.interval.high, estimate.method
