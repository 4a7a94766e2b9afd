"""Every query about locks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from mcp_engine.artifacts.tables import Artifact, LabelEvent, Lock, LockDependency, Version
from mcp_engine.artifacts.versions import Dependent
from mcp_engine.database.engine import UnitOfWork

LOCK_OF_MOVE = and_(col(Lock.tenant_id) == col(LabelEvent.tenant_id), col(Lock.digest) == col(LabelEvent.lock_digest))


class LockRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def keep(self, digest: str, version_id: UUID, body: str, pinned: Mapping[str, UUID]) -> None:
        """Store a lock, and the versions that it pins by reference, unless it is there already."""
        row = {"tenant_id": self._work.tenant_id, "digest": digest, "version_id": version_id, "body": body}
        await self._session.execute(
            insert(Lock).values(**row).on_conflict_do_nothing(index_elements=["tenant_id", "digest"])
        )
        if pinned:
            key = {"tenant_id": self._work.tenant_id, "lock_digest": digest}
            rows = [{**key, "reference": reference, "version_id": version} for reference, version in pinned.items()]
            await self._session.execute(insert(LockDependency).on_conflict_do_nothing(), rows)

    async def holds(self, digest: str) -> bool:
        statement = select(col(Lock.version_id)).where(col(Lock.digest) == digest)
        return (await self._session.execute(statement)).first() is not None

    async def one(self, digest: str) -> Lock:
        return (await self._session.execute(select(Lock).where(col(Lock.digest) == digest))).scalar_one()

    async def of_move(self, artifact: Artifact, label: str, version_id: UUID) -> Lock:
        """Return the lock of the last move of `label` to this version."""
        statement = (
            select(Lock)
            .join(LabelEvent, LOCK_OF_MOVE)
            .where(
                col(LabelEvent.artifact_id) == artifact.id,
                col(LabelEvent.label) == label,
                col(LabelEvent.to_version_id) == version_id,
            )
            .order_by(col(LabelEvent.number).desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def page_of_dependents(
        self, artifact: Artifact, *, after: tuple[str, ...] | None, limit: int
    ) -> Sequence[Dependent]:
        """Return the releases in force whose locks pin a version of `artifact`.

        Args:
            after: kind, name, label and reference of the last one before.
        """
        holder, pinned, later = aliased(Version), aliased(Version), aliased(LabelEvent)
        order = (col(Artifact.kind), col(Artifact.name), col(LabelEvent.label), col(LockDependency.reference))
        moved_on = exists().where(
            col(later.tenant_id) == col(LabelEvent.tenant_id),
            col(later.artifact_id) == col(LabelEvent.artifact_id),
            col(later.label) == col(LabelEvent.label),
            col(later.number) > col(LabelEvent.number),
        )
        statement = (
            select(Artifact, LabelEvent, LockDependency, col(holder.number), col(pinned.number))
            .select_from(pinned)
            .join(LockDependency, points_at(LockDependency.tenant_id, LockDependency.version_id, pinned))
            .join(
                LabelEvent,
                and_(
                    col(LabelEvent.tenant_id) == col(LockDependency.tenant_id),
                    col(LabelEvent.lock_digest) == col(LockDependency.lock_digest),
                ),
            )
            .join(holder, points_at(LabelEvent.tenant_id, LabelEvent.to_version_id, holder))
            .join(Artifact, points_at(LabelEvent.tenant_id, LabelEvent.artifact_id, Artifact))
            .where(col(pinned.artifact_id) == artifact.id, ~moved_on)
            .order_by(*order)
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(tuple_(*order) > after)
        return [
            Dependent(
                found.kind, found.namespace, found.name, event.label, number, event.lock_digest, link.reference, held
            )
            for found, event, link, number, held in await self._session.execute(statement)
        ]


def points_at(tenant_id: Any, reference: Any, target: Any) -> ColumnElement[bool]:
    """Say that a row's reference means `target`, a table or its alias."""
    return and_(col(target.tenant_id) == col(tenant_id), col(target.id) == col(reference))
