"""Gathers what an analysis is made of: counts and sums from the database, never a row a unit."""

from __future__ import annotations

import asyncio
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
        if metric.kind == "mean":
            data[name] = await _means(work, stored, name, covariate=plan.covariate is not None)
        else:
            data[name], wrong = await _binary(work, stored, name, len(course.allocations))
            not_binary |= {name: wrong} if wrong else {}
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


async def _means(work: UnitOfWork, stored: Stored, metric: str, *, covariate: bool) -> MeanMoments:
    tallies = await repository.mean_tallies(work.session, stored.experiment.id, metric, covariate=covariate)
    return await asyncio.to_thread(MeanMoments.of, tallies, len(stored.arms))


async def _binary(work: UnitOfWork, stored: Stored, metric: str, allocations: int) -> tuple[BinaryCounts, int]:
    arms = len(stored.arms)
    found = await repository.outcomes(work.session, stored.experiment.id, metric, allocations, arms)
    return await asyncio.to_thread(BinaryCounts.of, found.codes, allocations, arms), found.not_binary
