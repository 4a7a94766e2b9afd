"""Feedback: about something that exists, counted once, listed, erased, and seen by its tenant alone."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any
from uuid import UUID

import pytest

from mcp_engine.database.engine import Database
from tests.conftest import caller_of, make_tenant
from tests.mcp_engine.feedback.conftest import Api, Keys


@pytest.mark.parametrize(
    ("metric", "value"),
    [("helpful", True), ("helpful", False), ("stars", 4), ("stars", -0.5), ("comment", "Ja."), ("demonstration", "Hi")],
)  # fmt: skip
async def test_what_was_given_is_listed(api: Api, execution_id: UUID, metric: str, value: Any) -> None:
    given = await api.give(metric_name=metric, value=value, execution_id=str(execution_id), comment="Because.")
    assert given.status_code == 201, given.text
    assert (given.json()["value"], given.json()["comment"], given.json()["namespace"]) == (value, "Because.", "default")
    assert await api.listed(execution_id=execution_id) == [given.json()]


async def test_a_session_can_be_judged_without_an_execution(api: Api) -> None:
    given = await api.give(metric_name="solved", value=True, session_id="chat-17")
    assert given.status_code == 201
    assert [one["id"] for one in await api.listed(session_id="chat-17", metric_name="solved")] == [given.json()["id"]]


async def test_the_list_is_newest_first_and_paged(api: Api, execution_id: UUID) -> None:
    for stars in range(5):
        await api.give(metric_name="stars", value=stars, execution_id=str(execution_id))
    first = (await api.get("/feedback", execution_id=execution_id, limit=3)).json()
    rest = (await api.get("/feedback", execution_id=execution_id, limit=3, cursor=first["next_cursor"])).json()
    assert [one["value"] for one in first["items"] + rest["items"]] == [4, 3, 2, 1, 0]
    assert rest["next_cursor"] is None


async def test_a_second_send_counts_once(api: Api, execution_id: UUID) -> None:
    about = {"metric_name": "stars", "value": 5, "execution_id": str(execution_id)}
    first, second = await api.give(once="vote-1", **about), await api.give(once="vote-1", **about)
    assert (second.status_code, second.json()) == (201, first.json())
    assert len(await api.listed(execution_id=execution_id)) == 1
    other = await api.give(once="vote-1", **{**about, "value": 1})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_request")


async def test_sends_at_once_count_once(api: Api, execution_id: UUID) -> None:
    about = {"metric_name": "stars", "value": 5, "execution_id": str(execution_id)}
    answers = await asyncio.gather(*(api.give(once="vote-2", **about) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(await api.listed(execution_id=execution_id)) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"metric_name": "stars", "value": 5},
        {"metric_name": "stars", "value": 5, "execution_id": str(uuid.uuid4()), "session_id": "s"},
        {"metric_name": "stars", "value": "five", "session_id": "s"},
        {"metric_name": "comment", "value": True, "session_id": "s"},
        {"metric_name": "comment", "value": "", "session_id": "s"},
        {"metric_name": "stars", "value": 1e300, "session_id": "s"},
        {"metric_name": "no spaces", "value": 1, "session_id": "s"},
        {"metric_name": "stars", "value": 1, "session_id": "somebody@example.org"},
        {"metric_name": "stars", "value": None, "session_id": "s"},
    ],
)
async def test_what_makes_no_sense_is_refused(api: Api, given: dict[str, Any]) -> None:
    refused = await api.give(**given)
    assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")


async def test_what_does_not_exist_can_not_be_judged(api: Api) -> None:
    refused = await api.give(metric_name="stars", value=1, execution_id=str(uuid.uuid4()))
    assert (refused.status_code, refused.json()["code"]) == (404, "execution.not_found")
    headers = {"Authorization": "Bearer owner"}
    about = {"metric_name": "stars", "value": 1, "session_id": "s"}
    nowhere = await api.client.post("/feedback", params={"namespace": "nowhere"}, json=about, headers=headers)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "namespace.not_found")


async def test_words_can_be_erased_and_counts_stay(api: Api, execution_id: UUID) -> None:
    given = (await api.give(metric_name="stars", value=2, execution_id=str(execution_id), comment="Ada snored.")).json()
    assert (await api.erase(f"/feedback/{given['id']}")).status_code == 200
    assert await api.listed(execution_id=execution_id) == [{**given, "comment": None, "content_erased": True}]
    again = await api.erase(f"/feedback/{given['id']}")
    assert (again.status_code, again.json()["code"]) == (410, "feedback.words_erased")
    plain = (await api.give(metric_name="stars", value=2, execution_id=str(execution_id))).json()
    nothing = await api.erase(f"/feedback/{plain['id']}")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "feedback.no_words")


async def test_erasing_an_execution_erases_what_was_said_about_it(api: Api, execution_id: UUID) -> None:
    await api.give(metric_name="demonstration", value="Hello, dear Ada", execution_id=str(execution_id))
    await api.give(metric_name="stars", value=2, execution_id=str(execution_id), comment="Ada snored.")
    assert (await api.erase(f"/executions/{execution_id}")).status_code == 200
    assert [(one["value"], one["comment"], one["content_erased"]) for one in await api.listed()] == [
        (2, None, True), (None, None, True),
    ]  # fmt: skip


async def test_another_tenant_sees_and_judges_nothing(
    api: Api, keys: Keys, database: Database, execution_id: UUID
) -> None:
    given = (await api.give(metric_name="comment", value="Ours.", execution_id=str(execution_id))).json()
    keys.callers["stranger"] = await make_tenant(database)
    assert await api.listed("stranger", execution_id=execution_id) == []
    assert (await api.erase(f"/feedback/{given['id']}", "stranger")).status_code == 404
    judged = await api.give("stranger", metric_name="stars", value=1, execution_id=str(execution_id))
    assert judged.status_code == 404


async def test_giving_and_reading_ask_for_their_scopes(api: Api, keys: Keys, execution_id: UUID) -> None:
    owner = keys.callers["owner"]
    keys.callers["giver"] = caller_of(owner.tenant_id, owner.principal_id, frozenset({"feedback:give"}))
    keys.callers["reader"] = caller_of(owner.tenant_id, owner.principal_id, frozenset({"executions:read"}))
    about = {"metric_name": "stars", "value": 1, "execution_id": str(execution_id)}
    assert (await api.give("giver", **about)).status_code == 201
    assert (await api.give("reader", **about)).json()["required_scope"] == "feedback:give"
    assert (await api.get("/feedback", "giver")).json()["required_scope"] == "executions:read"
    assert len(await api.listed("reader")) == 1
