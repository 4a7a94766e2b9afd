"""Texts that come piece by piece: server-sent events (WHATWG HTML, section 9.2) to deltas and a result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError

from mcp_engine_client.errors import EngineError, InvalidInput, Refused, Unreachable, error_from_problem
from mcp_engine_client.models import Answer, Citation, Passage, RunResult

T = TypeVar("T", bound=BaseModel)


class Event(NamedTuple):
    name: str
    data: Any


class EventDecoder:
    """Makes events of bytes, however the network cut them; lines end as in HTTP, not as in Unicode."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = "message"
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield the events that are complete with `piece`."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield from self._line(line.removesuffix(b"\r"))

    def _line(self, line: bytes) -> Iterator[Event]:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if self._data:
                yield Event(self._name, _json(b"\n".join(self._data)))
            self._name, self._data = "message", []
        elif field == b"event":
            self._name = value.decode(errors="replace")
        elif field == b"data":
            self._data.append(value)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise _not_ours() from error


def _not_ours() -> Refused:
    return Refused("client.bad_answer", "The stream is not one of MCP Engine; is the address right?")


class StreamState(Generic[T]):
    """What a stream has brought so far; `result` is there after its last event."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decoder = EventDecoder()
        self._result: T | None = None
        self.passages: list[Passage] = []
        self.citations: list[Citation] = []

    @property
    def result(self) -> T:
        if self._result is None:
            raise InvalidInput("client.stream_unread", "The stream has not ended; read it to its end first.")
        return self._result

    @property
    def ended(self) -> bool:
        return self._result is not None

    def feed(self, piece: bytes) -> Iterator[str]:
        """Yield the text in `piece`.

        Raises:
            EngineError: the problem with which the server ended the stream.
        """
        for event in self._decoder.feed(piece):
            try:
                text = self._take(event)
            except (ValidationError, KeyError, TypeError) as error:
                raise _not_ours() from error
            if text:
                yield text

    def require_end(self) -> None:
        """Raise `Unreachable` when the connection ended before the stream did."""
        if not self.ended:
            raise Unreachable("client.stream_cut", "The connection ended in the middle of the answer; repeat.")

    def _take(self, event: Event) -> str:
        match event.name:
            case "delta":
                return str(event.data["text"])
            case "retrieval":
                self.passages = [Passage.model_validate(passage) for passage in event.data["passages"]]
            case "citation":
                self.citations.append(Citation.model_validate(event.data))
            case "completed":
                self._result = self._kind.model_validate(event.data)
            case "error":
                raise _problem(event.data)
            case _:
                pass  # an event of a newer server
        return ""


def _problem(data: Any) -> EngineError:
    status = cast("dict[str, Any]", data).get("status") if isinstance(data, dict) else None
    return error_from_problem(data, status=status if isinstance(status, int) else 500)


def run_state() -> StreamState[RunResult]:
    return StreamState(RunResult)


def answer_state() -> StreamState[Answer]:
    return StreamState(Answer)
