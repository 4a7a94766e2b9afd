"""Live experiments: what they compare, what became of them, whom they reached, what was observed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mcp_engine.database import ddl

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _experiment()
    _arm()
    _event()
    _unit()
    _exposure()
    _observation()
    for table in ("arm", "event", "unit", "exposure", "observation"):
        ddl.tenant_table(f"experiment_{table}")
        ddl.immutable(f"experiment_{table}")
    op.create_table(
        "experiment_running",
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", name="pk_experiment_running"),
    )
    ddl.grant("experiment_running", "SELECT, INSERT, DELETE")


def _experiment() -> None:
    op.create_table(
        "experiment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("artifact_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("configuration", JSONB(), nullable=False),
        sa.Column("metric_names", ARRAY(sa.String()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_experiment"),
        sa.UniqueConstraint("tenant_id", "namespace", "name", name="uq_experiment_tenant_id_namespace_name"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "artifact_id"],
            ["artifact.tenant_id", "artifact.id"],
            name="fk_experiment_tenant_id_artifact_id",
        ),
    )
    op.create_index("ix_experiment_tenant_id_artifact_id", "experiment", ["tenant_id", "artifact_id"])
    ddl.tenant_table("experiment")
    ddl.immutable("experiment")


def _arm() -> None:
    op.create_table(
        "experiment_arm",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("lock_digest", sa.String(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "experiment_id", "number", name="pk_experiment_arm"),
        _of_experiment("experiment_arm"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["artifact_version.tenant_id", "artifact_version.id"],
            name="fk_experiment_arm_tenant_id_version_id",
        ),
        sa.CheckConstraint("weight > 0 AND weight < 1", name="ck_experiment_arm_weight"),
    )


def _event() -> None:
    op.create_table(
        "experiment_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_experiment_event"),
        sa.UniqueConstraint(
            "tenant_id", "experiment_id", "number", name="uq_experiment_event_tenant_id_experiment_id_number"
        ),
        _of_experiment("experiment_event"),
    )


def _unit() -> None:
    op.create_table(
        "experiment_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("unit_digest", sa.LargeBinary(), nullable=False),
        sa.Column("arm", sa.SmallInteger(), nullable=True),
        sa.Column("allocation", sa.Integer(), nullable=False),
        sa.Column("covariate", sa.Double(), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "experiment_id", "unit_digest", name="pk_experiment_unit"),
        _of_experiment("experiment_unit"),
        sa.CheckConstraint("octet_length(unit_digest) = 16", name="ck_experiment_unit_digest"),
    )
    op.create_index("ix_experiment_unit_arm", "experiment_unit", ["tenant_id", "experiment_id", "allocation", "arm"])


def _exposure() -> None:
    op.create_table(
        "experiment_exposure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("unit_digest", sa.LargeBinary(), nullable=False),
        sa.Column("arm", sa.SmallInteger(), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("is_fallback", sa.Boolean(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_experiment_exposure"),
        sa.UniqueConstraint(
            *("tenant_id", "execution_id", "experiment_id"),
            name="uq_experiment_exposure_tenant_id_execution_id_experiment_id",
        ),
        sa.UniqueConstraint(
            *("tenant_id", "session_id", "experiment_id"),
            name="uq_experiment_exposure_tenant_id_session_id_experiment_id",
        ),
        _of_experiment("experiment_exposure"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "execution_id"],
            ["execution.tenant_id", "execution.id"],
            name="fk_experiment_exposure_tenant_id_execution_id",
        ),
        sa.CheckConstraint("octet_length(unit_digest) = 16", name="ck_experiment_exposure_digest"),
    )
    op.create_index("ix_experiment_exposure_tenant_id_batch_id", "experiment_exposure", ["tenant_id", "batch_id"])
    op.create_index(
        "ix_experiment_exposure_fallback",
        "experiment_exposure",
        ["tenant_id", "experiment_id", "unit_digest"],
        postgresql_where=sa.text("is_fallback"),
    )


def _observation() -> None:
    op.create_table(
        "experiment_observation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("metric_name", sa.String(), nullable=False),
        sa.Column("unit_digest", sa.LargeBinary(), nullable=False),
        sa.Column("arm", sa.SmallInteger(), nullable=True),
        sa.Column("allocation", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("covariate", sa.Double(), nullable=True),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("tenant_id", "experiment_id", "metric_name", "unit_digest"), name="pk_experiment_observation"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "experiment_id", "unit_digest"],
            ["experiment_unit.tenant_id", "experiment_unit.experiment_id", "experiment_unit.unit_digest"],
            name="fk_experiment_observation_tenant_id_experiment_id_unit_digest",
        ),
    )
    op.create_index(
        "ix_experiment_observation_order",
        "experiment_observation",
        ["tenant_id", "experiment_id", "metric_name", "feedback_id"],
    )


def _of_experiment(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "experiment_id"],
        ["experiment.tenant_id", "experiment.id"],
        name=f"fk_{table}_tenant_id_experiment_id",
    )
