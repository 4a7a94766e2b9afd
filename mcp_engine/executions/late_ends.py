"""Ends that the database did not take, written once it answers again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mcp_engine.database.outages import is_outage
from mcp_engine.errors import Conflict
from mcp_engine.executions.ownership import set_within

ENDED = "execution.ended"
"""The code of a second end."""
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_MOST_FAULTS = 3
"""So often an end may fail for another reason than an outage before `instead` is written."""
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Late:
    write: Callable[[], Awaitable[None]]
    instead: Callable[[], Awaitable[None]]
    faults: int = 0


class LateEnds:
    """Without it an execution would run for ever: its process lives, and so nobody else ends it.

    There are no more of them than executions that ran, or were about to, when the database went away. Those that a
    process leaves unwritten are recorded as interrupted by another (`Recovery`).
    """

    def __init__(self) -> None:
        self._ends: dict[UUID, _Late] = {}
        self._closing = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def keep(
        self, execution_id: UUID, write: Callable[[], Awaitable[None]], instead: Callable[[], Awaitable[None]]
    ) -> None:
        """Repeat `write` until the database answers.

        Args:
            instead: a plain end, written when that one can't be.
        """
        self._ends[execution_id] = _Late(write, instead)
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
            for execution_id, late in list(self._ends.items()):
                try:
                    await (late.write if late.faults < _MOST_FAULTS else late.instead)()
                    _log.info("execution_recorded_late", execution_id=str(execution_id))
                except Exception as error:  # noqa: BLE001 - the other ends are still to be written
                    if is_outage(error) or isinstance(error, PoolTimeout):
                        break
                    # A second end: the first attempt was taken, and only its acknowledgement was lost.
                    if not (isinstance(error, Conflict) and error.code == ENDED):
                        _log.error("execution_not_recorded", execution_id=str(execution_id), exc_info=error)
                        late.faults += 1
                        if late.faults <= _MOST_FAULTS:
                            continue
                del self._ends[execution_id]
