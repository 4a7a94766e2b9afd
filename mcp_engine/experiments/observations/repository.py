"""Queries between feedback and exposures, and those that count and add up what was observed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_engine.statistics.moments import CrossMoments, Moments

MOMENTS = 128
"""Means are looked at at so many moments at the most."""
_FIRST_CODE = 33
"""The character that stands for a failure of the control: the first that is printed."""
_TIME_BITS = 80


class UnitCount(NamedTuple):
    """Units that an allocation gave to an arm (None for those held back)."""

    allocation: int
    arm: int | None
    units: int


class Outcomes(NamedTuple):
    """What was observed of a binary metric, in the order of feedback.

    Args:
        codes: of each observation, 2 * (allocation * arms + arm) + whether it was a success; shape (n,).
        not_binary: how many values are neither 0 nor 1.
    """

    codes: NDArray[np.int64]
    not_binary: int


class MeanTally(NamedTuple):
    """Values of one arm between one moment of feedback and the next.

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


_OUTCOMES = text(
    "SELECT string_agg(chr(CAST(:first + 2 * (allocation * :arms + arm) + value AS integer)), '' ORDER BY feedback_id) "
    "FILTER (WHERE value IN (0, 1)), count(*) FILTER (WHERE value NOT IN (0, 1)) FROM experiment_observation "
    "WHERE experiment_id = :id AND metric_name = :metric AND allocation < :allocations AND arm IS NOT NULL"
)


async def outcomes(
    session: AsyncSession, experiment_id: UUID, metric_name: str, allocations: int, arms: int
) -> Outcomes:
    """Return what units of the first `allocations` gave, a character each: a million are a megabyte."""
    asked = {"id": experiment_id, "metric": metric_name, "allocations": allocations, "arms": arms}
    told, wrong = (await session.execute(_OUTCOMES, {**asked, "first": _FIRST_CODE})).one()
    codes = np.frombuffer((told or "").encode("utf-32-le"), dtype=np.uint32).astype(np.int64) - _FIRST_CODE
    return Outcomes(codes, wrong)


_RANGE = text(
    "SELECT (SELECT feedback_id {same} ORDER BY feedback_id LIMIT 1), "
    "(SELECT feedback_id {same} ORDER BY feedback_id DESC LIMIT 1)".format(
        same="FROM experiment_observation WHERE experiment_id = :id AND metric_name = :metric"
    )
)
_MOMENTS = """
    SELECT width_bucket(feedback_id, CAST(:edges AS uuid[])) AS bucket, arm, {columns}
    FROM experiment_observation
    WHERE experiment_id = :id AND metric_name = :metric AND arm IS NOT NULL
    GROUP BY bucket, arm ORDER BY bucket
"""
_PLAIN = text(_MOMENTS.format(columns="0, 0, 0, 0, 0, 0, count(*), avg(value), var_pop(value) * count(*)"))
_WITH_COVARIATE = text(
    _MOMENTS.format(
        columns="count(covariate), regr_avgx(value, covariate), regr_sxx(value, covariate), "
        "regr_avgy(value, covariate), regr_syy(value, covariate), regr_sxy(value, covariate), "
        "count(*) FILTER (WHERE covariate IS NULL), avg(value) FILTER (WHERE covariate IS NULL), "
        "(var_pop(value) FILTER (WHERE covariate IS NULL)) * (count(*) FILTER (WHERE covariate IS NULL))",
    )
)


async def mean_tallies(
    session: AsyncSession, experiment_id: UUID, metric_name: str, *, covariate: bool
) -> list[MeanTally]:
    """Return what was observed of numbers, in the order of feedback; sums are PostgreSQL's (Youngs and Cramer 1971)."""
    asked = {"id": experiment_id, "metric": metric_name}
    first, last = (await session.execute(_RANGE, asked)).one()
    if first is None:
        return []
    statement = _WITH_COVARIATE if covariate else _PLAIN
    rows = await session.execute(statement, {**asked, "edges": _edges(first, last)})
    return [_mean_tally(row) for row in rows]


def _edges(first: UUID, last: UUID) -> list[UUID]:
    """Return ids that part the time between two ids (UUIDv7) evenly, the same ones until there are too many.

    Their distance is a power of two of milliseconds, so those of a longer time are among those of a shorter one.
    """
    begin, end, width = first.int >> _TIME_BITS, last.int >> _TIME_BITS, 1
    while (end - begin) // width > MOMENTS:
        width *= 2
    return [UUID(int=at << _TIME_BITS) for at in range((begin // width + 1) * width, end + 1, width)] or [first]


def _mean_tally(row: Sequence[Any]) -> MeanTally:
    bucket, arm, known, x_mean, x_squares, y_mean, y_squares, products, unknown, mean, squares = row
    crossed = CrossMoments(
        Moments(known, x_mean or 0.0, x_squares or 0.0),
        Moments(known, y_mean or 0.0, y_squares or 0.0),
        products or 0.0,
    )
    return MeanTally(bucket, arm, crossed, Moments(unknown, mean or 0.0, squares or 0.0))
