"""What the API takes and shows of labels and of calibrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool


class GiveLabel(BaseModel):
    """A person's verdict on the output of one row."""

    model_config = ConfigDict(extra="forbid")

    scorer: str = Field(min_length=1, max_length=128, description="Whose question is answered.")
    position: int = Field(ge=0, le=2**31 - 1)
    passed: StrictBool


class LabelView(BaseModel):
    """A recorded verdict."""

    id: UUID
    scorer: str
    evaluation_id: UUID
    position: int
    execution_id: UUID
    passed: bool
    actor_id: UUID
    created_at: datetime


class LabellingItem(BaseModel):
    """A row to be judged: what went in, what was expected, what came out, and nothing of what anybody said of it."""

    position: int
    inputs: dict[str, Any]
    expected: Any
    output: Any


class LabellingQueue(BaseModel):
    """The next rows for a person, in an order of their own; `left` are all that wait."""

    items: list[LabellingItem]
    labelled: int
    left: int


class Share(BaseModel):
    """A share with its 95 % interval (Wilson)."""

    count: int
    of: int
    value: float
    low: float
    high: float


class CalibrationView(BaseModel):
    """How a judge's verdicts agree with people's, over outputs that both have seen.

    `sensitivity` is the share of good outputs that it passed, `specificity` that of bad ones that it failed; null
    without any. People who disagree on an output settle nothing: it counts as a `tie` and nowhere else.
    """

    scorer: str
    lock_digest: str
    labelled: int = Field(description="Outputs with a verdict of people and a score of the judge.")
    ties: int
    sensitivity: Share | None
    specificity: Share | None
    kappa: float | None = Field(description="Agreement of judge and people beyond chance (Cohen).")
    agreement: float | None = Field(description="Of people among themselves (Krippendorff's alpha).")
    calibrated: bool
    reason: str | None = Field(description="Why it is not calibrated.")


class CorrectedRate(BaseModel):
    """The rate of good outputs behind a judge's rate, and its 95 % interval, wider the less is known of the judge."""

    scorer: str
    judged: float
    corrected: float
    low: float
    high: float
    rows: int
