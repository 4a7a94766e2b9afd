"""The rows of what a store has not heard of yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


class StoreOutboxRow(TenantRow, table=True):
    """A version whose chunks were added or removed since a store last heard of it.

    `number` grows with every change of the version: a delivery that saw an earlier one does not end the entry. While
    an entry names a `stale_collection_id`, the store may hold another index of that collection, or none.
    """

    __tablename__: ClassVar[Any] = "store_outbox"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], ["document_version.tenant_id", "document_version.id"]),
        ForeignKeyConstraint(["tenant_id", "stale_collection_id"], ["collection.tenant_id", "collection.id"]),
        Index("ix_store_outbox_tenant_id_number", "tenant_id", "number"),
        Index(
            "ix_store_outbox_tenant_id_stale_collection_id",
            "tenant_id",
            "stale_collection_id",
            postgresql_where=text("stale_collection_id IS NOT NULL"),
        ),
    )

    version_id: UUID = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    stale_collection_id: UUID | None = None
    created_at: datetime = created_field()
