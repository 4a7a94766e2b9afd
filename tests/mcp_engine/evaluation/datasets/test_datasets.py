"""Datasets over REST: versions, splits, what is sealed, what is erased, and whose they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.datasets.facts import ROWS_STORED, DatasetCheck
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.schemas import GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from tests.conftest import caller_of, make_tenant, plain_url
from tests.mcp_engine.evaluation.conftest import Api, Keys

ROWS = [{"inputs": {"q": str(number)}, "expected": str(number * 2)} for number in range(6)]


async def pushed(api: Api, rows: Sequence[dict[str, Any]] = ROWS, name: str = "sums", **more: Any) -> dict[str, Any]:
    response = await api.post("/datasets", {"name": name, "rows": [*rows], **more})
    assert response.status_code in (200, 201), response.text
    return response.json()


async def refused(api: Api, body: dict[str, Any], key: str = "owner") -> tuple[int, str, str]:
    response = await api.post("/datasets", {"name": "sums", **body}, key)
    return response.status_code, response.json()["code"], response.json()["detail"]


async def test_a_dataset_is_its_rows_whatever_their_order(api: Api) -> None:
    first = await pushed(api, message="first")
    assert (first["number"], first["created"], first["splits"]["open"]["rows"]) == (1, True, 6)
    assert first["columns"] == {"inputs": ["q"], "metadata": [], "expected": True}
    again = await pushed(api, [*reversed(ROWS), ROWS[0]])
    assert (again["number"], again["created"], again["repeated"]) == (1, False, 1)
    assert (await pushed(api, ROWS[:5]))["number"] == 2
    assert [one["number"] for one in (await api.get("/datasets/sums/versions")).json()["items"]] == [2, 1]


async def test_rows_are_read_in_pages_in_their_order(api: Api) -> None:
    await pushed(api)
    page = (await api.get("/datasets/sums/rows", limit=4)).json()
    assert [row["inputs"]["q"] for row in page["items"]] == ["0", "1", "2", "3"]
    rest = (await api.get("/datasets/sums/rows", limit=4, cursor=page["next_cursor"])).json()
    assert ([row["expected"] for row in rest["items"]], rest["next_cursor"]) == (["8", "10"], None)


async def test_a_later_version_keeps_what_was_there(api: Api) -> None:
    await pushed(api, tags=["arithmetic"])
    more = await pushed(api, [{"inputs": {"q": "9"}, "split": "dev"}, ROWS[0]], extend=True)
    assert {split: one["rows"] for split, one in more["splits"].items()} == {"open": 6, "dev": 1}
    old = (await api.get("/datasets/sums/rows", version=1)).json()["items"]
    assert [row["digest"] for row in (await api.get("/datasets/sums/rows")).json()["items"]] == [
        row["digest"] for row in old
    ]
    [listed] = (await api.get("/datasets")).json()["items"]
    assert (listed["latest"], listed["splits"], listed["tags"]) == (2, {"open": 6, "dev": 1}, ["arithmetic"])
    assert (await pushed(api, ROWS, tags=["sums"], extend=True))["tags"] == ["sums"]


async def test_shares_split_rows_by_what_they_ask(api: Api) -> None:
    rows = [{"inputs": {"q": str(number)}} for number in range(200)]
    first = await pushed(api, rows, shares={"open": 0.5, "sealed": 0.5})
    assert 70 < first["splits"]["sealed"]["rows"] < 130
    await pushed(api, [{"inputs": {"q": f"new {number}"}} for number in range(50)], extend=True,
                 shares={"open": 0.5, "sealed": 0.5})  # fmt: skip
    before = {row["digest"] for row in (await api.get("/datasets/sums/rows", version=1, limit=200)).json()["items"]}
    after = {row["digest"] for row in (await api.get("/datasets/sums/rows", limit=200)).json()["items"]}
    assert before < after


async def test_what_is_sealed_is_not_read_back(api: Api) -> None:
    await pushed(api, [{**row, "split": "sealed"} for row in ROWS])
    for query in ({}, {"version": 1}):
        response = await api.get("/datasets/sums/rows", split="sealed", **query)
        assert (response.status_code, response.json()["code"]) == (403, "dataset.sealed")
    shown = (await api.get("/datasets/sums")).json()
    assert shown["splits"]["sealed"]["rows"] == 6


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({"rows": []}, 422, "request.invalid", "rows"),
        ({"name": "my rows", "rows": ROWS}, 422, "request.invalid", "name: use 1 to 128 of the characters A-Z"),
        ({"rows": [{"inputs": {}}]}, 422, "dataset.no_inputs", "Row 1"),
        ({"rows": [{"inputs": {"q": "1"}}, {"inputs": {"p": "1"}}]}, 422, "dataset.missing_column", "Row 1"),
        (
            {"rows": [{"inputs": {"q": "1"}, "split": "sealed"}, {"inputs": {"q": "1"}}]},
            422, "dataset.in_two_splits", "Row 2",
        ),
        ({"rows": [{"inputs": {"q": "1"}}], "shares": {"open": 0.4}}, 422, "dataset.shares_invalid", "sum to 0.4"),
        ({"rows": [{"inputs": {"q": "1"}}], "extend": True}, 404, "dataset.not_found", "sums"),
        ({"rows": [{"inputs": {"q": str(n)}, "split": f"s{n}"} for n in range(17)]}, 413,
         "dataset.too_many_splits", "16"),
    ],
)  # fmt: skip
async def test_rows_that_do_not_fit_are_refused_and_nothing_is_stored(
    api: Api, body: dict[str, Any], status: int, code: str, named: str
) -> None:
    answer = await refused(api, body)
    assert answer[:2] == (status, code)
    assert named in answer[2]
    assert (await api.get("/datasets")).json()["items"] == []


async def test_rows_of_other_columns_are_another_dataset(api: Api) -> None:
    await pushed(api)
    answer = await refused(api, {"rows": [{"inputs": {"question": "1"}}], "extend": True})
    assert answer[:2] == (422, "dataset.other_columns")


async def test_a_split_that_is_not_there_is_answered_by_those_that_are(api: Api) -> None:
    await pushed(api)
    response = await api.get("/datasets/sums/rows", split="test")
    assert (response.status_code, response.json()["code"]) == (404, "dataset.split_not_found")
    assert response.json()["splits"] == ["open"]


async def test_a_file_becomes_a_version(api: Api) -> None:
    options = json.dumps({"name": "capitals", "labels": ["current"], "shares": {"open": 1}})
    columns = json.dumps({"expected": "answer", "metadata": ["by"]})
    content = b"question,answer,by\nFrance?,Paris,Ada\nPeru?,Lima,Ada\n"
    response = await api.upload("/datasets/upload", "rows.csv", content, options=options, columns=columns)
    assert response.status_code == 201, response.text
    assert response.json()["columns"] == {"inputs": ["question"], "metadata": ["by"], "expected": True}
    rows = (await api.get("/datasets/capitals/rows", label="current")).json()["items"]
    assert [(row["inputs"], row["expected"], row["metadata"]) for row in rows] == [
        ({"question": "France?"}, "Paris", {"by": "Ada"}),
        ({"question": "Peru?"}, "Lima", {"by": "Ada"}),
    ]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"options": "{"}, 422, "request.invalid"),
        ({"options": '{"name": "x y"}'}, 422, "request.invalid"),
        ({"options": '{"name": "x"}', "columns": '{"input": []}'}, 422, "request.invalid"),
        ({"options": '{"name": "x"}', "columns": '{"inputs": ["r"]}'}, 422, "dataset.missing_column"),
    ],
)
async def test_a_form_that_does_not_fit_is_refused(api: Api, fields: dict[str, str], status: int, code: str) -> None:
    response = await api.upload("/datasets/upload", "rows.csv", b"q\n1\n", **fields)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def run_of(executions: ExecutionService, caller: Caller, name: str, output: str) -> UUID:
    running = await executions.start(caller, StartExecution("default", "prompt_run", {"variables": {"name": name}}))
    await running.finish(Outcome(output=output))
    return running.id


async def test_runs_become_rows_with_what_was_wanted(
    api: Api, executions: ExecutionService, feedback: FeedbackService, caller: Caller
) -> None:
    ada, bob = [await run_of(executions, caller, name, f"Hi {name}") for name in ("Ada", "Bob")]
    for wish in ("Hello Ada", "Good day, Ada"):
        await feedback.give(caller, "default", GiveFeedback(metric_name="demonstration", value=wish, execution_id=ada))
    body = {"name": "greetings", "execution_ids": [str(ada), str(bob)]}
    assert (await api.post("/datasets/from-executions", body)).status_code == 201
    rows = (await api.get("/datasets/greetings/rows")).json()["items"]
    assert [(row["inputs"], row["expected"]) for row in rows] == [
        ({"name": "Ada"}, "Good day, Ada"),
        ({"name": "Bob"}, None),
    ]
    assert rows[0]["metadata"] == {"execution_id": str(ada)}
    await api.post("/datasets/from-executions", {**body, "expected": "output"})
    assert [row["expected"] for row in (await api.get("/datasets/greetings/rows")).json()["items"]] == [
        "Hi Ada",
        "Hi Bob",
    ]
    await executions.erase_content(caller, bob, "asked for")
    gone = await api.post("/datasets/from-executions", body)
    assert (gone.status_code, gone.json()["code"]) == (410, "execution.content_erased")
    missing = await api.post("/datasets/from-executions", {**body, "execution_ids": [str(UUID(int=7))]})
    assert (missing.status_code, missing.json()["code"]) == (404, "execution.not_found")


async def test_an_erased_row_keeps_its_digest_and_its_place(api: Api, database: Database, caller: Caller) -> None:
    dataset = await pushed(api)
    row = (await api.get("/datasets/sums/rows")).json()["items"][2]
    path = f"/datasets/sums/rows/{row['digest']}/content"
    assert (await api.delete(path, reason="asked for")).status_code == 200
    again = await api.delete(path, reason="asked for")
    assert (again.status_code, again.json()["code"]) == (410, "content.erased")
    shown = (await api.get("/datasets/sums/rows")).json()["items"][2]
    assert (shown["digest"], shown["erased"], shown["inputs"]) == (row["digest"], True, None)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        facts = await DatasetCheck().facts(work, ROWS_STORED, [dataset["version_id"]])
    assert facts[dataset["version_id"]] == {"splits": dataset["splits"]}
    nowhere = await api.delete(f"/datasets/sums/rows/{'0' * 64}/content", reason="asked for")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "dataset.row_not_found")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dataset_member SET position = 99",
        "DELETE FROM dataset_member",
        "UPDATE dataset_row SET inputs_digest = ''",
        "UPDATE dataset_row_content SET content = '{}'",
        "DELETE FROM dataset_row_content",
        "TRUNCATE dataset_member",
    ],
)
async def test_rows_are_not_changed_in_the_database(api: Api, owner_url: str, change: str) -> None:
    await pushed(api)
    with psycopg.connect(plain_url(owner_url)) as connection, pytest.raises(psycopg.Error):
        connection.execute(change.encode())


async def test_a_row_that_was_slipped_in_is_noticed(
    api: Api, database: Database, caller: Caller, owner_url: str
) -> None:
    dataset = await pushed(api)
    other = await pushed(api, [{"inputs": {"q": "slipped in"}}], name="other")
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute(
            "INSERT INTO dataset_member (tenant_id, version_id, split, position, row_digest) "
            "SELECT tenant_id, %s, 'open', 99, row_digest FROM dataset_member WHERE version_id = %s",
            (dataset["version_id"], other["version_id"]),
        )
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        facts = await DatasetCheck().facts(work, ROWS_STORED, [dataset["version_id"]])
    assert facts[dataset["version_id"]]["splits"] != dataset["splits"]


async def test_nobody_else_sees_a_dataset(api: Api, database: Database, keys: Keys) -> None:
    await pushed(api)
    row = (await api.get("/datasets/sums/rows")).json()["items"][0]
    keys.callers["stranger"] = await make_tenant(database)
    for path in ("/datasets/sums", "/datasets/sums/rows", "/datasets/sums/versions"):
        assert (await api.get(path, "stranger")).status_code == 404
    assert (await api.get("/datasets", "stranger")).json()["items"] == []
    erasure = await api.delete(f"/datasets/sums/rows/{row['digest']}/content", "stranger", reason="mine")
    assert erasure.status_code == 404
    # The same rows of another tenant are rows of its own.
    assert (await api.post("/datasets", {"name": "sums", "rows": ROWS}, "stranger")).status_code == 201


async def test_each_scope_opens_its_own_door(api: Api, keys: Keys, caller: Caller) -> None:
    keys.callers["reader"] = caller_of(caller.tenant_id, caller.principal_id, frozenset({"datasets:read"}))
    keys.callers["writer"] = caller_of(caller.tenant_id, caller.principal_id, frozenset({"datasets:write"}))
    body = {"name": "sums", "rows": ROWS}
    assert (await api.post("/datasets", body, "reader")).status_code == 403
    assert (await api.post("/datasets", {**body, "labels": ["current"]}, "writer")).status_code == 403
    assert (await api.post("/datasets", body, "writer")).status_code == 201
    assert (await api.get("/datasets/sums", "writer")).status_code == 403
    assert (await api.get("/datasets/sums", "reader")).status_code == 200
    runs = {"name": "sums", "execution_ids": [str(UUID(int=1))]}
    assert (await api.post("/datasets/from-executions", runs, "writer")).status_code == 403
    assert (await api.put("/datasets/sums/labels/current", {"version": 1}, "writer")).status_code == 403


async def test_a_label_points_at_a_version(api: Api) -> None:
    await pushed(api)
    assert (await api.put("/datasets/sums/labels/current", {"version": 1})).json()["to_number"] == 1
    assert (await api.get("/datasets/sums", label="current")).json()["labels"] == ["current", "latest"]


async def test_a_version_that_came_without_rows_gets_them_by_a_push(api: Api, artifacts: Any, caller: Caller) -> None:
    body = await pushed(api)
    bare = {key: body[key] for key in ("description", "tags", "columns", "splits")}
    await artifacts.push(caller, "dataset", "default", "bare", bare, "")
    assert (await api.get("/datasets/bare/rows")).json()["items"] == []
    assert not (await pushed(api, name="bare"))["created"]
    assert len((await api.get("/datasets/bare/rows")).json()["items"]) == 6
