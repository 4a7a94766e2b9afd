"""Jobs: the tenant's jobs, the outbox that hands them to DBOS, the leases of workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _job()
    _outbox()
    _lease()


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Uuid(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False, server_default="queued"),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("losses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("progress_done", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("progress_total", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        ddl.created_at(),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "namespace"], ["namespace.tenant_id", "namespace.name"]),
        sa.CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="ck_job_state"),
        sa.CheckConstraint("(state = 'running') = (worker_id IS NOT NULL)", name="ck_job_worker"),
        sa.CheckConstraint(
            "(state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)", name="ck_job_finished"
        ),
    )
    newest_first = ["tenant_id", sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_job_tenant_id_created_at_id", "job", newest_first)
    op.create_index("ix_job_tenant_id_subject_id", "job", ["tenant_id", "subject_id"])
    ddl.tenant_table("job", privileges="SELECT, INSERT, UPDATE")


def _outbox() -> None:
    op.create_table(
        "job_outbox",
        sa.Column("job_id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dispatch", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.execute("CREATE SEQUENCE job_hand_over AS bigint")
    op.execute("GRANT USAGE ON SEQUENCE job_hand_over TO mcp_engine_app")
    op.create_index("ix_job_outbox_dispatched_at_due_at", "job_outbox", ["dispatched_at", "due_at"])
    ddl.grant("job_outbox", "SELECT, INSERT, UPDATE, DELETE")


def _lease() -> None:
    op.create_table(
        "worker_lease",
        sa.Column("worker_id", sa.Uuid(), primary_key=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
    )
    ddl.grant("worker_lease", "SELECT, INSERT, UPDATE, DELETE")
    op.execute("CREATE SEQUENCE worker_fence AS bigint")
    op.execute("GRANT USAGE ON SEQUENCE worker_fence TO mcp_engine_app")
