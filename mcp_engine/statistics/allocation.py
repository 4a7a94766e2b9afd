"""How to share traffic between arms so that the best one is found soon.

Top-two Thompson sampling (Russo, "Simple Bayesian algorithms for best-arm identification", Operations Research 2020).
The probabilities are integrated, not sampled: the same counts give the same shares on every machine, with no seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import Vector, finite, number

TOP_SHARE = 0.5
"""How often the leader plays; the other half goes to its challengers. A half is near the optimum for any arms."""
_NODES: Vector = np.linspace(-8.0, 8.0, 801)
"""Standard normal scores at which an arm's quantiles are taken: steps of 0.02 deviations, tails of 1e-15."""


@dataclass(frozen=True, slots=True)
class BetaArm:
    """The posterior of a success rate: Beta(successes + 1, failures + 1) after a uniform prior.

    Raises:
        InvalidInput: `statistics.out_of_range` when a parameter is not positive and finite.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        number(self.alpha, "alpha", above=0.0)
        number(self.beta, "beta", above=0.0)

    @classmethod
    def of(cls, successes: int, failures: int) -> BetaArm:
        return cls(successes + 1.0, failures + 1.0)

    def quantiles(self) -> Vector:
        return np.asarray(special.betaincinv(self.alpha, self.beta, special.ndtr(_NODES)), dtype=np.float64)

    def cumulative(self, values: Vector) -> Vector:
        return np.asarray(special.betainc(self.alpha, self.beta, np.clip(values, 0.0, 1.0)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class NormalArm:
    """The posterior of a mean: normal, with a standard deviation in the values' unit.

    Raises:
        InvalidInput: `statistics.out_of_range` when the deviation is not positive or a value not finite.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        number(self.mean, "mean")
        number(self.deviation, "deviation", above=0.0)

    def quantiles(self) -> Vector:
        return self.mean + self.deviation * _NODES

    def cumulative(self, values: Vector) -> Vector:
        return np.asarray(special.ndtr((values - self.mean) / self.deviation), dtype=np.float64)


Arm = BetaArm | NormalArm


def best_probabilities(arms: Sequence[Arm]) -> Vector:
    """Return each arm's posterior probability of being the best, shape (k,), k >= 2, summing to 1.

    Raises:
        InvalidInput: `statistics.too_few` for fewer than two arms.
    """
    if len(arms) < 2:
        raise InvalidInput("statistics.too_few", "Traffic is shared between two arms or more")
    density = np.exp(-np.square(_NODES) / 2)
    masses = np.array([float(density @ _others_below(arms, i)) for i in range(len(arms))])
    return masses / masses.sum()


def top_two_shares(arms: Sequence[Arm], floor: float = 0.0, top_share: float = TOP_SHARE) -> Vector:
    """Return the probability with which each arm should get the next unit, shape (k,), summing to 1.

    Top-two Thompson sampling plays the best arm of one posterior draw with probability `top_share`, else the best of
    a further draw in which another arm is best; these are its probabilities in closed form.

    Args:
        floor: the least share of every arm, from 0 to 1/k, so that each keeps being measured.

    Raises:
        InvalidInput: `statistics.too_few`, `statistics.out_of_range`.
    """
    best = best_probabilities(arms)
    if not 0 <= floor * len(arms) <= 1:
        raise InvalidInput("statistics.out_of_range", f"{len(arms)} arms cannot each have a share of {floor}")
    number(top_share, "top_share", above=0.0, below=1.0)
    shares = top_share * best
    for leader, probability in enumerate(best):
        # Summed, not 1 - probability: a leader that is all but certain leaves challengers of 1e-15 and less.
        challengers = np.where(np.arange(len(arms)) == leader, 0.0, best)
        rest = challengers.sum()
        fallback = (np.arange(len(arms)) != leader) / (len(arms) - 1)
        shares += (1 - top_share) * probability * (challengers / rest if rest > 0 else fallback)
    return floor + (1 - floor * len(arms)) * finite(shares, "shares")


def _others_below(arms: Sequence[Arm], index: int) -> Vector:
    values = arms[index].quantiles()
    below = [arm.cumulative(values) for i, arm in enumerate(arms) if i != index]
    return np.prod(np.array(below), axis=0)
