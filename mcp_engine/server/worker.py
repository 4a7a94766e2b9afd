"""A worker process of an instance: beside its server, or on another machine."""

from __future__ import annotations

import asyncio
import os
import signal

from mcp_engine import logs
from mcp_engine.config import Settings
from mcp_engine.jobs.supervisor import PARENT_VARIABLE
from mcp_engine.processes import die_with_parent
from mcp_engine.telemetry.journal.writer import journaling

CONCURRENCY = 2
"""Jobs at once: while one waits for a parser or the database, the other embeds."""


def work(settings: Settings) -> None:
    """Run jobs until SIGINT or SIGTERM.

    Raises:
        SystemExit: 3 when the lease was lost, so that a supervisor starts a fresh worker.
    """
    logs.configure(settings.log_level, settings.log_format)
    with journaling(settings.journal_dir, "worker"):
        if not asyncio.run(_work(settings)):
            raise SystemExit(3)


async def _work(settings: Settings) -> bool:
    from mcp_engine.database.engine import Database
    from mcp_engine.jobs.worker import run_worker
    from mcp_engine.secrets import Secrets
    from mcp_engine.server.compose import job_kinds, shared_services
    from mcp_engine.server.database import database_urls
    from mcp_engine.server.running import Instance

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    secrets = Secrets.load(settings.secrets_dir)
    urls = database_urls(settings, secrets)
    async with shared_services(settings, secrets, Instance(settings, urls)) as (services, _):
        kinds = job_kinds(services)
        return await run_worker(services.get(Database), urls.application, kinds, concurrency=CONCURRENCY, stop=stop)


if __name__ == "__main__":
    parent = os.environ.get(PARENT_VARIABLE)
    if parent:
        die_with_parent(int(parent))
    work(Settings())
