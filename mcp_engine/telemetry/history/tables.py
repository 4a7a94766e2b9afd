"""Rows of sampled metrics; they are the instance's and belong to no tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Double
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mcp_engine.database.rows import timestamp_field


class MetricSample(SQLModel, table=True):
    """What one server's metrics did in one stretch of time."""

    __tablename__ = "metric_sample"  # pyright: ignore[reportAssignmentType]

    width_seconds: int = Field(primary_key=True)
    at: datetime = timestamp_field(primary_key=True)
    """Where the stretch begins, a multiple of its width."""
    server: str = Field(primary_key=True)
    seconds: float = Field(sa_type=Double)
    """How much time the counts are from: less than the width when the server ran for a part of it."""
    measured: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    """Per measure and key: counts that were added, or the highest value of a gauge (see `measures`)."""
