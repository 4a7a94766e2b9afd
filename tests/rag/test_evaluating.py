"""A strategy evaluated on questions, through the engine's own evaluations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.datasets.schemas import NewRow
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE
from tests.rag.evaluating import CITING, ROWS, Evaluating


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


async def test_options_are_changed_for_an_evaluation_alone_and_recorded_with_each_question(
    evaluating: Evaluating, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.txt", LIGHTHOUSE)
    await evaluating.prepare(ROWS[:1])
    options = {"answering.threshold": 1.0, "retrieval.passages": 1}
    found = await evaluating.end(await evaluating.start(collection="docs", options=options))
    [row] = (await evaluating.evaluations.items(caller, found.id, failed=False, limit=10, cursor=None)).items
    [run] = await workspace.executions.several(caller, [UUID(str(row.execution_id))])
    assert (run.output.value["refused"], len(run.output.value["passages"])) == (True, 1)
    assert run.inputs.value["options"] == options
    answer = await workspace.asking.answer(caller, "default", "docs", ROWS[0].inputs["question"], "plain")
    assert not answer.refused


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
        ({"collection": "docs", "options": [3]}, "evaluation.options_invalid"),
        ({"collection": "docs", "options": {"retrieval.passages": 0}}, "strategy_option.invalid"),
        ({"collection": "docs", "options": {"retrieval.k": 3}}, "strategy_option.unknown"),
        ({"collection": "docs", "options": {"chunking.max_characters": 300}}, "strategy_option.needs_index"),
        ({"collection": "docs", "options": {"embedder": "static"}}, "strategy_option.needs_index"),
    ],
)
async def test_parameters_that_no_question_takes_are_refused(
    evaluating: Evaluating, parameters: dict[str, Any], code: str
) -> None:
    await evaluating.prepare(ROWS)
    with pytest.raises(EngineError) as refused:
        await evaluating.start(**parameters)
    assert refused.value.code == code
