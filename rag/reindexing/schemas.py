"""Re-indexings as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field


class Reindexing(BaseModel):
    """A new index of a collection; until `switched_at` the old one is searched.

    `documents` (null before) says of how many the index was replaced; the others' would have been the same.
    """

    id: UUID
    collection: str
    namespace: str
    job_id: UUID
    state: str = Field(description="How far its job is: queued, running, succeeded, failed or cancelled.")
    progress_done: int
    progress_total: int
    error_message: str | None
    embedder: str
    embedder_digest: str
    dimensions: int
    chunking: dict[str, Any]
    strategy_digest: str
    documents: int | None
    switched_at: datetime | None
    created_at: datetime
