"""Every type of scorer that this installation knows."""

from __future__ import annotations

from collections.abc import Iterable

from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.scorers import numbers, spent, structure, words
from mcp_engine.evaluation.scorers.pair_judge import PairJudgeScorer
from mcp_engine.evaluation.scorers.port import ScorerType

CORE_TYPES: tuple[ScorerType, ...] = (*words.TYPES, *numbers.TYPES, *structure.TYPES, *spent.TYPES, PairJudgeScorer())


class ScorerTypes:
    """Types by name.

    Raises:
        ValueError: two types share a name.
    """

    def __init__(self, contributed: Iterable[ScorerType] = ()) -> None:
        self._types: dict[str, ScorerType] = {}
        for kind in (*CORE_TYPES, *contributed):
            self.add(kind)

    def add(self, kind: ScorerType) -> None:
        """Add a type; for those that stand on services which are built later than the registry."""
        if kind.name in self._types:
            raise ValueError(f"two types of scorer are named {kind.name!r}")
        self._types[kind.name] = kind

    def get(self, name: str) -> ScorerType:
        """Return a type, or raise `InvalidInput` (`scorer.type_unknown`) naming those that exist."""
        try:
            return self._types[name]
        except KeyError:
            known = ", ".join(sorted(self._types))
            raise InvalidInput(
                "scorer.type_unknown", f"No type of scorer is named {name[:60]!r}; there are: {known}."
            ) from None

    def all(self) -> tuple[ScorerType, ...]:
        return tuple(self._types[name] for name in sorted(self._types))
