"""The engine's own look at running experiments: stops what does harm, says what is broken, shares traffic anew."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database
from mcp_engine.experiments import views
from mcp_engine.experiments.allocating import next_weights
from mcp_engine.experiments.analysis import ComparisonView, Evidence, guard_comparisons, ratio_mismatch
from mcp_engine.experiments.course import ALARMED, ALLOCATED
from mcp_engine.experiments.evidence import gather
from mcp_engine.experiments.observations.repository import last_feedback
from mcp_engine.experiments.repository import ExperimentRepository, Stored, running_everywhere, try_watch
from mcp_engine.experiments.service import ExperimentService, add_event

LOOK_SECONDS = 3.0
REST = 10.0
"""An experiment that takes long to look at is left alone for so many times as long."""
_log = structlog.get_logger(__name__)


class ExperimentWatcher:
    """Looks at the experiments of every tenant that got feedback since the last look. Every server has one; an
    advisory lock lets one look at a time.

    A guardrail that crosses ends its experiment, and moves the label back if it points at a version that was tried;
    both are the engine's own acts in the audit log.
    """

    def __init__(self, database: Database, experiments: ExperimentService, *, seconds: float = LOOK_SECONDS) -> None:
        self._database = database
        self._experiments = experiments
        self._seconds = seconds
        self._seen: dict[UUID, UUID] = {}
        self._rest_until: dict[UUID, float] = {}
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, on the running event loop."""
        self._task = asyncio.create_task(self._look_on(), name="experiment-watcher")

    async def stop(self) -> None:
        """End after the look under way."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def look(self) -> int:
        """Look once at what is new; return at how many experiments."""
        async with self._database.global_work() as session:
            if not await try_watch(session):
                return 0
            everywhere = await running_everywhere(session)
            running = {one for ids in everywhere.values() for one in ids}
            self._seen = {one: last for one, last in self._seen.items() if one in running}
            self._rest_until = {one: until for one, until in self._rest_until.items() if one in running}
            looked = 0
            for tenant_id, ids in everywhere.items():
                looked += await self._look_at(tenant_id, ids)
        return looked

    async def _look_on(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look sees what this one missed
                _log.warning("experiments_not_watched", exc_info=error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._seconds)

    async def _look_at(self, tenant_id: UUID, ids: Sequence[UUID]) -> int:
        awake = [one for one in ids if self._rest_until.get(one, 0.0) <= time.monotonic()]
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            newest = await last_feedback(work.session, awake) if awake else {}
        fresh = {one: last for one, last in newest.items() if self._seen.get(one) != last}
        for experiment_id, last in fresh.items():
            began = time.monotonic()
            try:
                await self._watch(tenant_id, experiment_id)
                self._seen[experiment_id] = last
            except Exception as error:  # noqa: BLE001 - one experiment must not hide the others
                _log.error("experiment_not_watched", experiment_id=str(experiment_id), exc_info=error)
            self._rest_until[experiment_id] = time.monotonic() + REST * (time.monotonic() - began)
        return len(fresh)

    async def _watch(self, tenant_id: UUID, experiment_id: UUID) -> None:
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            stored = (await ExperimentRepository(work).several([experiment_id]))[0]
            evidence = await gather(work, stored, _watched(stored))
        harm, broken, weights = await asyncio.to_thread(_judged, evidence)
        if harm is None and not broken and weights is None:
            return
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            await ExperimentRepository(work).stand_in_line()
            stored = (await ExperimentRepository(work).several([experiment_id]))[0]
            if views.course_of(stored).state != "running":
                return
            if broken:
                stored = await add_event(
                    work, stored, ALARMED, {}, "Units do not reach the arms in the intended shares."
                )
            if harm is not None:
                await self._experiments.roll_back(work, stored, _facts(harm), _reason(harm))
            elif weights is not None:
                await add_event(work, stored, ALLOCATED, weights, "")


def _watched(stored: Stored) -> list[str]:
    plan = views.plan_of(stored)
    adaptive = [plan.metrics[0].name] if plan.allocator != "fixed" else []
    return [*(metric.name for metric in plan.guardrails), *adaptive]


def _judged(evidence: Evidence) -> tuple[ComparisonView | None, bool, dict[str, Any] | None]:
    """Return the guardrail that crossed, whether a mismatch is new, and the shares that are due."""
    harm = next((one for one in guard_comparisons(evidence) if one.verdict == "worse"), None)
    broken = not evidence.alarmed and ratio_mismatch(evidence).alarm
    return harm, broken, None if evidence.fixed else next_weights(evidence)


def _facts(harm: ComparisonView) -> dict[str, Any]:
    return {
        "guardrail": harm.metric,
        "arm": harm.arm,
        "observations": [harm.control_observations, harm.observations],
        "values": [harm.control_value, harm.value],
        "tolerated_loss": harm.tolerated_loss,
        "level": harm.level,
    }


def _reason(harm: ComparisonView) -> str:
    return (
        f"The arm {harm.arm} is worse than the control on the guardrail {harm.metric}: {harm.value:.4g} against "
        f"{harm.control_value:.4g}, with {harm.tolerated_loss:g} tolerated."
    )
