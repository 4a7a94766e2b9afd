"""A strategy is an arm like a prompt: questions of a unit are always answered by the same version."""

from __future__ import annotations

from mcp_engine.access import Caller
from mcp_engine.artifacts.splits import Unit
from mcp_engine.experiments.exposures import ExposureService
from mcp_engine.experiments.schemas import NewExperiment
from mcp_engine.experiments.service import ExperimentService
from mcp_engine.feedback.schemas import GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from rag.strategy import KIND
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE

QUESTION = "Who built the lighthouse of Karsund?"


async def test_questions_of_a_unit_go_to_its_arm(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    for threshold in (0.0, 1.0):
        body = {"answering": {"threshold": threshold}}
        labels = [] if threshold else ["live"]
        await workspace.artifacts.push(caller, KIND, "default", "careful", body, "", labels)
    experiments = ExperimentService(workspace.database, workspace.artifacts)
    arms = [{"name": "bold", "version": 1, "weight": 0.5}, {"name": "shy", "version": 2, "weight": 0.5}]
    plan = {"name": "shyness", "kind": KIND, "artifact": "careful", "label": "live", "arms": arms}
    metric = {"name": "helpful", "kind": "binary", "direction": "higher"}
    await experiments.create(caller, "default", NewExperiment.model_validate({**plan, "metrics": [metric]}))
    feedback = FeedbackService(workspace.database)
    feedback.on_given(ExposureService(workspace.database).observe)
    refused: dict[str, bool] = {}
    for unit in [*map(str, range(12)), *map(str, range(12))]:
        given = await workspace.asking.answer(caller, "default", "docs", QUESTION, "careful@live", unit=Unit(unit))
        recorded = await workspace.executions.get(caller, given.execution_id)
        assert recorded.artifact is not None
        assert (recorded.artifact.number, recorded.artifact.label) == (2 if given.refused else 1, "live")
        assert refused.setdefault(unit, given.refused) == given.refused
        about = GiveFeedback(metric_name="helpful", value=not given.refused, execution_id=given.execution_id)
        await feedback.give(caller, "default", about)
    assert set(refused.values()) == {True, False}
    (comparison,) = (await experiments.analysis(caller, "default", "shyness")).comparisons
    assert (comparison.control_value, comparison.value) == (1.0, 0.0)
    assert comparison.control_observations + comparison.observations == 12
    alone = await workspace.asking.answer(caller, "default", "docs", QUESTION, "careful@live")
    assert not alone.refused
