"""The composition root: builds every service once, in order, and takes them down in reverse."""

from __future__ import annotations

import asyncio
import pkgutil
import socket
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module

from mcp_engine.access import Authenticator
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.live import ArtifactCheck
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.splits import LabelSplits
from mcp_engine.audit.live import LiveCheck
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.components.component import Component, installed_components
from mcp_engine.components.service import CapabilityService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.datasets.facts import DatasetCheck
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.evaluation.labels.facts import LabelCheck
from mcp_engine.evaluation.labels.service import LabelService
from mcp_engine.evaluation.pairs.facts import JudgedComparisonCheck
from mcp_engine.evaluation.pairs.job import JudgePairsJob
from mcp_engine.evaluation.pairs.planning import JudgePlanner
from mcp_engine.evaluation.pairs.service import JudgedComparisonService
from mcp_engine.evaluation.runs.facts import EvaluationCheck
from mcp_engine.evaluation.runs.job import EvaluationJob
from mcp_engine.evaluation.runs.planning import Planner
from mcp_engine.evaluation.runs.service import EvaluationService
from mcp_engine.evaluation.runs.subject import PromptSubject, Subjects
from mcp_engine.evaluation.scorers.judge import JudgeScorer
from mcp_engine.evaluation.scorers.kind import ScorerKind
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.executions.live import ExecutionCheck
from mcp_engine.executions.service import ExecutionService
from mcp_engine.experiments.exposures import ExposureService
from mcp_engine.experiments.facts import ExperimentCheck
from mcp_engine.experiments.service import ExperimentService
from mcp_engine.experiments.splits import ExperimentSplits
from mcp_engine.experiments.watching import ExperimentWatcher
from mcp_engine.feedback.facts import FeedbackCheck
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.gates.facts import GateCheck
from mcp_engine.gates.guard import GateGuard
from mcp_engine.gates.job import EvidenceJob
from mcp_engine.gates.kind import GateKind
from mcp_engine.gates.planning import EvidencePlanner
from mcp_engine.gates.requests import ReleaseRequestService
from mcp_engine.gates.service import GateService
from mcp_engine.identity.groups.service import GroupService
from mcp_engine.identity.live import IdentityCheck
from mcp_engine.identity.permissions import PermissionRegistry
from mcp_engine.identity.service import IdentityService
from mcp_engine.jobs.backend import QueueClient
from mcp_engine.jobs.dispatcher import Dispatcher
from mcp_engine.jobs.kinds import JobKind, kinds_by_name
from mcp_engine.jobs.service import JobService
from mcp_engine.jobs.supervisor import WorkerSupervisor
from mcp_engine.models.pool import ModelPool
from mcp_engine.models.service import ModelService
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.service import PromptService
from mcp_engine.secrets import Secrets
from mcp_engine.server.health import look_at_gauges
from mcp_engine.server.running import WORKER_COMMAND, Instance
from mcp_engine.services import Services
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.history.sampler import MetricSampler
from mcp_engine.telemetry.history.service import MetricHistory
from mcp_engine.telemetry.journal.feed import LogFeed
from mcp_engine.telemetry.retention import SpanRetention
from mcp_engine.telemetry.store import SpanStore

CORE_CHECKS: tuple[LiveCheck, ...] = (
    ArtifactCheck(),
    DatasetCheck(),
    EvaluationCheck(),
    ExecutionCheck(),
    ExperimentCheck(),
    FeedbackCheck(),
    GateCheck(),
    IdentityCheck(),
    JudgedComparisonCheck(),
    LabelCheck(),
)


def import_tables() -> None:
    """Import every `tables` module of the core and of installed components, so that SQLModel knows all tables."""
    for package in ("mcp_engine", *{type(component).__module__.split(".")[0] for component in installed_components()}):
        root = import_module(package)
        for module in pkgutil.walk_packages(getattr(root, "__path__", ()), f"{package}."):
            if module.name.endswith(".tables"):
                import_module(module.name)


def artifact_kinds(components: Iterable[Component], types: ScorerTypes) -> KindRegistry:
    """Return every kind of artifact that the core and `components` govern."""
    contributed = (kind for component in components for kind in component.artifact_kinds())
    return KindRegistry([PromptKind(), DatasetKind(), ScorerKind(types), GateKind(), *contributed])


def register_core(services: Services, settings: Settings, secrets: Secrets, database: Database) -> None:
    """Add the core's services that a server and a worker share; none of them runs anything yet."""
    components = installed_components()
    permissions = PermissionRegistry(scope for component in components for scope in component.permissions())
    types = ScorerTypes()
    artifacts = ArtifactService(database, artifact_kinds(components, types))
    executions = ExecutionService(database)
    feedback = FeedbackService(database)
    executions.on_erasure(feedback.erase_words_about)
    pool = ModelPool.from_settings(settings)
    models = ModelService(database, pool, secrets)
    identity = IdentityService(database, secrets, permissions)
    jobs = JobService(database)
    splits = ExperimentSplits(database, artifacts)
    prompts = PromptService(artifacts, models, executions, splits)
    exposures = ExposureService(database)
    feedback.on_given(exposures.observe)
    types.add(JudgeScorer(prompts))
    subjects = Subjects([PromptSubject(prompts, models)])
    for service in (
        settings,
        secrets,
        database,
        artifacts,
        executions,
        feedback,
        pool,
        models,
        identity,
        jobs,
        prompts,
        types,
        subjects,
    ):
        services.add(service)
    services.add(identity, provides=Authenticator)
    services.add(splits, provides=LabelSplits)
    services.add(exposures)
    services.add(GroupService(database))
    services.add(ExperimentService(database, artifacts))
    services.add(LogFeed(settings.journal_dir))
    services.add(MetricHistory(database))
    services.add(DatasetService(database, artifacts, executions, feedback))
    planner = Planner(artifacts, subjects, types)
    evaluations = EvaluationService(database, planner, executions, jobs)
    labels = LabelService(database, evaluations, artifacts)
    evidence = EvidencePlanner(artifacts, planner, labels)
    artifacts.guarded_by(GateGuard(artifacts))
    services.add(planner)
    services.add(evaluations)
    services.add(labels)
    services.add(GateService(database, artifacts, evidence))
    services.add(ReleaseRequestService(database, artifacts, evidence, jobs))
    judges = JudgePlanner(artifacts, types, prompts, models)
    services.add(JudgedComparisonService(database, evaluations, judges, executions, jobs))


