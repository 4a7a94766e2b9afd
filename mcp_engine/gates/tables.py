"""Rows of releases that were asked for, and of what the evidence for them spent. Nothing here is ever updated."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col

from mcp_engine.artifacts.tables import Artifact, Version
from mcp_engine.database.rows import TenantRow, created_field
from mcp_engine.identity.tables import Namespace


class ReleaseRequestRow(TenantRow, table=True):
    """Somebody wants a label to move: from what to what, and what each gate in force wants to see, all pinned."""

    __tablename__ = "release_request"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], [col(Namespace.tenant_id), col(Namespace.name)]),
        ForeignKeyConstraint(["tenant_id", "artifact_id"], [col(Artifact.tenant_id), col(Artifact.id)]),
        ForeignKeyConstraint(["tenant_id", "version_id"], [col(Version.tenant_id), col(Version.id)]),
        ForeignKeyConstraint(["tenant_id", "baseline_version_id"], [col(Version.tenant_id), col(Version.id)]),
        Index("ix_release_request_tenant_id_artifact_id_label_id", "tenant_id", "artifact_id", "label", "id"),
        Index("ix_release_request_tenant_id_namespace_id", "tenant_id", "namespace", "id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    artifact_id: UUID
    label: str
    version_id: UUID
    lock_digest: str
    baseline_version_id: UUID | None = None
    baseline_lock_digest: str | None = None
    gates: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    """Of each: name, number, lock_digest, and pins (the locks of what it names, by reference)."""
    requirements: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    """Of each: gate, the requirement itself, dataset, scorer, and the evaluations (`new`, `old`) that answer it."""
    reason: str
    actor_id: UUID
    job_id: UUID
    created_at: datetime = created_field()


class ReleaseDecisionRow(TenantRow, table=True):
    """What the evidence said, once it was there."""

    __tablename__ = "release_decision"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "request_id"], [col(ReleaseRequestRow.tenant_id), col(ReleaseRequestRow.id)]
        ),
    )

    request_id: UUID = Field(primary_key=True)
    verdicts: list[str] = Field(sa_type=JSONB, nullable=False)
    """passed, failed or not_looked, in the order of the request's requirements."""
    look_id: UUID | None = None
    created_at: datetime = created_field()


class ReleaseApprovalRow(TenantRow, table=True):
    """What a person said to a release; the last word counts."""

    __tablename__ = "release_approval"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "request_id"], [col(ReleaseRequestRow.tenant_id), col(ReleaseRequestRow.id)]
        ),
        Index("ix_release_approval_tenant_id_request_id_id", "tenant_id", "request_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID
    approved: bool
    comment: str
    actor_id: UUID
    created_at: datetime = created_field()


class AlphaLedgerRow(TenantRow, table=True):
    """The error budget of rows that were first looked at together; what is left follows from its looks."""

    __tablename__ = "alpha_ledger"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    budget: float = Field(sa_type=Double)
    planned: int
    created_at: datetime = created_field()


class AlphaLedgerMemberRow(TenantRow, table=True):
    """What a sealed row asks belongs to one ledger, whatever dataset it stands in."""

    __tablename__ = "alpha_ledger_member"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ledger_id"], [col(AlphaLedgerRow.tenant_id), col(AlphaLedgerRow.id)]),
        Index("ix_alpha_ledger_member_tenant_id_ledger_id", "tenant_id", "ledger_id"),
    )

    inputs_digest: str = Field(primary_key=True)
    ledger_id: UUID


class AlphaLookRow(TenantRow, table=True):
    """One look at sealed rows: the level that it had, and the one bit that it gave."""

    __tablename__ = "alpha_look"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "request_id"], [col(ReleaseRequestRow.tenant_id), col(ReleaseRequestRow.id)]
        ),
        Index("ix_alpha_look_tenant_id_question_digest", "tenant_id", "question_digest"),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID
    question_digest: str
    """Of versions, gates, rows and scorers: who asks the same again hears the same, and spends nothing."""
    level: float = Field(sa_type=Double)
    passed: bool
    created_at: datetime = created_field()


class AlphaSpendRow(TenantRow, table=True):
    """A ledger that a look spent from."""

    __tablename__ = "alpha_spend"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ledger_id"], [col(AlphaLedgerRow.tenant_id), col(AlphaLedgerRow.id)]),
        ForeignKeyConstraint(["tenant_id", "look_id"], [col(AlphaLookRow.tenant_id), col(AlphaLookRow.id)]),
    )

    ledger_id: UUID = Field(primary_key=True)
    look_id: UUID = Field(primary_key=True)
