"""Datasets and what is scored on them, over REST with real services; the model answers by a rule of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict
from structlog.testing import capture_logs

from mcp_engine.access import Authenticator, Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.routes import router as artifacts_router
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.routes import router as datasets_router
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.evaluation.labels.routes import router as labels_router
from mcp_engine.evaluation.labels.service import LabelService
from mcp_engine.evaluation.pairs.job import JudgePairsJob
from mcp_engine.evaluation.pairs.planning import JudgePlanner
from mcp_engine.evaluation.pairs.routes import router as pairs_router
from mcp_engine.evaluation.pairs.service import JudgedComparisonService
from mcp_engine.evaluation.runs.job import EvaluationJob
from mcp_engine.evaluation.runs.planning import Planner
from mcp_engine.evaluation.runs.routes import router as evaluations_router
from mcp_engine.evaluation.runs.service import EvaluationService
from mcp_engine.evaluation.runs.subject import PromptSubject, Subjects
from mcp_engine.evaluation.scorers.judge import JudgeScorer
from mcp_engine.evaluation.scorers.kind import ScorerKind
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.problems import install_handlers
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.routes import router as jobs_router
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.service import JobService
from mcp_engine.models.port import ModelIdentity, ServedModel
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.routes import router as prompts_router
from mcp_engine.prompts.service import PromptService
from mcp_engine.services import Services
from tests.keys import Keys


@pytest.fixture
def keys(caller: Caller) -> Keys:
    return Keys({"owner": caller})


@pytest_asyncio.fixture(loop_scope="session")
async def executions(database: Database) -> AsyncIterator[ExecutionService]:
    service = ExecutionService(database)
    yield service
    await service.close()


@pytest.fixture
def feedback(database: Database) -> FeedbackService:
    return FeedbackService(database)


class RuleChat(BaseChatModel):
    """A model that says what the test's rule says to the last message."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: Model

    @property
    def _llm_type(self) -> str:
        return "rule"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        asked = str(messages[-1].text)
        self.model.asked.append(asked)
        said = self.model.rule(asked)
        if isinstance(said, Exception):
            raise said
        usage = UsageMetadata(input_tokens=7, output_tokens=3, total_tokens=10)
        message = AIMessageChunk(content=said, usage_metadata=usage, response_metadata={"finish_reason": "stop"})
        yield ChatGenerationChunk(message=message)


@dataclass
class Model:
    """The rule, and everything that was asked."""

    rule: Callable[[str], str | Exception] = lambda asked: asked
    asked: list[str] = field(default_factory=list)
    weights: str = "w" * 64

    async def resolve(self, caller: Caller, name: str | None) -> ServedModel:
        if name not in (None, "local", "other/model"):
            raise NotFound("model.unknown", f"No model is named {name!r}.")
        identity = ModelIdentity("other" if name == "other/model" else "local", "rule", self.weights, "s" * 64)
        return ServedModel(name or "local", RuleChat(model=self), identity)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def types() -> ScorerTypes:
    return ScorerTypes()


@pytest.fixture
def artifacts(database: Database, types: ScorerTypes) -> ArtifactService:
    return ArtifactService(database, KindRegistry([PromptKind(), DatasetKind(), ScorerKind(types)]))


@pytest.fixture
def prompts(
    artifacts: ArtifactService, model: Model, executions: ExecutionService, types: ScorerTypes
) -> PromptService:
    prompts = PromptService(artifacts, model, executions)
    types.add(JudgeScorer(prompts))
    return prompts


@pytest.fixture
def subjects(prompts: PromptService, model: Model) -> Subjects:
    return Subjects([PromptSubject(prompts, model)])


@pytest.fixture
def evaluations(
    database: Database, artifacts: ArtifactService, subjects: Subjects, types: ScorerTypes, executions: ExecutionService
) -> EvaluationService:
    return EvaluationService(database, Planner(artifacts, subjects, types), executions, JobService(database))


