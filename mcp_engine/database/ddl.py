"""Building blocks for migrations: isolation, immutability and grants, spelled one way everywhere.

Deny by default: the application role gets exactly what `grant` or `tenant_table` names.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

APP_ROLE = "mcp_engine_app"
TENANT_EXPRESSION = "nullif(current_setting('mcp_engine.tenant_id', true), '')::uuid"
PRINCIPAL_EXPRESSION = "nullif(current_setting('mcp_engine.principal_id', true), '')::uuid"
"""Who reads, for access lists; null, which is on no list, where nobody was named."""
ENGINE = "00000000-0000-0000-0000-000000000000"
"""`mcp_engine.access.ENGINE`, as the database knows it."""


def created_at() -> sa.Column[datetime]:
    """Return the `created_at` column that `rows.created_field` declares."""
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """Return the key of `table` that `rows.reference` declares."""
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{to}.tenant_id", f"{to}.id"], name=f"fk_{table}_tenant_id_{column}"
    )


def grant(table: str, privileges: str) -> None:
    """Give the application role `privileges` (such as `SELECT, INSERT`) on a table."""
    op.execute(f"GRANT {privileges} ON {table} TO {APP_ROLE}")


def tenant_table(table: str, *, privileges: str = "SELECT, INSERT") -> None:
    """Force row-level security on a table with a `tenant_id` column, and grant `privileges` on it."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {table}_tenant ON {table} USING (tenant_id = {TENANT_EXPRESSION}) "
        f"WITH CHECK (tenant_id = {TENANT_EXPRESSION})"
    )
    grant(table, privileges)


def immutable(table: str) -> None:
    """Refuse every UPDATE, DELETE and TRUNCATE of a table by trigger, for every role."""
    op.execute(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def erasable(table: str) -> None:
    """Refuse every UPDATE, DELETE and TRUNCATE of a content table, except the DELETE inside `erase()`.

    `erase()` (a definer function, see the audit migration) notes its transaction in a schema that no
    role may enter, and the trigger looks there: no session can claim to be erasing.
    """
    op.execute(
        f"CREATE TRIGGER {table}_erasable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_unless_erasing()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
