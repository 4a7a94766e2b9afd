"""Every query of the registry."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from mcp_engine.artifacts.locks.repository import LOCK_OF_MOVE, points_at
from mcp_engine.artifacts.tables import Artifact, LabelCertificate, LabelEvent, Lock, Version, VersionContent
from mcp_engine.artifacts.versions import ArtifactFilter, ArtifactVersion, LabelMove
from mcp_engine.audit.tables import has_entry
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.identifiers import new_id

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])

_CONTENT_OF_VERSION = and_(
    col(VersionContent.tenant_id) == col(Version.tenant_id), col(VersionContent.version_id) == col(Version.id)
)
_ARTIFACT_OF_VERSION = and_(
    col(Artifact.tenant_id) == col(Version.tenant_id), col(Artifact.id) == col(Version.artifact_id)
)


_CERTIFICATE_OF_MOVE = and_(
    col(LabelCertificate.tenant_id) == col(LabelEvent.tenant_id), col(LabelCertificate.event_id) == col(LabelEvent.id)
)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with its body; None where that was erased."""

    version: ArtifactVersion
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a push writes."""

    digest: str
    body: str
    message: str


class ArtifactRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def artifact(self, namespace: str, kind: str, name: str) -> Artifact | None:
        return (await self._session.execute(_named(namespace, kind, name))).scalar_one_or_none()

    async def artifact_for_change(self, namespace: str, kind: str, name: str) -> Artifact | None:
        """Return the artifact with its row locked: pushes and label moves of one artifact stand in line."""
        statement = _named(namespace, kind, name).with_for_update()
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def ensure_artifact(self, namespace: str, kind: str, name: str) -> Artifact:
        """Return the artifact, made when missing, with its row locked."""
        found = await self.artifact_for_change(namespace, kind, name)
        if found is not None:
            return found
        row = {"tenant_id": self._work.tenant_id, "id": new_id(), "namespace": namespace, "kind": kind, "name": name}
        await self._session.execute(
            insert(Artifact).values(**row, latest_number=0).on_conflict_do_nothing(
                index_elements=["tenant_id", "namespace", "kind", "name"]
            )
        )  # fmt: skip
        made = await self.artifact_for_change(namespace, kind, name)
        assert made is not None
        return made

    async def names_like(self, namespace: str, kind: str, limit: int) -> list[str]:
        statement = (
            select(col(Artifact.name))
            .where(col(Artifact.namespace) == namespace, col(Artifact.kind) == kind)
            .order_by(col(Artifact.name))
            .limit(limit)
        )
        return list((await self._session.execute(statement)).scalars())

    async def page_of_artifacts(
        self, namespace: str, kind: str, wanted: ArtifactFilter, *, after: str | None, limit: int
    ) -> Sequence[tuple[Artifact, VersionRow]]:
        """Return artifacts by name with their latest version, whose body's `tags` and `description` are looked at."""
        latest = and_(
            col(Version.tenant_id) == col(Artifact.tenant_id),
            col(Version.artifact_id) == col(Artifact.id),
            col(Version.number) == col(Artifact.latest_number),
        )
        statement = (
            _with_body(select(Artifact, Version, col(VersionContent.body)).join(Version, latest))
            .where(col(Artifact.namespace) == namespace, col(Artifact.kind) == kind)
            .where(func.starts_with(col(Artifact.name), wanted.prefix), *_matches(wanted))
            .order_by(col(Artifact.name))
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(col(Artifact.name) > after)
        rows = await self._session.execute(statement)
        return [(artifact, _version_row(artifact, version, body)) for artifact, version, body in rows]

    async def add_version(self, artifact: Artifact, new: NewVersion) -> Version:
        """Count up and insert; the artifact's row must be locked."""
        number = artifact.latest_number + 1
        await self._session.execute(
            update(Artifact)
            .where(col(Artifact.id) == artifact.id)
            .values(latest_number=number)
            .execution_options(synchronize_session=False)
        )
        version = Version(
            tenant_id=self._work.tenant_id, id=new_id(), artifact_id=artifact.id, number=number,
            digest=new.digest, author_id=self._work.actor_id, message=new.message,
        )  # fmt: skip
        self._session.add(version)
        await self._session.flush()
        self._session.add(VersionContent(tenant_id=self._work.tenant_id, version_id=version.id, body=new.body))
        await self._session.flush()
        await self._session.refresh(version)
        return version

    async def version_by_digest(self, artifact: Artifact, digest: str) -> Version | None:
        statement = select(Version).where(col(Version.artifact_id) == artifact.id, col(Version.digest) == digest)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def version_by_number(self, artifact: Artifact, number: int) -> VersionRow | None:
        statement = _with_body(select(Version, col(VersionContent.body))).where(
            col(Version.artifact_id) == artifact.id,
            col(Version.number) == number,
        )
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else _version_row(artifact, *row)

    async def version_by_id(self, artifact: Artifact, version_id: UUID) -> VersionRow:
        statement = _with_body(select(Version, col(VersionContent.body))).where(col(Version.id) == version_id)
        return _version_row(artifact, *(await self._session.execute(statement)).one())

    async def labelled(self, namespace: str, kind: str, label: str) -> list[VersionRow]:
        """Return the versions that `label` points at, of every artifact of a kind, by the artifact's name."""
        event = col(LabelEvent.artifact_id)
        last = (
            select(event, col(LabelEvent.to_version_id))
            .where(col(LabelEvent.label) == label)
            .order_by(event, col(LabelEvent.number).desc())
            .ext(distinct_on(event))
            .subquery()
        )
        statement = (
            _with_body(select(Artifact, Version, col(VersionContent.body)).select_from(Version))
            .join(Artifact, _ARTIFACT_OF_VERSION)
            .join(last, last.c.to_version_id == col(Version.id))
            .where(col(Artifact.namespace) == namespace, col(Artifact.kind) == kind)
            .order_by(col(Artifact.name))
        )
        rows = await self._session.execute(statement)
        return [_version_row(artifact, version, body) for artifact, version, body in rows]

    async def version_by_label(self, artifact: Artifact, label: str) -> VersionRow | None:
        """Return the version that the label's last move points at."""
        current = (
            select(col(LabelEvent.to_version_id))
            .where(col(LabelEvent.artifact_id) == artifact.id, col(LabelEvent.label) == label)
            .order_by(col(LabelEvent.number).desc())
            .limit(1)
            .scalar_subquery()
        )
        statement = _with_body(select(Version, col(VersionContent.body))).where(col(Version.id) == current)
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else _version_row(artifact, *row)

    async def page_of_versions(self, artifact: Artifact, *, before: int | None, limit: int) -> Sequence[VersionRow]:
        statement = (
            _with_body(select(Version, col(VersionContent.body)))
            .where(col(Version.artifact_id) == artifact.id)
            .order_by(col(Version.number).desc())
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(col(Version.number) < before)
        rows = await self._session.execute(statement)
        return [_version_row(artifact, version, body) for version, body in rows]

    async def labels(self, artifact_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, int]]:
        """Return where every label of these artifacts points: artifact -> label -> version number."""
        statement = (
            select(col(LabelEvent.artifact_id), col(LabelEvent.label), col(Version.number))
            .ext(distinct_on(col(LabelEvent.artifact_id), col(LabelEvent.label)))
            .join(
                Version,
                and_(
                    col(Version.tenant_id) == col(LabelEvent.tenant_id),
                    col(Version.id) == col(LabelEvent.to_version_id),
                ),
            )
            .where(col(LabelEvent.artifact_id).in_(artifact_ids))
            .order_by(col(LabelEvent.artifact_id), col(LabelEvent.label), col(LabelEvent.number).desc())
        )
        found: dict[UUID, dict[str, int]] = {artifact_id: {} for artifact_id in artifact_ids}
        for artifact_id, label, number in await self._session.execute(statement):
            found[artifact_id][label] = number
        return found

    async def last_move(self, artifact: Artifact, label: str) -> LabelEvent | None:
        statement = (
            select(LabelEvent)
            .where(col(LabelEvent.artifact_id) == artifact.id, col(LabelEvent.label) == label)
            .order_by(col(LabelEvent.number).desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def add_move(self, move: LabelEvent) -> LabelEvent:
        self._session.add(move)
        await self._session.flush()
        await self._session.refresh(move)
        return move

    async def move_before(self, last: LabelEvent, number: int | None) -> LabelEvent | None:
        """Return the release that a rollback from the `last` move goes back to.

        Args:
            number: of the version it went to; None means the release before the one that is in force.
        """
        statement = (
            select(LabelEvent)
            .join(Version, points_at(LabelEvent.tenant_id, LabelEvent.to_version_id, Version))
            .where(
                col(LabelEvent.artifact_id) == last.artifact_id,
                col(LabelEvent.label) == last.label,
                col(LabelEvent.restores).is_(None),
            )
            .order_by(col(LabelEvent.number).desc())
            .limit(1)
        )
        if number is not None:
            statement = statement.where(col(Version.number) == number)
        else:
            statement = statement.where(col(LabelEvent.number) < (last.restores or last.number))
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def add_certificate(self, certificate: LabelCertificate) -> None:
        self._session.add(certificate)
        await self._session.flush()

    async def page_of_moves(
        self, artifact: Artifact, *, label: str | None, before: UUID | None, limit: int
    ) -> Sequence[LabelMove]:
        origin, target = aliased(Version), aliased(Version)
        statement = (
            select(LabelEvent, col(origin.number), col(target.number), col(LabelCertificate.body))
            .join(target, points_at(LabelEvent.tenant_id, LabelEvent.to_version_id, target))
            .outerjoin(origin, points_at(LabelEvent.tenant_id, LabelEvent.from_version_id, origin))
            .outerjoin(LabelCertificate, _CERTIFICATE_OF_MOVE)
            .where(col(LabelEvent.artifact_id) == artifact.id)
            .order_by(col(LabelEvent.id).desc())
            .limit(limit)
        )
        if label is not None:
            statement = statement.where(col(LabelEvent.label) == label)
        if before is not None:
            statement = statement.where(col(LabelEvent.id) < before)
        rows = await self._session.execute(statement)
        return [
            LabelMove(
                event.id, event.label, left, right, event.lock_digest, event.actor_id, event.reason, event.created_at,
                event.number, event.restores, _parsed(certificate),
            )
            for event, left, right, certificate in rows
        ]  # fmt: skip

    async def versions_with_bodies(self, version_ids: Sequence[UUID]) -> Sequence[tuple[Artifact, Version, str | None]]:
        """Return versions as they are in the rows now, bodies as text, for verification."""
        statement = (
            _with_body(select(Artifact, Version, col(VersionContent.body)).select_from(Version))
            .join(
                Artifact,
                _ARTIFACT_OF_VERSION,
            )
            .where(col(Version.id).in_(version_ids))
        )
        return list(await self._session.execute(statement))

    async def versions_without_entry(self, artifact_ids: Collection[UUID], kind: str) -> Mapping[UUID, list[str]]:
        """Return, by artifact, the ids of versions that no audit entry of `kind` speaks of."""
        statement = (
            select(col(Version.artifact_id), col(Version.id))
            .where(col(Version.artifact_id).in_(artifact_ids), ~has_entry(kind, col(Version.id)))
            .order_by(col(Version.number))
        )
        found: defaultdict[UUID, list[str]] = defaultdict(list)
        for artifact_id, version_id in await self._session.execute(statement):
            found[artifact_id].append(str(version_id))
        return found

    async def moves_without_entry(
        self, artifact_ids: Collection[UUID], kind: str
    ) -> Mapping[tuple[UUID, str], list[str]]:
        """Return, by artifact and label, the ids of moves that no audit entry of `kind` speaks of."""
        statement = (
            select(col(LabelEvent.artifact_id), col(LabelEvent.label), col(LabelEvent.id))
            .where(col(LabelEvent.artifact_id).in_(artifact_ids), ~has_entry(kind, col(LabelEvent.id)))
            .order_by(col(LabelEvent.number))
        )
        found: defaultdict[tuple[UUID, str], list[str]] = defaultdict(list)
        for artifact_id, label, event_id in await self._session.execute(statement):
            found[artifact_id, label].append(str(event_id))
        return found

    async def moves(self, event_ids: Sequence[UUID]) -> Sequence[tuple[LabelEvent, int | None, int, str, str | None]]:
        """Return label moves with both versions' numbers, the lock's body and the certificate, for verification."""
        origin, target = aliased(Version), aliased(Version)
        statement = (
            select(LabelEvent, col(origin.number), col(target.number), col(Lock.body), col(LabelCertificate.body))
            .join(target, points_at(LabelEvent.tenant_id, LabelEvent.to_version_id, target))
            .join(Lock, LOCK_OF_MOVE)
            .outerjoin(origin, points_at(LabelEvent.tenant_id, LabelEvent.from_version_id, origin))
            .outerjoin(LabelCertificate, _CERTIFICATE_OF_MOVE)
            .where(col(LabelEvent.id).in_(event_ids))
        )
        return list(await self._session.execute(statement))


def _parsed(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)


def _matches(wanted: ArtifactFilter) -> list[ColumnElement[bool]]:
    # jsonb refuses NUL, which a body may hold and a tag can't.
    body = cast(func.replace(col(VersionContent.body), r"\u0000", r"\u0001"), JSONB)
    conditions: list[ColumnElement[bool]] = []
    if wanted.text:
        described = body["description"].astext.icontains(wanted.text, autoescape=True)
        conditions.append(or_(col(Artifact.name).icontains(wanted.text, autoescape=True), described))
    if wanted.tag is not None:
        conditions.append(func.jsonb_exists(body["tags"], wanted.tag))
    if wanted.label is not None:
        same = (col(LabelEvent.tenant_id) == col(Artifact.tenant_id), col(LabelEvent.artifact_id) == col(Artifact.id))
        conditions.append(exists().where(*same, col(LabelEvent.label) == wanted.label))
    return conditions


def value_of(artifact: Artifact, version: Version) -> ArtifactVersion:
    """Return a version's row as the value that services hand out."""
    return ArtifactVersion(
        artifact.id, artifact.kind, artifact.namespace, artifact.name, version.number, version.id,
        version.digest, version.author_id, version.message, version.created_at,
    )  # fmt: skip


def _named(namespace: str, kind: str, name: str) -> Select[Artifact]:
    return select(Artifact).where(
        col(Artifact.namespace) == namespace,
        col(Artifact.kind) == kind,
        col(Artifact.name) == name,
    )


def _with_body(statement: AnySelect) -> AnySelect:
    """Join the content of `Version`; an erased body leaves the version."""
    return statement.outerjoin(VersionContent, _CONTENT_OF_VERSION)


def _version_row(artifact: Artifact, version: Version, body: str | None) -> VersionRow:
    return VersionRow(value_of(artifact, version), _parsed(body))
