"""What the API shows of kept answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class AnswerCache(BaseModel):
    """What is kept of a collection's answers now."""

    entries: int = Field(description="Answers that would be given again.")
    hits: int = Field(description="How often these were given again.")
    hit_rate: float | None = Field(
        description="Share of the times that these answers were given again, over all times; null where none is kept."
    )
    oldest: datetime | None = Field(description="When the oldest of them was first given.")
    most_entries: int = Field(description="How many are kept at the most, of all the tenant's collections.")
    seconds: int = Field(description="How long an answer is kept.")


class AnswerCacheCleared(BaseModel):
    """How many answers were dropped."""

    entries: int
