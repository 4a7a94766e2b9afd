"""Identity: tenants, namespaces, principals, their keys and sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _tenants()
    _principals()
    _keys()
    _sessions()


def _tenants() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("operates", sa.Boolean(), server_default=sa.false(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.UniqueConstraint("name", name="uq_tenant_name"),
    )
    # One tenant at most runs the instance; the index also settles a race of two first starts.
    op.create_index("ix_tenant_operates", "tenant", ["operates"], unique=True, postgresql_where=sa.text("operates"))
    ddl.grant("tenant", "SELECT, INSERT")
    op.create_table(
        "namespace",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_namespace"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_namespace_tenant_id"),
    )
    ddl.tenant_table("namespace")


def _principals() -> None:
    op.create_table(
        "principal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_principal"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_principal_tenant_id"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_principal_tenant_id_name"),
        sa.CheckConstraint("kind IN ('person', 'machine')", name="ck_principal_kind"),
    )
    ddl.tenant_table("principal", privileges="SELECT, INSERT, UPDATE (role, disabled_at)")


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("requests_per_second", sa.Float(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        ddl.created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_api_key"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "principal_id"],
            ["principal.tenant_id", "principal.id"],
            name="fk_api_key_tenant_id_principal_id",
        ),
        sa.CheckConstraint("octet_length(secret_hash) = 32", name="ck_api_key_secret_hash"),
        sa.CheckConstraint("requests_per_second > 0 AND burst > 0", name="ck_api_key_limits"),
    )
    ddl.tenant_table("api_key", privileges="SELECT, INSERT, UPDATE (revoked_at, last_used_at)")


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_session"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["api_key.tenant_id", "api_key.id"], name="fk_session_tenant_id_key_id"
        ),
    )
    op.create_index("ix_session_tenant_id_key_id", "session", ["tenant_id", "key_id"])
    ddl.tenant_table("session", privileges="SELECT, INSERT, DELETE, UPDATE (ended_at)")
    op.create_table(
        "refresh_token",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        ddl.created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_link", sa.Boolean(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_refresh_token"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "session_id"],
            ["session.tenant_id", "session.id"],
            name="fk_refresh_token_tenant_id_session_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("octet_length(secret_hash) = 32", name="ck_refresh_token_secret_hash"),
    )
    op.create_index("ix_refresh_token_tenant_id_session_id", "refresh_token", ["tenant_id", "session_id"])
    ddl.tenant_table("refresh_token", privileges="SELECT, INSERT, DELETE, UPDATE (used_at, superseded_at)")
