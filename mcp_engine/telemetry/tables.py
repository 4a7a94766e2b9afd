"""Rows of finished spans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Double, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, timestamp_field


class SpanRow(TenantRow, table=True):
    """One finished span of a trace, in the terms of OpenTelemetry."""

    __tablename__ = "span"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_span_tenant_id_started_at", "tenant_id", "started_at"),)

    trace_id: str = Field(primary_key=True)
    """32 lower-case hex digits."""
    span_id: str = Field(primary_key=True)
    """16 lower-case hex digits."""
    parent_span_id: str | None = None
    name: str
    kind: str
    started_at: datetime = timestamp_field()
    duration_ms: float = Field(sa_type=Double)
    status: str
    attributes: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    events: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
