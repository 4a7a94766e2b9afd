"""What the API takes and shows of answers in doubt and their labels."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.evaluation.datasets.schemas import DatasetPushed, PushOptions
from mcp_engine.feedback.schemas import Words
from rag.refusal import RefusalCode
from rag.schemas import Citation, Passage

Doubt = Literal["unsupported", "conflicting", "low_confidence", "partly_supported", "lost_support", "disliked"]
Verdict = Literal["supported", "not_supported", "should_answer", "rightly_refused", "skipped"]


class AnswerLabel(BaseModel):
    """What a person said of an answer. `answer` is what they typed, null where they
    typed none, and once it is erased; the passage stands by its place."""

    id: UUID
    execution_id: UUID
    verdict: Verdict
    answer: str | None
    version_id: UUID | None
    start: int | None
    end: int | None
    actor_id: UUID
    created_at: datetime


class DoubtfulAnswer(BaseModel):
    """An answer or refusal whose support is in doubt, with what a person needs to judge it."""

    execution_id: UUID
    question: str
    strategy: str
    created_at: datetime
    doubts: list[Doubt] = Field(
        description="Refused with passages near (unsupported), or as they contradict each other (conflicting); little "
        "confidence; sentences that were cut, as nothing bore them out; citations that are gone or changed since; a "
        "person's thumbs down."
    )
    refused: bool
    reason: str | None
    reason_code: RefusalCode | None
    confidence: float
    text: str
    citations: list[Citation]
    passages: list[Passage]
    label: AnswerLabel | None = Field(description="The last word of a person on it.")


class ChosenPassage(BaseModel):
    """One of the passages that the answer was found from."""

    model_config = ConfigDict(extra="forbid")

    version_id: UUID
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class GiveAnswerLabel(BaseModel):
    """A person's verdict: on an answer whether it is supported, on a refusal whether it was right.

    With `should_answer` comes the passage that answers, or the answer, or both; with `not_supported` they may.
    """

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    passage: ChosenPassage | None = None
    answer: Words | None = Field(default=None, description="As it should have been; erased with the execution.")
    comment: Words | None = Field(default=None, description="Why; erased with the execution.")


class LabelsToDataset(PushOptions):
    """The dataset that labels become rows of: question, the right answer, and the sources that hold it."""


class LabelsPushed(BaseModel):
    """The version that holds the rows, and how many labels are in it.

    Left out are answers that were not supported where nobody said what is right, and what was erased or may not be
    read by the caller.
    """

    dataset: DatasetPushed
    rows: int
    left_out: int
