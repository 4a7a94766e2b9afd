"""Fits confidence to a data set: logistic regression on what the engine's own check and the judge said of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.odds import log_odds
from rag.strategy import MOST_WEIGHT

LEAST: Final = 20
"""Of right and of wrong answers; fewer fit nothing."""
_RIDGE: Final = 1.0
"""Pulls the weights to those that change nothing, about as much as one row would: rows that one number divides cleanly
have no best weights otherwise."""
_ROUNDS: Final = 50
_CLOSE: Final = 1e-9
_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one row: by the engine's own check (a probability), by a judge (log-odds; None without one)."""

    own: float
    judge: float | None
    is_right: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights, and how well they tell right from wrong: mean log loss, in nats, of the same rows before and after.

    Args:
        right: of `rows`, how many answers cite one of their row's sources.
    """

    own: float
    judge: float
    bias: float
    rows: int
    right: int
    loss_before: float
    loss_after: float


def fitted(rows: Sequence[Said]) -> Fit | None:
    """Return the weights that make the rows most probable (Platt scaling of one number, or of two).

    Newton's method with a ridge. A weight below 0 would turn a check around; it is 0 then. None where fewer than
    `LEAST` rows are right, or wrong, or where some have a judge's word and others none.
    """
    right = sum(row.is_right for row in rows)
    judged = sum(row.judge is not None for row in rows)
    if min(right, len(rows) - right) < LEAST or judged not in (0, len(rows)):
        return None
    numbers = np.array([[1.0, log_odds(row.own), row.judge or 0.0] for row in rows])
    wanted = np.array([row.is_right for row in rows], dtype=np.float64)
    unchanged = np.array([0.0, 1.0, 1.0])
    free = [0, 1, 2] if judged else [0, 1]
    weights = _most_probable(numbers, wanted, unchanged, free)
    while turned := [place for place in free if place and weights[place] < 0]:
        worst = min(turned, key=lambda place: float(weights[place]))
        free.remove(worst)
        unchanged[worst] = 0.0
        weights = _most_probable(numbers, wanted, unchanged, free)
    weights = np.round(np.clip(weights, [-50, 0, 0], [50, MOST_WEIGHT, MOST_WEIGHT]), 3)
    return Fit(
        own=float(weights[1]), judge=float(weights[2]), bias=float(weights[0]), rows=len(rows), right=right,
        loss_before=_loss(numbers, wanted, np.array([0.0, 1.0, 1.0])), loss_after=_loss(numbers, wanted, weights),
    )  # fmt: skip


def _most_probable(numbers: _Numbers, wanted: _Numbers, prior: _Numbers, free: Sequence[int]) -> _Numbers:
    """Return weights, of which those that are not `free` are as in `prior`, and the others drawn to it."""
    weights, places = prior.copy(), list(free)
    for _ in range(_ROUNDS):
        said = _logistic(numbers @ weights)
        slope = numbers[:, places].T @ (wanted - said) - _RIDGE * (weights - prior)[places]
        curvature = (numbers[:, places].T * (said * (1 - said))) @ numbers[:, places] + _RIDGE * np.eye(len(places))
        step = np.linalg.solve(curvature, slope)
        weights[places] += step
        if float(np.abs(step).max()) < _CLOSE:
            break
    return weights


def _loss(numbers: _Numbers, wanted: _Numbers, weights: _Numbers) -> float:
    total = numbers @ weights
    return float(np.mean(np.logaddexp(0.0, total) - wanted * total))


def _logistic(total: _Numbers) -> _Numbers:
    return np.exp(-np.logaddexp(0.0, -total))
