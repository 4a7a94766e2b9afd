"""Kills, at random moments that a seed fixes: a model process, a worker, PostgreSQL, and once the server itself."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter

from tests.end_to_end.instance import EngineProcess
from tests.soak.calls import Outages

MODEL, WORKER, DATABASE, SERVER = "model process", "worker", "PostgreSQL", "server"
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15.0, 35.0


class Chaos:
    """Kills with SIGKILL until it is told to stop; `kills` counts what died."""

    def __init__(self, engine: EngineProcess, outages: Outages, seed: int, server_after_seconds: float) -> None:
        self.kills: Counter[str] = Counter()
        self._engine = engine
        self._outages = outages
        self._random = random.Random(seed)
        self._server_after_seconds = server_after_seconds

    async def run(self, stop: asyncio.Event) -> None:
        began = asyncio.get_running_loop().time()
        while not await _told(stop, self._random.uniform(SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)):
            elapsed = asyncio.get_running_loop().time() - began
            if not self.kills[SERVER] and elapsed > self._server_after_seconds:
                await self._restart_server()
            else:
                self._kill(self._random.choice((MODEL, WORKER, DATABASE)))

    def _kill(self, victim: str) -> None:
        pids = self._pids_of(victim)
        if pids:
            os.kill(self._random.choice(pids), signal.SIGKILL)
            self.kills[victim] += 1

    def _pids_of(self, victim: str) -> list[int]:
        if victim == DATABASE:
            pid_file = self._engine.home / "postgresql" / "data" / "postmaster.pid"
            return [int(pid_file.read_text().split("\n", 1)[0])] if pid_file.exists() else []
        module = {MODEL: b"mcp_engine.models.host", WORKER: b"mcp_engine.server.worker"}[victim]
        return sorted(pid for pid, command in self._engine.processes().items() if module in command)

    async def _restart_server(self) -> None:
        self._outages.begin()
        await asyncio.to_thread(self._engine.kill)
        self.kills[SERVER] += 1
        await asyncio.to_thread(self._engine.start)
        self._outages.end()


async def _told(event: asyncio.Event, seconds: float) -> bool:
    """Wait; return whether the event came before the time was over."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
