"""Rows of what sources hold and of each time they were read; `rag.tables.SourceRow` is the source itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field


def _of_source() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"])


def _count() -> Any:
    return Field(default=0, sa_column_kwargs={"server_default": "0"})


class SourceReaderRow(TenantRow, table=True):
    """That a principal, or whoever belongs to a group, may read what a restricted source brings: one of the two is
    null."""

    __tablename__: ClassVar[Any] = "source_reader"
    __table_args__ = (
        _of_source(),
        ForeignKeyConstraint(["tenant_id", "principal_id"], ["principal.tenant_id", "principal.id"]),
        ForeignKeyConstraint(["tenant_id", "group_id"], ["principal_group.tenant_id", "principal_group.id"]),
        Index("ix_source_reader_tenant_id_source_id", "tenant_id", "source_id"),
        Index("ix_source_reader_tenant_id_group_id", "tenant_id", "group_id"),
    )

    id: UUID = Field(primary_key=True)
    source_id: UUID
    principal_id: UUID | None = None
    group_id: UUID | None = None


class SourceRunRow(TenantRow, table=True):
    """One reading of a source by a job, with how many of its items came out how; `ended_at` when it was whole."""

    __tablename__: ClassVar[Any] = "source_run"
    __table_args__ = (_of_source(), Index("ix_source_run_tenant_id_source_id_id", "tenant_id", "source_id", "id"))

    id: UUID = Field(primary_key=True)
    source_id: UUID
    job_id: UUID
    added: int = _count()
    changed: int = _count()
    unchanged: int = _count()
    removed: int = _count()
    failed: int = _count()
    ended_at: datetime | None = timestamp_field(nullable=True)
    created_at: datetime = created_field()


class SourceItemRow(TenantRow, table=True):
    """What a source holds under a name, as `run_id` found it: the last run that dealt with it.

    `fingerprint` is that of the bytes that were taken last, null when none were.
    """

    __tablename__: ClassVar[Any] = "source_item"
    __table_args__ = (
        _of_source(),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        Index("ix_source_item_tenant_id_document_id", "tenant_id", "document_id"),
    )

    source_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    run_id: UUID
    document_id: UUID | None = None
    fingerprint: str | None = None
    outcome: str
    error_code: str | None = None
    error_message: str | None = None


class SourceScheduleRow(SQLModel, table=True):
    """When a source is read again, of all tenants: ids and times only, so that it may stand outside row-level
    security."""

    __tablename__: ClassVar[Any] = "source_schedule"
    __table_args__ = (Index("ix_source_schedule_due_at", "due_at"),)

    source_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    every_seconds: int
    due_at: datetime = created_field()
