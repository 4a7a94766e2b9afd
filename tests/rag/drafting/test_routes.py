"""Drafted questions over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from rag.drafting.routes import router
from tests.conftest import make_tenant
from tests.rag.conftest import Doorman
from tests.rag.drafting.conftest import PROMPT, WRITTEN, Drafting

PATH = "/api/v1/question-drafts"
BODY: dict[str, Any] = {"collection": "docs", "prompt": PROMPT, "questions": 2}


@pytest.fixture
def app(app: FastAPI, drafting: Drafting) -> FastAPI:
    app.state.services.add(drafting.drafts)
    app.include_router(router, prefix="/api/v1")
    return app


async def test_a_draft_is_started_judged_and_pushed(
    client: httpx.AsyncClient, drafting: Drafting, doorman: Doorman
) -> None:
    started = await client.post(PATH, json=BODY)
    assert started.status_code == 202, started.text
    draft = await drafting.drafts.get(drafting.caller, UUID(started.json()["id"]))
    await drafting.work_off(draft)
    path = f"{PATH}/{draft.id}"
    page = (await client.get(f"{path}/questions", params={"state": "open", "limit": 1})).json()
    rest = (await client.get(f"{path}/questions", params={"cursor": page["next_cursor"]})).json()
    assert [one["question"] for one in (*page["items"], *rest["items"])] == [WRITTEN, WRITTEN]
    judged = await client.post(
        f"{path}/questions/1/verdicts", json={"verdict": "accepted", "question": "Who built it?"}
    )
    assert (judged.status_code, judged.json()["state"], judged.json()["question"]) == (201, "accepted", "Who built it?")
    assert (await client.get(path)).json()["accepted"] == 1
    pushed = await client.post(f"{path}/dataset", json={"name": "drafted"})
    assert (pushed.status_code, pushed.json()["rows"]) == (201, 1)
    doorman.caller = await make_tenant(drafting.workspace.database)
    for found in (path, f"{path}/questions"):
        assert (await client.get(found)).status_code == 404
    assert (await client.post(f"{path}/questions/1/verdicts", json={"verdict": "rejected"})).status_code == 404


async def test_drafts_are_listed_a_page_at_a_time_newest_first(client: httpx.AsyncClient) -> None:
    ids = [(await client.post(PATH, json=BODY)).json()["id"] for _ in range(3)]
    first = (await client.get(PATH, params={"limit": 2, "collection": "docs", "namespace": "default"})).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in (*first["items"], *second["items"])] == ids[::-1]
    assert (await client.get(PATH, params={"collection": "other"})).json()["items"] == []


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"collection": "nowhere"}, 404, "collection.not_found"),
        ({"prompt": "nobody"}, 404, "prompt.not_found"),
        ({"questions": 201}, 422, "request.invalid"),
        ({"prompt": "not a name"}, 422, "name.invalid"),
    ],
)
async def test_what_can_not_be_drafted_is_refused(
    client: httpx.AsyncClient, changed: dict[str, Any], status: int, code: str
) -> None:
    response = await client.post(PATH, json={**BODY, **changed})
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_question_that_is_rejected_is_not_worded_anew(client: httpx.AsyncClient, drafting: Drafting) -> None:
    draft = await drafting.ended()
    given = {"verdict": "rejected", "question": "Why?"}
    response = await client.post(f"{PATH}/{draft.id}/questions/1/verdicts", json=given)
    assert response.status_code == 422
    assert "accept it in your words" in response.text
    missing = await client.post(f"{PATH}/{draft.id}/questions/9/verdicts", json={"verdict": "rejected"})
    assert missing.json()["code"] == "question_draft.question_not_found"
