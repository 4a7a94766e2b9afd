"""One soak from start to verdict."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.end_to_end.instance import EngineProcess
from tests.soak.calls import Client, Outages, Tally
from tests.soak.chaos import Chaos
from tests.soak.ledger import Ledger
from tests.soak.load import Visitor
from tests.soak.memory import Growth, MemorySampler
from tests.soak.verdict import losses


@dataclass(frozen=True)
class Settings:
    """What makes two soaks comparable."""

    minutes: float
    clients: int = 5
    seed: int = 1
    pause_seconds: float = 0.2


@dataclass
class Report:
    """Figures of one soak; `passed` is the verdict."""

    settings: Settings
    began: str
    machine: str
    acknowledged: dict[str, int]
    repeated: dict[str, int]
    unexpected: dict[str, int]
    examples: dict[str, str]
    kills: dict[str, int]
    kept: dict[str, int]
    lost: list[str]
    audit: dict[str, Any]
    growths: list[Growth]
    log_faults: list[str] = field(default_factory=list[str])

    @property
    def passed(self) -> bool:
        flat = all(growth.is_flat for growth in self.growths)
        return bool(flat and self.audit["ok"] and not self.lost and not self.unexpected)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def soak(settings: Settings) -> Report:
    """Run one soak on a fresh instance, and remove the instance."""
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false", "MCP_ENGINE_WORKERS": "2"})
    try:
        engine.start()
        made = engine.json("key", "create", "soak", "--rate", "10000", "--burst", "100000")
        return asyncio.run(_soak(settings, engine, made["api_key"]))
    finally:
        engine.remove()


async def _soak(settings: Settings, engine: EngineProcess, key: str) -> Report:
    began = datetime.now(UTC).isoformat(timespec="minutes")
    tally, outages, ledger = Tally(), Outages(), Ledger()
    clients = [
        Client(engine.url, key, tally, outages, settings.seed * 1000 + number) for number in range(settings.clients)
    ]
    visitors = [Visitor(number, client, ledger, settings.pause_seconds) for number, client in enumerate(clients)]
    chaos = Chaos(engine, outages, settings.seed, server_after_seconds=settings.minutes * 60 / 3)
    memory = MemorySampler(engine)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for task in (*(visitor.visit(stop) for visitor in visitors), chaos.run(stop), memory.run(stop)):
            group.create_task(task)
        await asyncio.sleep(settings.minutes * 60)
        stop.set()
    lost = await losses(clients[0], ledger)
    for client in clients:
        await client.close()
    verified = await asyncio.to_thread(engine.run, "audit", "verify", "--json", timeout=600)
    return Report(
        settings=settings,
        began=began,
        machine=f"{os.cpu_count()} CPU cores, {platform.platform()}, Python {platform.python_version()}",
        acknowledged=dict(tally.acknowledged),
        repeated=dict(tally.repeated),
        unexpected=dict(tally.unexpected),
        examples=tally.examples,
        kills=dict(chaos.kills),
        kept=_kept(ledger),
        lost=lost,
        audit=json.loads(verified.out),
        growths=memory.growths(),
        log_faults=_faults(engine.log()),
    )


def _kept(ledger: Ledger) -> dict[str, int]:
    return {
        "versions": sum(len(record.digests) for record in ledger.prompts.values()),
        "label moves": sum(len(record.moves) for record in ledger.prompts.values()),
        "documents": len(ledger.documents),
        "runs": len(ledger.runs),
        "asks": len(ledger.asks),
    }


def _faults(log: str) -> list[str]:
    """Return the log's lines that speak of errors nobody expected."""
    return [line[:300] for line in log.splitlines() if '"event": "unexpected_error"' in line][:20]
