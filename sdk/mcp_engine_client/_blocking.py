"""Carries out what flows ask for, in the thread that asks."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

import httpx
from pydantic import BaseModel

from mcp_engine_client import models
from mcp_engine_client._core import Core, Listing
from mcp_engine_client._exposures import LINGER_SECONDS, Exposure, Exposures, tell_refused
from mcp_engine_client._flows import Call, Effect, Flow, Load, Read, Send, Wait, exchange, unreachable
from mcp_engine_client._streams import StreamState
from mcp_engine_client.errors import EngineError, InvalidInput

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


class BlockingReports:
    """Sends exposures from a thread that lives while there are any."""

    def __init__(self, io: BlockingIO, exposures: Exposures) -> None:
        self._io = io
        self._exposures = exposures
        self._begin()
        _reports.add(self)

    def wake(self) -> None:
        """See to it that what waits is sent soon."""
        if not self._exposures.waiting or not self._sending.acquire(blocking=False):
            return
        try:
            threading.Thread(target=self._send_on, name="mcp-engine-exposures", daemon=True).start()
        except RuntimeError:  # the interpreter is shutting down, or has no threads left
            self._sending.release()

    def flush(self) -> bool:
        """Send what waits now, once; what the server does not take goes on waiting. Return whether it took all."""
        # One at a time: whoever closes the client after this must not do so under a batch on its way.
        with self._turn:
            while batch := self._exposures.take():
                if not self._sent(batch):
                    return False
        return True

    def _send_on(self) -> None:
        sent = False
        try:
            time.sleep(LINGER_SECONDS)
            sent = self.flush()
        finally:
            self._sending.release()
        if sent:  # another one may have been noted before the release
            self.wake()

    def _sent(self, batch: list[Exposure]) -> bool:
        try:
            recorded = self._io.perform(self._io.core.report(batch))
        except EngineError as error:
            self._exposures.failed(batch, error)
            return False
        tell_refused(recorded)
        return True

    def _begin(self) -> None:
        self._sending, self._turn = threading.Lock(), threading.Lock()


_reports: weakref.WeakSet[BlockingReports] = weakref.WeakSet()


def _after_fork() -> None:
    for reports in list(_reports):
        reports._begin()  # pyright: ignore[reportPrivateUsage]


def _at_exit() -> None:
    for reports in list(_reports):
        reports.flush()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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
