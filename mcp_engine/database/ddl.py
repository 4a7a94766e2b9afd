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
IS_ENGINE = f"{PRINCIPAL_EXPRESSION} = '{ENGINE}'"


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


def restrict(table: str, condition: str, *, to: str = "readers") -> None:
    """Keep back, of the rows that the tenant's policy lets through, those that don't meet `condition`.

    Args:
        to: what the policy is named after, besides its table: a table may have several, and its rows meet all.
    """
    op.execute(f"CREATE POLICY {table}_{to} ON {table} AS RESTRICTIVE USING ({condition})")


def is_reader(owner: str) -> str:
    """Return whether the list of a row of `owner` (table `<owner>_reader`) names who reads, or a group of theirs."""
    return f"""EXISTS (
        SELECT FROM {owner}_reader AS reader
        WHERE reader.tenant_id = {owner}.tenant_id AND reader.{owner}_id = {owner}.id AND (
            reader.principal_id = {PRINCIPAL_EXPRESSION}
            OR reader.group_id IN (
                SELECT group_id FROM group_member AS member
                WHERE member.tenant_id = {TENANT_EXPRESSION} AND member.principal_id = {PRINCIPAL_EXPRESSION}
            )
        )
    )"""  # noqa: S608 - names of tables


def is_seen(table: str, reference: str) -> str:
    """Return whether policies let the row through that `reference`, such as `job.subject_id`, names in `table`."""
    owner = reference.split(".")[0]
    return f"EXISTS (SELECT FROM {table} AS one WHERE one.tenant_id = {owner}.tenant_id AND one.id = {reference})"


def reader_table(owner: str) -> None:
    """Make the table of those lists: each row names a principal or a group, never both."""
    table = f"{owner}_reader"
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(f"{owner}_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        reference(table, f"{owner}_id", owner),
        reference(table, "principal_id", "principal"),
        reference(table, "group_id", "principal_group"),
        sa.CheckConstraint("num_nonnulls(principal_id, group_id) = 1", name=f"ck_{table}_one"),
    )
    for column in (f"{owner}_id", "group_id"):
        op.create_index(f"ix_{table}_tenant_id_{column}", table, ["tenant_id", column])
    tenant_table(table, privileges="SELECT, INSERT, DELETE")


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
