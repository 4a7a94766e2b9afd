"""Gathers what an analysis is made of: counts and sums from the database, never a row a unit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.experiments import views
from mcp_engine.experiments.analysis import Arm, Data, Evidence
from mcp_engine.experiments.comparing import BinaryCounts, MeanMoments
from mcp_engine.experiments.observations import repository
from mcp_engine.experiments.repository import Stored
from mcp_engine.experiments.schemas import MetricSpec


async def gather(work: UnitOfWork, stored: Stored, only: Collection[str] | None = None) -> Evidence:
    """Return the evidence of an experiment as it is in this transaction.

    Args:
        only: the metrics to look at; all when omitted.
    """
    plan, course, session = views.plan_of(stored), views.course_of(stored), work.session
    metrics: list[MetricSpec] = [*plan.metrics, *plan.guardrails]
    wanted = {metric.name: metric for metric in metrics if only is None or metric.name in only}
    data: dict[str, Data] = {}
    not_binary: dict[str, int] = {}
    for name, metric in wanted.items():
        data[name] = await _data(work, stored, metric, len(course.allocations))
        if metric.kind == "binary" and (wrong := await repository.not_binary(session, stored.experiment.id, name)):
            not_binary[name] = wrong
    return Evidence(
        name=stored.experiment.name,
        state=course.state,
        plan=plan,
        arms=[Arm(arm.name, number) for arm, number in stored.arms],
        allocations=course.allocations,
        # What a newer allocation assigned meanwhile is for the next look.
        units=[
            one
            for one in await repository.unit_counts(session, stored.experiment.id)
            if one.allocation < len(course.allocations)
        ],
        data=data,
        fallback_units=await repository.fallback_units(session, stored.experiment.id),
        not_binary=not_binary,
        alarmed=course.alarmed,
        as_of=datetime.now(UTC),
        allocated_at=course.allocated_at,
    )


async def _data(work: UnitOfWork, stored: Stored, metric: MetricSpec, allocations: int) -> Data:
    arms = len(stored.arms)
    if metric.kind == "mean":
        return MeanMoments.of(await repository.mean_tallies(work.session, stored.experiment.id, metric.name), arms)
    exact = repository.EXACT_PLACES if allocations == 1 else repository.ADAPTIVE_PLACES
    tallies = await repository.binary_tallies(work.session, stored.experiment.id, metric.name, exact)
    return BinaryCounts.of([tally for tally in tallies if tally.allocation < allocations], allocations, arms)
