"""How a label can mean one version to some callers' units and another to others, while an experiment runs.

The registry knows nothing of experiments: whoever splits labels implements `LabelSplits`, and the kinds that can be
run ask it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Protocol
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.database.engine import UnitOfWork

MAX_EXACT = 2**53
Attribute = str | bool | int | float
AttributeValue = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-MAX_EXACT, le=MAX_EXACT)]
    | Annotated[float, Field(ge=-MAX_EXACT, le=MAX_EXACT, allow_inf_nan=False)]
    | Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=256)]
)
"""An `Attribute` as the API takes it."""
Attributes = Annotated[dict[str, AttributeValue], Field(max_length=64)]
UnitId = Annotated[str, Field(min_length=1, max_length=256)]
Expose = Callable[[UnitOfWork, UUID], Awaitable[None]]
"""Records, in the transaction that records an execution's start, that the execution shows a unit its arm."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Who always gets the same arm: a user, a conversation, a document, as the caller counts them."""

    id: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])


@dataclass(frozen=True, slots=True)
class Placed:
    """The version that a unit gets, with the label that it was asked for under, and how to record that it did."""

    version: ResolvedVersion
    expose: Expose


@dataclass(frozen=True, slots=True)
class SplitArm:
    """A version that a share of the units gets."""

    name: str
    weight: float
    version: ResolvedVersion


@dataclass(frozen=True, slots=True)
class SplitRule:
    """Units whose attribute has one of these values."""

    attribute: str
    values: Sequence[Attribute]


@dataclass(frozen=True, slots=True)
class LabelSplit:
    """All that a client needs to assign units by itself, exactly as the server does.

    Args:
        allocation: which of the weights in turn these are, to be reported with exposures.
        steps: from a moment on (seconds since 1970) this share of the units takes part.
        slice: a key, and the fractions of its units from (included) and to (excluded) that may take part.
        covariate: the attribute to report with exposures, a number known before.
    """

    experiment_id: UUID
    name: str
    salt: str
    allocation: int
    arms: Sequence[SplitArm]
    steps: Sequence[tuple[float, float]]
    holdback: float
    rules: Sequence[SplitRule]
    slice: tuple[str, float, float] | None
    covariate: str | None


class LabelSplits(Protocol):
    """What splits labels at this moment."""

    async def of_label(self, caller: Caller, found: ResolvedVersion) -> Sequence[LabelSplit]:
        """Return how the label that `found` was resolved by is split; mostly not at all."""
        ...

    async def place(self, caller: Caller, found: ResolvedVersion, unit: Unit) -> Placed | None:
        """Return what a unit gets in place of `found` (or `found` itself, held back); None when it takes no part."""
        ...
