"""The rows of what a store has not heard of yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


class StoreOutboxRow(TenantRow, table=True):
    """A version whose chunks were added or removed since a store last heard of it.

    `number` grows with every change of the version: a delivery that saw an earlier one does not end the entry.
    """

    __tablename__: ClassVar[Any] = "store_outbox"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], ["document_version.tenant_id", "document_version.id"]),
        Index("ix_store_outbox_tenant_id_number", "tenant_id", "number"),
    )

    version_id: UUID = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    created_at: datetime = created_field()
