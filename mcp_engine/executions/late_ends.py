"""Ends that the database did not take, written once it answers again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from mcp_engine.database.outages import NO_ANSWER
from mcp_engine.errors import EngineError
from mcp_engine.executions.ownership import set_within

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class LateEnds:
    """Without it an execution would run for ever: its process lives, and so nobody else ends it.

    There are no more of them than executions that ran when the database went away. Those that a process leaves
    unwritten are recorded as interrupted by another (`Recovery`).
    """

    def __init__(self) -> None:
        self._ends: dict[UUID, Callable[[], Awaitable[None]]] = {}
        self._closing = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def keep(self, execution_id: UUID, write: Callable[[], Awaitable[None]]) -> None:
        """Repeat `write` until the database answers."""
        self._ends[execution_id] = write
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="late-execution-ends")

    async def close(self) -> None:
        """Try once more, then give up."""
        self._closing.set()
        if self._writing is not None:
            await self._writing
        if self._ends:
            _log.error("executions_not_recorded", count=len(self._ends))

    async def _write_all(self) -> None:
        pause, closing = _FIRST_PAUSE_SECONDS, False
        while self._ends and not closing:
            closing = await set_within(self._closing, pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            for execution_id, write in list(self._ends.items()):
                try:
                    await write()
                except NO_ANSWER:
                    break
                except EngineError:
                    pass  # The end was taken the first time, and only its acknowledgement was lost.
                except Exception as error:  # noqa: BLE001 - the other ends are still to be written
                    _log.error("execution_not_recorded", execution_id=str(execution_id), exc_info=error)
                else:
                    _log.info("execution_recorded_late", execution_id=str(execution_id))
                del self._ends[execution_id]
