"""What the API takes and shows of judged comparisons."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.evaluation.runs.schemas import ReferenceText, Verdict
from mcp_engine.jobs.schemas import JobState

Answer = Literal["first", "second", "tie"]
"""What the judge says: of the two as it was shown them."""
Preference = Literal["baseline", "candidate", "tie"]
Order = Literal["baseline_first", "candidate_first"]
RowResult = Literal["win", "loss", "tie", "inconsistent", "failed"]
"""Of the candidate. `inconsistent`: the orders disagree; `failed`: one of them has no verdict."""


class StartJudgedComparison(BaseModel):
    """Two ended evaluations of the same rows, and who judges."""

    model_config = ConfigDict(extra="forbid")

    baseline: UUID
    candidate: UUID
    judge: ReferenceText = Field(description="A scorer of the type `pair_judge`, such as `better` or `better/2`.")
    reuse: bool = Field(default=True, description="Take the verdict of an earlier comparison on the same two outputs.")


class FirstPosition(BaseModel):
    """How often the judge names what it was shown first, where it names one of the two.

    Half of the time is no preference. Each row counts once, however many of its two verdicts name a side.
    """

    share: float
    low: float
    high: float
    rows: int


class JudgedFigures(BaseModel):
    """What the verdicts come to. Wins, losses, ties, inconsistent and failed rows add up to `rows`.

    `difference` is the share of wins minus that of losses among all rows, with its 95 % interval (Bonett and Price);
    `p_value` is exact (McNemar). Rows that are inconsistent or failed count for neither side.
    """

    rows: int
    wins: int = Field(description="Rows on which both orders named the candidate.")
    losses: int = Field(description="Rows on which both orders named the baseline.")
    ties: int = Field(description="Rows on which both orders said tie.")
    inconsistent: int = Field(description="Rows on which the orders disagreed.")
    failed: int = Field(description="Rows on which a verdict is missing.")
    failures: dict[str, int] = Field(description="How many verdicts are missing, by reason; a row has two.")
    reused: int = Field(description="Verdicts that were taken over.")
    difference: float
    low: float
    high: float
    p_value: float
    verdict: Verdict
    first_position: FirstPosition | None = Field(description="Null where the judge never named a side.")
    calibrated: Literal[False] = Field(
        default=False, description="Nothing is known of how far a judge of pairs can be believed: no gate takes it."
    )


class JudgedComparison(BaseModel):
    """A judged comparison; `figures` are null until it has ended."""

    id: UUID
    namespace: str
    state: JobState
    job_id: UUID
    progress_done: int
    progress_total: int
    error_code: str | None
    error_message: str | None
    baseline_id: UUID
    candidate_id: UUID
    judge: str
    judge_number: int
    judge_lock_digest: str
    prompt: str
    prompt_number: int
    model: str
    model_digest: str
    figures: JudgedFigures | None
    actor_id: UUID
    created_at: datetime
    ended_at: datetime | None


class OrderVerdict(BaseModel):
    """What the judge said in one order: as it was shown the two, and which side that is."""

    order: Order
    answer: Answer | None
    preferred: Preference | None
    failure_code: str | None
    execution_id: UUID | None = Field(description="The judge's run.")
    reused: bool


class JudgedSide(BaseModel):
    """What one side put out; null once it is erased, or when there was none."""

    execution_id: UUID | None
    output: Any


class JudgedItem(BaseModel):
    """One row with both verdicts; contents are null once they are erased."""

    position: int
    row_digest: str
    result: RowResult
    inputs: dict[str, Any] | None
    expected: Any
    baseline: JudgedSide
    candidate: JudgedSide
    verdicts: Annotated[list[OrderVerdict], Field(min_length=2, max_length=2)]
