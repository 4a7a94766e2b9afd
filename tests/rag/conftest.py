"""A workspace of documents on the real database, with the real embedder and parsers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import ENGINE, Authenticator, Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.executions.service import ExecutionService
from mcp_engine.experiments.splits import ExperimentSplits
from mcp_engine.http.problems import install_handlers
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.service import PromptService
from mcp_engine.services import Services
from rag.answer_cache.options import AnswerCacheOptions
from rag.answer_cache.routes import router as cache_router
from rag.answer_cache.service import AnswerCacheService
from rag.asking import AskService
from rag.composing.composer import Composer
from rag.embedders.options import ServerOptions
from rag.embedders.registry import Embedders
from rag.embedding import MiniLMEmbedder
from rag.jobs import IndexJob
from rag.judging.judge import Judge
from rag.lost_support.service import SupportService
from rag.metadata.routes import router as metadata_router
from rag.metadata.service import MetadataService
from rag.parsing.pool import ParserPool
from rag.pinned_prompts import PinnedPrompts
from rag.preview.routes import router as preview_router
from rag.preview.service import PreviewService
from rag.reindexing.job import ReindexJob
from rag.reindexing.routes import router as reindexing_router
from rag.reindexing.service import ReindexingService
from rag.reranking.cross_encoder import CrossEncoders
from rag.reranking.options import RerankerOptions
from rag.reranking.reranker import Reranker
from rag.rewriting.rewriter import Rewriter
from rag.routes import router
from rag.schemas import Added
from rag.searching import Searching
from rag.service import DocumentService
from rag.strategies import Strategies
from rag.strategy_kind import StrategyKind
from rag.viewing import ViewingService
from rag.viewing_routes import router as viewing_router
from rag.why.routes import router as why_router
from rag.why.service import WhyService
from rag.writing import Writer
from tests.mcp_engine.prompts.conftest import Models, Script

MAX_UPLOAD_BYTES = 1_000_000
ATTEMPT = 1


@dataclass
class Attempt:
    """One attempt of a worker that holds its job: the transactions are real, the lease is not asked for."""

    database: Database
    tenant_id: UUID
    actor_id: UUID
    subject_id: UUID
    attempt: int = ATTEMPT
    reports: list[tuple[int, int]] = field(default_factory=list)

    def unit_of_work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self.database.unit_of_work(self.tenant_id, self.actor_id, reader_id=ENGINE)

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        self.reports.append((done, total))


@dataclass
class Workspace:
    """The component's services, and a way to run the indexing that a worker would run."""

    database: Database
    documents: DocumentService
    viewing: ViewingService
    asking: AskService
    index_job: IndexJob
    artifacts: ArtifactService
    executions: ExecutionService
    why: WhyService
    preview: PreviewService
    embedder: MiniLMEmbedder
    embedders: Embedders
    searching: Searching
    reindexings: ReindexingService
    reindex_job: ReindexJob
    prompts: PromptService
    script: Script
    """What the model says next."""
    cache: AnswerCacheService
    support: SupportService
    metadata: MetadataService

    async def add(self, caller: Caller, name: str, content: bytes | str, collection: str = "docs") -> Added:
        """Add a document and index it."""
        data = content.encode() if isinstance(content, str) else content
        added = await self.documents.add(caller, "default", collection, name, data)
        if added.outcome != "unchanged":
            await self.index(caller, added.document.latest.id)
        return added

    async def index(self, caller: Caller, version_id: UUID, attempt: int = ATTEMPT) -> Attempt:
        context = Attempt(self.database, caller.tenant_id, caller.principal_id, version_id, attempt)
        await self.index_job.run(cast("JobContext", context))
        return context


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedder() -> MiniLMEmbedder:
    return MiniLMEmbedder()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parsers() -> AsyncIterator[ParserPool]:
    pool = ParserPool(processes=1)
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def workspace(database: Database, embedder: MiniLMEmbedder, parsers: ParserPool) -> AsyncIterator[Workspace]:
    async with workspace_on(database, embedder, parsers) as workspace:
        yield workspace


@asynccontextmanager
async def workspace_on(
    database: Database,
    embedder: MiniLMEmbedder,
    parsers: ParserPool,
    others: Sequence[ServerOptions] = (),
    rerankers: RerankerOptions | None = None,
) -> AsyncGenerator[Workspace, None]:
    rerankers = rerankers or RerankerOptions()
    embedders = Embedders(embedder, others)
    kinds: Any = [StrategyKind(embedders.names, rerankers.digests()), PromptKind()]
    artifacts = ArtifactService(database, KindRegistry(kinds))
    executions = ExecutionService(database)
    await executions.record_interrupted()
    strategies = Strategies(artifacts)
    searching, script = Searching(database, embedders), Script()
    prompts = PromptService(artifacts, Models(script), executions)
    pinned, cross_encoders = PinnedPrompts(prompts), CrossEncoders(rerankers)
    rewriter, reranker = Rewriter(pinned, searching), Reranker(cross_encoders, pinned)
    judge = Judge(cross_encoders, pinned)
    writer = Writer(database, Composer(pinned))
    cache = AnswerCacheService(database, executions, AnswerCacheOptions())
    asking = AskService(
        database,
        executions,
        strategies,
        searching,
        rewriter,
        reranker,
        judge,
        writer,
        cache,
        ExperimentSplits(database, artifacts),
    )
    yield Workspace(
        database,
        DocumentService(database, JobService(database), searching, max_upload_bytes=MAX_UPLOAD_BYTES),
        ViewingService(database, parsers),
        asking,
        IndexJob(parsers, embedders, strategies, JobService(database)),
        artifacts,
        executions,
        WhyService(database, strategies, searching, rewriter, reranker, judge),
        PreviewService(database, parsers, searching, rewriter, reranker, judge),
        embedder,
        embedders,
        searching,
        ReindexingService(database, JobService(database), strategies, embedders),
        ReindexJob(parsers, embedders, JobService(database)),
        prompts,
        script,
        cache,
        SupportService(database, JobService(database), executions, asking),
        MetadataService(database),
    )
    await executions.close()
    await embedders.close()
    await cross_encoders.close()


class Doorman:
    """Lets everyone in as one caller; what stands behind the door is real."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def authenticate(self, credential: str) -> Caller:
        return self.caller


@pytest.fixture
def doorman(caller: Caller) -> Doorman:
    return Doorman(caller)


@pytest.fixture
def app(workspace: Workspace, doorman: Doorman) -> FastAPI:
    app, services = FastAPI(), Services()
    services.add(doorman, provides=Authenticator)
    services.add(workspace.documents)
    services.add(workspace.viewing)
    services.add(workspace.asking)
    services.add(workspace.cache)
    services.add(workspace.metadata)
    services.add(workspace.why)
    services.add(workspace.preview)
    services.add(workspace.reindexings)
    app.state.services = services
    install_handlers(app)
    app.include_router(router, prefix="/api/v1")
    app.include_router(viewing_router, prefix="/api/v1")
    app.include_router(why_router, prefix="/api/v1")
    app.include_router(preview_router, prefix="/api/v1")
    app.include_router(reindexing_router, prefix="/api/v1")
    app.include_router(cache_router, prefix="/api/v1")
    app.include_router(metadata_router, prefix="/api/v1")
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Whom the doorman lets in; a module that serves more overrides `app`."""
    headers = {"Authorization": "Bearer key"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine", headers=headers) as client:
        yield client
