"""Gates over REST with real services: persons and machines of one tenant, and a model that follows a rule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.labels.service import LabelService
from mcp_engine.evaluation.runs.job import EvaluationJob
from mcp_engine.evaluation.runs.planning import Planner
from mcp_engine.evaluation.runs.subject import Subjects
from mcp_engine.evaluation.scorers.kind import ScorerKind
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.executions.routes import router as executions_router
from mcp_engine.executions.service import ExecutionService
from mcp_engine.gates.guard import GateGuard
from mcp_engine.gates.job import EvidenceJob
from mcp_engine.gates.kind import GateKind
from mcp_engine.gates.planning import EvidencePlanner
from mcp_engine.gates.requests import ReleaseRequestService
from mcp_engine.gates.routes import router as gates_router
from mcp_engine.gates.service import GateService
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.service import JobService
from mcp_engine.prompts.kind import PromptKind
from tests.conftest import ALL_SCOPES
from tests.keys import Keys
from tests.mcp_engine.evaluation.conftest import (  # noqa: F401 - fixtures
    Api,
    Model,
    Work,
    api,
    comparisons,
    datasets,
    evaluations,
    executions,
    feedback,
    job,
    keys,
    labels,
    model,
    pairs_job,
    prompts,
    subjects,
    types,
    worker,
)
from tests.mcp_engine.evaluation.conftest import app as evaluation_app  # noqa: F401 - a fixture

Join = Callable[..., Awaitable[Caller]]
ROWS = 14


@pytest.fixture
def artifacts(database: Database, types: ScorerTypes) -> ArtifactService:  # noqa: F811 - the fixture
    kinds = KindRegistry([PromptKind(), DatasetKind(), ScorerKind(types), GateKind()])
    artifacts = ArtifactService(database, kinds)
    artifacts.guarded_by(GateGuard(artifacts))
    return artifacts


@pytest.fixture
def evidence(
    artifacts: ArtifactService,
    subjects: Subjects,  # noqa: F811 - the fixture
    types: ScorerTypes,  # noqa: F811 - the fixture
    labels: LabelService,  # noqa: F811 - the fixture
) -> EvidencePlanner:
    return EvidencePlanner(artifacts, Planner(artifacts, subjects, types), labels)


@pytest.fixture
def app(
    evaluation_app: FastAPI,  # noqa: F811 - the fixture
    database: Database,
    artifacts: ArtifactService,
    evidence: EvidencePlanner,
    executions: ExecutionService,  # noqa: F811 - the fixture
) -> FastAPI:
    services = evaluation_app.state.services
    services.add(GateService(database, artifacts, evidence))
    services.add(ReleaseRequestService(database, artifacts, evidence, JobService(database)))
    services.add(executions)
    for router in (gates_router, executions_router):
        evaluation_app.include_router(router, prefix="/api/v1")
    return evaluation_app


@pytest.fixture
def work(database: Database, caller: Caller, job: EvaluationJob) -> Work:  # noqa: F811 - the fixture
    async def run(job_id: str) -> None:
        lease = await Lease.acquire(database, 30)
        kinds = kinds_by_name([job, EvidenceJob(job)])
        await JobRunner(database, lease, kinds).run(caller.tenant_id, UUID(job_id))

    return run


@pytest.fixture
def join(database: Database, caller: Caller, keys: Keys) -> Join:  # noqa: F811 - the fixture
    """Add a principal of the tenant, whose key is its name."""

    async def add(name: str, *, kind: Any = "person", role: str = "editor") -> Caller:
        one = Caller(caller.tenant_id, new_id(), kind, ALL_SCOPES, new_id())
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await work.session.execute(
                text("INSERT INTO principal (tenant_id, id, kind, name, role) VALUES (:t, :p, :k, :n, :r)"),
                {"t": one.tenant_id, "p": one.principal_id, "k": kind, "n": name, "r": role},
            )
        keys.callers[name] = one
        return one

    return add


SEALED = {"name": "proof", "dataset": "questions/1", "scorer": "exact"}


class Story:
    """Two versions of a prompt, questions with a sealed split, and a gate before `production`."""

    def __init__(self, api: Api, work: Work, model: Model) -> None:  # noqa: F811 - the fixtures
        self.api = api
        self.work = work
        self.model = model

    async def begin(self, *, split: str = "sealed", rows: int = ROWS) -> None:
        """Version 1 (released) answers nothing right, version 2 everything that the rule lets it."""
        for template in ("old {{ q }}", "new {{ q }}"):
            await self.ok(self.api.post("/prompts", {"name": "greet", "body": {"template": template}}))
        await self.ok(self.move(1))
        await self.rows("questions", range(rows), split)
        self.knows(rows)

    def knows(self, rows: int) -> None:
        """Let the new version be right on the first `rows` rows."""

        def rule(asked: str) -> str:
            version, question = asked.split()
            return question if version == "new" and int(question[1:]) < rows else "wrong"

        self.model.rule = rule

    async def rows(self, name: str, numbers: Sequence[int] | range, split: str = "sealed", **more: Any) -> Any:
        rows = [{"inputs": {"q": f"q{one}"}, "expected": f"q{one}", "split": split, **more} for one in numbers]
        return await self.ok(self.api.post("/datasets", {"name": name, "rows": rows}))

    async def gate(self, *requires: dict[str, Any], name: str = "main", **more: Any) -> dict[str, Any]:
        body = {"requires": [*requires], "minimum_rows": 10, "planned_looks": 1, **more}
        return await self.ok(self.api.post("/gates", {"name": name, "body": body}))

    async def asked(self, version: int = 2, *, key: str = "owner", name: str = "greet") -> dict[str, Any]:
        """Ask for a release, and let the evidence be gathered."""
        wanted = {"name": name, "version": version}
        request = await self.ok(self.api.post("/release-requests", wanted, key))
        await self.work(request["job_id"])
        return await self.shown(request)

    async def shown(self, request: dict[str, Any]) -> dict[str, Any]:
        return await self.ok(self.api.get(f"/release-requests/{request['id']}"))

    async def approve(self, request: dict[str, Any], key: str, *, approve: bool = True) -> Any:
        path = f"/release-requests/{request['id']}/approvals"
        return await self.api.post(path, {"approve": approve, "comment": "seen"}, key)

    async def move(self, version: int, *, key: str = "owner", name: str = "greet", **more: Any) -> Any:
        return await self.api.put(f"/prompts/{name}/labels/production", {"version": version, **more}, key)

    async def refused(self, version: int, **more: Any) -> list[str]:
        """Return the codes of what is missing."""
        response = await self.move(version, **more)
        assert response.status_code == 409, response.text
        assert response.json()["code"] == "gate.refused"
        return [one["code"] for one in response.json()["missing"]]

    async def ok(self, sending: Awaitable[Any]) -> Any:
        response = await sending
        assert response.status_code < 300, response.text
        return response.json()


@pytest.fixture
def story(api: Api, work: Work, model: Model) -> Story:  # noqa: F811 - the fixtures
    return Story(api, work, model)
