"""From rows to what the API shows of sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from mcp_engine.evaluation.runs.schemas import EvaluationMetric
from mcp_engine.jobs.schemas import JobState
from rag.sweeps.pareto import Point, front
from rag.sweeps.repository import StoredCombination, StoredSweep
from rag.sweeps.schemas import (
    Combination,
    CombinationFigures,
    FittedCalibration,
    RiskCoverage,
    RiskCoveragePoint,
    Sweep,
    SweepDetail,
    SweptOption,
)


def sweep(stored: StoredSweep) -> Sweep:
    row, job, done = stored
    return Sweep(
        id=row.id, namespace=row.namespace, state=cast("JobState", job.state), job_id=row.job_id,
        progress_done=job.progress_done, progress_total=row.rows * row.combinations, error_code=job.error_code,
        error_message=job.error_message, collection=row.collection, strategy=row.strategy_name,
        strategy_number=row.strategy_number, strategy_label=row.strategy_label,
        strategy_lock_digest=row.strategy_lock_digest, dataset_name=row.dataset_name,
        dataset_number=row.dataset_number, split=row.split, split_digest=row.split_digest, rows=row.rows,
        options=[SweptOption.model_validate(one) for one in row.options],
        scorers=[scorer["name"] for scorer in row.scorers], combinations=row.combinations, combinations_done=done,
        actor_id=row.actor_id, created_at=row.created_at, ended_at=job.finished_at,
    )  # fmt: skip


def detail(stored: StoredSweep, combinations: Sequence[StoredCombination], metric: str) -> SweepDetail:
    """Return a sweep with its combinations, those marked that are optimal by a metric and the median latency."""
    figures = [_figures(one) for one in combinations]
    names = [option["option"] for option in stored.row.options]
    optimal = _optimal(figures, metric)
    return SweepDetail(
        **sweep(stored).model_dump(),
        metric=metric,
        points=[
            Combination(
                position=one.row.position,
                # Stored JSON forgets the order in which somebody named them.
                options={name: one.row.options[name] for name in names},
                evaluation_id=one.row.evaluation_id,
                figures=found,
                is_optimal=place in optimal,
            )
            for place, (one, found) in enumerate(zip(combinations, figures, strict=True))
        ],
    )


def risk_coverage(one: StoredCombination) -> RiskCoverage:
    shown = RiskCoverage(position=one.row.position, options=one.row.options, rows=None, left_out=None, points=None)
    if one.figures is None or one.figures.curve is None:
        return shown
    curve = one.figures.curve
    points = [RiskCoveragePoint(threshold=t, coverage=c, risk=r) for t, c, r in curve["points"]]
    fit = None if curve.get("fit") is None else FittedCalibration.model_validate(curve["fit"])
    return shown.model_copy(
        update={
            "rows": curve["rows"],
            "left_out": curve["left_out"],
            "points": points,
            "auroc": curve.get("auroc"),
            "calibration": fit,
        }
    )


def _figures(one: StoredCombination) -> CombinationFigures | None:
    figures = one.figures
    if figures is None or one.outcome is None:
        return None
    return CombinationFigures(
        metrics=[EvaluationMetric.model_validate(metric) for metric in one.outcome.metrics],
        answered=figures.answered, refused=figures.refused, failed=figures.failed,
        latency_p50_ms=figures.latency_p50_ms, latency_p95_ms=figures.latency_p95_ms,
    )  # fmt: skip


def _optimal(figures: Sequence[CombinationFigures | None], metric: str) -> set[int]:
    """Return the places on the front; what lacks the metric or a latency can't be compared and is not on it."""
    places: list[int] = []
    points: list[Point] = []
    for place, one in enumerate(figures):
        found = next((each for each in one.metrics if each.scorer == metric), None) if one is not None else None
        if one is None or found is None or found.mean is None or one.latency_p50_ms is None:
            continue
        places.append(place)
        points.append(Point(found.mean if found.direction == "higher" else -found.mean, one.latency_p50_ms))
    return {places[place] for place in front(points)}
