"""What a benchmark is: a name, the figures it promises, and a function that measures them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Scale = Literal["small", "full"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure is measured against."""

    relation: Literal[">=", "<="]
    value: float

    def holds(self, measured: float) -> bool:
        return measured >= self.value if self.relation == ">=" else measured <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.relation == '>=' else '≤'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure.

    Args:
        key: its name in the JSON file, for us and for every peer.
        label: its name in the table, with the unit.
    """

    key: str
    label: str
    goal: Goal | None = None


def at_least(value: float) -> Goal:
    return Goal(">=", value)


def at_most(value: float) -> Goal:
    return Goal("<=", value)


@dataclass(frozen=True, slots=True)
class Context:
    """What a run is given.

    Args:
        scale: `small` for a look within minutes, `full` for figures to quote.
        data: folder of the public data sets (see README.md); None where there is none.
        seed: every random choice follows from it.
        cache: where the environments of peers are kept between runs.
        say: shows a line of progress.
    """

    scale: Scale
    data: Path | None
    seed: int
    cache: Path
    say: Callable[[str], None]

    @property
    def full(self) -> bool:
        return self.scale == "full"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run measured: our figures and each peer's by the same keys, and what they depend on."""

    metrics: Mapping[str, float]
    peers: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A named measurement."""

    name: str
    summary: str
    metrics: tuple[Metric, ...]
    run: Callable[[Context], Outcome]
