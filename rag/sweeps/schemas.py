"""What the API takes and shows of sweeps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.evaluation.datasets.rows import OPEN
from mcp_engine.evaluation.runs.schemas import MAX_SCORERS, EvaluationMetric, ReferenceText
from mcp_engine.jobs.schemas import JobState
from rag.strategy import DEFAULT_NAME

MAX_COMBINATIONS = 64
MAX_OPTIONS = 16
Values = Annotated[list[Any], Field(min_length=1, max_length=MAX_COMBINATIONS)]


class StartSweep(BaseModel):
    """A strategy, the values to try of some of its options, and the rows that each combination is evaluated on."""

    model_config = ConfigDict(extra="forbid")

    collection: str = Field(min_length=1, max_length=128, description="Where the questions are asked.")
    strategy: ReferenceText = Field(
        default=DEFAULT_NAME, description="Such as `default`, `strict@staging`, `strict/3`."
    )
    options: dict[str, Values] = Field(
        min_length=1,
        max_length=MAX_OPTIONS,
        description=(
            "The values to try of each option, by its name: `retrieval.passages: [3, 5, 8]`. Every combination is "
            f"evaluated, {MAX_COMBINATIONS} at most. What takes effect when documents are indexed can't be tried."
        ),
    )
    dataset: ReferenceText = Field(description="Such as `questions`, `questions@current` or `questions/2`.")
    split: str = Field(default=OPEN, max_length=128)
    scorers: list[ReferenceText] = Field(
        min_length=1,
        max_length=MAX_SCORERS,
        description="Scorers of the namespace, or names of types that need no parameters, such as `abstention`.",
    )
    limit: int | None = Field(default=None, ge=1, description="Only the first rows.")


class SweptOption(BaseModel):
    """An option, and the values that are tried of it."""

    option: str
    values: list[Any]


class Sweep(BaseModel):
    """A sweep; progress is counted in rows, those of all combinations together."""

    id: UUID
    namespace: str
    state: JobState
    job_id: UUID
    progress_done: int
    progress_total: int
    error_code: str | None
    error_message: str | None
    collection: str
    strategy: str
    strategy_number: int
    strategy_label: str | None
    strategy_lock_digest: str
    dataset_name: str
    dataset_number: int
    split: str
    split_digest: str
    rows: int = Field(description="Asked with each combination.")
    options: list[SweptOption]
    scorers: list[str]
    combinations: int
    combinations_done: int
    actor_id: UUID
    created_at: datetime
    ended_at: datetime | None


class CombinationFigures(BaseModel):
    """What a combination came to.

    `latency_p50_ms` and `latency_p95_ms` are of the rows that were answered or refused, from the question to the end of
    its run, several of which ran at once.
    """

    metrics: list[EvaluationMetric]
    answered: int
    refused: int
    failed: int = Field(description="Rows without an output; the rows of its evaluation say why.")
    latency_p50_ms: float | None
    latency_p95_ms: float | None


class Combination(BaseModel):
    """One combination, by its position from 1; `figures` are null until it is evaluated."""

    position: int
    options: dict[str, Any]
    evaluation_id: UUID
    figures: CombinationFigures | None
    is_optimal: bool = Field(
        description="No other combination is better by the metric and as fast, or faster and as good."
    )


class SweepDetail(Sweep):
    """A sweep with its combinations, as the metric `metric` and the median latency order them."""

    metric: str
    points: list[Combination] = Field(max_length=MAX_COMBINATIONS)


class RiskCoveragePoint(BaseModel):
    """What answers with at least this confidence come to."""

    threshold: float
    coverage: float = Field(description="The share of rows that are answered.")
    risk: float = Field(description="The share of these answers that cite none of the row's sources.")


class FittedCalibration(BaseModel):
    """The `answering.calibration` that makes a combination's answers most probable.

    `rows` answers were given, of which `right` cite one of their row's sources; the log losses are theirs, as
    the engine counts confidence without a calibration and with this one. Wrong answers that were refused have no part:
    sweep `answering.threshold` at 0 to fit to all.
    """

    own: float
    judge: float
    bias: float
    rows: int
    right: int
    loss_before: float
    loss_after: float


class RiskCoverage(BaseModel):
    """Risk over coverage of one combination, the most confident answers first.

    It ends where the combination refuses: what is refused cites nothing. It is null without a scorer of the type
    `abstention`, which says where rows name their sources, and until the combination is evaluated.
    """

    position: int
    options: dict[str, Any]
    rows: int | None = Field(description="Rows that name their sources.")
    left_out: int | None = Field(description="Rows that don't.")
    points: list[RiskCoveragePoint] | None
    auroc: float | None = Field(
        default=None,
        description="How probably a right answer has more confidence than a wrong one; null without one of both.",
    )
    calibration: FittedCalibration | None = Field(
        default=None, description="Null with fewer than 20 right or 20 wrong answers."
    )
