"""The error budget of one sealed set in memory: what the service keeps in tables, with the engine's own `Ledger`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from mcp_engine.statistics.spending import Ledger


class Look(NamedTuple):
    """The level that a look had, and its verdict."""

    level: float
    passed: bool


@dataclass(slots=True)
class Looks:
    """Every look at one sealed set, under whatever names; a question that was asked before is answered from memory."""

    ledger: Ledger
    seen: dict[Hashable, Look] = field(default_factory=dict[Hashable, Look])

    def look(self, question: Hashable, passes: Callable[[float], bool]) -> Look:
        if question not in self.seen:
            level = self.ledger.next_alpha
            made = self.seen[question] = Look(level, level > 0 and passes(level))
            self.ledger = self.ledger.after(passed=made.passed)
        return self.seen[question]
