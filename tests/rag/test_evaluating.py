"""A strategy evaluated on questions, through the engine's own evaluations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.errors import EngineError
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
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.service import JobService
from rag.answer_scorers import TYPES
from rag.evaluating import AskSubject
from rag.strategy import Strategy, StrategyKind
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE

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
        self.evaluations = EvaluationService(
            self.database, Planner(self.artifacts, subjects, types), workspace.executions, JobService(self.database)
        )
        self.job = EvaluationJob(subjects, types, workspace.executions)

    async def prepare(self, rows: list[NewRow]) -> None:
        body = Strategy().model_dump(mode="json")
        await self.artifacts.push(self.caller, "rag_strategy", "default", "plain", body, "")
        await self.datasets.push(self.caller, "default", PushDataset(name="questions", rows=rows))

    async def start(self, *scorers: str, **parameters: Any) -> Evaluation:
        wanted = StartEvaluation(
            kind="rag_strategy", subject="plain", dataset="questions", scorers=["contains", *scorers],
            parameters=parameters,
        )  # fmt: skip
        return await self.evaluations.start(self.caller, "default", wanted)

    async def end(self, evaluation: Evaluation) -> Evaluation:
        lease = await Lease.acquire(self.database, 30)
        await JobRunner(self.database, lease, kinds_by_name([self.job])).run(self.caller.tenant_id, evaluation.job_id)
        return await self.evaluations.get(self.caller, evaluation.id)


@pytest.fixture
def evaluating(workspace: Workspace, caller: Caller) -> Evaluating:
    return Evaluating(workspace, caller)


async def test_questions_of_a_dataset_are_asked_and_scored(
    evaluating: Evaluating, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.txt", LIGHTHOUSE)
    await evaluating.prepare(ROWS)
    for _ in range(2):
        found = await evaluating.end(await evaluating.start(collection="docs"))
        assert (found.state, found.failed_rows, found.reused_rows) == ("succeeded", 0, 0)
        assert found.metrics is not None
        assert found.metrics[0].scored == 2
    rows = (await evaluating.evaluations.items(caller, found.id, failed=False, limit=10, cursor=None)).items
    [run] = await workspace.executions.several(caller, [UUID(str(rows[0].execution_id))])
    assert run.artifact is not None
    assert (run.kind, run.artifact.kind, run.artifact.name) == ("evaluation_run", "rag_strategy", "plain")


async def test_what_answers_cite_and_find_is_scored(
    evaluating: Evaluating, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.txt", LIGHTHOUSE)
    await evaluating.prepare(ROWS)
    found = await evaluating.end(await evaluating.start(*CITING, collection="docs"))
    assert found.metrics is not None
    means = {one.scorer: one.mean for one in found.metrics}
    assert {name: means[name] for name in CITING} == dict.fromkeys(CITING, 1.0)
    assert [one.failures for one in found.metrics] == [{}] * 6


async def test_a_row_without_a_question_counts_as_failed(
    evaluating: Evaluating, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.txt", LIGHTHOUSE)
    await evaluating.prepare([NewRow(inputs={"words": "How tall?"}, expected="metres")])
    found = await evaluating.end(await evaluating.start(collection="docs"))
    assert (found.state, found.failed_rows) == ("succeeded", 1)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "evaluation.collection_missing"),
        ({"collection": 3}, "evaluation.collection_missing"),
        ({"collection": "docs", "seed": 1}, "evaluation.parameter_unknown"),
    ],
)
async def test_parameters_that_no_question_takes_are_refused(
    evaluating: Evaluating, parameters: dict[str, Any], code: str
) -> None:
    await evaluating.prepare(ROWS)
    with pytest.raises(EngineError) as refused:
        await evaluating.start(**parameters)
    assert refused.value.code == code
