"""Sweeps over the questions of a workspace."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.jobs.service import JobService
from rag.strategies import Strategies
from rag.sweeps.job import SweepJob
from rag.sweeps.reading import RowReader
from rag.sweeps.schemas import StartSweep, SweepDetail
from rag.sweeps.service import SweepService
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE
from tests.rag.evaluating import ROWS, Evaluating

OPTIONS: dict[str, list[Any]] = {"retrieval.passages": [1, 4], "answering.threshold": [0.4, 1.0]}
SCORERS = ["citation_recall", "abstention"]


class Sweeping(Evaluating):
    """The engine's own sweeps; nothing runs them but `end`."""

    def __init__(self, workspace: Workspace, caller: Caller) -> None:
        super().__init__(workspace, caller)
        self.workspace = workspace
        self.jobs = JobService(self.database)
        self.sweeps = SweepService(self.database, self.jobs, Strategies(self.artifacts), self.planner)
        self.sweep_job = SweepJob(self.job, RowReader(workspace.executions))

    async def ready(self) -> None:
        """Have a collection that answers the first of the rows, and not the second."""
        await self.workspace.add(self.caller, "lighthouse.txt", LIGHTHOUSE)
        await self.prepare(ROWS)

    async def begin(self, **wanted: Any) -> SweepDetail:
        body: dict[str, Any] = {
            "collection": "docs", "strategy": "plain", "dataset": "questions", "scorers": SCORERS, "options": OPTIONS,
            **wanted,
        }  # fmt: skip
        return await self.sweeps.start(self.caller, "default", StartSweep(**body))

    async def ended(self, sweep: SweepDetail, metric: str | None = None) -> SweepDetail:
        await self.work_off(self.sweep_job, sweep.job_id)
        return await self.sweeps.get(self.caller, sweep.id, metric)


@pytest.fixture
def sweeping(workspace: Workspace, caller: Caller) -> Sweeping:
    return Sweeping(workspace, caller)
