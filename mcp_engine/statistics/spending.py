"""What a gate may spend of its error budget when many candidates are tried on one sealed set of rows.

The guarantee: of all candidates ever looked at with one ledger, the probability that any is promoted without being
better than what it replaces is at most `total`, whoever chose the candidates and however, provided that

* the search learns of a look nothing but its verdict, passed or failed: no score, no p-value, no row;
* a look passes exactly when a valid p-value on the sealed rows (say, `proportions.mcnemar`, one-sided) is at most
  `Ledger.next_alpha`, and every look is recorded.

Why it holds: as long as looks fail, the search hears the same answer whatever the rows are, so the candidates along
the way of failures are fixed in advance and a union bound over them needs no correction for adaptivity. A verdict of
"passed" does tell something, namely which look passed; after look i the ledger goes on with a budget that was set
aside for that way alone. The levels over all ways that verdicts can go add up to `total` at most. (This is the
description-length argument of Blum and Hardt's Ladder, ICML 2015, with an answer of one bit.)

Alpha-investing (Foster and Stine 2008) and its successors earn alpha back with each pass, but bound the expected share
of false passes, not the probability of any, and ask for fresh data at each look; here only fresh rows refill.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import level

UNPLANNED = 0.1
"""The part of the budget that is kept for looks beyond the planned number, falling as 1 / (j (j + 1))."""
AFTER_PASSES = 0.1
"""The part of each look's level that is set aside for the way on which this look passes."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The error budget of one sealed set: immutable, three numbers.

    Args:
        budget: probability of any false promotion on the way that verdicts have gone; the total at first.
        planned: looks that share most of the budget evenly, so that the last has as good a chance as the first.
        looks: since the last pass.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """

    budget: float = 0.05
    planned: int = 1000
    looks: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.budget < 1:  # zero when passes have used up what numbers can hold: no look passes any more
            raise InvalidInput("statistics.out_of_range", "A budget is a probability below 1")
        if self.planned < 1 or self.looks < 0:
            raise InvalidInput("statistics.out_of_range", "A ledger plans a look or more and has had none or more")

    @property
    def next_alpha(self) -> float:
        """The level at which the next look passes."""
        return self.budget * _share(self.looks + 1, self.planned) * (1 - AFTER_PASSES)

    @property
    def left(self) -> float:
        """The part of the budget that looks to come can still spend, on the way on which they all fail."""
        planned = min(self.looks, self.planned) * (1 - UNPLANNED) / self.planned
        beyond = max(self.looks - self.planned, 0)
        return self.budget * (1 - planned - UNPLANNED * beyond / (beyond + 1))

    def after(self, *, passed: bool) -> Ledger:
        """Return the ledger after a look.

        A pass leaves little: open a new ledger as soon as there are fresh rows.
        """
        if not passed:
            return Ledger(self.budget, self.planned, self.looks + 1)
        return Ledger(self.budget * _share(self.looks + 1, self.planned) * AFTER_PASSES, self.planned)


def opening_budget(total: float, generation: int) -> float:
    """Return the budget of the ledger for the generation-th set of fresh rows, counted from 1.

    Rows are fresh when no look has used them. With these budgets, total / (g (g + 1)), the probability of any false
    promotion over all generations for ever is at most `total`; ledgers that open with `total` each promise it of
    each set alone.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    if generation < 1:
        raise InvalidInput("statistics.out_of_range", "Generations are counted from 1")
    return level(total) / (generation * (generation + 1))


def _share(look: int, planned: int) -> float:
    """Return the part of the budget for a look, counted from 1; the parts sum to 1 over all looks."""
    if look <= planned:
        return (1 - UNPLANNED) / planned
    beyond = look - planned
    return UNPLANNED / (beyond * (beyond + 1))
