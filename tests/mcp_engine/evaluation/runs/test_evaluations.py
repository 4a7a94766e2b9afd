"""Evaluations over REST: pinned, run row by row, resumed, reused, and never a score dropped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, TryLater
from mcp_engine.evaluation.runs.facts import ENDED, EvaluationCheck
from mcp_engine.evaluation.scorers.port import Answered, FunctionScorer, NoParameters
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.evaluation.conftest import Api, Keys, Model, Work

ROWS = [{"inputs": {"q": f"q{number}"}, "expected": f"q{number}"} for number in range(8)]


async def prepared(api: Api, rows: Sequence[dict[str, Any]] = ROWS, template: str = "{{ q }}") -> None:
    body = {"name": "echo", "body": {"template": template}}
    assert (await api.post("/prompts", body)).status_code in (200, 201)
    assert (await api.post("/datasets", {"name": "questions", "rows": [*rows]})).status_code in (200, 201)


async def started(api: Api, **more: Any) -> dict[str, Any]:
    wanted = {"subject": "echo", "dataset": "questions", "scorers": ["exact"], **more}
    response = await api.post("/evaluations", wanted)
    assert response.status_code == 202, response.text
    return response.json()


async def ended(api: Api, work: Work, **more: Any) -> dict[str, Any]:
    evaluation = await started(api, **more)
    await work(evaluation["job_id"])
    return (await api.get(f"/evaluations/{evaluation['id']}")).json()


async def test_every_row_is_run_scored_and_kept(api: Api, work: Work, model: Model) -> None:
    await prepared(api)
    model.rule = lambda asked: asked if asked < "q4" else "wrong"
    waiting = await started(api, scorers=["exact", "latency"])
    assert (waiting["state"], waiting["progress_total"], waiting["metrics"]) == ("queued", 8, None)
    await work(waiting["job_id"])
    found = (await api.get(f"/evaluations/{waiting['id']}")).json()
    assert (found["state"], found["progress_done"], found["failed_rows"]) == ("succeeded", 8, 0)
    exact, latency = found["metrics"]
    assert (exact["mean"], exact["scored"], exact["method"]) == (0.5, 8, "wilson")
    assert 0.2 < exact["low"] < 0.5 < exact["high"] < 0.8
    assert (latency["unit"], latency["direction"]) == ("ms", "lower")
    assert latency["low"] < latency["mean"] < latency["high"]
    rows = (await api.get(f"/evaluations/{found['id']}/rows", limit=5)).json()
    assert [(row["inputs"]["q"], row["output"], row["scores"][0]["value"]) for row in rows["items"]] == [
        ("q0", "q0", 1.0), ("q1", "q1", 1.0), ("q2", "q2", 1.0), ("q3", "q3", 1.0), ("q4", "wrong", 0.0),
    ]  # fmt: skip
    assert len((await api.get(f"/evaluations/{found['id']}/rows", cursor=rows["next_cursor"])).json()["items"]) == 3


async def test_a_run_of_an_evaluation_is_an_execution_of_its_own_kind(
    api: Api, work: Work, executions: ExecutionService, caller: Caller
) -> None:
    await prepared(api, ROWS[:1])
    found = await ended(api, work, parameters={"seed": 11})
    [run] = (await executions.list(caller, ExecutionFilter(kind="evaluation_run"))).items
    [row] = (await api.get(f"/evaluations/{found['id']}/rows")).json()["items"]
    assert str(run.id) == row["execution_id"]
    assert run.artifact is not None
    assert run.artifact.lock_digest == found["lock_digest"]
    assert (await executions.get(caller, run.id)).seed == 11


async def test_what_was_run_before_is_not_run_again(api: Api, work: Work, model: Model) -> None:
    await prepared(api)
    first = await ended(api, work)
    again = await ended(api, work, scorers=["exact", "contains"])
    assert (len(model.asked), first["reused_rows"], again["reused_rows"]) == (8, 0, 8)
    assert [metric["mean"] for metric in again["metrics"]] == [1.0, 1.0]
    for other in ({"reuse": False}, {"parameters": {"seed": 3}}, {"model": "other/model"}):
        assert (await ended(api, work, **other))["reused_rows"] == 0
    await prepared(api, template="Again: {{ q }}")
    assert (await ended(api, work))["reused_rows"] == 0


async def test_an_erased_output_is_run_again(
    api: Api, work: Work, executions: ExecutionService, caller: Caller
) -> None:
    await prepared(api)
    first = await ended(api, work)
    row = (await api.get(f"/evaluations/{first['id']}/rows")).json()["items"][0]
    await executions.erase_content(caller, UUID(row["execution_id"]), "asked for")
    assert (await ended(api, work))["reused_rows"] == 7


async def test_an_interrupted_evaluation_goes_on_where_it_was(api: Api, work: Work, model: Model) -> None:
    await prepared(api)
    model.rule = lambda asked: TryLater("model.unavailable", "Later.") if asked == "q6" else asked
    evaluation = await started(api)
    await work(evaluation["job_id"])
    half = (await api.get(f"/evaluations/{evaluation['id']}")).json()
    assert (half["state"], half["metrics"]) == ("queued", None)
    stored = [row["position"] for row in (await api.get(f"/evaluations/{evaluation['id']}/rows")).json()["items"]]
    asked, model.rule = len(model.asked), lambda asked: asked
    await work(evaluation["job_id"])
    found = (await api.get(f"/evaluations/{evaluation['id']}")).json()
    assert (found["state"], found["metrics"][0]["mean"]) == ("succeeded", 1.0)
    assert len(model.asked) - asked == 8 - len(stored)


async def test_a_row_that_cannot_be_run_counts_as_the_worst(api: Api, work: Work, model: Model) -> None:
    await prepared(api)
    model.rule = lambda asked: InvalidInput("model.refused", "No.") if asked == "q2" else asked
    found = await ended(api, work, scorers=["exact", "latency"])
    exact, latency = found["metrics"]
    assert (found["failed_rows"], exact["mean"], exact["failures"]) == (1, 0.875, {"score.no_output": 1})
    assert (latency["scored"], latency["failures"]) == (7, {"score.no_output": 1})
    [row] = (await api.get(f"/evaluations/{found['id']}/rows", failed=True)).json()["items"]
    assert (row["error_code"], row["output"]) == ("model.refused", None)
    assert row["execution_id"] is not None


async def test_a_scorer_that_raises_is_counted_and_shown(api: Api, work: Work, types: ScorerTypes) -> None:
    def score(_: NoParameters, answered: Answered) -> float:
        match answered.inputs["q"]:
            case "q0":
                raise RuntimeError("a bug of the plugin's")
            case "q1":
                return float("nan")
            case "q2":
                return 7.0
            case _:
                return 1.0

    types.add(FunctionScorer("theirs", "A plugin's.", NoParameters, score))
    await prepared(api)
    [metric] = (await ended(api, work, scorers=["theirs"]))["metrics"]
    assert metric["failures"] == {"score.raised": 1, "score.out_of_range": 2}
    assert (metric["scored"], metric["mean"]) == (5, 0.625)


async def test_a_judge_is_a_governed_prompt_and_its_nonsense_is_counted(api: Api, work: Work, model: Model) -> None:
    await prepared(api)
    judge = {"template": "Judge {{ output }} for {{ q }}."}
    await api.post("/prompts", {"name": "judge", "body": judge, "labels": ["production"]})
    scorer = {"body": {"type": "judge", "parameters": {"prompt": "judge@production"}}}
    assert (await api.post("/artifacts/scorer/fair", scorer)).status_code == 201

    def rule(asked: str) -> str:
        if not asked.startswith("Judge"):
            return asked
        if "q7" in asked:
            return "I think that it is fine."
        return json.dumps({"pass": "q3" not in asked})

    model.rule = rule
    found = await ended(api, work, scorers=["fair"])
    [metric] = found["metrics"]
    assert (metric["mean"], metric["failures"]) == (0.75, {"score.judge_unreadable": 1})
    rows = (await api.get(f"/evaluations/{found['id']}/rows")).json()["items"]
    assert all(row["scores"][0]["execution_id"] for row in rows)
    asked = len(model.asked)
    again = await ended(api, work, scorers=["fair"])
    assert again["metrics"][0]["mean"] == 0.75
    # Only the nonsense is judged anew.
    assert len(model.asked) == asked + 1


async def test_an_erased_row_is_not_run(api: Api, work: Work, model: Model) -> None:
    await prepared(api)
    row = (await api.get("/datasets/questions/rows")).json()["items"][0]
    await api.delete(f"/datasets/questions/rows/{row['digest']}/content", reason="asked for")
    found = await ended(api, work)
    assert (found["failed_rows"], len(model.asked)) == (1, 7)
    [failed] = (await api.get(f"/evaluations/{found['id']}/rows", failed=True)).json()["items"]
    assert (failed["error_code"], failed["inputs"]) == ("dataset.row_erased", None)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"subject": "nobody"}, 404, "prompt.not_found"),
        ({"subject": "echo@production"}, 404, "prompt.label_not_found"),
        ({"dataset": "nothing"}, 404, "dataset.not_found"),
        ({"split": "dev"}, 404, "dataset.split_not_found"),
        ({"split": "sealed"}, 403, "dataset.sealed"),
        ({"kind": "graph"}, 422, "evaluation.kind_unknown"),
        ({"scorers": []}, 422, "request.invalid"),
        ({"scorers": ["nothing"]}, 404, "scorer.not_found"),
        ({"scorers": ["exact", "exact"]}, 422, "evaluation.scorer_twice"),
        ({"scorers": ["length"]}, 422, "scorer.no_direction"),
        ({"model": "nobody/model"}, 404, "model.unknown"),
        ({"parameters": {"temperature": "warm"}}, 422, "model.parameters_invalid"),
    ],
)
async def test_what_cannot_be_evaluated_is_refused_before_anything_runs(
    api: Api, more: dict[str, Any], status: int, code: str
) -> None:
    sealed = {"inputs": {"q": "secret"}, "split": "sealed"}
    await prepared(api, [*ROWS, sealed])
    response = await api.post("/evaluations", {"subject": "echo", "dataset": "questions", "scorers": ["exact"], **more})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (await api.get("/evaluations")).json()["items"] == []


async def test_a_dataset_that_came_without_its_rows_is_not_evaluated(api: Api, work: Work) -> None:
    await prepared(api)
    assert (await api.post("/datasets", {"name": "others", "rows": ROWS[:2]})).status_code == 201
    body = (await api.get("/artifacts/dataset/others")).json()["body"]
    assert (await api.post("/artifacts/dataset/questions", {"body": body})).status_code == 201
    refused = await api.post("/evaluations", {"subject": "echo", "dataset": "questions", "scorers": ["exact"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "dataset.rows_missing")
    assert refused.json()["detail"] == "Version 2 of 'questions' came without its rows; push them as a dataset."
    assert (await api.get("/evaluations")).json()["items"] == []
    assert (await api.get("/jobs", state="queued")).json()["items"] == []
    more = {"name": "questions", "rows": [{"inputs": {"q": "more"}}], "extend": True}
    assert (await api.post("/datasets", more)).json()["code"] == "dataset.rows_missing"
    assert (await api.post("/datasets", {"name": "questions", "rows": ROWS[:2]})).json()["number"] == 2
    found = await ended(api, work)
    assert (found["state"], found["rows"], found["metrics"][0]["scored"]) == ("succeeded", 2, 2)


async def test_a_cancelled_evaluation_stays_as_it_was(api: Api, work: Work) -> None:
    await prepared(api)
    evaluation = await started(api)
    assert (await api.post(f"/jobs/{evaluation['job_id']}/cancel")).status_code == 200
    await work(evaluation["job_id"])
    found = (await api.get(f"/evaluations/{evaluation['id']}")).json()
    assert (found["state"], found["metrics"]) == ("cancelled", None)


async def test_evaluations_are_found_by_what_they_are_of(api: Api, work: Work) -> None:
    await prepared(api)
    first, second = await ended(api, work), await ended(api, work, limit=3)
    assert second["rows"] == 3
    page = (await api.get("/evaluations", name="echo", dataset="questions", limit=1)).json()
    assert [one["id"] for one in page["items"]] == [second["id"]]
    rest = (await api.get("/evaluations", name="echo", limit=1, cursor=page["next_cursor"])).json()
    assert [one["id"] for one in rest["items"]] == [first["id"]]
    for other in ({"name": "other"}, {"number": 2}, {"dataset": "other"}, {"namespace": "other"}):
        assert (await api.get("/evaluations", **other)).json()["items"] == []


async def test_the_log_proves_what_an_evaluation_scored(
    api: Api, work: Work, database: Database, caller: Caller, owner_url: str
) -> None:
    await prepared(api)
    found = await ended(api, work)

    async def live() -> Any:
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as unit:
            return (await EvaluationCheck().facts(unit, ENDED, [found["id"]]))[found["id"]]

    before = await live()
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")  # a superuser with the triggers off
        connection.execute("UPDATE evaluation_score SET value = 0 WHERE evaluation_id = %s", (found["id"],))
    after = await live()
    assert {name for name in before if before[name] != after[name]} == {"scores_digest"}


@pytest.mark.parametrize("table", ["evaluation", "evaluation_item", "evaluation_score", "evaluation_outcome"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET tenant_id = tenant_id"])
async def test_nothing_of_an_evaluation_is_changed(
    api: Api, work: Work, owner_url: str, table: str, change: str
) -> None:
    await prepared(api, ROWS[:1])
    await ended(api, work)
    with psycopg.connect(plain_url(owner_url)) as connection, pytest.raises(psycopg.Error):
        connection.execute(change.format(table).encode())


async def test_nobody_else_sees_an_evaluation(api: Api, work: Work, database: Database, keys: Keys) -> None:
    await prepared(api)
    found = await ended(api, work)
    keys.callers["stranger"] = await make_tenant(database)
    for path in (f"/evaluations/{found['id']}", f"/evaluations/{found['id']}/rows"):
        assert (await api.get(path, "stranger")).status_code == 404
    both = {"evaluation": [found["id"], str(UUID(int=1))]}
    assert (await api.get("/evaluations/comparison", "stranger", **both)).status_code == 404
    assert (await api.get("/evaluations", "stranger")).json()["items"] == []


async def test_the_types_of_scorers_say_what_they_can_be_told(api: Api) -> None:
    types = {kind["name"]: kind for kind in (await api.get("/scorer-types")).json()["items"]}
    assert {"exact", "contains", "regex", "numeric", "json_schema", "field_f1", "token_f1", "judge"} <= types.keys()
    assert types["length"]["direction"] is None
    assert "pattern" in types["regex"]["parameters"]["properties"]
