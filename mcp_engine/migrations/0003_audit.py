"""Audit: the transparency log's tables, and `erase()`, the only door through which content leaves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _entries()
    _tree()
    _erasure()


def _entries() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_tenant_id_subject", "audit_entry", ["tenant_id", "subject"])
    op.create_index("ix_audit_entry_tenant_id_kind_id", "audit_entry", ["tenant_id", "kind", "id"])
    ddl.tenant_table("audit_entry")
    ddl.immutable("audit_entry")
    op.create_table(
        "audit_unsequenced",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_unsequenced"),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name="ck_audit_unsequenced_leaf_hash"),
    )
    ddl.grant("audit_unsequenced", "SELECT, INSERT, DELETE")


def _tree() -> None:
    op.create_table(
        "audit_leaf",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_leaf"),
        sa.UniqueConstraint("entry_id", name="uq_audit_leaf_entry_id"),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name="ck_audit_leaf_leaf_hash"),
    )
    op.create_table(
        "audit_node",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_audit_node"),
        sa.CheckConstraint("octet_length(hash) = 32", name="ck_audit_node_hash"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("size", name="pk_audit_checkpoint"),
    )
    for table in ("audit_leaf", "audit_node", "audit_checkpoint"):
        ddl.grant(table, "SELECT, INSERT")
        ddl.immutable(table)


def _erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_table", sa.String(), nullable=False),
        sa.Column("key", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_erasure"),
    )
    op.create_index("ix_erasure_tenant_id_content_table_key", "erasure", ["tenant_id", "content_table", "key"])
    # SELECT only: a tombstone is made by erase() or not at all.
    ddl.tenant_table("erasure", privileges="SELECT")
    ddl.immutable("erasure")
    # One row exists only while erase() runs its DELETE. No role may even enter the schema, so that
    # nothing but the definer of erase() can say "this transaction is erasing".
    op.execute("CREATE SCHEMA engine_private")
    op.execute(
        "CREATE TABLE engine_private.erasing "
        "(xact xid8 NOT NULL, content_table oid NOT NULL, PRIMARY KEY (xact, content_table))"
    )
    op.execute(_REFUSE_CHANGE_UNLESS_ERASING)
    op.execute(_ERASE)
    signature = "erase(text, jsonb, text, uuid, uuid, uuid, timestamptz, jsonb, bytea)"
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {ddl.APP_ROLE}")


_REFUSE_CHANGE_UNLESS_ERASING = """
CREATE FUNCTION refuse_change_unless_erasing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM engine_private.erasing WHERE xact = pg_current_xact_id() AND content_table = TG_RELID
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % can only be removed by erase()', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

# Which tables hold content is known by their trigger: only their owner can have made it. The key's
# columns are compared as literals of unknown type, so each takes its column's type and index.
_ERASE = f"""
CREATE FUNCTION erase(
    content_table text, key jsonb, reason text, erasure_id uuid,
    entry_id uuid, actor_id uuid, occurred_at timestamptz, facts jsonb, leaf_hash bytea
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tenant uuid := {ddl.TENANT_EXPRESSION};
    relation regclass := to_regclass('public.' || quote_ident(content_table));
    condition text;
    removed bigint;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'no tenant is bound to this transaction' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF relation IS NULL OR NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgrelid = relation AND tgfoid = 'public.refuse_change_unless_erasing()'::regprocedure
    ) THEN
        RAISE EXCEPTION '% holds no erasable content', content_table USING ERRCODE = 'wrong_object_type';
    END IF;
    SELECT string_agg(format('%I = %L', part.name, part.value), ' AND ') INTO condition
    FROM jsonb_each_text(key) AS part(name, value) WHERE part.name <> 'tenant_id' AND part.value IS NOT NULL;
    IF condition IS NULL THEN
        RAISE EXCEPTION 'erase() needs a key' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO engine_private.erasing VALUES (pg_current_xact_id(), relation);
    EXECUTE format('DELETE FROM %s WHERE tenant_id = %L AND %s', relation, tenant, condition);
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM engine_private.erasing WHERE xact = pg_current_xact_id();
    IF removed > 0 THEN
        INSERT INTO erasure (tenant_id, id, content_table, key, reason, actor_id, row_count)
        VALUES (tenant, erasure_id, content_table, key, reason, actor_id, removed);
        INSERT INTO audit_entry (tenant_id, id, kind, subject, actor_id, occurred_at, facts)
        VALUES (tenant, entry_id, 'content.erased', erasure_id::text, actor_id, occurred_at, facts);
        INSERT INTO audit_unsequenced (entry_id, leaf_hash) VALUES (entry_id, leaf_hash);
    END IF;
    RETURN removed;
END $$
"""
