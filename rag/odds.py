"""Between probabilities and log-odds."""

from __future__ import annotations

import math
from typing import Final

LARGEST: Final = 15.0
"""Log-odds beyond it say nothing more: one in three million."""


def log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)), within `LARGEST`."""
    if probability <= 0 or probability >= 1:
        return math.copysign(LARGEST, probability - 0.5)
    return bounded(math.log(probability / (1 - probability)))


def probability(log_odds: float) -> float:
    """Return the logistic function of `log_odds`."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))


def bounded(log_odds: float) -> float:
    return max(-LARGEST, min(LARGEST, log_odds))
