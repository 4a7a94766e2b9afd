"""Whom an experiment reached, and which feedback counts for them.

A unit counts for the arm of its first genuine exposure. Of an execution or a session each experiment keeps the first
exposure, and a unit has one value a metric: the first feedback that reached one of its exposures. So repeats, late and
double deliveries change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import EngineError, InvalidInput, NotFound
from mcp_engine.experiments import views
from mcp_engine.experiments.assignment import Assignment, Split, chosen
from mcp_engine.experiments.facts import EXPOSED, exposed_facts
from mcp_engine.experiments.observations.repository import (
    lock_sessions,
    observe_batch,
    observe_execution,
    observe_session,
)
from mcp_engine.experiments.repository import ExperimentRepository, Stored
from mcp_engine.experiments.schemas import Exposure, ExposuresRecorded, RefusedExposure
from mcp_engine.experiments.tables import ExperimentExposureRow, ExperimentUnitRow
from mcp_engine.feedback.tables import FeedbackRow
from mcp_engine.identifiers import new_id


class _Taken(NamedTuple):
    """An exposure that agrees with its experiment."""

    experiment_id: UUID
    assigned: Assignment
    allocation: int
    covariate: float | None
    session_id: str | None = None
    execution_id: UUID | None = None
    is_fallback: bool = False

    @property
    def findable(self) -> bool:
        return self.is_fallback or self.session_id is not None or self.execution_id is not None


class ExposureService:
    """Exposures of every tenant, from clients and from runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, caller: Caller, exposures: Sequence[Exposure]) -> ExposuresRecorded:
        """Record what clients showed; one that can't be is named in the answer, and the others are recorded.

        An exposure is refused with `experiment.not_found`, `experiment.not_started`, `experiment.arm_not_found`,
        `experiment.allocation_not_found`, or with `experiment.wrong_arm` when the assignment gives its unit another
        arm than it was shown.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            known = await _splits(work, {one.experiment_id for one in exposures})
            taken: list[_Taken] = []
            refused: list[RefusedExposure] = []
            for index, one in enumerate(exposures):
                try:
                    taken.append(_checked(one, known))
                except EngineError as error:
                    refused.append(RefusedExposure(index=index, code=error.code, message=error.message))
            if taken:
                sessions = {one.session_id for one in taken if one.session_id is not None}
                await lock_sessions(work.session, work.tenant_id, sessions)
                await _record(work, taken)
        return ExposuresRecorded(recorded=len(taken), refused=refused)

    async def observe(self, work: UnitOfWork, feedback: FeedbackRow) -> None:
        """Count a judgement, in its own transaction, for the units that what it speaks of was shown to."""
        if feedback.execution_id is not None:
            # Its exposure was recorded with its start.
            await observe_execution(work.session, feedback.execution_id, feedback.id)
        elif feedback.session_id is not None:
            await lock_sessions(work.session, work.tenant_id, [feedback.session_id])
            await observe_session(work.session, feedback.session_id, feedback.id)


async def expose_execution(
    work: UnitOfWork,
    experiment_id: UUID,
    assigned: Assignment,
    allocation: int,
    covariate: float | None,
    execution_id: UUID,
) -> None:
    """Record that an execution that begins in this transaction shows a unit its arm."""
    await _record(work, [_Taken(experiment_id, assigned, allocation, covariate, execution_id=execution_id)])


@dataclass(frozen=True, slots=True)
class _Known:
    """An experiment that exposures name, and its splits by allocation."""

    stored: Stored
    splits: Sequence[Split]


async def _splits(work: UnitOfWork, ids: set[UUID]) -> Mapping[UUID, _Known]:
    stored = await ExperimentRepository(work).several(ids)
    return {
        one.experiment.id: _Known(
            one, [views.split_of(one, number) for number in range(len(views.course_of(one).allocations))]
        )
        for one in stored
    }


def _checked(exposure: Exposure, known: Mapping[UUID, _Known]) -> _Taken:
    experiment = known.get(exposure.experiment_id)
    if experiment is None:
        raise NotFound("experiment.not_found", f"There is no experiment {exposure.experiment_id}.")
    if views.course_of(experiment.stored).state == "draft":
        raise InvalidInput("experiment.not_started", "This experiment is a draft: nobody can have been shown an arm.")
    if exposure.allocation >= len(experiment.splits):
        raise NotFound("experiment.allocation_not_found", f"There is no allocation {exposure.allocation}.")
    names = [arm.name for arm, _ in experiment.stored.arms]
    if exposure.arm is not None and exposure.arm not in names:
        raise NotFound(
            "experiment.arm_not_found", f"No arm is named {exposure.arm[:140]!r}; there are: {', '.join(names)}."
        )
    assigned = chosen(experiment.splits[exposure.allocation], exposure.unit_id)
    shown = None if exposure.arm is None else names.index(exposure.arm)
    if assigned.arm != shown:
        raise InvalidInput(
            "experiment.wrong_arm", "The assignment gives this unit another arm: is the client's mapping another one?"
        )
    return _Taken(
        exposure.experiment_id, assigned, exposure.allocation, exposure.covariate, exposure.session_id,
        is_fallback=exposure.is_fallback,
    )  # fmt: skip


async def _record(work: UnitOfWork, taken: Sequence[_Taken]) -> None:
    repository, batch_id = ExperimentRepository(work), new_id()
    units = [_unit(work, one) for one in taken if not one.is_fallback]
    new = await repository.add_units(units) if units else set[tuple[UUID, bytes]]()
    # Of an exposure that no feedback can find, only the first says something: that the unit takes part.
    telling = [one for one in taken if one.findable or (one.experiment_id, one.assigned.digest) in new]
    rows = [_exposure(work, one, batch_id) for one in telling]
    ids = await repository.add_exposures(rows) if rows else set[UUID]()
    kept = [row for row in rows if row.id in ids]
    if not kept:
        return
    if any(one.session_id is not None for one in kept):
        await observe_batch(work.session, batch_id)
    await append(work, AuditEvent(EXPOSED, str(batch_id), exposed_facts(kept)))


def _unit(work: UnitOfWork, taken: _Taken) -> ExperimentUnitRow:
    return ExperimentUnitRow(
        tenant_id=work.tenant_id,
        experiment_id=taken.experiment_id,
        unit_digest=taken.assigned.digest,
        arm=taken.assigned.arm,
        allocation=taken.allocation,
        covariate=taken.covariate,
    )


def _exposure(work: UnitOfWork, taken: _Taken, batch_id: UUID) -> ExperimentExposureRow:
    return ExperimentExposureRow(
        tenant_id=work.tenant_id,
        id=new_id(),
        experiment_id=taken.experiment_id,
        unit_digest=taken.assigned.digest,
        arm=taken.assigned.arm,
        execution_id=taken.execution_id,
        session_id=taken.session_id,
        is_fallback=taken.is_fallback,
        batch_id=batch_id,
    )
