"""Rows of configured model providers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


class ModelProvider(TenantRow, table=True):
    """An OpenAI-compatible server of a tenant; `sealed_credential` is a Fernet token, or null."""

    __tablename__ = "model_provider"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        UniqueConstraint("tenant_id", "name"),
    )

    id: UUID = Field(primary_key=True)
    name: str
    kind: str
    base_url: str
    options: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    sealed_credential: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True), repr=False)
    created_at: datetime = created_field()
