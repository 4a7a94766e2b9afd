"""Questions with an Idempotency-Key: repeats get the first answer, and make nothing more."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.executions.schemas import ExecutionFilter
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

KEY = {"Idempotency-Key": '"ask-once"', "Authorization": "Bearer any"}


async def ask(app: FastAPI, question: str, *, stream: bool = False) -> httpx.Response:
    request = {"question": question, "collection": "docs", "stream": stream}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        return await client.post("/ask", json=request, headers=KEY)


@pytest.mark.parametrize("question", ["Who built the lighthouse of Karsund?", "What do penguins eat in winter?"])
async def test_a_repeat_gets_the_first_answer(
    app: FastAPI, workspace: Workspace, caller: Caller, question: str
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    first = await ask(app, question)
    await workspace.add(caller, "bakery.md", BAKERY)
    second = await ask(app, question)
    assert (second.status_code, second.json()) == (200, first.json())
    assert len((await workspace.executions.list(caller, ExecutionFilter(kind="ask"))).items) == 1


async def test_a_repeated_stream_has_the_same_events(app: FastAPI, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    first = await ask(app, "Who built the lighthouse of Karsund?", stream=True)
    second = await ask(app, "Who built the lighthouse of Karsund?", stream=True)
    assert second.text == first.text
    assert "event: citation" in first.text


async def test_another_question_under_the_same_key_is_refused(
    app: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await ask(app, "Who built the lighthouse of Karsund?")
    refused = await ask(app, "Who lit the lighthouse of Karsund?")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency.other_request")
