"""What the journal's routes answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

Level = Literal["debug", "info", "warning", "error", "critical"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error", "critical")


class LogLine(BaseModel):
    """One structured line."""

    id: str = Field(description="Grows with time; `GET /logs/stream` continues after it.")
    time: datetime
    level: str
    event: str
    logger: str | None = None
    process: str = Field(description="`server` or `worker`.")
    pid: int | None = None
    request_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    instance_wide: bool = Field(description="Belongs to no tenant: shown with the scope `instance:operate` only.")
    fields: dict[str, Any] = Field(description="Everything else that the line says.")