@pytest.fixture
def labels(database: Database, evaluations: EvaluationService, artifacts: ArtifactService) -> LabelService:
    return LabelService(database, evaluations, artifacts)


@pytest.fixture
def job(subjects: Subjects, types: ScorerTypes, executions: ExecutionService) -> EvaluationJob:
    return EvaluationJob(subjects, types, executions)


@pytest.fixture
def pairs_job(subjects: Subjects, prompts: PromptService, executions: ExecutionService) -> JudgePairsJob:
    return JudgePairsJob(prompts, subjects, executions)


@pytest.fixture
def comparisons(
    database: Database,
    evaluations: EvaluationService,
    artifacts: ArtifactService,
    types: ScorerTypes,
    prompts: PromptService,
    model: Model,
    executions: ExecutionService,
) -> JudgedComparisonService:
    planner = JudgePlanner(artifacts, types, prompts, model)
    return JudgedComparisonService(database, evaluations, planner, executions, JobService(database))


Work = Callable[[str], Awaitable[None]]


@pytest.fixture
def work(database: Database, caller: Caller, job: EvaluationJob, pairs_job: JudgePairsJob) -> Work:
    """Run a job as a worker does, to its end."""

    async def run(job_id: str) -> None:
        lease = await Lease.acquire(database, 30)
        await JobRunner(database, lease, kinds_by_name([job, pairs_job])).run(caller.tenant_id, UUID(job_id))

    return run


@pytest.fixture
def datasets(
    database: Database, artifacts: ArtifactService, executions: ExecutionService, feedback: FeedbackService
) -> DatasetService:
    return DatasetService(database, artifacts, executions, feedback)


@pytest.fixture
def app(
    datasets: DatasetService,
    evaluations: EvaluationService,
    labels: LabelService,
    comparisons: JudgedComparisonService,
    artifacts: ArtifactService,
    prompts: PromptService,
    types: ScorerTypes,
    database: Database,
    keys: Keys,
) -> FastAPI:
    app, services = FastAPI(), Services()
    for service in (datasets, evaluations, labels, comparisons, artifacts, prompts, types):
        services.add(service)
    services.add(JobService(database))
    services.add(Settings())
    services.add(keys, provides=Authenticator)
    app.state.services = services
    evaluation = (datasets_router, evaluations_router, labels_router, pairs_router)
    for router in (*evaluation, artifacts_router, prompts_router, jobs_router):
        app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    return app


class Api:
    """The routes, as the holder of a key."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, key: str = "owner", **query: Any) -> httpx.Response:
        return await self._client.get(path, params=query, headers=_as(key))

    async def post(self, path: str, body: Any = None, key: str = "owner", **more: Any) -> httpx.Response:
        return await self._client.post(path, json=body, headers=_as(key), **more)

    async def put(self, path: str, body: Any, key: str = "owner") -> httpx.Response:
        return await self._client.put(path, json=body, headers=_as(key))

    async def delete(self, path: str, key: str = "owner", **query: Any) -> httpx.Response:
        return await self._client.delete(path, params=query, headers=_as(key))

    async def upload(self, path: str, name: str, content: bytes, **fields: str) -> httpx.Response:
        return await self._client.post(path, files={"file": (name, content)}, data=fields, headers=_as("owner"))


def _as(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest_asyncio.fixture(loop_scope="session")
async def api(app: FastAPI) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        yield Api(client)


@pytest_asyncio.fixture(loop_scope="session")
async def worker(api: Api, work: Work) -> AsyncIterator[None]:
    """Run every job that is queued, as a worker beside the server does."""

    async def work_off() -> None:
        while True:
            for job in (await api.get("/jobs", state="queued")).json()["items"]:
                await work(job["id"])
            await asyncio.sleep(0.02)

    # A worker has an output of its own.
    with capture_logs():
        task = asyncio.create_task(work_off())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
