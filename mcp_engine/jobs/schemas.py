"""What callers see of a job."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
FINISHED: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})


class Job(BaseModel):
    """A durable job and how far it is."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: UUID
    kind: str
    subject_id: UUID
    actor_id: UUID
    namespace: str | None
    state: JobState
    attempt: int
    failures: int
    losses: int
    progress_done: int
    progress_total: int
    note: str | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class JobFilters(BaseModel):
    """Which jobs a list shows; a field that is None doesn't restrict."""

    model_config = ConfigDict(frozen=True)

    state: JobState | None = None
    kind: str | None = None
    subject_id: UUID | None = None
    namespace: str | None = None
