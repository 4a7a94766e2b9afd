"""The labels that running experiments split (`mcp_engine.artifacts.splits.LabelSplits`)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.recent import RecentReads
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.splits import Attribute, LabelSplit, Placed, SplitArm, SplitRule, Unit
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Gone
from mcp_engine.experiments import views
from mcp_engine.experiments.assignment import Assignment, Split, assign
from mcp_engine.experiments.exposures import expose_execution
from mcp_engine.experiments.repository import ExperimentRepository, Stored
from mcp_engine.experiments.schemas import Plan

AUDITED = "experiment."
_log = structlog.get_logger(__name__)


class _Label(NamedTuple):
    artifact_id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class _Running:
    """A running experiment, ready to assign."""

    stored: Stored
    plan: Plan
    split: Split
    allocation: int


class ExperimentSplits:
    """Splits of every tenant, each read once a second at the most (see `RecentReads`)."""

    def __init__(self, database: Database, artifacts: ArtifactService) -> None:
        self._database = database
        self._artifacts = artifacts
        self._recent = RecentReads[Mapping[_Label, Sequence[_Running]]](about=AUDITED)

    async def of_label(self, caller: Caller, found: ResolvedVersion) -> Sequence[LabelSplit]:
        """Return how a label is split, as a client needs it."""
        return [shown for one in await self._of(caller, found) if (shown := await self._shown(caller, one)) is not None]

    async def place(self, caller: Caller, found: ResolvedVersion, unit: Unit) -> Placed | None:
        """Return what a unit gets in place of `found`; None when it takes no part in any experiment."""
        for running in await self._of(caller, found):
            assigned = assign(running.split, unit.id, unit.attributes, time.time())
            if assigned is not None:
                return await self._placed(caller, found, running, unit, assigned)
        return None

    async def _of(self, caller: Caller, found: ResolvedVersion) -> Sequence[_Running]:
        if found.label is None:
            return ()
        running = await self._recent.get(caller.tenant_id, None, partial(self._read, caller))
        return running.get(_Label(found.artifact_id, found.label), ())

    async def _read(self, caller: Caller) -> Mapping[_Label, Sequence[_Running]]:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            stored = await ExperimentRepository(work).running()
        found: dict[_Label, list[_Running]] = {}
        for one in stored:
            label = _Label(one.experiment.artifact_id, one.experiment.label)
            allocation = len(views.course_of(one).allocations) - 1
            found.setdefault(label, []).append(_Running(one, views.plan_of(one), views.split_of(one), allocation))
        return found

    async def _placed(
        self, caller: Caller, found: ResolvedVersion, running: _Running, unit: Unit, assigned: Assignment
    ) -> Placed | None:
        experiment_id, allocation = running.stored.experiment.id, running.allocation
        if running.plan.allocator != "fixed":
            async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
                before = await ExperimentRepository(work).unit(experiment_id, assigned.digest)
            if before is not None:
                # Shares have changed since; the unit stays with what it has.
                assigned, allocation = assigned._replace(arm=before.arm), before.allocation
        try:
            version = found if assigned.arm is None else await self._arm(caller, running, assigned.arm, found.label)
        except Gone as error:
            _tell(running, error)
            return None
        covariate = covariate_of(running.plan, unit.attributes)

        async def expose(work: UnitOfWork, execution_id: UUID) -> None:
            await expose_execution(work, experiment_id, assigned, allocation, covariate, execution_id)

        return Placed(version, expose)

    async def _arm(self, caller: Caller, running: _Running, number: int, label: str | None) -> ResolvedVersion:
        stored = running.stored
        arm, version = stored.arms[number]
        reference = Reference(stored.kind, stored.artifact, version)
        namespace = stored.experiment.namespace
        return replace(await self._artifacts.resolve_locked(caller, namespace, reference, arm.lock_digest), label=label)

    async def _shown(self, caller: Caller, running: _Running) -> LabelSplit | None:
        stored, split = running.stored, running.split
        try:
            arms = [
                SplitArm(arm.name, weight, await self._arm(caller, running, number, None))
                for number, ((arm, _), weight) in enumerate(zip(stored.arms, split.weights, strict=True))
            ]
        except Gone as error:
            _tell(running, error)
            return None
        return LabelSplit(
            experiment_id=stored.experiment.id,
            name=stored.experiment.name,
            salt=split.salt,
            allocation=running.allocation,
            arms=arms,
            steps=[(step.at, step.share) for step in split.steps],
            holdback=split.holdback,
            rules=[SplitRule(rule.attribute, rule.values) for rule in split.rules],
            slice=split.slice,
            covariate=running.plan.covariate,
        )


def _tell(running: _Running, error: Gone) -> None:
    """Say that an arm's content was erased: its units get what the label names, as if there were no experiment."""
    _log.warning("experiment_arm_gone", experiment=running.stored.experiment.name, reason=error.message)


def covariate_of(plan: Plan, attributes: Mapping[str, Attribute]) -> float | None:
    """Return what is known of a unit from before, if it is a number."""
    value = None if plan.covariate is None else attributes.get(plan.covariate)
    return None if value is None or isinstance(value, str | bool) else float(value)
