"""Judged comparisons over REST: both orders, every verdict kept, resumed, reused, proven, and nobody else's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, TryLater
from mcp_engine.evaluation.pairs.facts import ENDED, JudgedComparisonCheck
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.evaluation.conftest import Api, Keys, Work
from tests.mcp_engine.evaluation.pairs.conftest import JUDGE, SCHEMA, Arena
from tests.mcp_engine.evaluation.runs.test_evaluations import ROWS, ended, prepared, started

UNKNOWN = str(UUID(int=1))


async def test_a_better_version_wins_in_both_orders(arena: Arena) -> None:
    await arena.prepare()
    waiting = await arena.start()
    assert (waiting["state"], waiting["progress_total"], waiting["figures"]) == ("queued", 8, None)
    await arena.work(waiting["job_id"])
    found = await arena.shown(waiting)
    assert (found["state"], found["progress_done"], found["judge"], found["prompt"]) == (
        "succeeded",
        8,
        "better",
        "judge",
    )
    figures = found["figures"]
    assert (figures["wins"], figures["losses"], figures["rows"], figures["verdict"]) == (8, 0, 8, "better")
    assert figures["difference"] == 1.0
    assert 0.4 < figures["low"] < figures["high"] <= 1.0
    assert figures["p_value"] == pytest.approx(2 / 2**8)
    assert figures["first_position"]["share"] == 0.5
    assert figures["calibrated"] is False
    row = (await arena.rows(found))[3]
    assert (row["inputs"], row["baseline"]["output"], row["candidate"]["output"]) == ({"q": "q3"}, "q3", "good q3")
    assert [(one["order"], one["answer"], one["preferred"]) for one in row["verdicts"]] == [
        ("baseline_first", "second", "candidate"), ("candidate_first", "first", "candidate"),
    ]  # fmt: skip


async def test_every_verdict_is_an_execution_of_the_judge(
    arena: Arena, executions: ExecutionService, caller: Caller
) -> None:
    await arena.prepare(ROWS[:1])
    found = await arena.judged()
    runs = (await executions.list(caller, ExecutionFilter(kind="judge_run"))).items
    [row] = await arena.rows(found)
    assert {str(run.id) for run in runs} == {verdict["execution_id"] for verdict in row["verdicts"]}
    assert len(runs) == 2
    assert {run.artifact.name for run in runs if run.artifact} == {"judge"}


async def test_a_judge_that_follows_the_order_decides_nothing(arena: Arena) -> None:
    await arena.prepare()
    arena.verdict = lambda q, first, second: "first"
    figures = (await arena.judged())["figures"]
    assert (figures["wins"], figures["losses"], figures["inconsistent"], figures["verdict"]) == (0, 0, 8, "undecided")
    assert figures["first_position"]["share"] == 1.0
    assert figures["first_position"]["low"] > 0.5


async def test_what_the_judge_cannot_say_is_counted_and_shown(arena: Arena) -> None:
    await arena.prepare()

    def verdict(question: str, first: str, second: str) -> str | Exception | None:
        match question:
            case "q0":
                return None
            case "q1" if first.startswith("good"):
                return InvalidInput("model.refused", "No.")
            case "q2":
                return "neither"
            case "q3":
                return "tie"
            case _:
                return "first" if first.startswith("good") else "second"

    arena.verdict = verdict
    found = await arena.judged()
    figures = found["figures"]
    assert figures["failures"] == {"score.judge_unreadable": 4, "model.refused": 1}
    assert (figures["wins"], figures["ties"], figures["failed"], figures["rows"]) == (4, 1, 3, 8)
    failed = await arena.rows(found, result="failed")
    assert [row["position"] for row in failed] == [0, 1, 2]
    assert all(verdict["execution_id"] for row in failed for verdict in row["verdicts"])
    assert [one["failure_code"] for one in failed[1]["verdicts"]] == [None, "model.refused"]


async def test_a_row_without_output_or_content_is_counted_without_asking(
    arena: Arena, executions: ExecutionService, caller: Caller
) -> None:
    arena.model.rule = arena.rule
    await prepared(arena.api)
    await prepared(arena.api, template="better {{ q }}")
    arena.baseline = (await ended(arena.api, arena.work, subject="echo/1"))["id"]
    arena.model.rule = lambda asked: InvalidInput("model.refused", "No.") if "q2" in asked else arena.rule(asked)
    arena.candidate = (await ended(arena.api, arena.work, subject="echo/2"))["id"]
    arena.model.rule = arena.rule
    await arena.push_judge()
    rows = (await arena.api.get("/datasets/questions/rows")).json()["items"]
    await arena.api.delete(f"/datasets/questions/rows/{rows[0]['digest']}/content", reason="asked for")
    run = (await arena.api.get(f"/evaluations/{arena.baseline}/rows")).json()["items"][1]["execution_id"]
    await executions.erase_content(caller, UUID(run), "asked for")
    found = await arena.judged()
    assert found["figures"]["failures"] == {
        "dataset.row_erased": 2, "execution.content_erased": 2, "score.no_output": 2,
    }  # fmt: skip
    assert (found["figures"]["wins"], found["figures"]["failed"]) == (5, 3)
    shown = await arena.rows(found, result="failed")
    assert (shown[0]["inputs"], shown[1]["baseline"]["output"]) == (None, None)


@pytest.mark.slow
async def test_an_interrupted_comparison_goes_on_where_it_was(arena: Arena) -> None:
    await arena.prepare()
    arena.verdict = lambda q, first, second: TryLater("model.unavailable", "Later.") if q == "q6" else "tie"
    waiting = await arena.start()
    await arena.work(waiting["job_id"])
    assert (await arena.shown(waiting))["state"] == "queued"
    stored, asked = len(await arena.rows(waiting)), len(arena.model.asked)
    arena.verdict = lambda q, first, second: "tie"
    await arena.work(waiting["job_id"])
    found = await arena.shown(waiting)
    assert (found["state"], found["figures"]["ties"]) == ("succeeded", 8)
    assert len(arena.model.asked) - asked == 2 * (8 - stored)


async def test_what_the_judge_said_before_is_taken_over(arena: Arena) -> None:
    await arena.prepare()
    arena.verdict = lambda q, first, second: None if q == "q0" else "tie"
    first = await arena.judged()
    asked = len(arena.model.asked)
    again = await arena.judged()
    # Only what could not be read is asked again.
    assert (len(arena.model.asked) - asked, again["figures"]["reused"]) == (2, 14)
    assert first["figures"]["ties"] == again["figures"]["ties"] == 7
    # The same two orders, seen from the other side.
    turned = await arena.judged(baseline=arena.candidate, candidate=arena.baseline)
    assert turned["figures"]["reused"] == 14
    assert (await arena.judged(reuse=False))["figures"]["reused"] == 0
    await arena.push_judge({**JUDGE, "template": "Judge|{{ q }}|{{ first }}|{{ second }}|"})
    arena.verdict = lambda *_: "tie"
    assert (await arena.judged())["figures"]["reused"] == 0


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"judge": "nobody"}, 404, "scorer.not_found"),
        ({"judge": "exact"}, 422, "judged_comparison.no_pair_judge"),
        ({"judge": "better@staging"}, 404, "scorer.label_not_found"),
        ({"candidate": UNKNOWN}, 404, "evaluation.not_found"),
        ({"baseline": UNKNOWN}, 404, "evaluation.not_found"),
        ({"candidate": "x"}, 422, "request.invalid"),
        ({"extra": 1}, 422, "request.invalid"),
    ],
)
async def test_what_cannot_be_judged_is_refused_before_anything_runs(
    arena: Arena, more: dict[str, Any], status: int, code: str
) -> None:
    await arena.prepare(ROWS[:1])
    wanted = {"baseline": arena.baseline, "candidate": arena.candidate, "judge": "better", **more}
    response = await arena.api.post("/judged-comparisons", wanted)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (await arena.api.get("/judged-comparisons")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({**JUDGE, "template": "Judge|{{ q }}|{{ first }}"}, "second"),
        ({**JUDGE, "output_schema": None}, "winner"),
        ({**JUDGE, "output_schema": {**SCHEMA, "properties": {"winner": {"enum": ["first", "tie"]}}}}, "winner"),
        ({**JUDGE, "output_schema": {**SCHEMA, "required": []}}, "winner"),
    ],
)
async def test_a_prompt_that_judges_no_pairs_is_refused(arena: Arena, body: dict[str, Any], named: str) -> None:
    await arena.prepare(ROWS[:1])
    await arena.push_judge(body)
    wanted = {"baseline": arena.baseline, "candidate": arena.candidate, "judge": "better"}
    problem = (await arena.api.post("/judged-comparisons", wanted)).json()
    assert problem["code"] == "judged_comparison.judge_unfit"
    assert named in problem["detail"]


async def test_both_evaluations_are_others_ended_and_of_the_same_rows(arena: Arena) -> None:
    await arena.prepare(ROWS[:2])

    async def refused(**more: Any) -> tuple[int, str]:
        wanted = {"baseline": arena.baseline, "candidate": arena.candidate, "judge": "better", **more}
        response = await arena.api.post("/judged-comparisons", wanted)
        return response.status_code, response.json()["code"]

    assert await refused(candidate=arena.baseline) == (422, "judged_comparison.one_evaluation")
    running = await started(arena.api, subject="echo/1")
    assert await refused(candidate=running["id"]) == (409, "evaluation.not_ended")
    await prepared(arena.api, [{"inputs": {"q": "else"}}])
    other = await ended(arena.api, arena.work, subject="echo/1")
    assert await refused(candidate=other["id"]) == (422, "evaluation.nothing_in_common")


async def test_nothing_of_a_sealed_split_is_judged(arena: Arena, owner_url: str) -> None:
    await arena.prepare(ROWS[:2])
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")  # as a gate's own evaluation would be
        connection.execute("UPDATE evaluation SET split = 'sealed' WHERE id = %s", (arena.candidate,))
    for sides in ((arena.baseline, arena.candidate), (arena.candidate, arena.baseline)):
        wanted = dict(zip(("baseline", "candidate"), sides, strict=True)) | {"judge": "better"}
        response = await arena.api.post("/judged-comparisons", wanted)
        assert (response.status_code, response.json()["code"]) == (403, "dataset.sealed")


async def test_a_judge_of_pairs_scores_no_single_output(arena: Arena) -> None:
    await arena.prepare(ROWS[:1])
    response = await arena.api.post(
        "/evaluations", {"subject": "echo/1", "dataset": "questions", "scorers": ["better"]}
    )
    assert (response.status_code, response.json()["code"]) == (422, "evaluation.scorer_compares")


async def test_comparisons_are_found_by_what_they_compare(arena: Arena) -> None:
    await arena.prepare(ROWS[:3])
    first, second = await arena.judged(), await arena.judged()
    page = (await arena.api.get("/judged-comparisons", baseline=arena.baseline, limit=1)).json()
    assert [one["id"] for one in page["items"]] == [second["id"]]
    rest = (await arena.api.get("/judged-comparisons", candidate=arena.candidate, cursor=page["next_cursor"])).json()
    assert [one["id"] for one in rest["items"]] == [first["id"]]
    for other in ({"baseline": arena.candidate}, {"candidate": UNKNOWN}, {"namespace": "other"}):
        assert (await arena.api.get("/judged-comparisons", **other)).json()["items"] == []
    path = f"/judged-comparisons/{first['id']}/rows"
    page = (await arena.api.get(path, limit=2)).json()
    rest = (await arena.api.get(path, limit=2, cursor=page["next_cursor"])).json()
    assert [row["position"] for row in page["items"] + rest["items"]] == [0, 1, 2]


async def test_the_log_proves_what_the_judge_said(
    arena: Arena, database: Database, caller: Caller, owner_url: str
) -> None:
    await arena.prepare()
    found = await arena.judged()

    async def live() -> Any:
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as unit:
            return (await JudgedComparisonCheck().facts(unit, ENDED, [found["id"]]))[found["id"]]

    before = await live()
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")  # a superuser with the triggers off
        connection.execute("UPDATE judged_verdict SET answer = 'tie' WHERE comparison_id = %s", (found["id"],))
    after = await live()
    assert {name for name in before if before[name] != after[name]} == {"verdicts_digest"}


@pytest.mark.parametrize("table", ["judged_comparison", "judged_row", "judged_verdict", "judged_outcome"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET tenant_id = tenant_id"])
async def test_nothing_of_a_comparison_is_changed(arena: Arena, owner_url: str, table: str, change: str) -> None:
    await arena.prepare(ROWS[:1])
    await arena.judged()
    with psycopg.connect(plain_url(owner_url)) as connection, pytest.raises(psycopg.Error):
        connection.execute(change.format(table).encode())


async def test_nobody_else_sees_or_starts_a_comparison(
    arena: Arena, api: Api, work: Work, database: Database, keys: Keys
) -> None:
    await arena.prepare(ROWS[:1])
    found = await arena.judged()
    keys.callers["stranger"] = await make_tenant(database)
    for path in (f"/judged-comparisons/{found['id']}", f"/judged-comparisons/{found['id']}/rows"):
        assert (await api.get(path, "stranger")).status_code == 404
    assert (await api.get("/judged-comparisons", "stranger")).json()["items"] == []
    wanted = {"baseline": arena.baseline, "candidate": arena.candidate, "judge": "better"}
    response = await api.post("/judged-comparisons", wanted, "stranger")
    assert (response.status_code, response.json()["code"]) == (404, "evaluation.not_found")
