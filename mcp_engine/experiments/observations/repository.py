"""Queries between feedback and exposures, and those that count and add up what was observed."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_engine.statistics.moments import CrossMoments, Moments

EXACT_PLACES = 20_000
"""So many observations are looked at one by one; after that at places half a thousandth apart."""
ADAPTIVE_PLACES = 500
"""The same, where each of many allocations is a test of its own."""
BINARY_STEP = math.log(1.0005)
MEAN_EXACT_PLACES = 50
MEAN_STEP = math.log(1.05)


class UnitCount(NamedTuple):
    """Units that an allocation gave to an arm (None for those held back)."""

    allocation: int
    arm: int | None
    units: int


class BinaryTally(NamedTuple):
    """Observations of one arm and allocation between one place in the order of feedback and the next."""

    bucket: int
    allocation: int
    arm: int
    seen: int
    successes: int


class MeanTally(NamedTuple):
    """Values of one arm between one place in the order of feedback and the next.

    `known` are of units with a covariate, `unknown` of those without.
    """

    bucket: int
    arm: int
    known: CrossMoments
    unknown: Moments


async def lock_sessions(session: AsyncSession, tenant_id: UUID, names: Collection[str]) -> None:
    """Have feedback and exposures of a session wait for each other: whichever comes second sees the first."""
    statement = text(
        "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(:tenant || name, 0) AS key "
        "FROM unnest(CAST(:names AS text[])) AS name ORDER BY key) AS keys"
    )
    await session.execute(statement, {"tenant": f"session/{tenant_id}/", "names": list(names)})


_OBSERVE = """
    INSERT INTO experiment_observation
        (tenant_id, experiment_id, metric_name, unit_digest, arm, allocation, value, covariate, feedback_id)
    SELECT DISTINCT ON (u.experiment_id, f.metric_name, u.unit_digest)
        u.tenant_id, u.experiment_id, f.metric_name, u.unit_digest, u.arm, u.allocation,
        coalesce(f.number_value, CAST(CAST(f.boolean_value AS int) AS double precision)), u.covariate, f.id
    FROM experiment_exposure x
    JOIN experiment e ON e.tenant_id = x.tenant_id AND e.id = x.experiment_id
    JOIN experiment_unit u ON u.tenant_id = x.tenant_id AND u.experiment_id = x.experiment_id
        AND u.unit_digest = x.unit_digest
    JOIN feedback f ON f.tenant_id = x.tenant_id AND f.metric_name = ANY(e.metric_names) AND {same}
    WHERE {which} AND NOT x.is_fallback AND num_nonnulls(f.number_value, f.boolean_value) = 1
    ORDER BY u.experiment_id, f.metric_name, u.unit_digest, f.id
    ON CONFLICT DO NOTHING
"""
_SAME_SESSION = "f.session_id = x.session_id AND f.namespace = e.namespace"
_SAME_EXECUTION = "f.execution_id = x.execution_id"
_BY_SESSION = text(_OBSERVE.format(same=_SAME_SESSION, which="x.session_id = :about AND f.id = :feedback"))
_BY_EXECUTION = text(_OBSERVE.format(same=_SAME_EXECUTION, which="x.execution_id = :about AND f.id = :feedback"))
_BY_BATCH = text(_OBSERVE.format(same=_SAME_SESSION, which="x.batch_id = :batch"))


async def observe_execution(session: AsyncSession, execution_id: UUID, feedback_id: UUID) -> None:
    """Count feedback on an execution for the units that it exposed; a unit's first value of a metric stays."""
    await session.execute(_BY_EXECUTION, {"about": execution_id, "feedback": feedback_id})


async def observe_session(session: AsyncSession, session_id: str, feedback_id: UUID) -> None:
    """As `observe_execution`, for feedback on a session."""
    await session.execute(_BY_SESSION, {"about": session_id, "feedback": feedback_id})


async def observe_batch(session: AsyncSession, batch_id: UUID) -> None:
    """Count the feedback that came before the exposures of a batch."""
    await session.execute(_BY_BATCH, {"batch": batch_id})


async def unit_counts(session: AsyncSession, experiment_id: UUID) -> list[UnitCount]:
    statement = text(
        "SELECT allocation, arm, count(*) FROM experiment_unit WHERE experiment_id = :id "
        "GROUP BY allocation, arm ORDER BY allocation, arm"
    )
    return [UnitCount(*row) for row in await session.execute(statement, {"id": experiment_id})]


