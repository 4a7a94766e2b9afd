"""Carries out what flows ask for, on the event loop that asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
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


class LoopIO:
    """One pool of connections."""

    def __init__(self, core: Core, http: httpx.AsyncClient | None) -> None:
        self.core = core
        self._given = http
        self._closed = False
        # The environment's proxies are not for a server that mostly runs on this machine.
        self._http = http or httpx.AsyncClient(trust_env=False)

    async def perform(self, flow: Flow[R]) -> R:
        """Run a flow to its end and return what it returns."""
        try:
            effect = next(flow)
            while True:
                effect = flow.send(await self._carry_out(effect))
        except StopIteration as done:
            return done.value

    async def all_of(self, listing: Listing[T]) -> AsyncIterator[T]:
        """Yield every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = await self.perform(listing.page(cursor))
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def close(self) -> None:
        self._closed = True
        if self._given is None:
            await self._http.aclose()

    async def _carry_out(self, effect: Effect) -> Any:
        match effect:
            case Send(call):
                return await self._send(call)
            case Read(response):
                await response.aread()
                await response.aclose()
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Load(path):
                return await asyncio.to_thread(path.read_bytes)
        return None

    async def _send(self, call: Call) -> httpx.Response | httpx.RequestError:
        if self._closed:
            raise InvalidInput("client.closed", "This client was closed; make another.")
        request = self._http.build_request(**self.core.request_arguments(call))
        try:
            return await self._http.send(request, stream=call.stream)
        except httpx.RequestError as error:
            return error


class LoopReports:
    """Sends exposures from a task that lives while there are any."""

    def __init__(self, io: LoopIO, exposures: Exposures) -> None:
        self._io = io
        self._exposures = exposures
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """See to it that what waits is sent soon."""
        if self._exposures.waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._send_on())

    async def close(self) -> None:
        """Send what waits now, once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._flush()

    async def _send_on(self) -> None:
        await asyncio.sleep(LINGER_SECONDS)
        await self._flush()

    async def _flush(self) -> None:
        while (batch := self._exposures.take()) and await self._sent(batch):
            pass

    async def _sent(self, batch: list[Exposure]) -> bool:
        try:
            recorded = await self._io.perform(self._io.core.report(batch))
        except EngineError as error:
            self._exposures.failed(batch, error)
            return False
        except asyncio.CancelledError:
            self._exposures.give_back(batch)
            raise
        tell_refused(recorded)
        return True


class AsyncTextStream(Generic[T]):
    """Pieces of a text as they come, then the `result`.

        async for text in client.stream("explain", {"term": "gravity"}):
            print(text, end="")

    The request is sent when the first piece is asked for. Leaving the loop (or the `with` block) before the
    end closes the connection, and the server cancels the run.
    """

    def __init__(self, io: LoopIO, call: Call, state: StreamState[T]) -> None:
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

    async def until_done(self) -> T:
        """Read to the end and return the result."""
        async for _ in self:
            pass
        return self.result

    async def close(self) -> None:
        await self._texts.aclose()

    async def __aiter__(self) -> AsyncIterator[str]:
        try:
            async for text in self._texts:
                yield text
        finally:
            await self.close()

    async def __aenter__(self) -> AsyncTextStream[T]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _read(self) -> AsyncGenerator[str, None]:
        response = await self._io.perform(exchange(self._call, self._io.core.retries))
        try:
            async for piece in response.aiter_bytes():
                for text in self._state.feed(piece):
                    yield text
        except httpx.RequestError as error:
            raise unreachable(error) from error
        finally:
            await response.aclose()
        self._state.require_end()
