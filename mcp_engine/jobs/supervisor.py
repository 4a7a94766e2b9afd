"""The worker processes that a server runs beside itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

import structlog

PARENT_VARIABLE = "MCP_ENGINE_PARENT_PID"
_SHORTEST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_HEALTHY_SECONDS = 60.0
_STOP_SECONDS = 15.0
_log = structlog.get_logger(__name__)


class WorkerSupervisor:
    """Starts `count` processes of `command`, and starts each again when it ends, less often each time.

    Args:
        command: the worker's command line; it ends on SIGTERM, and with this process
            (`processes.die_with_parent` with the pid in `MCP_ENGINE_PARENT_PID`).
        environment: added to this process's own.
    """

    def __init__(self, command: Sequence[str], count: int, environment: Mapping[str, str] | None = None) -> None:
        self._command = list(command)
        self._count = count
        self._environment = {**os.environ, **(environment or {}), PARENT_VARIABLE: str(os.getpid())}
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> list[int]:
        """Return the processes that run now."""
        return [process.pid for process in self._processes.values() if process.returncode is None]

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(slot), name=f"worker-{slot}") for slot in range(self._count)]

    async def stop(self) -> None:
        """End the workers: what they run is given back to the queue; kill those that don't end in time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(_end(process) for process in self._processes.values()))

    async def _keep(self, slot: int) -> None:
        loop = asyncio.get_running_loop()
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            began = loop.time()
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command, env=self._environment, stdin=asyncio.subprocess.DEVNULL, stdout=sys.stderr,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                _log.error("worker_not_started", error=str(error), again_in_seconds=pause)
            else:
                self._processes[slot] = process
                code = await process.wait()
                pause = _SHORTEST_PAUSE_SECONDS if loop.time() - began > _HEALTHY_SECONDS else pause
                _log.warning("worker_ended", pid=process.pid, code=code, again_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        _log.error("worker_killed", pid=process.pid)
        process.kill()
        await process.wait()
