"""What `rag` contributes to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_engine.access import Caller, Permission
from mcp_engine.components.component import Component

if TYPE_CHECKING:
    from fastapi import APIRouter

    from mcp_engine.artifacts.kinds import ArtifactKind
    from mcp_engine.audit.live import LiveCheck
    from mcp_engine.cli.groups import CommandGroup
    from mcp_engine.components.capability import Capability
    from mcp_engine.evaluation.runs.subject import Subject
    from mcp_engine.evaluation.scorers.port import ScorerType
    from mcp_engine.jobs.kinds import JobKind
    from mcp_engine.services import Services

VIEW_TIMEOUT_SECONDS = 30.0
VIEW_MEMORY_BYTES = 1024**3
"""Limits of drawing one page, which somebody waits for."""


class RagComponent(Component):
    """Documents with versions, hybrid search, and answers made of verbatim citations."""

    name = "rag"

    def migrations(self) -> Path:
        return Path(__file__).parent / "migrations"

    def permissions(self) -> Sequence[Permission]:
        return (
            Permission("documents:read", "List, open and search documents."),
            Permission("documents:write", "Add and remove documents, and sources of them."),
            Permission("ask", "Ask questions of a collection."),
        )

    def artifact_kinds(self) -> Sequence[ArtifactKind]:
        from rag.embedders.options import BUNDLED, STATIC, configured
        from rag.reranking.options import RerankerOptions
        from rag.strategy_kind import StrategyKind

        embedders = [BUNDLED, STATIC, *(one.name for one in configured())]
        return (StrategyKind(embedders, RerankerOptions().digests()),)

    def commands(self) -> Mapping[str, CommandGroup]:
        from rag.cli import asking
        from rag.cli_strategies import strategies

        # With those of sources, of stores, of upkeep, of answers kept and of answers in doubt among them.
        from rag.drafting.cli import documents
        from rag.sweeps.cli import sweeping

        return {"docs": documents, "strategy": strategies, "sweep": sweeping, "": asking}

    def register(self, services: Services) -> None:
        from mcp_engine.artifacts.service import ArtifactService
        from mcp_engine.artifacts.splits import LabelSplits
        from mcp_engine.config import Settings
        from mcp_engine.database.engine import Database
        from mcp_engine.evaluation.datasets.service import DatasetService
        from mcp_engine.evaluation.runs.planning import Planner
        from mcp_engine.executions.service import ExecutionService
        from mcp_engine.feedback.service import FeedbackService
        from mcp_engine.jobs.service import JobService
        from mcp_engine.models.credentials import CredentialSeal
        from mcp_engine.prompts.service import PromptService
        from mcp_engine.secrets import Secrets
        from rag.answer_cache.options import AnswerCacheOptions
        from rag.answer_cache.service import AnswerCacheService
        from rag.answer_labels.service import AnswerLabelService
        from rag.asking import AskService
        from rag.composing.composer import Composer
        from rag.connectors.options import SourceOptions
        from rag.connectors.registry import Connectors
        from rag.connectors.schedule import SourceSchedule
        from rag.connectors.service import SourceService
        from rag.drafting.service import DraftService
        from rag.duplicates.service import DuplicateService
        from rag.embedders.options import configured
        from rag.embedders.registry import Embedders
        from rag.embedding import MiniLMEmbedder
        from rag.judging.judge import Judge
        from rag.lost_support.service import SupportService
        from rag.metadata.service import MetadataService
        from rag.parsing.pool import ParserPool
        from rag.pinned_prompts import PinnedPrompts
        from rag.preview.service import PreviewService
        from rag.readers.service import ReaderService
        from rag.reindexing.service import ReindexingService
        from rag.reranking.cross_encoder import CrossEncoders
        from rag.reranking.options import RerankerOptions
        from rag.reranking.reranker import Reranker
        from rag.rewriting.rewriter import Rewriter
        from rag.searching import Searching
        from rag.service import DocumentService
        from rag.stores.configured import configured_store
        from rag.stores.port import VectorStore
        from rag.stores.service import StoreService
        from rag.strategies import Strategies
        from rag.sweeps.service import SweepService
        from rag.viewing import ViewingService
        from rag.why.service import WhyService
        from rag.writing import Writer

        database, embedder = services.get(Database), MiniLMEmbedder()
        embedders = Embedders(embedder, configured())
        searching = Searching(database, embedders)
        strategies = Strategies(services.get(ArtifactService))
        settings, jobs = services.get(Settings), services.get(JobService)
        store = configured_store(settings)
        services.add(store, provides=VectorStore)
        services.add(StoreService(database, jobs, store))
        services.add(embedder)
        services.add(embedders)
        services.add(strategies)
        services.add(ParserPool())
        limit = settings.max_upload_bytes
        services.add(DocumentService(database, jobs, searching, max_upload_bytes=limit, store=store))
        viewers = ParserPool(timeout_seconds=VIEW_TIMEOUT_SECONDS, memory_bytes=VIEW_MEMORY_BYTES)
        services.add(ViewingService(database, viewers))
        prompts = PinnedPrompts(services.get(PromptService))
        rewriter, writer, cross_encoders = (
            Rewriter(prompts, searching, store),
            Writer(database, Composer(prompts)),
            CrossEncoders(RerankerOptions()),
        )
        services.add(cross_encoders)
        reranker, judge = Reranker(cross_encoders, prompts), Judge(cross_encoders, prompts)
        services.add(PreviewService(database, viewers, searching, rewriter, reranker, judge, store))
        executions = services.get(ExecutionService)
        cache = AnswerCacheService(database, executions, AnswerCacheOptions(), store)
        splits = services.get(LabelSplits)
        asking = AskService(
            database, executions, strategies, searching, rewriter, reranker, judge, writer, cache, splits, store
        )
        services.add(cache)
        services.add(asking)
        services.add(ReaderService(database))
        services.add(MetadataService(database))
        services.add(DuplicateService(database))
        services.add(SupportService(database, jobs, executions, asking))
        datasets, feedback = services.get(DatasetService), services.get(FeedbackService)
        services.add(AnswerLabelService(database, executions, feedback, datasets))
        services.add(DraftService(database, jobs, services.get(PromptService), executions, feedback, datasets))
        services.add(WhyService(database, strategies, searching, rewriter, reranker, judge, store))
        services.add(ReindexingService(database, jobs, strategies, embedders))
        services.add(SweepService(database, jobs, strategies, services.get(Planner)))
        connectors = Connectors.installed(SourceOptions())
        seal = CredentialSeal(services.get(Secrets).credential_key, owner="source")
        sources = SourceService(database, jobs, connectors, seal, store)
        services.add(connectors)
        services.add(seal)
        services.add(sources)
        services.add(SourceSchedule(database, sources))

    async def start(self, services: Services) -> None:
        from rag.connectors.schedule import SourceSchedule
        from rag.connectors.scratch import clear_left

        await asyncio.to_thread(clear_left)
        services.get(SourceSchedule).start()

    def routers(self) -> Sequence[APIRouter]:
        from rag.answer_cache.routes import router as cache_router
        from rag.answer_labels.routes import router as labels_router
        from rag.connectors.routes import router as sources_router
        from rag.drafting.routes import router as drafting_router
        from rag.duplicates.routes import router as duplicates_router
        from rag.lost_support.routes import router as support_router
        from rag.metadata.routes import router as metadata_router
        from rag.preview.routes import router as preview_router
        from rag.readers.routes import router as readers_router
        from rag.reindexing.routes import router as reindexing_router
        from rag.routes import router
        from rag.stores.routes import router as store_router
        from rag.sweeps.routes import router as sweeps_router
        from rag.viewing_routes import router as viewing_router
        from rag.why.routes import router as why_router

        upkeep = (duplicates_router, support_router, store_router, reindexing_router, sources_router, cache_router)
        return (
            router,
            readers_router,
            metadata_router,
            viewing_router,
            why_router,
            preview_router,
            sweeps_router,
            labels_router,
            drafting_router,
            *upkeep,
        )

    def job_kinds(self, services: Services) -> Sequence[JobKind]:
        from mcp_engine.config import Settings
        from mcp_engine.evaluation.runs.job import EvaluationJob
        from mcp_engine.evaluation.runs.subject import Subjects
        from mcp_engine.evaluation.scorers.registry import ScorerTypes
        from mcp_engine.executions.service import ExecutionService
        from mcp_engine.jobs.service import JobService
        from mcp_engine.models.credentials import CredentialSeal
        from mcp_engine.prompts.service import PromptService
        from rag.connectors.job import SyncJob
        from rag.connectors.registry import Connectors
        from rag.drafting.job import DraftJob
        from rag.duplicates.job import SignJob
        from rag.embedders.registry import Embedders
        from rag.jobs import IndexJob
        from rag.lost_support.job import RecheckJob
        from rag.parsing.pool import ParserPool
        from rag.reindexing.job import ReindexJob
        from rag.stores.job import FeedStoreJob
        from rag.stores.port import VectorStore
        from rag.strategies import Strategies
        from rag.sweeps.job import SweepJob
        from rag.sweeps.reading import RowReader

        parsers, embedders = services.get(ParserPool), services.get(Embedders)
        jobs, store = services.get(JobService), services.get(VectorStore)
        index = IndexJob(parsers, embedders, services.get(Strategies), jobs, store)
        again = ReindexJob(parsers, embedders, jobs, store)
        executions = services.get(ExecutionService)
        evaluations = EvaluationJob(services.get(Subjects), services.get(ScorerTypes), executions)
        sweep = SweepJob(evaluations, RowReader(executions))
        limit, seal = services.get(Settings).max_upload_bytes, services.get(CredentialSeal)
        sync = SyncJob(services.get(Connectors), seal, jobs, max_bytes=limit, store=store)
        return (
            index,
            again,
            sync,
            SignJob(),
            RecheckJob(),
            FeedStoreJob(store),
            sweep,
            DraftJob(services.get(PromptService)),
        )

    def scorer_types(self, services: Services) -> Sequence[ScorerType]:
        from rag.answer_scorers import TYPES
        from rag.embedding import MiniLMEmbedder
        from rag.scorers import GroundedScorer, SimilarityScorer

        embedder = services.get(MiniLMEmbedder)
        return (SimilarityScorer(embedder), GroundedScorer(embedder), *TYPES)

    def subjects(self, services: Services) -> Sequence[Subject]:
        from rag.asking import AskService
        from rag.embedders.registry import Embedders
        from rag.evaluating import AskSubject

        return (AskSubject(services.get(AskService), services.get(Embedders)),)

    def capabilities(self, services: Services) -> Sequence[Capability]:
        from rag.asking import AskService
        from rag.capabilities import Ask, Search
        from rag.service import DocumentService

        return (Ask(services.get(AskService)), Search(services.get(DocumentService)))

    def live_checks(self, services: Services) -> Sequence[LiveCheck]:  # noqa: ARG002 - the checks need no service
        from rag.drafting.facts import DraftCheck
        from rag.facts import DocumentCheck
        from rag.sweeps.facts import SweepCheck

        return (DocumentCheck(), SweepCheck(), DraftCheck())

    async def add_sample(self, services: Services, caller: Caller) -> None:
        from rag.sample.workspace import add_sample
        from rag.service import DocumentService

        await add_sample(services.get(DocumentService), caller)

    async def close(self, services: Services) -> None:
        from rag.connectors.schedule import SourceSchedule
        from rag.embedders.registry import Embedders
        from rag.parsing.pool import ParserPool
        from rag.reranking.cross_encoder import CrossEncoders
        from rag.stores.port import VectorStore
        from rag.viewing import ViewingService

        await services.get(SourceSchedule).stop()
        await services.get(VectorStore).close()
        await services.get(Embedders).close()
        await services.get(CrossEncoders).close()
        await services.get(ParserPool).close()
        await services.get(ViewingService).close()


component = RagComponent()
