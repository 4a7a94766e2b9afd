"""Indexing as a job: repeats, a full disk, and what is cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import Gone, InvalidInput, TryLater
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.kinds import is_permanent
from mcp_engine.jobs.service import JobService
from rag.jobs import IndexJob
from tests.conftest import plain_url
from tests.rag.conftest import Attempt, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE


@contextmanager
def full_disk(owner_url: str, caller: Caller) -> Iterator[None]:
    """Let the database answer the tenant's writes to the index as it does when its disk is full."""
    name = f"full_{caller.tenant_id.hex}"
    with psycopg.connect(plain_url(owner_url), autocommit=True) as connection:
        connection.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
            .encode()
        )  # fmt: skip
        connection.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON chunk FOR EACH ROW "
            f"WHEN (NEW.tenant_id = '{caller.tenant_id}') EXECUTE FUNCTION {name}()".encode()
        )
        yield
        connection.execute(f"DROP TRIGGER {name} ON chunk".encode())
        connection.execute(f"DROP FUNCTION {name}".encode())


async def test_a_full_disk_is_said_and_the_repeat_completes(
    workspace: Workspace, caller: Caller, owner_url: str
) -> None:
    added = await workspace.documents.add(caller, "default", "docs", "a.md", BAKERY.encode())
    with full_disk(owner_url, caller), pytest.raises(TryLater) as refused:
        await workspace.index(caller, added.document.latest.id)
    assert refused.value.code == "index.no_space"
    assert not is_permanent(refused.value)
    before = await workspace.documents.get(caller, added.document.id)
    assert (before.latest.state, before.searched_number, before.latest.chunks) == ("queued", None, None)
    await workspace.index(caller, added.document.latest.id)
    assert (await workspace.documents.get(caller, added.document.id)).latest.state == "indexed"


async def test_progress_is_reported_up_to_the_last_chunk(workspace: Workspace, caller: Caller) -> None:
    text = "\n\n".join(LIGHTHOUSE for _ in range(120))
    added = await workspace.documents.add(caller, "default", "docs", "long.md", text.encode())
    attempt = await workspace.index(caller, added.document.latest.id)
    done, total = attempt.reports[-1]
    assert done == total == (await workspace.documents.get(caller, added.document.id)).latest.chunks
    assert len(attempt.reports) > 2


async def test_a_document_that_takes_too_long_is_not_read_again(workspace: Workspace, caller: Caller) -> None:
    from rag.parsing.pool import ParserPool

    job = workspace.index_job
    slow = ParserPool(processes=1, timeout_seconds=0.001)
    impatient = IndexJob(slow, job._embedders, job._strategies, job._jobs)
    added = await workspace.documents.add(caller, "default", "docs", "slow.md", BAKERY.encode())
    context = Attempt(workspace.database, caller.tenant_id, caller.principal_id, added.document.latest.id)
    with pytest.raises(InvalidInput) as refused:
        await impatient.run(cast("JobContext", context))
    await slow.close()
    assert refused.value.code == "document.parse_timeout"
    assert is_permanent(refused.value)


async def test_a_cancelled_indexing_is_shown_and_adding_again_starts_it_anew(
    workspace: Workspace, caller: Caller
) -> None:
    added = await workspace.documents.add(caller, "default", "docs", "c.md", BAKERY.encode())
    await JobService(workspace.database).cancel(caller, added.job_id)
    shown = await workspace.documents.get(caller, added.document.id)
    assert (shown.latest.state, shown.latest.error_code) == ("cancelled", "job.cancelled")
    again = await workspace.documents.add(caller, "default", "docs", "c.md", BAKERY.encode())
    assert (again.outcome, again.document.latest.state) == ("retried", "queued")


async def test_an_unknown_version_fails_for_good(workspace: Workspace, caller: Caller) -> None:
    with pytest.raises(InvalidInput):
        await workspace.index(caller, new_id())


class RemovedMidway(Attempt):
    """An attempt whose document is removed after the first batch of its chunks."""

    remove: Callable[[], Awaitable[object]]

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        await super().progress(done, total, note)
        if 0 < done < total:
            await self.remove()


async def test_a_removed_document_is_embedded_no_further(workspace: Workspace, caller: Caller) -> None:
    text = "\n\n".join(f"{LIGHTHOUSE} Number {number}." for number in range(150))
    added = await workspace.documents.add(caller, "default", "docs", "removed-midway.md", text.encode())
    attempt = RemovedMidway(workspace.database, caller.tenant_id, caller.principal_id, added.document.latest.id)
    attempt.remove = lambda: workspace.documents.remove(caller, added.document.id)
    with pytest.raises(Gone) as ended:
        await workspace.index_job.run(cast("JobContext", attempt))
    assert ended.value.code == "document.removed"
    assert is_permanent(ended.value)
    [_, (done, total)] = attempt.reports
    assert done < total
