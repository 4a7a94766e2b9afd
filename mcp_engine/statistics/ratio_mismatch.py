"""Whether units reach the arms in the intended shares, watched from the first unit on.

A sample ratio mismatch means that assignment or logging is broken and that no other figure of the experiment can be
trusted. The test of Lindon and Malek ("Anytime-valid inference for multinomial count data", NeurIPS 2022): the Bayes
factor of a Dirichlet-multinomial against the intended multinomial is a martingale while shares are as intended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import Vector, level, number, weights, whole_counts

CONCENTRATION = 1000.0
"""The prior is as informed as so many units: quickest for shares that are off by one to three percent points."""
ALARM_LEVEL = 0.001
"""One experiment in a thousand alarms without cause, however long it runs: an alarm stops the experiment."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The test's state: the log e-value now and the largest so far; an alarm stays raised.

    `p_value` is valid at every moment.
    """

    log_e: float = 0.0
    log_peak: float = 0.0

    @property
    def p_value(self) -> float:
        return math.exp(-self.log_peak)

    def alarms(self, alpha: float = ALARM_LEVEL) -> bool:
        """Return whether shares differ from the intended ones; wrongly with probability alpha at most, ever."""
        return self.log_peak >= -math.log(level(alpha))


def log_bayes_factor(observed: ArrayLike, shares: ArrayLike, prior: ArrayLike | None = None) -> float:
    """Return the log e-value of counts by arm against the intended shares.

    Args:
        observed: units of each arm so far, shape (k,).
        shares: intended, positive, summing to 1, shape (k,).
        prior: Dirichlet parameters, shape (k,); CONCENTRATION times the shares when omitted. Named before the data.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.bad_weights`, `statistics.unequal_lengths`.
    """
    counts, intended = whole_counts(observed, "observed"), weights(shares, "shares")
    alphas = CONCENTRATION * intended if prior is None else np.asarray(prior, dtype=np.float64)
    if not counts.size == intended.size == alphas.size:
        raise InvalidInput("statistics.unequal_lengths", "Counts, shares and prior need one value an arm")
    for alpha in alphas:
        number(float(alpha), "prior", above=0.0)
    marginal = _log_beta(alphas + counts) - _log_beta(alphas)
    return float(marginal - counts @ np.log(intended))


def updated(state: Mismatch, observed: ArrayLike, shares: ArrayLike, prior: ArrayLike | None = None) -> Mismatch:
    """Return the state after counts have grown to `observed`; raises as `log_bayes_factor`."""
    log_e = log_bayes_factor(observed, shares, prior)
    return Mismatch(log_e, max(state.log_peak, log_e))


def _log_beta(alphas: Vector) -> float:
    return float(special.gammaln(alphas).sum() - special.gammaln(alphas.sum()))