async def fallback_units(session: AsyncSession, experiment_id: UUID) -> int:
    """Return how many different units were ever shown a fallback."""
    statement = text(
        "SELECT count(DISTINCT unit_digest) FROM experiment_exposure WHERE experiment_id = :id AND is_fallback"
    )
    return (await session.execute(statement, {"id": experiment_id})).scalar_one()


async def not_binary(session: AsyncSession, experiment_id: UUID, metric_name: str) -> int:
    """Return how many values of a metric are neither 0 nor 1."""
    statement = text(
        "SELECT count(*) FROM experiment_observation "
        "WHERE experiment_id = :id AND metric_name = :metric AND value NOT IN (0, 1)"
    )
    return (await session.execute(statement, {"id": experiment_id, "metric": metric_name})).scalar_one()


async def last_feedback(session: AsyncSession, experiment_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the newest feedback that was counted in each of these experiments."""
    statement = text(
        "SELECT e.id, (SELECT o.feedback_id FROM experiment_observation o WHERE o.tenant_id = e.tenant_id "
        "AND o.experiment_id = e.id AND o.metric_name = metric ORDER BY o.feedback_id DESC LIMIT 1) AS last "
        "FROM experiment e, unnest(e.metric_names) AS metric WHERE e.id = ANY(:ids)"
    )
    newest: dict[UUID, UUID] = {}
    for experiment_id, last in await session.execute(statement, {"ids": list(experiment_ids)}):
        if last is not None:
            newest[experiment_id] = max(last, newest.get(experiment_id, last))
    return newest


_BUCKETS = """
    SELECT {columns} FROM (
        SELECT allocation, arm, value, covariate,
            CASE WHEN place <= :exact THEN place
                ELSE :exact + CAST(ceil(ln(CAST(place AS double precision) / :exact) / :step) AS bigint) END AS bucket
        FROM (
            SELECT allocation, arm, value, covariate, row_number() OVER (ORDER BY feedback_id) AS place
            FROM experiment_observation
            WHERE experiment_id = :id AND metric_name = :metric AND arm IS NOT NULL {only}
        ) AS placed
    ) AS bucketed GROUP BY {by} ORDER BY bucket
"""
_BINARY = text(
    _BUCKETS.format(
        columns="bucket, allocation, arm, count(*), CAST(sum(value) AS bigint)",
        by="bucket, allocation, arm",
        only="AND value IN (0, 1)",
    )
)
_MEANS = text(
    _BUCKETS.format(
        columns="bucket, arm, count(covariate), regr_avgx(value, covariate), regr_sxx(value, covariate), "
        "regr_avgy(value, covariate), regr_syy(value, covariate), regr_sxy(value, covariate), "
        "count(*) FILTER (WHERE covariate IS NULL), avg(value) FILTER (WHERE covariate IS NULL), "
        "(var_pop(value) FILTER (WHERE covariate IS NULL)) * (count(*) FILTER (WHERE covariate IS NULL))",
        by="bucket, arm",
        only="",
    )
)


async def binary_tallies(
    session: AsyncSession, experiment_id: UUID, metric_name: str, exact: int = EXACT_PLACES
) -> list[BinaryTally]:
    """Return what was observed of a binary metric, in the order of feedback: the first `exact` one by one."""
    asked = {"id": experiment_id, "metric": metric_name, "exact": exact, "step": BINARY_STEP}
    return [BinaryTally(*row) for row in await session.execute(_BINARY, asked)]


async def mean_tallies(session: AsyncSession, experiment_id: UUID, metric_name: str) -> list[MeanTally]:
    """Return what was observed of numbers, in the order of feedback; sums are PostgreSQL's (Youngs and Cramer 1971)."""
    asked = {"id": experiment_id, "metric": metric_name, "exact": MEAN_EXACT_PLACES, "step": MEAN_STEP}
    return [_mean_tally(row) for row in await session.execute(_MEANS, asked)]


def _mean_tally(row: Sequence[Any]) -> MeanTally:
    bucket, arm, known, x_mean, x_squares, y_mean, y_squares, products, unknown, mean, squares = row
    crossed = CrossMoments(
        Moments(known, x_mean or 0.0, x_squares or 0.0),
        Moments(known, y_mean or 0.0, y_squares or 0.0),
        products or 0.0,
    )
    return MeanTally(bucket, arm, crossed, Moments(unknown, mean or 0.0, squares or 0.0))
