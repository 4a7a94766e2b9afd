"""Artifacts: versions that can't be changed, labels whose every move is kept, locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _artifacts()
    _versions()
    _labels()


def _tenant_key(table: str, *columns: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", *columns, name=f"pk_{table}"),
    ]


def _reference(table: str, column: str, target: str, target_column: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.{target_column}"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def _artifacts() -> None:
    op.create_table(
        "artifact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("latest_number", sa.Integer(), nullable=False),
        ddl.created_at(),
        *_tenant_key("artifact", "id"),
        sa.UniqueConstraint("tenant_id", "namespace", "kind", "name", name="uq_artifact_tenant_id_namespace_kind_name"),
        _reference("artifact", "namespace", "namespace", "name"),
    )
    ddl.tenant_table("artifact", privileges="SELECT, INSERT, UPDATE (latest_number)")
    op.execute(
        """
        CREATE FUNCTION only_count_up() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF to_jsonb(NEW) - 'latest_number' = to_jsonb(OLD) - 'latest_number'
                AND NEW.latest_number = OLD.latest_number + 1 THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'artifacts only count up' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER artifact_only_counts_up BEFORE UPDATE ON artifact FOR EACH ROW EXECUTE FUNCTION only_count_up()"
    )
    op.execute(
        "CREATE TRIGGER artifact_kept BEFORE DELETE OR TRUNCATE ON artifact "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _versions() -> None:
    op.create_table(
        "artifact_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artifact_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        ddl.created_at(),
        *_tenant_key("artifact_version", "id"),
        *(
            sa.UniqueConstraint(
                "tenant_id", "artifact_id", column, name=f"uq_artifact_version_tenant_id_artifact_id_{column}"
            )
            for column in ("number", "digest")
        ),
        sa.CheckConstraint("number > 0", name="ck_artifact_version_number"),
        _reference("artifact_version", "artifact_id", "artifact"),
    )
    ddl.tenant_table("artifact_version")
    ddl.immutable("artifact_version")
    op.create_table(
        "artifact_content",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        *_tenant_key("artifact_content", "version_id"),
        _reference("artifact_content", "version_id", "artifact_version"),
    )
    ddl.tenant_table("artifact_content")
    ddl.erasable("artifact_content")


def _labels() -> None:
    op.create_table(
        "artifact_lock",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        ddl.created_at(),
        *_tenant_key("artifact_lock", "digest"),
        _reference("artifact_lock", "version_id", "artifact_version"),
    )
    ddl.tenant_table("artifact_lock")
    ddl.immutable("artifact_lock")
    op.create_table(
        "label_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artifact_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_version_id", sa.Uuid(), nullable=True),
        sa.Column("to_version_id", sa.Uuid(), nullable=False),
        sa.Column("lock_digest", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        ddl.created_at(),
        *_tenant_key("label_event", "id"),
        sa.UniqueConstraint(
            "tenant_id", "artifact_id", "label", "number", name="uq_label_event_tenant_id_artifact_id_label_number"
        ),
        _reference("label_event", "artifact_id", "artifact"),
        _reference("label_event", "to_version_id", "artifact_version"),
        _reference("label_event", "from_version_id", "artifact_version"),
        _reference("label_event", "lock_digest", "artifact_lock", "digest"),
    )
    ddl.tenant_table("label_event")
    ddl.immutable("label_event")
    op.create_table(
        "label_certificate",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        *_tenant_key("label_certificate", "event_id"),
        _reference("label_certificate", "event_id", "label_event"),
    )
    ddl.tenant_table("label_certificate")
    ddl.immutable("label_certificate")
