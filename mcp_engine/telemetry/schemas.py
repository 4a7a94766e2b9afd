"""Spans as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class SpanView(BaseModel):
    """One finished span; `started_at` and `duration_ms` place it in the trace's waterfall."""

    model_config = ConfigDict(from_attributes=True)

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    started_at: datetime
    duration_ms: float
    status: str
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