def register_components(services: Services) -> None:
    """Let every component build its services, and take what it contributes to evaluations."""
    for component in installed_components():
        component.register(services)
        for kind in component.scorer_types(services):
            services.get(ScorerTypes).add(kind)
        for subject in component.subjects(services):
            services.get(Subjects).add(subject)


def job_kinds(services: Services) -> Mapping[str, JobKind]:
    """Return every kind of durable job by name."""
    evaluation = EvaluationJob(services.get(Subjects), services.get(ScorerTypes), services.get(ExecutionService))
    pairs = JudgePairsJob(services.get(PromptService), services.get(Subjects), services.get(ExecutionService))
    contributed = (kind for component in installed_components() for kind in component.job_kinds(services))
    return kinds_by_name([evaluation, pairs, EvidenceJob(evaluation), *contributed])


@asynccontextmanager
async def shared_services(
    settings: Settings, secrets: Secrets, instance: Instance
) -> AsyncGenerator[tuple[Services, AsyncExitStack]]:
    """Run what servers and workers both need; what is put on the stack is taken down before it."""
    services = Services()
    async with AsyncExitStack() as stack:
        database = Database(instance.urls.application, pool_size=settings.database_pool_size)
        stack.push_async_callback(database.close)
        register_core(services, settings, secrets, database)
        services.add(instance)
        await _start_telemetry(stack, services, settings, database)
        executions = services.get(ExecutionService)
        await executions.record_interrupted()
        stack.push_async_callback(executions.close)
        stack.push_async_callback(services.get(ModelService).close)
        stack.push_async_callback(services.get(ModelPool).close)
        register_components(services)
        for component in installed_components():
            stack.push_async_callback(component.close, services)
        yield services, stack


@asynccontextmanager
async def running_services(settings: Settings, secrets: Secrets, instance: Instance) -> AsyncGenerator[Services]:
    """Run a server's services for as long as the block lasts."""
    components = installed_components()
    async with shared_services(settings, secrets, instance) as (services, stack):
        await _start_audit(stack, services, settings, secrets)
        retention = SpanRetention(services.get(Database), settings.span_retention_days)
        retention.start()
        stack.push_async_callback(retention.stop)
        watcher = ExperimentWatcher(services.get(Database), services.get(ExperimentService))
        watcher.start()
        stack.push_async_callback(watcher.stop)
        services.get(ModelPool).start()
        capabilities = [offered for component in components for offered in component.capabilities(services)]
        services.add(CapabilityService(capabilities))
        await _start_jobs(stack, services, settings, instance)
        await _start_sampling(stack, services, settings)
        for component in components:
            await component.start(services)
        yield services


async def _start_telemetry(stack: AsyncExitStack, services: Services, settings: Settings, database: Database) -> None:
    store = SpanStore(database)
    store.start()
    stack.push_async_callback(store.close)
    tracing.configure(settings, store)
    stack.push_async_callback(asyncio.to_thread, tracing.close)
    services.add(store)


async def _start_audit(stack: AsyncExitStack, services: Services, settings: Settings, secrets: Secrets) -> None:
    signer = CheckpointSigner(secrets.signing_key)
    witness = Witness.of(settings.state_home, signer.verifier.name)
    checks = [check for component in installed_components() for check in component.live_checks(services)]
    database = services.get(Database)
    services.add(
        AuditService(
            database,
            signer.verifier,
            witness,
            [*CORE_CHECKS, *checks],
        )
    )
    sequencer = Sequencer(database, signer, witness)
    await sequencer.start()
    stack.push_async_callback(sequencer.stop)
    services.add(sequencer)


async def _start_jobs(stack: AsyncExitStack, services: Services, settings: Settings, instance: Instance) -> None:
    client = QueueClient(instance.urls.application)
    stack.push_async_callback(client.close)
    dispatcher = Dispatcher(services.get(Database), client)
    dispatcher.start()
    stack.push_async_callback(dispatcher.stop)
    supervisor = WorkerSupervisor(WORKER_COMMAND, settings.workers)
    supervisor.start()
    stack.push_async_callback(supervisor.stop)
    services.add(supervisor)


async def _start_sampling(stack: AsyncExitStack, services: Services, settings: Settings) -> None:
    server = f"{socket.gethostname()}:{settings.port}"
    sampler = MetricSampler(services.get(Database), server, partial(look_at_gauges, services))
    await sampler.start()
    stack.push_async_callback(sampler.stop)
