"""Rows of groups; the constraints are in the migration `0019_groups`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


class GroupRow(TenantRow, table=True):
    """A named set of principals."""

    __tablename__: ClassVar[Any] = "principal_group"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    )

    id: UUID = Field(primary_key=True)
    name: str
    created_at: datetime = created_field()


class MemberRow(TenantRow, table=True):
    """That a principal belongs to a group, from the commit that inserts the row to the one that removes it."""

    __tablename__: ClassVar[Any] = "group_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "group_id"], ["principal_group.tenant_id", "principal_group.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["tenant_id", "principal_id"], ["principal.tenant_id", "principal.id"]),
        Index("ix_group_member_tenant_id_principal_id", "tenant_id", "principal_id"),
    )

    group_id: UUID = Field(primary_key=True)
    principal_id: UUID = Field(primary_key=True)
    created_at: datetime = created_field()
