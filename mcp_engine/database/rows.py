"""The base of every table class: names of constraints, and the columns that tenant-owned rows share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, func
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def timestamp_field(**options: Any) -> Any:
    """Return a `timestamptz` column; pass `nullable=True` for one that is filled later."""
    nullable = bool(options.pop("nullable", False))
    if nullable:
        options.setdefault("default", None)
    return Field(sa_type=DateTime(timezone=True), nullable=nullable, **options)  # type: ignore[call-overload]


def created_field() -> Any:
    """Return the `created_at` column: the database's clock at the start of the transaction."""
    return Field(
        default=None, sa_column_kwargs={"server_default": func.now()}, sa_type=DateTime(timezone=True), nullable=False
    )  # type: ignore[call-overload]


def reference(column: str, to: str) -> ForeignKeyConstraint:
    """Return the key that `column` is of the table `to`, whose rows belong to the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{to}.tenant_id", f"{to}.id"])


class TenantRow(SQLModel):
    """Columns of every tenant-owned table; keys of such tables begin with `tenant_id`."""

    tenant_id: UUID = Field(primary_key=True)
