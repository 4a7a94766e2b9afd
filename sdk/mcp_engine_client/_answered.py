"""What all that the server answers has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answered(BaseModel):
    """Base of what the server answers; never changes once it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())
