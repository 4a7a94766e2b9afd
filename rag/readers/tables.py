"""Rows of access lists."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow


class ReaderRow(TenantRow, table=True):
    """That a principal, or whoever belongs to a group, may read a restricted document: one of the two is null."""

    __tablename__: ClassVar[Any] = "document_reader"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        ForeignKeyConstraint(["tenant_id", "principal_id"], ["principal.tenant_id", "principal.id"]),
        ForeignKeyConstraint(["tenant_id", "group_id"], ["principal_group.tenant_id", "principal_group.id"]),
        Index("ix_document_reader_tenant_id_document_id", "tenant_id", "document_id"),
        Index("ix_document_reader_tenant_id_group_id", "tenant_id", "group_id"),
    )

    id: UUID = Field(primary_key=True)
    document_id: UUID
    principal_id: UUID | None = None
    group_id: UUID | None = None
