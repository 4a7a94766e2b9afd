"""Rows of idempotency keys; they go after a day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


class IdempotencyKeyRow(TenantRow, table=True):
    """A key, the request it stood for, and what that request made; digests and ids only."""

    __tablename__ = "idempotency_key"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_idempotency_key_tenant_id_created_at", "tenant_id", "created_at"),)

    key_digest: str = Field(primary_key=True)
    fingerprint: str
    subject_id: UUID
    created_at: datetime = created_field()
