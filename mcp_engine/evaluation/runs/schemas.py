"""What the API takes and shows of evaluations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.evaluation.datasets.rows import OPEN
from mcp_engine.evaluation.scorers.port import Direction, Scale
from mcp_engine.jobs.schemas import JobState

MAX_SCORERS = 16
MAX_COMPARED = 8
ReferenceText = Annotated[str, Field(min_length=1, max_length=180)]


class StartEvaluation(BaseModel):
    """A version to run on every row of a split, and what to score."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(default="prompt", max_length=64)
    subject: ReferenceText = Field(description="Such as `greet`, `greet@staging` or `greet/3`.")
    dataset: ReferenceText = Field(description="Such as `questions`, `questions@current` or `questions/2`.")
    split: str = Field(default=OPEN, max_length=128)
    scorers: list[ReferenceText] = Field(
        min_length=1,
        max_length=MAX_SCORERS,
        description="Scorers of the namespace, or names of types that need no parameters, such as `exact`.",
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=256, description="Another model than the version's."
    )
    parameters: dict[str, Any] = Field(default={}, description="Override the version's own, such as the seed.")
    limit: int | None = Field(default=None, ge=1, description="Only the first rows.")
    reuse: bool = Field(
        default=True, description="Take the output of an earlier evaluation for the same lock, row, model and seed."
    )


class EvaluationMetric(BaseModel):
    """One scorer over all rows. `low` and `high` are the ends of the 95 % interval of the mean.

    A row whose score failed counts as the worst value of a share; of an amount it is left out.
    """

    scorer: str
    number: int
    lock_digest: str
    type: str
    direction: Direction
    scale: Scale
    unit: str
    scored: int
    failures: dict[str, int] = Field(description="How many rows have no score, by reason.")
    mean: float | None
    low: float | None
    high: float | None
    method: str | None = Field(description="Of the interval; null when there are too few rows for one.")


class Evaluation(BaseModel):
    """An evaluation; `metrics` are null until it has ended, and those of a sealed split always."""

    id: UUID
    namespace: str
    state: JobState
    job_id: UUID
    progress_done: int
    progress_total: int
    error_code: str | None
    error_message: str | None
    kind: str
    name: str
    number: int
    label: str | None
    version_id: UUID
    lock_digest: str
    dataset_name: str
    dataset_number: int
    split: str
    split_digest: str
    rows: int
    failed_rows: int | None
    reused_rows: int | None
    model: str
    model_digest: str
    parameters: dict[str, Any]
    scorers: list[str]
    metrics: list[EvaluationMetric] | None
    actor_id: UUID
    created_at: datetime
    ended_at: datetime | None


class RowScore(BaseModel):
    """A score of one row, or why there is none."""

    scorer: str
    value: float | None
    failure_code: str | None
    execution_id: UUID | None


class EvaluationItem(BaseModel):
    """One row, what came out, and its scores; contents are null once they are erased."""

    position: int
    row_digest: str
    execution_id: UUID | None
    reused: bool
    error_code: str | None
    inputs: dict[str, Any] | None
    expected: Any
    output: Any
    scores: list[RowScore]


Verdict = Literal["better", "worse", "undecided"]


class Difference(BaseModel):
    """A candidate against the baseline by one scorer, on the rows that both have.

    `difference` is candidate minus baseline; its interval has 95 % coverage by itself, `p_value` (right and wrong only:
    exact McNemar) and `adjusted_p` (Holm, over all scorers and candidates) say how surprising it is.
    """

    scorer: str
    direction: Direction
    scale: Scale
    unit: str
    rows: int
    left_out: int = Field(description="Rows of an amount without a score on either side.")
    baseline_mean: float | None
    candidate_mean: float | None
    difference: float | None
    low: float | None
    high: float | None
    method: str | None
    effect_size: float | None
    p_value: float | None
    adjusted_p: float | None
    gained: int | None = Field(description="Rows that became better.")
    lost: int | None = Field(description="Rows that became worse.")
    verdict: Verdict


class Candidate(BaseModel):
    """One evaluation against the baseline."""

    evaluation_id: UUID
    differences: list[Difference]


class Comparison(BaseModel):
    """Evaluations of the same rows; the first one is the baseline."""

    baseline: Evaluation
    evaluations: list[Evaluation]
    candidates: list[Candidate]
    rows: int = Field(description="Rows that all of them have.")


class ComparedOutput(BaseModel):
    """One side of a row."""

    evaluation_id: UUID
    execution_id: UUID | None
    error_code: str | None
    output: Any
    value: float | None
    failure_code: str | None


class ComparedRow(BaseModel):
    """One row in all compared evaluations, by one scorer."""

    position: int
    row_digest: str
    inputs: dict[str, Any] | None
    expected: Any
    outputs: list[ComparedOutput]
    change: float | None = Field(description="Of the last candidate against the baseline.")
