"""Job kinds of the tests, and a worker process that runs them: `python -m tests.mcp_engine.jobs.kinds URL`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from sqlalchemy import text

from mcp_engine import logs
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput
from mcp_engine.jobs import runner
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Timings
from mcp_engine.jobs.supervisor import PARENT_VARIABLE
from mcp_engine.jobs.worker import run_worker
from mcp_engine.processes import die_with_parent

TIMINGS = Timings(lease_seconds=4.0, poll_seconds=0.05, reap_seconds=0.5, start_seconds=2.0)
WRITE = text(
    """
    INSERT INTO job_result (subject_id, attempt, pid) SELECT :subject, :attempt, :pid
    WHERE NOT EXISTS (SELECT FROM job_result WHERE subject_id = :subject)
    """
)
RESULT_TABLE = """
CREATE TABLE job_result (subject_id uuid, attempt int, pid int);
GRANT SELECT, INSERT ON job_result TO mcp_engine_app;
"""


class Insert:
    """Works a moment, then inserts one row unless an attempt that was killed before its end has done so.

    The table has no unique key: two workers that both hold the job would show as two rows.
    """

    name = "test.insert"
    max_attempts = 3

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def run(self, context: JobContext) -> None:
        await context.progress(0, 1)
        await asyncio.sleep(self._seconds)
        async with context.unit_of_work() as work:
            values = {"subject": context.subject_id, "attempt": context.attempt, "pid": os.getpid()}
            await work.session.execute(WRITE, values)


class Permanent:
    name = "test.permanent"
    max_attempts = 3

    async def run(self, context: JobContext) -> None:
        raise InvalidInput("test.wrong", "Correct it.")


class Transient:
    """Fails until its third attempt."""

    name = "test.transient"
    max_attempts = 3

    async def run(self, context: JobContext) -> None:
        if context.attempt < 3:
            raise OSError("the disk is full")


async def lose_connection(context: JobContext) -> None:
    async with context.unit_of_work() as work:
        await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


class Outlived:
    """Loses its connection to the database in more attempts than a failure of its own would be given."""

    name = "test.outlived"
    max_attempts = 1

    async def run(self, context: JobContext) -> None:
        if context.attempt < 3:
            await lose_connection(context)


class Crashing:
    """Loses its connection whenever it runs."""

    name = "test.crashing"
    max_attempts = 2

    async def run(self, context: JobContext) -> None:
        await lose_connection(context)


class Hopeless:
    name = "test.hopeless"
    max_attempts = 2

    async def run(self, context: JobContext) -> None:
        raise OSError("the disk is full")


async def main(url: str, seconds: float) -> None:
    logs.configure(format="json")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = Database(url)
    runner.MOST_OUTAGES = 3
    kinds = kinds_by_name([Insert(seconds), Permanent(), Transient(), Outlived(), Crashing(), Hopeless()])
    told = await run_worker(database, url, kinds, concurrency=4, stop=stop, timings=TIMINGS)
    await database.close()
    sys.exit(0 if told else 3)


if __name__ == "__main__":
    die_with_parent(int(os.environ[PARENT_VARIABLE]))
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
