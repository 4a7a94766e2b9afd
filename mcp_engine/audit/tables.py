"""Rows of the transparency log. Entries belong to tenants; leaves, nodes and checkpoints are global digests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, LargeBinary, SmallInteger, Text, cast, exists
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlmodel import Field, SQLModel, col

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field


class AuditEntry(TenantRow, table=True):
    """What one leaf says, readable by its tenant only.

    It has no foreign key to `tenant` or `principal`: the check would lock their row in every write
    of every tenant, and the leaf's digest already says which tenant and principal it was.
    """

    __tablename__ = "audit_entry"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_audit_entry_tenant_id_subject", "tenant_id", "subject"),
        Index("ix_audit_entry_tenant_id_kind_id", "tenant_id", "kind", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    subject: str
    actor_id: UUID
    occurred_at: datetime = timestamp_field()
    facts: dict[str, Any] = Field(sa_type=JSONB, nullable=False)


class AuditUnsequenced(SQLModel, table=True):
    """A committed leaf that has no number yet."""

    __tablename__ = "audit_unsequenced"  # pyright: ignore[reportAssignmentType]

    entry_id: UUID = Field(primary_key=True)
    leaf_hash: bytes = Field(sa_type=LargeBinary, nullable=False)


class AuditLeaf(SQLModel, table=True):
    """Leaf `seq` of the tree, counted from 0."""

    __tablename__ = "audit_leaf"  # pyright: ignore[reportAssignmentType]

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    entry_id: UUID = Field(unique=True)
    leaf_hash: bytes = Field(sa_type=LargeBinary, nullable=False)


class AuditNode(SQLModel, table=True):
    """Root of the complete subtree over leaves `[position * 256^level, (position + 1) * 256^level)`, level from 1."""

    __tablename__ = "audit_node"  # pyright: ignore[reportAssignmentType]

    level: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    hash: bytes = Field(sa_type=LargeBinary, nullable=False)


class AuditCheckpoint(SQLModel, table=True):
    """The tree at one size, signed: `note` is a C2SP tlog-checkpoint."""

    __tablename__ = "audit_checkpoint"  # pyright: ignore[reportAssignmentType]

    size: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    root: bytes = Field(sa_type=LargeBinary, nullable=False)
    note: str
    created_at: datetime = created_field()


class Erasure(TenantRow, table=True):
    """Tombstone of content rows: which table and key, on whose behalf, why. The content itself is gone."""

    __tablename__ = "erasure"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_erasure_tenant_id_content_table_key", "tenant_id", "content_table", "key"),)

    id: UUID = Field(primary_key=True)
    content_table: str
    key: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    reason: str
    actor_id: UUID
    row_count: int = Field(sa_type=BigInteger, nullable=False)
    created_at: datetime = created_field()


def has_entry(kind: str, subject: Mapped[UUID]) -> ColumnElement[bool]:
    """Say that an entry of a kind speaks of `subject`; a row without one was added behind the engine's back."""
    return exists().where(col(AuditEntry.subject) == cast(subject, Text), col(AuditEntry.kind) == kind)
