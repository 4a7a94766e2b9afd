"""What the routes of groups take and answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class GroupIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=128, description="Characters A-Z a-z 0-9 . _ -")


class GroupOut(BaseModel):
    """A named set of principals; `members` counts them."""

    id: UUID
    name: str
    members: int
    created_at: datetime
