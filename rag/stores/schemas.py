"""What the API shows of the vector store."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class StoreStatus(BaseModel):
    """Which store finds passages, and how far it is behind."""

    name: str = Field(description="`postgresql`, or the store that follows it.")
    follows: bool = Field(description="Whether changes are delivered to it; PostgreSQL has them anyway.")
    waiting: int = Field(description="Document versions whose change the store has not heard of.")
    waiting_since: datetime | None = Field(description="When the first of them began to wait.")
    stale_collections: int = Field(
        description="Collections that PostgreSQL searches for now, since the store has not all of their new index."
    )


class ReindexRequest(BaseModel):
    """What to bring over."""

    empty_first: bool = Field(
        default=False,
        description="Remove everything of the tenant from the store before; PostgreSQL is searched until it is back.",
    )


class Reindexing(BaseModel):
    """The job that brings everything over; `versions` are searched now."""

    versions: int
    job_id: UUID
