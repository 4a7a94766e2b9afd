"""What the rows of one combination come to, beside their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rag.sweeps.calibrating import Fit, Said, fitted


@dataclass(frozen=True, slots=True)
class Asked:
    """One row.

    Args:
        is_known: whether the row says what it should be answered from.
        refused: None where there was no output.
        is_right: of an answer, whether anything that it cites is among the row's sources.
        own: what the engine's own check said, where a judge or a calibration changed it.
        judge: what the judge said, in log-odds; None without one.
    """

    is_known: bool
    latency_ms: float | None = None
    refused: bool | None = None
    confidence: float = 0.0
    is_right: bool = False
    own: float | None = None
    judge: float | None = None


class RiskPoint(NamedTuple):
    """At a threshold of confidence: the share of rows answered, and the share of these answers that are wrong."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Risk over coverage, of `rows` rows; `left_out` do not say what they should be answered from.

    `fit` is how confidence would be calibrated by its answers; None where there are too few of them. `auroc` is how
    probably a right answer has more confidence than a wrong one; None without one of both.
    """

    rows: int
    left_out: int
    points: list[RiskPoint]
    fit: Fit | None = None
    auroc: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of rows, and milliseconds; no latency where no row has one."""

    answered: int
    refused: int
    failed: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    curve: Curve | None


def measured(rows: Sequence[Asked], *, with_curve: bool) -> Measured:
    """Return the figures of one combination."""
    took = [row.latency_ms for row in rows if row.latency_ms is not None and row.refused is not None]
    p50, p95 = (float(one) for one in np.percentile(took, [50, 95])) if took else (None, None)
    return Measured(
        answered=sum(row.refused is False for row in rows),
        refused=sum(row.refused is True for row in rows),
        failed=sum(row.refused is None for row in rows),
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        curve=_curve(rows) if with_curve else None,
    )


def risk_coverage(answers: Sequence[tuple[float, bool]], total: int) -> list[RiskPoint]:
    """Return a point for each threshold of confidence at which the answers change, highest first.

    Coverage is the share of `total` questions answered, risk the share of these answers that are wrong (El-Yaniv and
    Wiener, "On the Foundations of Noise-free Selective Classification", 2010).

    Args:
        answers: of each answer its confidence, and whether it is right.
    """
    order = sorted(answers, key=lambda answer: -answer[0])
    points: list[RiskPoint] = []
    wrong = 0
    for number, (confidence, is_right) in enumerate(order, start=1):
        wrong += not is_right
        if number == len(order) or order[number][0] < confidence:
            points.append(RiskPoint(confidence, number / total, wrong / number))
    return points


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the probability that a positive one scores higher than a negative one; ties count half.

    The statistic of H. Mann and D. Whitney (1947), over midranks; None where there is none of either.
    """
    if not positive or not negative:
        return None
    _, places, counts = np.unique([*positive, *negative], return_inverse=True, return_counts=True)
    midranks = np.cumsum(counts) - (counts - 1) / 2
    count = len(positive)
    total = float(midranks[places[:count]].sum())
    return (total - count * (count + 1) / 2) / (count * len(negative))


def _curve(rows: Sequence[Asked]) -> Curve:
    """Follow the answers down to the combination's own threshold: what it refused, it would not have cited."""
    known = [row for row in rows if row.is_known]
    answered = [row for row in known if row.refused is False]
    answers = [(row.confidence, row.is_right) for row in answered]
    said = [Said(row.confidence if row.own is None else row.own, row.judge, row.is_right) for row in answered]
    right, wrong = ([confidence for confidence, is_right in answers if is_right is wanted] for wanted in (True, False))
    return Curve(
        len(known), len(rows) - len(known), risk_coverage(answers, len(known)), fitted(said), auroc(right, wrong)
    )
