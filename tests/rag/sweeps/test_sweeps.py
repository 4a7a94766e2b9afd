"""A sweep from its request to its figures, and what ends it on the way."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.audit.live import LiveCheck
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.datasets.schemas import NewRow
from mcp_engine.evaluation.runs.repository import EvaluationFilter
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.schemas import JobFilters
from rag.sweeps.facts import ENDED, STARTED, SweepCheck
from rag.sweeps.schemas import SweepDetail
from tests.conftest import make_tenant
from tests.rag.conftest import Attempt
from tests.rag.evaluating import ROWS
from tests.rag.sweeps.conftest import Sweeping
from tests.rag.upkeep import rows


async def test_every_combination_is_asked_every_row_and_scored(sweeping: Sweeping) -> None:
    await sweeping.ready()
    started = await sweeping.begin()
    assert (started.state, started.combinations, started.progress_total) == ("queued", 4, 8)
    assert [point.figures for point in started.points] == [None] * 4
    found = await sweeping.ended(started)
    assert (found.state, found.combinations_done, found.progress_done, found.metric) == (
        "succeeded", 4, 8, "citation_recall",
    )  # fmt: skip
    assert [point.options for point in found.points] == [
        {"retrieval.passages": 1, "answering.threshold": 0.4},
        {"retrieval.passages": 1, "answering.threshold": 1.0},
        {"retrieval.passages": 4, "answering.threshold": 0.4},
        {"retrieval.passages": 4, "answering.threshold": 1.0},
    ]
    counts = [(one.figures.answered, one.figures.refused, one.figures.failed) for one in found.points if one.figures]
    assert counts == [(1, 1, 0), (0, 2, 0), (1, 1, 0), (0, 2, 0)]
    means = [[metric.mean for metric in one.figures.metrics] for one in found.points if one.figures]
    assert means == [[1.0, 1.0], [0.5, 0.5], [1.0, 1.0], [0.5, 0.5]]
    for point in found.points:
        assert point.figures is not None
        assert point.figures.latency_p50_ms is not None
        assert point.figures.latency_p95_ms is not None
        assert 0 < point.figures.latency_p50_ms <= point.figures.latency_p95_ms
    # One of the two that answer is the faster: it beats all others, or leaves some that are faster and worse.
    best = [point for point in found.points if point.is_optimal and point.options["answering.threshold"] == 0.4]
    assert best


async def test_the_curve_of_a_combination_says_how_often_its_answers_are_wrong(sweeping: Sweeping) -> None:
    await sweeping.ready()
    wrong = ROWS[0].model_copy(update={"metadata": {"sources": [{"document": "other.txt"}]}})
    unknown = ROWS[0].model_copy(update={"metadata": {}})
    rows = [*ROWS, wrong, unknown]
    found = await sweeping.ended(await begun_on(sweeping, rows, options={"answering.threshold": [0.4, 1.0]}))
    curve = await sweeping.sweeps.risk_coverage(sweeping.caller, found.id, 1)
    assert (curve.rows, curve.left_out) == (3, 1)
    assert curve.points is not None
    assert [(point.coverage, point.risk) for point in curve.points] == [(pytest.approx(2 / 3), 0.5)]
    refusing = await sweeping.sweeps.risk_coverage(sweeping.caller, found.id, 2)
    assert refusing.points == []


async def begun_on(sweeping: Sweeping, rows: list[NewRow], **wanted: Any) -> SweepDetail:
    """Start a sweep on a dataset of its own."""
    await sweeping.push_rows("special", rows)
    return await sweeping.begin(dataset="special", **wanted)


async def test_without_a_scorer_of_abstention_there_is_no_curve(sweeping: Sweeping) -> None:
    await sweeping.ready()
    found = await sweeping.ended(await sweeping.begin(scorers=["contains"], options={"retrieval.mmr": [None]}))
    curve = await sweeping.sweeps.risk_coverage(sweeping.caller, found.id, 1)
    assert (curve.rows, curve.points) == (None, None)


async def test_rows_that_fail_are_counted_and_the_others_scored(sweeping: Sweeping) -> None:
    await sweeping.ready()
    rows = [*ROWS, NewRow(inputs={"question": " "}, expected="")]
    found = await sweeping.ended(await begun_on(sweeping, rows, options={"retrieval.passages": [4]}))
    [point] = found.points
    assert point.figures is not None
    assert (found.state, point.figures.answered, point.figures.refused, point.figures.failed) == ("succeeded", 1, 1, 1)
    assert point.figures.metrics[1].failures == {"score.no_output": 1}


class Killed(BaseException):
    """The end of a process, as far as its job can tell: nothing after it runs."""


class Interrupted(Attempt):
    """An attempt that is killed once so many rows are done."""

    at: int = 0

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        await super().progress(done, total, note)
        if done >= self.at:
            raise Killed


async def test_what_is_evaluated_before_a_kill_is_not_evaluated_again(sweeping: Sweeping, caller: Caller) -> None:
    await sweeping.ready()
    started = await sweeping.begin()
    attempt = Interrupted(sweeping.database, caller.tenant_id, caller.principal_id, started.id)
    attempt.at = 6
    with pytest.raises((Killed, BaseExceptionGroup)):
        await sweeping.sweep_job.run(cast("JobContext", attempt))
    halfway = await sweeping.sweeps.get(caller, started.id)
    assert [point.figures is not None for point in halfway.points] == [True, True, False, False]
    asked = await runs(sweeping)
    found = await sweeping.ended(started)
    assert (found.state, found.combinations_done) == ("succeeded", 4)
    assert [one.figures for one in found.points[:2]] == [one.figures for one in halfway.points[:2]]
    after = await runs(sweeping)
    assert after[: len(asked)] == asked
    # The rows of the combination that it was at were scored already; it only had no figures yet.
    assert (len(asked), len(after)) == (6, 8)


async def runs(sweeping: Sweeping) -> list[UUID]:
    found = await rows(sweeping.workspace, sweeping.caller, "SELECT id FROM execution ORDER BY id")
    return [row[0] for row in found]


async def test_one_that_is_cancelled_keeps_what_it_has_and_goes_on_when_it_is_retried(
    sweeping: Sweeping, caller: Caller
) -> None:
    await sweeping.ready()
    started = await sweeping.begin()
    await sweeping.jobs.cancel(caller, started.job_id)
    assert (await sweeping.ended(started)).state == "cancelled"
    await sweeping.jobs.retry(caller, started.job_id)
    found = await sweeping.ended(started)
    assert (found.state, found.combinations_done) == ("succeeded", 4)


async def test_what_the_log_says_of_a_sweep_still_holds(sweeping: Sweeping, caller: Caller) -> None:
    await sweeping.ready()
    found = await sweeping.ended(await sweeping.begin())
    said = "SELECT kind, facts FROM audit_entry WHERE subject = :subject ORDER BY kind"
    logged = {row[0]: row[1] for row in await rows(sweeping.workspace, caller, said, subject=str(found.id))}
    assert set(logged) == {STARTED, ENDED}
    check: LiveCheck = SweepCheck()
    for kind, facts in logged.items():
        async with sweeping.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            now = await check.facts(work, kind, [str(found.id)])
        assert now[str(found.id)] == facts


async def test_its_evaluations_can_be_opened_and_are_not_listed_among_others(
    sweeping: Sweeping, caller: Caller
) -> None:
    await sweeping.ready()
    started = await sweeping.begin()
    waiting = await sweeping.evaluations.get(caller, started.points[0].evaluation_id)
    assert (waiting.state, waiting.progress_done) == ("queued", 0)
    await sweeping.ended(started)
    opened = await sweeping.evaluations.get(caller, started.points[0].evaluation_id)
    assert (opened.state, opened.progress_done, opened.failed_rows) == ("succeeded", 2, 0)
    assert opened.parameters["options"] == started.points[0].options
    listed = await sweeping.evaluations.list(caller, EvaluationFilter("default"), limit=10, cursor=None)
    assert listed.items == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"collection": "nothing"}, "collection.not_found"),
    ({"strategy": "nothing"}, "rag_strategy.not_found"),
    ({"dataset": "nothing"}, "dataset.not_found"),
    ({"scorers": ["nothing"]}, "scorer.not_found"),
    ({"split": "nothing"}, "dataset.split_not_found"),
    ({"options": {"embedder": ["static"]}}, "strategy_option.needs_index"),
    ({"options": {"retrieval.passages": [99]}}, "strategy_option.invalid"),
]


async def test_what_can_not_be_swept_is_refused_and_leaves_nothing(sweeping: Sweeping, caller: Caller) -> None:
    await sweeping.ready()
    for wanted, code in REFUSED:
        with pytest.raises(EngineError) as refused:
            await sweeping.begin(**wanted)
        assert refused.value.code == code
    assert (await sweeping.sweeps.list(caller, None, None, limit=10, cursor=None)).items == []
    assert (await sweeping.jobs.list(caller, JobFilters(kind="rag.sweep"))).items == []


async def test_a_namespace_that_has_no_strategy_yet_sweeps_over_the_default_one(sweeping: Sweeping) -> None:
    await sweeping.ready()
    found = await sweeping.begin(strategy="default", options={"retrieval.passages": [4]})
    assert (found.strategy, found.strategy_number) == ("default", 1)


async def test_an_other_tenant_finds_none_of_it(sweeping: Sweeping) -> None:
    await sweeping.ready()
    started = await sweeping.begin()
    other = await make_tenant(sweeping.database)
    for look in (sweeping.sweeps.get(other, started.id), sweeping.sweeps.risk_coverage(other, started.id, 1)):
        with pytest.raises(EngineError) as refused:
            await look
        assert refused.value.code == "sweep.not_found"
    assert (await sweeping.sweeps.list(other, None, None, limit=10, cursor=None)).items == []
