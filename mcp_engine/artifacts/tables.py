"""Rows of the registry. Identity rows never change; bodies are content and can be erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


class Artifact(TenantRow, table=True):
    """A name in a namespace; `latest_number` is its counter and only grows."""

    __tablename__ = "artifact"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("tenant_id", "namespace", "kind", "name"),
        ForeignKeyConstraint(["tenant_id", "namespace"], ["namespace.tenant_id", "namespace.name"]),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    kind: str
    name: str
    latest_number: int
    created_at: datetime = created_field()


class Version(TenantRow, table=True):
    """The identity of one version."""

    __tablename__ = "artifact_version"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("tenant_id", "artifact_id", "number"),
        UniqueConstraint("tenant_id", "artifact_id", "digest"),
        ForeignKeyConstraint(["tenant_id", "artifact_id"], ["artifact.tenant_id", "artifact.id"]),
    )

    id: UUID = Field(primary_key=True)
    artifact_id: UUID
    number: int
    digest: str
    author_id: UUID
    message: str
    created_at: datetime = created_field()


class VersionContent(TenantRow, table=True):
    """A version's body as canonical JSON text: what was digested, to the byte (jsonb would rewrite numbers)."""

    __tablename__ = "artifact_content"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], ["artifact_version.tenant_id", "artifact_version.id"]),
    )

    version_id: UUID = Field(primary_key=True)
    body: str = Field(sa_type=Text)


class Lock(TenantRow, table=True):
    """What a version's dependencies resolved to, as canonical JSON; `digest` is its SHA-256."""

    __tablename__ = "artifact_lock"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], ["artifact_version.tenant_id", "artifact_version.id"]),
    )

    digest: str = Field(primary_key=True)
    version_id: UUID
    body: str = Field(sa_type=Text)
    created_at: datetime = created_field()


class LockDependency(TenantRow, table=True):
    """A version that a lock pins, however deep: what the lock's body says, to be found by version."""

    __tablename__ = "artifact_lock_dependency"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lock_digest"], ["artifact_lock.tenant_id", "artifact_lock.digest"]),
        ForeignKeyConstraint(["tenant_id", "version_id"], ["artifact_version.tenant_id", "artifact_version.id"]),
        Index("ix_artifact_lock_dependency_version", "tenant_id", "version_id"),
    )

    lock_digest: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    version_id: UUID


class LabelEvent(TenantRow, table=True):
    """One move of a label; the one with the highest `number` says where the label points."""

    __tablename__ = "label_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("tenant_id", "artifact_id", "label", "number"),
        ForeignKeyConstraint(["tenant_id", "artifact_id"], ["artifact.tenant_id", "artifact.id"]),
        ForeignKeyConstraint(["tenant_id", "to_version_id"], ["artifact_version.tenant_id", "artifact_version.id"]),
        ForeignKeyConstraint(["tenant_id", "from_version_id"], ["artifact_version.tenant_id", "artifact_version.id"]),
        ForeignKeyConstraint(["tenant_id", "lock_digest"], ["artifact_lock.tenant_id", "artifact_lock.digest"]),
    )

    id: UUID = Field(primary_key=True)
    artifact_id: UUID
    label: str
    number: int
    from_version_id: UUID | None = Field(default=None)
    to_version_id: UUID
    lock_digest: str
    actor_id: UUID
    reason: str
    restores: int | None = None
    """The number of the earlier move that this one goes back to, with its lock."""
    created_at: datetime = created_field()


class LabelCertificate(TenantRow, table=True):
    """What a guard said when it let a move pass, as canonical JSON."""

    __tablename__ = "label_certificate"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "event_id"], ["label_event.tenant_id", "label_event.id"]),)

    event_id: UUID = Field(primary_key=True)
    body: str = Field(sa_type=Text)
