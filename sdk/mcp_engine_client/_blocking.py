"""Carries out what flows ask for, in the thread that asks."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

import httpx
from pydantic import BaseModel

from mcp_engine_client import models
from mcp_engine_client._core import Core, Listing
from mcp_engine_client._flows import Call, Effect, Flow, Load, Read, Send, Wait, exchange, unreachable
from mcp_engine_client._streams import StreamState
from mcp_engine_client.errors import InvalidInput

R = TypeVar("R")
T = TypeVar("T", bound=BaseModel)


class BlockingIO:
    """One pool of connections; a forked child gets its own."""

    def __init__(self, core: Core, http: httpx.Client | None) -> None:
        self.core = core
        self._given = http
        self._closed = False
        self._connect()

    def perform(self, flow: Flow[R]) -> R:
        """Run a flow to its end and return what it returns."""
        try:
            effect = next(flow)
            while True:
                effect = flow.send(self._carry_out(effect))
        except StopIteration as done:
            return done.value

    def all_of(self, listing: Listing[T]) -> Iterator[T]:
        """Yield every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.perform(listing.page(cursor))
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def close(self) -> None:
        self._closed = True
        if self._given is None:
            self._http.close()

    def _connect(self) -> None:
        self._process = os.getpid()
        # The environment's proxies are not for a server that mostly runs on this machine.
        self._http = self._given or httpx.Client(trust_env=False)

    def _carry_out(self, effect: Effect) -> Any:
        match effect:
            case Send(call):
                return self._send(call)
            case Read(response):
                response.read()
                response.close()
            case Wait(seconds):
                time.sleep(seconds)
            case Load(path):
                return path.read_bytes()
        return None

    def _send(self, call: Call) -> httpx.Response | httpx.RequestError:
        if self._closed:
            raise InvalidInput("client.closed", "This client was closed; make another.")
        if self._process != os.getpid():
            # A forked child shares its parent's sockets: it must have its own.
            self._connect()
        request = self._http.build_request(**self.core.request_arguments(call))
        try:
            return self._http.send(request, stream=call.stream)
        except httpx.RequestError as error:
            return error


class TextStream(Generic[T]):
    """Pieces of a text as they come, then the `result`.

        for text in client.stream("explain", {"term": "gravity"}):
            print(text, end="")

    The request is sent when the first piece is asked for. Leaving the loop (or the `with` block) before the
    end closes the connection, and the server cancels the run.
    """

    def __init__(self, io: BlockingIO, call: Call, state: StreamState[T]) -> None:
        self._io = io
        self._call = call
        self._state = state
        self._texts = self._read()

    @property
    def result(self) -> T:
        """What the stream ended with; raises `InvalidInput` (`client.stream_unread`) before its end."""
        return self._state.result

    @property
    def passages(self) -> list[models.Passage]:
        """What an answer was looked for in, once it is known."""
        return self._state.passages

    @property
    def citations(self) -> list[models.Citation]:
        """The citations so far."""
        return self._state.citations

    def until_done(self) -> T:
        """Read to the end and return the result."""
        for _ in self:
            pass
        return self.result

    def close(self) -> None:
        self._texts.close()

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._texts
        finally:
            self.close()

    def __enter__(self) -> TextStream[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Generator[str, None, None]:
        response = self._io.perform(exchange(self._call, self._io.core.retries))
        try:
            for piece in response.iter_bytes():
                yield from self._state.feed(piece)
        except httpx.RequestError as error:
            raise unreachable(error) from error
        finally:
            response.close()
        self._state.require_end()
