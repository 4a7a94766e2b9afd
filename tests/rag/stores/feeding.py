"""A workspace that a store follows, and the job that feeds it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.schemas import JobFilters
from mcp_engine.jobs.service import JobService
from rag.jobs import IndexJob
from rag.parsing.pool import ParserPool
from rag.reindexing.job import ReindexJob
from rag.service import DocumentService
from rag.stores.job import FeedStoreJob
from rag.stores.outbox import FEED
from rag.stores.service import StoreService
from rag.stores.weaviate.store import WeaviateStore
from rag.strategies import Strategies
from tests.rag.conftest import Attempt, Workspace


class Feeding:
    """A workspace whose passages a store finds, and the job that feeds it."""

    def __init__(self, workspace: Workspace, parsers: ParserPool, store: WeaviateStore) -> None:
        self.database, self.store = workspace.database, store
        jobs = JobService(workspace.database)
        self.documents = DocumentService(
            workspace.database, jobs, workspace.searching, max_upload_bytes=1_000_000, store=store
        )
        strategies = Strategies(workspace.artifacts)
        index_job = IndexJob(parsers, workspace.embedders, strategies, jobs, store)
        reindex_job = ReindexJob(parsers, workspace.embedders, jobs, store)
        self.workspace = replace(workspace, documents=self.documents, index_job=index_job, reindex_job=reindex_job)
        self.service = StoreService(workspace.database, jobs, store)
        self.jobs = jobs

    async def add(self, caller: Caller, name: str, content: str) -> UUID:
        return (await self.workspace.add(caller, name, content)).document.id

    async def feed(self, caller: Caller) -> None:
        await self.run(caller, FeedStoreJob(self.store))

    async def run(self, caller: Caller, job: FeedStoreJob) -> None:
        context = Attempt(self.database, caller.tenant_id, caller.principal_id, caller.tenant_id)
        await job.run(cast("JobContext", context))

    async def waiting(self, caller: Caller) -> int:
        return (await self.service.status(caller)).waiting

    async def found(self, caller: Caller, query: str) -> list[str]:
        passages = await self.documents.search(caller, "default", "docs", query, 3)
        return list(dict.fromkeys(passage.version.document for passage in passages))

    async def queued(self, caller: Caller) -> int:
        return len((await self.jobs.list(caller, JobFilters(kind=FEED, state="queued"))).items)
