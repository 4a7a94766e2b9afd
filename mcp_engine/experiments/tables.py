"""Rows of experiments. Nothing here is ever updated; only `experiment_running` loses a row when an experiment ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Double,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col

from mcp_engine.artifacts.tables import Artifact, Version
from mcp_engine.database.rows import TenantRow, created_field
from mcp_engine.executions.tables import ExecutionRow


class ExperimentRow(TenantRow, table=True):
    """What is compared, and how it is judged: all of it named before the data."""

    __tablename__ = "experiment"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("tenant_id", "namespace", "name"),
        ForeignKeyConstraint(["tenant_id", "artifact_id"], [col(Artifact.tenant_id), col(Artifact.id)]),
        Index("ix_experiment_tenant_id_artifact_id", "tenant_id", "artifact_id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    name: str
    artifact_id: UUID
    label: str
    salt: str
    configuration: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    metric_names: list[str] = Field(sa_type=ARRAY(String), nullable=False)  # type: ignore[call-overload]
    """Whose feedback is observed: those of metrics and guardrails."""
    actor_id: UUID
    created_at: datetime = created_field()


class ExperimentArmRow(TenantRow, table=True):
    """A version that units get, as its lock pins it; `number` 0 is the control."""

    __tablename__ = "experiment_arm"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "experiment_id"], [col(ExperimentRow.tenant_id), col(ExperimentRow.id)]),
        ForeignKeyConstraint(["tenant_id", "version_id"], [col(Version.tenant_id), col(Version.id)]),
    )

    experiment_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=SmallInteger)
    name: str
    version_id: UUID
    lock_digest: str
    weight: float = Field(sa_type=Double)


class ExperimentEventRow(TenantRow, table=True):
    """Something that became of an experiment; the last one that changes the state says what that is."""

    __tablename__ = "experiment_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("tenant_id", "experiment_id", "number"),
        ForeignKeyConstraint(["tenant_id", "experiment_id"], [col(ExperimentRow.tenant_id), col(ExperimentRow.id)]),
    )

    id: UUID = Field(primary_key=True)
    experiment_id: UUID
    number: int
    kind: str
    facts: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    reason: str
    actor_id: UUID
    created_at: datetime = created_field()


class ExperimentUnitRow(TenantRow, table=True):
    """A unit's first genuine exposure: from here on it counts for that arm, whatever it sees later."""

    __tablename__ = "experiment_unit"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "experiment_id"], [col(ExperimentRow.tenant_id), col(ExperimentRow.id)]),
        Index("ix_experiment_unit_arm", "tenant_id", "experiment_id", "allocation", "arm"),
    )

    experiment_id: UUID = Field(primary_key=True)
    unit_digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    arm: int | None = Field(default=None, sa_type=SmallInteger)
    """Null for the holdback."""
    allocation: int
    """Which of the weights in turn assigned it; 0 are those of the arms."""
    covariate: float | None = Field(default=None, sa_type=Double)
    created_at: datetime = created_field()


class ExperimentExposureRow(TenantRow, table=True):
    """What a unit was shown, where feedback finds it: by the execution, or by the caller's session."""

    __tablename__ = "experiment_exposure"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("tenant_id", "execution_id", "experiment_id"),
        UniqueConstraint("tenant_id", "session_id", "experiment_id"),
        ForeignKeyConstraint(["tenant_id", "experiment_id"], [col(ExperimentRow.tenant_id), col(ExperimentRow.id)]),
        ForeignKeyConstraint(["tenant_id", "execution_id"], [col(ExecutionRow.tenant_id), col(ExecutionRow.id)]),
        Index("ix_experiment_exposure_tenant_id_batch_id", "tenant_id", "batch_id"),
        Index(
            "ix_experiment_exposure_fallback",
            *("tenant_id", "experiment_id", "unit_digest"),
            postgresql_where=text("is_fallback"),
        ),
    )

    id: UUID = Field(primary_key=True)
    experiment_id: UUID
    unit_digest: bytes = Field(sa_type=LargeBinary)
    arm: int | None = Field(default=None, sa_type=SmallInteger)
    execution_id: UUID | None = None
    session_id: str | None = None
    is_fallback: bool
    batch_id: UUID
    """Those that came together, and have one entry in the audit log."""
    created_at: datetime = created_field()


class ExperimentObservationRow(TenantRow, table=True):
    """The one value of a unit for a metric: the first feedback that reached one of its exposures."""

    __tablename__ = "experiment_observation"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "experiment_id", "unit_digest"],
            [
                col(ExperimentUnitRow.tenant_id),
                col(ExperimentUnitRow.experiment_id),
                col(ExperimentUnitRow.unit_digest),
            ],
        ),
        Index("ix_experiment_observation_order", "tenant_id", "experiment_id", "metric_name", "feedback_id"),
    )

    experiment_id: UUID = Field(primary_key=True)
    metric_name: str = Field(primary_key=True)
    unit_digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    arm: int | None = Field(default=None, sa_type=SmallInteger)
    allocation: int
    value: float = Field(sa_type=Double)
    covariate: float | None = Field(default=None, sa_type=Double)
    feedback_id: UUID


class ExperimentRunningRow(SQLModel, table=True):
    """One row for each experiment that runs, of all tenants: ids only, so it may stand outside row-level security."""

    __tablename__ = "experiment_running"  # pyright: ignore[reportAssignmentType]

    experiment_id: UUID = Field(primary_key=True)
    tenant_id: UUID
