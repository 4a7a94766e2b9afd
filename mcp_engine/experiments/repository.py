"""Queries of experiments, what became of them, and whom they reached; `observations` has those of feedback."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.artifacts.tables import Artifact, Version
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.experiments.tables import (
    ExperimentArmRow,
    ExperimentEventRow,
    ExperimentExposureRow,
    ExperimentRow,
    ExperimentRunningRow,
    ExperimentUnitRow,
)

_ARTIFACT = (col(Artifact.tenant_id) == col(ExperimentRow.tenant_id)) & (
    col(Artifact.id) == col(ExperimentRow.artifact_id)
)
_RUNS = (col(ExperimentRunningRow.tenant_id) == col(ExperimentRow.tenant_id)) & (
    col(ExperimentRunningRow.experiment_id) == col(ExperimentRow.id)
)


# Arrays, because a statement of a thousand rows takes longer to compile than to run; in one order for everybody,
# because two transactions that insert the same units in different orders would wait for each other.
_ADD_UNITS = text(
    "INSERT INTO experiment_unit (tenant_id, experiment_id, unit_digest, arm, allocation, covariate) "
    "SELECT :tenant, new.* FROM unnest(CAST(:experiment_id AS uuid[]), CAST(:unit_digest AS bytea[]), "
    "CAST(:arm AS smallint[]), CAST(:allocation AS integer[]), CAST(:covariate AS double precision[])) "
    "AS new (experiment_id, unit_digest, arm, allocation, covariate) ORDER BY new.experiment_id, new.unit_digest "
    "ON CONFLICT DO NOTHING RETURNING experiment_id, unit_digest"
)
_ADD_EXPOSURES = text(
    "INSERT INTO experiment_exposure "
    "(tenant_id, id, experiment_id, unit_digest, arm, execution_id, session_id, is_fallback, batch_id) "
    "SELECT :tenant, new.* FROM unnest(CAST(:id AS uuid[]), CAST(:experiment_id AS uuid[]), "
    "CAST(:unit_digest AS bytea[]), CAST(:arm AS smallint[]), CAST(:execution_id AS uuid[]), "
    "CAST(:session_id AS text[]), CAST(:is_fallback AS boolean[]), CAST(:batch_id AS uuid[])) "
    "AS new (id, experiment_id, unit_digest, arm, execution_id, session_id, is_fallback, batch_id) ORDER BY new.id "
    "ON CONFLICT DO NOTHING RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An experiment as its rows have it; arms and events in their order, each arm with its version's number."""

    experiment: ExperimentRow
    kind: str
    artifact: str
    arms: Sequence[tuple[ExperimentArmRow, int]]
    events: Sequence[ExperimentEventRow]


class ExperimentRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def insert(self, experiment: ExperimentRow, arms: Iterable[ExperimentArmRow]) -> None:
        self._session.add(experiment)
        await self._session.flush()
        self._session.add_all(arms)
        await self._session.flush()

    async def add_event(self, event: ExperimentEventRow) -> None:
        self._session.add(event)
        await self._session.flush()
        await self._session.refresh(event)

    async def begin_running(self, experiment_id: UUID) -> None:
        self._session.add(ExperimentRunningRow(experiment_id=experiment_id, tenant_id=self._work.tenant_id))
        await self._session.flush()

    async def end_running(self, experiment_id: UUID) -> None:
        statement = delete(ExperimentRunningRow).where(
            col(ExperimentRunningRow.experiment_id) == experiment_id,
            col(ExperimentRunningRow.tenant_id) == self._work.tenant_id,
        )
        await self._session.execute(statement)

    async def stand_in_line(self) -> None:
        """Wait until no other transaction of this tenant changes the state of an experiment."""
        await self._work.stand_in_line("experiments")

    async def named(self, namespace: str, name: str) -> Stored | None:
        rows = await self._stored(
            _experiments().where(col(ExperimentRow.namespace) == namespace, col(ExperimentRow.name) == name)
        )
        return rows[0] if rows else None

    async def several(self, ids: Collection[UUID]) -> list[Stored]:
        return await self._stored(_experiments().where(col(ExperimentRow.id).in_(ids)))

    async def running(self) -> list[Stored]:
        """Return the tenant's running experiments, those begun first first."""
        joined = _experiments().join(ExperimentRunningRow, _RUNS)
        return await self._stored(joined.order_by(col(ExperimentRow.id)))

    async def page(
        self, namespace: str, artifact: tuple[str, str] | None, before: UUID | None, limit: int
    ) -> list[Stored]:
        """Return experiments, newest first."""
        statement = _experiments().where(col(ExperimentRow.namespace) == namespace)
        if artifact is not None:
            statement = statement.where(tuple_(col(Artifact.kind), col(Artifact.name)) == artifact)
        if before is not None:
            statement = statement.where(col(ExperimentRow.id) < before)
        return await self._stored(statement.order_by(col(ExperimentRow.id).desc()).limit(limit))

    async def events(self, ids: Collection[UUID]) -> list[tuple[ExperimentEventRow, str]]:
        """Return events, each with the name of its experiment."""
        same = (col(ExperimentRow.tenant_id) == col(ExperimentEventRow.tenant_id)) & (
            col(ExperimentRow.id) == col(ExperimentEventRow.experiment_id)
        )
        statement = select(ExperimentEventRow, col(ExperimentRow.name)).join(ExperimentRow, same)
        found = await self._session.execute(statement.where(col(ExperimentEventRow.id).in_(ids)))
        return [(row[0], row[1]) for row in found]

    async def exposures_of(self, batches: Collection[UUID]) -> Sequence[ExperimentExposureRow]:
        statement = select(ExperimentExposureRow).where(col(ExperimentExposureRow.batch_id).in_(batches))
        return (await self._session.execute(statement)).scalars().all()

    async def add_units(self, units: Sequence[ExperimentUnitRow]) -> set[tuple[UUID, bytes]]:
        """Insert units that are not there yet; each counts for the arm that it had first.

        Returns:
            the experiment and digest of those that are new.
        """
        columns = ("experiment_id", "unit_digest", "arm", "allocation", "covariate")
        found = await self._session.execute(_ADD_UNITS, self._arrays(units, columns))
        return {(row[0], row[1]) for row in found}

    async def add_exposures(self, exposures: Sequence[ExperimentExposureRow]) -> set[UUID]:
        """Insert exposures; of an execution or a session each experiment keeps the first.

        Returns:
            the ids of those that were kept.
        """
        columns = (
            *("id", "experiment_id", "unit_digest", "arm", "execution_id", "session_id", "is_fallback"),
            "batch_id",
        )
        return set((await self._session.execute(_ADD_EXPOSURES, self._arrays(exposures, columns))).scalars())

    def _arrays(self, rows: Sequence[Any], columns: Sequence[str]) -> dict[str, Any]:
        return {"tenant": self._work.tenant_id} | {name: [getattr(row, name) for row in rows] for name in columns}

    async def unit(self, experiment_id: UUID, unit_digest: bytes) -> ExperimentUnitRow | None:
        statement = select(ExperimentUnitRow).where(
            col(ExperimentUnitRow.experiment_id) == experiment_id, col(ExperimentUnitRow.unit_digest) == unit_digest
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def label_number(self, artifact_id: UUID, label: str) -> int | None:
        """Return the version that a label points at now."""
        statement = text(
            "SELECT v.number FROM label_event e JOIN artifact_version v "
            "ON v.tenant_id = e.tenant_id AND v.id = e.to_version_id "
            "WHERE e.artifact_id = :artifact AND e.label = :label ORDER BY e.number DESC LIMIT 1"
        )
        found = await self._session.execute(statement, {"artifact": artifact_id, "label": label})
        return found.scalar_one_or_none()

    async def _stored(self, statement: Select[ExperimentRow, str, str]) -> list[Stored]:
        found = [(row[0], row[1], row[2]) for row in await self._session.execute(statement)]
        ids = [experiment.id for experiment, _, _ in found]
        arms, events = await self._arms(ids), await self._events(ids)
        return [
            Stored(experiment, kind, name, arms[experiment.id], events[experiment.id])
            for experiment, kind, name in found
        ]

    async def _arms(self, ids: Collection[UUID]) -> Mapping[UUID, list[tuple[ExperimentArmRow, int]]]:
        same = (col(Version.tenant_id) == col(ExperimentArmRow.tenant_id)) & (
            col(Version.id) == col(ExperimentArmRow.version_id)
        )
        statement = (
            select(ExperimentArmRow, col(Version.number))
            .join(Version, same)
            .where(col(ExperimentArmRow.experiment_id).in_(ids))
            .order_by(col(ExperimentArmRow.number))
        )
        arms: defaultdict[UUID, list[tuple[ExperimentArmRow, int]]] = defaultdict(list)
        for arm, number in await self._session.execute(statement) if ids else ():
            arms[arm.experiment_id].append((arm, number))
        return arms

    async def _events(self, ids: Collection[UUID]) -> Mapping[UUID, list[ExperimentEventRow]]:
        statement = (
            select(ExperimentEventRow)
            .where(col(ExperimentEventRow.experiment_id).in_(ids))
            .order_by(col(ExperimentEventRow.number))
        )
        events: defaultdict[UUID, list[ExperimentEventRow]] = defaultdict(list)
        for event in (await self._session.execute(statement)).scalars() if ids else ():
            events[event.experiment_id].append(event)
        return events


async def running_everywhere(session: AsyncSession) -> Mapping[UUID, list[UUID]]:
    """Return the running experiments of every tenant: ids only."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in (await session.execute(select(ExperimentRunningRow))).scalars():
        found[row.tenant_id].append(row.experiment_id)
    return found


async def try_watch(session: AsyncSession) -> bool:
    """Become the one that watches experiments for the rest of the transaction, if nobody is."""
    statement = text("SELECT pg_try_advisory_xact_lock(hashtextextended('experiments/watcher', 0))")
    return bool((await session.execute(statement)).scalar_one())


def _experiments() -> Select[ExperimentRow, str, str]:
    return select(ExperimentRow, col(Artifact.kind), col(Artifact.name)).join(Artifact, _ARTIFACT)
