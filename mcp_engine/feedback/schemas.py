"""What the API takes and shows of feedback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from mcp_engine.identifiers import NAME_PATTERN

MAX_TEXT_CHARACTERS = 100_000
DEMONSTRATION = "demonstration"
TEXT_METRICS = frozenset({"comment", DEMONSTRATION})
"""Metrics whose value is a text: what somebody says of an output, and the output they would have wanted."""
_LARGEST_EXACT = 2**53

Number = Annotated[float, Field(ge=-_LARGEST_EXACT, le=_LARGEST_EXACT, allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARACTERS)]


class GiveFeedback(BaseModel):
    """One judgement of an execution, or (`session_id`) of a conversation as the caller counts them.

    The metrics `comment` and `demonstration` take a text, all others a boolean or a number.
    """

    model_config = ConfigDict(extra="forbid")

    metric_name: str = Field(pattern=NAME_PATTERN)
    value: StrictBool | Number | Words
    execution_id: UUID | None = None
    session_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._:-]{1,128}$", description="Never erased: no personal data."
    )
    comment: Words | None = Field(default=None, description="Why; erasable.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.execution_id is None) == (self.session_id is None):
            raise ValueError("give one of `execution_id` and `session_id`")
        if isinstance(self.value, str) != (self.metric_name in TEXT_METRICS):
            raise ValueError("`comment` and `demonstration` take a text, other metrics a boolean or a number")
        return self


class Feedback(BaseModel):
    """One recorded judgement; what was said in words is null once it is erased."""

    id: UUID
    namespace: str
    metric_name: str
    value: bool | float | str | None
    comment: str | None
    content_erased: bool
    execution_id: UUID | None
    session_id: str | None
    actor_id: UUID
    created_at: datetime


class FeedbackErased(BaseModel):
    """The tombstone that an erasure left."""

    erasure_id: UUID


@dataclass(frozen=True, slots=True)
class FeedbackFilter:
    """Which feedback to list; None leaves a condition out."""

    execution_id: UUID | None = None
    session_id: str | None = None
    metric_name: str | None = None
    namespace: str | None = None
