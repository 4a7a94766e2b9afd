"""Sources on the real database, read as a worker would read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.service import JobService
from mcp_engine.models.credentials import CredentialSeal
from rag.connectors.job import SyncJob
from rag.connectors.options import SourceOptions
from rag.connectors.port import ConnectorKind
from rag.connectors.registry import Connectors
from rag.connectors.schemas import NewSource, Source, SourceRun
from rag.connectors.service import SourceService
from rag.service import DocumentService
from tests.rag.conftest import Attempt, Workspace

MAX_BYTES = 10_000
COUNTS = ("added", "changed", "unchanged", "removed", "failed")


class Interrupted(Attempt):
    """An attempt in which something happens once so many items are dealt with."""

    after: int = 1
    once: Callable[[], Awaitable[object]] | None = None

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        await super().progress(done, total, note)
        if done >= self.after and self.once is not None:
            once, self.once = self.once, None
            await once()


class Killed(BaseException):
    """The end of a process, as far as its job can tell: nothing after it runs."""


async def kill() -> None:
    raise Killed


@dataclass
class Library:
    """The services of sources, and a tenant that uses them."""

    database: Database
    documents: DocumentService
    sources: SourceService
    job: SyncJob
    seal: CredentialSeal
    caller: Caller

    async def make(self, kind: str, settings: dict[str, Any], name: str = "it", **more: Any) -> Source:
        new = NewSource(name=name, kind=kind, settings=settings, **more)
        return await self.sources.create(self.caller, "default", "docs", new)

    async def folder(self, path: Path, name: str = "it", **more: Any) -> Source:
        return await self.make("folder", {"path": str(path)}, name, **more)

    async def read(self, source: Source) -> SourceRun:
        """Read a source that nobody reads, and return the run when its job has ended well."""
        run = await self.sources.start(self.caller, source.id)
        await self.attempt(run.id)
        return await self.ended(run)

    async def first(self, source: Source) -> SourceRun:
        """End the run that making a source started."""
        assert source.last_run is not None
        await self.attempt(source.last_run.id)
        return await self.ended(source.last_run)

    def context(self, run_id: UUID) -> Interrupted:
        return Interrupted(self.database, self.caller.tenant_id, self.caller.principal_id, run_id)

    async def attempt(self, run_id: UUID, context: Attempt | None = None) -> None:
        await self.job.run(cast("JobContext", context or self.context(run_id)))

    async def ended(self, run: SourceRun, state: str = "succeeded") -> SourceRun:
        """Say that the job of a run has ended, as its worker would, and return the run."""
        async with self.database.unit_of_work(self.caller.tenant_id, self.caller.principal_id) as work:
            await JobRepository(work.session).finish(run.job_id, state)
        shown = (await self.sources.get(self.caller, run.source_id)).last_run
        assert shown is not None
        return shown

    async def names(self) -> dict[str, int]:
        """Return the number of the latest version of each document that is not removed."""
        page = await self.documents.list(self.caller, "default", "docs", None, 200)
        return {one.name: one.latest.number for one in page.items}

    async def failures(self, source: Source) -> dict[str, str | None]:
        page = await self.sources.items(self.caller, source.id, "failed", None, 200)
        return {one.name: one.error_code for one in page.items}

    def as_somebody_with(self, scopes: Iterable[str]) -> Library:
        return replace(self, caller=replace(self.caller, scopes=frozenset(scopes)))


def counts(run: SourceRun) -> dict[str, int]:
    return {name: value for name in COUNTS if (value := getattr(run, name))}


def library_of(workspace: Workspace, caller: Caller, options: SourceOptions, *others: ConnectorKind) -> Library:
    jobs, seal = JobService(workspace.database), CredentialSeal(Fernet.generate_key(), owner="source")
    connectors = Connectors(options, others)
    return Library(
        workspace.database,
        workspace.documents,
        SourceService(workspace.database, jobs, connectors, seal),
        SyncJob(connectors, seal, jobs, max_bytes=MAX_BYTES),
        seal,
        caller,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def library(workspace: Workspace, caller: Caller, root: Path) -> Library:
    """Folders and repositories may be read below `root`."""
    return library_of(workspace, caller, SourceOptions(source_roots=str(root)))
