"""The engine's own evaluations, over the questions of a workspace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.schemas import NewRow, PushDataset
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.evaluation.runs.job import EvaluationJob
from mcp_engine.evaluation.runs.planning import Planner
from mcp_engine.evaluation.runs.schemas import Evaluation, StartEvaluation
from mcp_engine.evaluation.runs.service import EvaluationService
from mcp_engine.evaluation.runs.subject import Subjects
from mcp_engine.evaluation.scorers.kind import ScorerKind
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.jobs.kinds import JobKind, kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.service import JobService
from rag.answer_scorers import TYPES
from rag.evaluating import AskSubject
from rag.strategy import Strategy
from rag.strategy_kind import StrategyKind
from tests.rag.conftest import Workspace

ROWS = [
    NewRow(
        inputs={"question": "Who built the lighthouse of Karsund?"},
        expected="Solberg",
        metadata={"sources": [{"document": "lighthouse.txt", "text": "the engineer Ingrid Solberg"}]},
    ),
    NewRow(inputs={"question": "What is the capital of Mongolia?"}, expected="", metadata={"sources": []}),
]
CITING = ["citation_precision", "citation_recall", "retrieval_recall", "retrieval_ndcg", "abstention"]


class Evaluating:
    """The engine's evaluations over the workspace's questions."""

    def __init__(self, workspace: Workspace, caller: Caller) -> None:
        types, subjects = ScorerTypes(TYPES), Subjects([AskSubject(workspace.asking, workspace.embedders)])
        kinds = KindRegistry([StrategyKind(), DatasetKind(), ScorerKind(types)])
        self.database, self.caller = workspace.database, caller
        self.artifacts = ArtifactService(self.database, kinds)
        self.datasets = DatasetService(
            self.database, self.artifacts, workspace.executions, FeedbackService(self.database)
        )
        self.planner = Planner(self.artifacts, subjects, types)
        self.evaluations = EvaluationService(
            self.database, self.planner, workspace.executions, JobService(self.database)
        )
        self.job = EvaluationJob(subjects, types, workspace.executions)

    async def prepare(self, rows: list[NewRow]) -> None:
        body = Strategy().model_dump(mode="json")
        await self.artifacts.push(self.caller, "rag_strategy", "default", "plain", body, "")
        await self.push_rows("questions", rows)

    async def push_rows(self, name: str, rows: list[NewRow]) -> None:
        await self.datasets.push(self.caller, "default", PushDataset(name=name, rows=rows))

    async def start(self, *scorers: str, **parameters: Any) -> Evaluation:
        wanted = StartEvaluation(
            kind="rag_strategy", subject="plain", dataset="questions", scorers=["contains", *scorers],
            parameters=parameters,
        )  # fmt: skip
        return await self.evaluations.start(self.caller, "default", wanted)

    async def end(self, evaluation: Evaluation) -> Evaluation:
        await self.work_off(self.job, evaluation.job_id)
        return await self.evaluations.get(self.caller, evaluation.id)

    async def work_off(self, kind: JobKind, job_id: UUID) -> None:
        """Make one attempt at a job, as a worker would."""
        lease = await Lease.acquire(self.database, 30)
        await JobRunner(self.database, lease, kinds_by_name([kind])).run(self.caller.tenant_id, job_id)
