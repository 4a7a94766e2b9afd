"""What the API takes and shows of drafted questions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_engine.evaluation.datasets.schemas import DatasetPushed, PushOptions
from mcp_engine.jobs.schemas import JobState
from rag.question_text import MAX_QUESTION_CHARACTERS
from rag.schemas import CitedVersion

MAX_QUESTIONS = 200
Verdict = Literal["accepted", "rejected"]
QuestionState = Literal["waiting", "unusable", "open", "accepted", "rejected"]


class StartDraft(BaseModel):
    """A collection, the prompt that words questions, and how many sentences it is given.

    The prompt's variable is `sentence`; it may take `passage`, the text around it, and `document`, its name, too.
    """

    model_config = ConfigDict(extra="forbid")

    collection: str = Field(min_length=1, max_length=128)
    prompt: str = Field(min_length=1, max_length=140, description="Such as `ask`, `ask@production` or `ask/3`.")
    questions: int = Field(default=20, ge=1, le=MAX_QUESTIONS, description="How many, at the most.")
    seed: int = Field(default=0, ge=0, le=2**53 - 1, description="Draws the sentences: another one draws others.")


class QuestionDraft(BaseModel):
    """A draft: how far its job is, and how many of its questions wait for a verdict."""

    id: UUID
    namespace: str
    state: JobState
    job_id: UUID
    error_code: str | None
    error_message: str | None
    collection: str
    prompt: str
    prompt_number: int
    prompt_lock_digest: str
    seed: int
    questions: int = Field(description="Sentences that were drawn; a small collection has fewer than were asked for.")
    progress_done: int = Field(description="Of these, what the prompt has been run on.")
    open: int = Field(description="Questions without a verdict.")
    unusable: int = Field(description="Where the model wrote no question, or failed, and nobody gave a verdict.")
    accepted: int
    rejected: int
    actor_id: UUID
    created_at: datetime
    ended_at: datetime | None


class DraftedQuestion(BaseModel):
    """A question and the sentence that answers it: `start` and `end` of the version's text.

    `question` is null where the model wrote none, and once it is erased; `sentence` and what stands around it are null
    once the document is.
    """

    draft_id: UUID
    position: int
    state: QuestionState
    version: CitedVersion
    start: int
    end: int
    before: str | None = Field(description="The text before the sentence, up to 400 characters.")
    sentence: str | None
    after: str | None = Field(description="The text after it.")
    question: str | None = Field(description="As the person worded it who accepted it, else as the model did.")
    written: str | None = Field(description="All that the model wrote.")
    fault: str | None = Field(description="`no_question`, or the code with which the model's run failed.")
    execution_id: UUID | None = Field(description="Of the prompt's run.")
    actor_id: UUID | None = Field(description="Who gave the verdict.")


class GiveVerdict(BaseModel):
    """A person's word on a drafted question; one that is accepted may be worded anew."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    question: str | None = Field(default=None, min_length=1, max_length=MAX_QUESTION_CHARACTERS)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.verdict == "rejected" and self.question is not None:
            raise ValueError("a question that is rejected is not worded anew: accept it in your words")
        return self


class DraftToDataset(PushOptions):
    """The dataset that accepted questions become rows of: question, sentence, and where it stands."""


class DraftPushed(BaseModel):
    """The version that holds the rows, and how many accepted questions are in it.

    Left out is what was erased since, and what the caller may not read.
    """

    dataset: DatasetPushed
    rows: int
    left_out: int
