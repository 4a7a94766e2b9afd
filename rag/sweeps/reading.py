"""The rows of one combination, read back from what its evaluation recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.evaluation.datasets.repository import DatasetRepository
from mcp_engine.evaluation.runs.job import caller_of
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.tables import EvaluationItemRow
from mcp_engine.evaluation.scorers.port import Answered, ScoreFailed
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from mcp_engine.jobs.context import JobContext
from rag.answer_scorers import Sources, wanted_sources
from rag.relevance import Place, Source, matches
from rag.sweeps.measuring import Asked
from rag.sweeps.tables import SweepRow

ABSTENTION: Final = "abstention"
"""The type of scorer that says where rows name their sources."""
_AT_ONCE = 100


class RowReader:
    """Reads as whoever asked for the sweep."""

    def __init__(self, executions: ExecutionService) -> None:
        self._executions = executions

    def knows_sources(self, sweep: SweepRow) -> bool:
        """Return whether a scorer says where the rows name their sources, so that answers are right or wrong."""
        return _sources(sweep) is not None

    async def rows(self, context: JobContext, sweep: SweepRow, evaluation_id: UUID) -> list[Asked]:
        """Return every row of an evaluation that has ended, by position."""
        async with context.database.unit_of_work(context.tenant_id, context.actor_id) as work:
            items = await EvaluationRepository(work).items(evaluation_id)
        found: list[Asked] = []
        for start in range(0, len(items), _AT_ONCE):
            found.extend(await self._some(context, sweep, items[start : start + _AT_ONCE]))
        return found

    async def _some(self, context: JobContext, sweep: SweepRow, items: Sequence[EvaluationItemRow]) -> list[Asked]:
        positions = [item.position for item in items]
        async with context.database.unit_of_work(context.tenant_id, context.actor_id) as work:
            members = await DatasetRepository(work).at(sweep.dataset_version_id, sweep.split, positions)
        contents = {member.position: member.content for member in members}
        ids = [item.execution_id for item in items if item.execution_id is not None and item.error_code is None]
        runs: dict[UUID | None, ExecutionDetail] = {
            run.id: run for run in await self._executions.readable(caller_of(context), ids)
        }
        sources = _sources(sweep)
        return [asked(contents.get(item.position), runs.get(item.execution_id), sources) for item in items]


def asked(content: Mapping[str, Any] | None, run: ExecutionDetail | None, sources: Sources | None) -> Asked:
    """Return what a row and its run come to; a run that failed, or whose output was erased, is none.

    Args:
        content: of the row; None once it was erased.
        sources: where rows name their sources; None where nothing says so.
    """
    wanted = None if content is None or sources is None else _wanted(content, sources)
    if run is None or run.output.state != "present":
        return Asked(is_known=wanted is not None)
    answer = run.output.value
    places = [Place.of(citation) for citation in answer["citations"]]
    judging: Mapping[str, Any] = answer.get("judging") or {}
    return Asked(
        is_known=wanted is not None,
        latency_ms=run.latency_total_ms,
        refused=answer["refused"],
        confidence=answer["confidence"],
        is_right=any(matches(place, one) for place in places for one in wanted or ()),
        own=answer.get("own_confidence"),
        judge=judging.get("score"),
    )


def _wanted(content: Mapping[str, Any], sources: Sources) -> list[Source] | None:
    row = Answered(content["inputs"], content["expected"], None, content["metadata"])
    try:
        return wanted_sources(sources, row)
    except ScoreFailed:
        # Counted twice: the row is left out of the curve, and its score has failed with this reason.
        return None


def _sources(sweep: SweepRow) -> Sources | None:
    found = next((scorer for scorer in sweep.scorers if scorer["type"] == ABSTENTION), None)
    return None if found is None else Sources.model_validate(found["parameters"])
