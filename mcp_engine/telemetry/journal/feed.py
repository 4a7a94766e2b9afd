"""The journal as it is read: pages of the past, and the present as it happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mcp_engine.errors import NotFound
from mcp_engine.http.streaming import StreamEvent
from mcp_engine.telemetry.journal.filters import LogFilter
from mcp_engine.telemetry.journal.schemas import LogLine
from mcp_engine.telemetry.journal.segments import Segments

LOOK_SECONDS = 0.25
IDLE_SECONDS = 15.0
STREAM_SECONDS = 600.0
MOST_WAITING_LINES = 500


@dataclass(frozen=True, slots=True)
class _News:
    lines: list[LogLine]
    dropped: int | None
    """None when nobody knows any more how many."""
    position: int


class LogFeed:
    """Reads the journal in one folder.

    A stream has no queue that logging would have to fill: each reads the files from its own position,
    so a client that is slow, or was away, delays nobody. When more than `most_waiting_lines` wait for
    it, it gets the newest of them and the number of the others.

    Args:
        stream_seconds: after this long a stream ends, and whoever continues it must still be allowed to.
    """

    def __init__(
        self,
        folder: Path,
        *,
        look_seconds: float = LOOK_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        stream_seconds: float = STREAM_SECONDS,
        most_waiting_lines: int = MOST_WAITING_LINES,
    ) -> None:
        self._segments = Segments(folder)
        self._look_seconds = look_seconds
        self._idle_seconds = idle_seconds
        self._stream_seconds = stream_seconds
        self._most_waiting_lines = most_waiting_lines
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream, so that the server can stop without waiting for who watches."""
        self._closing.set()

    async def page(self, wanted: LogFilter, *, before: int | None, limit: int) -> list[LogLine]:
        """Return up to `limit` matching lines, the newest first, of those before a position."""
        return await asyncio.to_thread(lambda: list(islice(self._newest(wanted, before), limit)))

    async def line(self, wanted: LogFilter, position: int) -> LogLine:
        """Return one line.

        Raises:
            NotFound: `log.line_not_found` when there is none there that matches, or none any more.
        """
        found = await self.page(wanted, before=position + 1, limit=1)
        if not found or found[0].id != str(position):
            raise NotFound("log.line_not_found", f"There is no line {position}, or it is so old that it is gone.")
        return found[0]

    async def follow(self, wanted: LogFilter, after: int | None) -> AsyncGenerator[StreamEvent, None]:
        """Yield `line` events from the position `after` on (default: from now on), as they are written.

        Other events: `open` at once, `dropped` where lines are missing (`lines` says how many; null when
        they are so old that nobody knows), `idle` when there was nothing for a while, `end` at the end.
        The id of an event is where to continue after it; `open`, `idle` and `end` have it as `position` too.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._stream_seconds
        end = await asyncio.to_thread(self._segments.end)
        position = end if after is None else min(after, end)
        yield _event("open", position)
        spoke_at = loop.time()
        while loop.time() < ends_at and not self._closing.is_set():
            news = await asyncio.to_thread(self._read, wanted, position)
            if news.dropped != 0:
                yield StreamEvent(event="dropped", data={"lines": news.dropped})
            for line in news.lines:
                yield _event("line", int(line.id), line.model_dump(mode="json"))
            position = news.position
            if news.lines:
                spoke_at = loop.time()
            elif loop.time() - spoke_at > self._idle_seconds:
                spoke_at = loop.time()
                yield _event("idle", position)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._look_seconds)
        yield _event("end", position)

    def _read(self, wanted: LogFilter, position: int) -> _News:
        if self._segments.end() == position:
            return _News([], 0, position)
        gone = not self._segments.reaches_back_to(position)
        waiting = deque[LogLine](maxlen=self._most_waiting_lines)
        found = 0
        for stored in self._segments.forwards(position):
            position = stored.position
            line = wanted.matching(stored)
            if line is not None:
                waiting.append(line)
                found += 1
        return _News(list(waiting), None if gone else found - len(waiting), position)

    def _newest(self, wanted: LogFilter, before: int | None) -> Iterator[LogLine]:
        for stored in self._segments.backwards(before):
            if wanted.begins_after(stored):
                return
            line = wanted.matching(stored)
            if line is not None:
                yield line


def _event(name: str, position: int, data: dict[str, Any] | None = None) -> StreamEvent:
    return StreamEvent(event=name, data=data or {"position": str(position)}, id=str(position))
