"""What has become of an experiment: its events, read from first to last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from mcp_engine.experiments.assignment import Slice, Step
from mcp_engine.experiments.schemas import State

STARTED: Final = "started"
ALLOCATED: Final = "allocated"
ALARMED: Final = "alarmed"
STOPPED: Final = "stopped"
PROMOTED: Final = "promoted"
ROLLED_BACK: Final = "rolled_back"
KINDS = frozenset({STARTED, ALLOCATED, ALARMED, STOPPED, PROMOTED, ROLLED_BACK})
_STATES: Mapping[str, State] = {
    STARTED: "running",
    STOPPED: "stopped",
    PROMOTED: "promoted",
    ROLLED_BACK: "rolled_back",
}


class Event(Protocol):
    """As a row has it."""

    kind: str
    facts: dict[str, Any]
    created_at: datetime


@dataclass(slots=True)
class Course:
    """Where an experiment stands.

    Attributes:
        allocations: the weights that assigned units, in turn; the first are those of the arms.
        allocated_at: how many observations there were when shares changed last.
        label_number: the version that the label pointed at when it started; None for none, or a draft.
    """

    allocations: list[Sequence[float]]
    state: State = "draft"
    steps: Sequence[Step] = ()
    slice: Slice | None = None
    label_number: int | None = None
    alarmed: bool = False
    allocated_at: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    events: int = 0

    @classmethod
    def of(cls, weights: Sequence[float], events: Iterable[Event]) -> Course:
        """Return where events, in their order, have led to."""
        course = cls([weights])
        for event in events:
            course._take(event)
        return course

    def _take(self, event: Event) -> None:
        self.events += 1
        self.state = _STATES.get(event.kind, self.state)
        if event.kind == STARTED:
            self.started_at = event.created_at
            self.steps = [Step(at, share) for at, share in event.facts["steps"]]
            self.slice = Slice(*event.facts["slice"]) if event.facts["slice"] else None
            self.label_number = event.facts["label_number"]
        elif event.kind == ALLOCATED:
            self.allocations.append(event.facts["weights"])
            self.allocated_at = event.facts["observations"]
        elif event.kind == ALARMED:
            self.alarmed = True
        else:
            self.ended_at = event.created_at
