"""What a call does, apart from who does the input and output.

A flow is a generator that yields effects (send this request, wait so long) and is given back what
came of them. `Client` carries the effects out in its thread, `AsyncClient` on the event loop, so
that retries, paging and waiting are written once.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from mcp_engine_client.errors import EngineError, ModelFailed, SlowDown, StillRunning, TryLater, Unreachable, error_of

T = TypeVar("T")

MAX_WAIT_SECONDS = 60.0
"""A server that asks for more patience than this gets none: the error goes to the caller."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        repeatable: whether it may be sent again when nobody knows if the first one arrived.
        timeout_seconds: of silence; None for the client's own.
        retries: how often it is repeated; None for the client's own.
        stream: whether the answer's body is left to be read as it comes.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    json: Any = None
    data: Mapping[str, str] | None = None
    files: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    repeatable: bool = True
    timeout_seconds: float | None = None
    retries: int | None = None
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; gives the response (its body unread for a stream) or an `httpx.RequestError`."""

    call: Call


@dataclass(frozen=True, slots=True)
class Read:
    """Read the body of a streamed response and close it; gives nothing."""

    response: httpx.Response


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds; gives nothing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Read a file; gives its bytes."""

    path: Path


Effect = Send | Read | Wait | Load
Flow = Generator[Effect, Any, T]


@dataclass(frozen=True, slots=True)
class Retries:
    """When to repeat what failed: full jitter over an exponential (Brooker, "Exponential backoff and jitter", 2015).

    Args:
        limit: repeats after the first attempt.
        base_seconds: the upper bound of the first wait, doubled with each further one.
    """

    limit: int = 2
    base_seconds: float = 0.25

    def wait_seconds(self, attempt: int, error: EngineError) -> float | None:
        """Return how long to wait after failed attempt number `attempt` (from 0); None to give up."""
        asked = error.retry_after_seconds or 0.0
        if asked > MAX_WAIT_SECONDS:
            return None
        return asked + random.uniform(0, min(self.base_seconds * 2**attempt, MAX_WAIT_SECONDS))  # noqa: S311 - jitter


def exchange(call: Call, retries: Retries) -> Flow[httpx.Response]:
    """Send a request until it succeeds or a repeat can't help; return the successful response.

    Raises:
        EngineError: the problem the server answered with, or `Unreachable`.
    """
    limit = retries.limit if call.retries is None else call.retries
    attempt = 0
    while True:
        result: httpx.Response | httpx.RequestError = yield Send(call)
        if isinstance(result, httpx.Response) and result.is_success:
            return result
        error = yield from _failure(result, call)
        wait = retries.wait_seconds(attempt, error) if attempt < limit and _may_repeat(error, result, call) else None
        if wait is None:
            raise error
        yield Wait(wait)
        attempt += 1


def _failure(result: httpx.Response | httpx.RequestError, call: Call) -> Flow[EngineError]:
    if isinstance(result, httpx.Response):
        if call.stream:
            yield Read(result)
        return error_of(result)
    return unreachable(result)


def unreachable(error: Exception) -> Unreachable:
    """Return the error for a connection that could not be made, or broke."""
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return Unreachable("client.no_answer", f"The server did not answer in time ({reason}).")
    return Unreachable(
        "client.unreachable", f"The server can't be reached ({reason}); start it with `mcp-engine up`, or set its URL."
    )


def _may_repeat(error: EngineError, result: httpx.Response | httpx.RequestError, call: Call) -> bool:
    match error:
        case Unreachable():
            # A connection that was never made has not carried anything.
            return call.repeatable or isinstance(result, httpx.ConnectError | httpx.ConnectTimeout)
        case ModelFailed():
            # An output that does not fit its schema comes out the same again with the same seed.
            return call.repeatable and not error.code.startswith("prompt.output_")
        case SlowDown() | TryLater() | StillRunning():
            return True
        case _:
            return False
