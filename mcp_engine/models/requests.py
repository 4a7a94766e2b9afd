"""A request on its way through the pool, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from mcp_engine import errors
from mcp_engine.errors import EngineError, ModelFailed, TimedOut
from mcp_engine.models.calls import ModelCall
from mcp_engine.models.frames import Frame, Message


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many were read, how many of these were known from before, and how many were written."""

    prompt: int
    cached: int
    completion: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it comes, and the tokens until then; there may be no text and only more tokens."""

    text: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Completion:
    """How an answer came about; the last item of a stream."""

    finish_reason: str
    tokens: Tokens
    queued_seconds: float
    first_token_seconds: float
    """From the start of the work, the wait in the queue excluded."""
    seconds: float


@dataclass(eq=False, slots=True)
class Job:
    """One request: waiting, then running on one process. Times are of `time.monotonic`."""

    number: int
    messages: Sequence[Message]
    call: ModelCall
    submitted: float
    deadline: float
    events: asyncio.Queue[Frame | EngineError] = field(default_factory=asyncio.Queue[Frame | EngineError])
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)
    started: float | None = None
    restarts: int = 0

    def timed_out(self) -> TimedOut:
        limit = self.deadline - self.submitted
        return TimedOut(
            "model.timed_out",
            f"The model did not finish within {limit:g} seconds; ask for fewer tokens or allow more time.",
        )


def piece_of(frame: Frame) -> Piece:
    """Return what a `text` frame brings."""
    return Piece(str(frame["text"]), _tokens_of(frame))


def completion_of(frame: Frame, job: Job) -> Completion:
    """Return what an `end` frame reports."""
    return Completion(
        finish_reason=str(frame["finish_reason"]),
        tokens=_tokens_of(frame),
        queued_seconds=(job.started or job.submitted) - job.submitted,
        first_token_seconds=float(frame["first_token_seconds"]),
        seconds=float(frame["seconds"]),
    )


def _tokens_of(frame: Frame) -> Tokens:
    return Tokens(int(frame["prompt_tokens"]), int(frame["cached_tokens"]), int(frame["completion_tokens"]))


def error_of(frame: Frame) -> EngineError:
    """Return the error that a process reported, as the class it raised there."""
    kind = getattr(errors, str(frame["error"]), ModelFailed)
    error: EngineError = kind(str(frame["code"]), str(frame["message"]), details=frame["details"])
    return error
