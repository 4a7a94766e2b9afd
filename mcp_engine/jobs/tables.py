"""Rows of durable jobs: the tenant's job, the outbox that hands it over, and the leases of workers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel, col

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field
from mcp_engine.identity.tables import Namespace


class JobRow(TenantRow, table=True):
    """A unit of durable work, as its tenant sees it."""

    __tablename__ = "job"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], [col(Namespace.tenant_id), col(Namespace.name)]),
        Index("ix_job_tenant_id_created_at_id", "tenant_id", text("created_at DESC"), text("id DESC")),
        Index("ix_job_tenant_id_subject_id", "tenant_id", "subject_id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    subject_id: UUID
    actor_id: UUID
    namespace: str | None = None
    state: str = Field(default="queued", sa_column_kwargs={"server_default": "queued"})
    attempt: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Grows by one with each start; a worker's writes are refused once it is no longer theirs."""
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    losses: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Attempts that ended because their worker was lost."""
    progress_done: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    progress_total: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    note: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    worker_id: UUID | None = None
    created_at: datetime = created_field()
    started_at: datetime | None = timestamp_field(nullable=True)
    finished_at: datetime | None = timestamp_field(nullable=True)


class OutboxRow(SQLModel, table=True):
    """One row for each unfinished job, of all tenants: ids only, so that it may stand outside row-level security.

    `dispatch` is the number of the present hand-over to DBOS, taken from one sequence and never used
    again: DBOS ignores a workflow id that it has seen. `dispatched_at` is null while it is due.
    """

    __tablename__ = "job_outbox"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_job_outbox_dispatched_at_due_at", "dispatched_at", "due_at"),)

    job_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    kind: str
    dispatch: int = Field(sa_type=BigInteger)
    due_at: datetime = created_field()
    dispatched_at: datetime | None = timestamp_field(nullable=True)


class LeaseRow(SQLModel, table=True):
    """A worker process and how long the others wait for a sign of life."""

    __tablename__ = "worker_lease"  # pyright: ignore[reportAssignmentType]

    worker_id: UUID = Field(primary_key=True)
    token: int = Field(sa_type=BigInteger)
    host: str
    pid: int
    started_at: datetime = created_field()
    expires_at: datetime = timestamp_field()
    lost_at: datetime | None = timestamp_field(nullable=True)
