"""The port of scorers: one output and its row in, a number or a named failure out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.canonical import canonical_json
from mcp_engine.errors import InvalidInput

Direction = Literal["higher", "lower"]
Scale = Literal["share", "amount"]
"""`share` goes from 0 to 1; an `amount` has no bound."""


class Parameters(BaseModel):
    """The base of what a type of scorer can be told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


P = TypeVar("P", bound=Parameters)


class NoParameters(Parameters):
    """Of a scorer that needs to be told nothing."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A row and what came out for it.

    `output` is a text or JSON; `record` is all that the run kept of it, such as an answer and its citations. Latency
    is in milliseconds, cost in US dollars; None where it is not known.
    """

    inputs: Mapping[str, Any]
    expected: Any
    output: Any
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    latency_ms: float | None = None
    cost_usd: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    record: Any = None


@dataclass(frozen=True, slots=True)
class Scoring:
    """For whom, and with what pinned: the number and the lock of each artifact that the scorer's lock names.

    Runs that give a score of a `sealed` row are of the kind `SEALED_RUN`.
    """

    caller: Caller
    namespace: str
    pinned: Mapping[str, int] = field(default_factory=dict[str, int])
    locks: Mapping[str, str] = field(default_factory=dict[str, str])
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A finite number, and the run that gave it where one did."""

    value: float
    execution_id: UUID | None = None


class ScoreFailed(InvalidInput):
    """No number can be had for this output; the code says why. It is counted beside the scores.

    Args:
        execution_id: the run that was to give it.
    """

    def __init__(self, code: str, message: str, execution_id: UUID | None = None) -> None:
        super().__init__(code, message)
        self.execution_id = execution_id


class ScorerType(Protocol):
    """What one type of scorer promises.

    `name` is stable: versions of scorers say it. `direction` is which way is better, None where whoever makes
    a scorer must say. `score` must give the same number for the same arguments unless it runs a model, must
    not change anything, and may be called by several rows at once.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def direction(self) -> Direction | None: ...

    @property
    def scale(self) -> Scale: ...

    @property
    def unit(self) -> str:
        """Of an amount: `ms`, `USD`, `characters`; empty for a share."""
        ...

    @property
    def parameters(self) -> type[Parameters]: ...

    def check(self, parameters: Parameters) -> None:
        """Raise `InvalidInput` for parameters that fit their model and make no scorer all the same."""
        ...

    def dependencies(self, parameters: Parameters) -> Sequence[Reference]:
        """Return the artifacts that a scorer with these parameters stands on."""
        ...

    async def score(self, scoring: Scoring, parameters: Parameters, answered: Answered) -> Score:
        """Return the score of one output.

        Raises:
            ScoreFailed: there is none; everything else that is raised counts as `score.raised`.
        """
        ...


@dataclass(frozen=True)
class FunctionScorer(Generic[P]):
    """A type of scorer that is a function of the row and its output; how plugins bring a scorer of their own.

    Args:
        function: called in a thread; returns a number, or raises `ScoreFailed`.
        checked: raises `InvalidInput` for parameters that make no scorer.
    """

    name: str
    description: str
    parameters: type[P]
    function: Callable[[P, Answered], float]
    direction: Direction | None = "higher"
    scale: Scale = "share"
    unit: str = ""
    checked: Callable[[P], None] | None = None

    def check(self, parameters: Parameters) -> None:
        assert isinstance(parameters, self.parameters)
        if self.checked is not None:
            self.checked(parameters)

    def dependencies(self, parameters: Parameters) -> Sequence[Reference]:  # noqa: ARG002 - it stands on nothing
        return ()

    async def score(self, scoring: Scoring, parameters: Parameters, answered: Answered) -> Score:  # noqa: ARG002 - the Protocol's
        assert isinstance(parameters, self.parameters)
        return Score(await asyncio.to_thread(self.function, parameters, answered))


def text_of(value: Any) -> str:
    """Return a text as it is, and other JSON as its canonical form."""
    return value if isinstance(value, str) else canonical_json(value).decode()


def alternatives(answered: Answered) -> list[Any]:
    """Return what would have been right: each member of a list, or the one value.

    Raises:
        ScoreFailed: `score.nothing_expected`.
    """
    expected = answered.expected
    if expected is None or expected == []:
        raise ScoreFailed("score.nothing_expected", "This row says nothing of what should come out.")
    return cast("list[Any]", expected) if isinstance(expected, list) else [expected]
