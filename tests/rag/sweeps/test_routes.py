"""Sweeps over REST."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from rag.sweeps.routes import router
from tests.conftest import make_tenant
from tests.rag.conftest import Doorman
from tests.rag.sweeps.conftest import OPTIONS, SCORERS, Sweeping

PATH = "/api/v1/strategy-sweeps"
BODY: dict[str, Any] = {
    "collection": "docs", "strategy": "plain", "dataset": "questions", "scorers": SCORERS, "options": OPTIONS,
}  # fmt: skip


@pytest.fixture
def app(app: FastAPI, sweeping: Sweeping) -> FastAPI:
    app.state.services.add(sweeping.sweeps)
    app.include_router(router, prefix="/api/v1")
    return app


async def test_a_sweep_is_started_followed_and_read(
    client: httpx.AsyncClient, sweeping: Sweeping, doorman: Doorman
) -> None:
    await sweeping.ready()
    started = await client.post(PATH, json=BODY)
    assert started.status_code == 202, started.text
    sweep = started.json()
    assert sweep["options"] == [{"option": name, "values": values} for name, values in OPTIONS.items()]
    await sweeping.work_off(sweeping.sweep_job, sweep["job_id"])
    found = (await client.get(f"{PATH}/{sweep['id']}", params={"metric": "abstention"})).json()
    assert (found["state"], found["metric"], len(found["points"])) == ("succeeded", "abstention", 4)
    assert [point["options"] for point in found["points"] if point["figures"]["answered"] and point["is_optimal"]]
    curve = (await client.get(f"{PATH}/{sweep['id']}/combinations/1/risk-coverage")).json()
    assert (curve["rows"], len(curve["points"])) == (2, 1)
    doorman.caller = await make_tenant(sweeping.database)
    for path in (f"{PATH}/{sweep['id']}", f"{PATH}/{sweep['id']}/combinations/1/risk-coverage"):
        assert (await client.get(path)).status_code == 404


async def test_sweeps_are_listed_a_page_at_a_time_newest_first(client: httpx.AsyncClient, sweeping: Sweeping) -> None:
    await sweeping.ready()
    ids = [(await client.post(PATH, json=BODY)).json()["id"] for _ in range(3)]
    first = (await client.get(PATH, params={"limit": 2, "collection": "docs", "namespace": "default"})).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in (*first["items"], *second["items"])] == ids[::-1]
    assert (await client.get(PATH, params={"collection": "other"})).json()["items"] == []
    assert (await client.get(PATH, params={"cursor": "x"})).status_code == 422


MANY = {"retrieval.passages": [*range(1, 14)], "answering.max_sentences": [1, 2, 3, 4, 5]}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"options": {"chunking.kind": ["structure"]}}, "strategy_option.needs_index"),
    ({"options": MANY}, "sweep.too_many_combinations"),
    ({"options": {}}, "request.invalid"),
    ({"options": {"retrieval.passages": []}}, "request.invalid"),
    ({"scorers": []}, "request.invalid"),
    ({"rows": 3}, "request.invalid"),
]


async def test_a_refusal_says_what_to_do(client: httpx.AsyncClient, sweeping: Sweeping) -> None:
    await sweeping.ready()
    for change, code in REFUSED:
        refused = await client.post(PATH, json={**BODY, **change})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert refused.json()["detail"]


async def test_what_is_not_there_is_named(client: httpx.AsyncClient, sweeping: Sweeping) -> None:
    await sweeping.ready()
    sweep = (await client.post(PATH, json=BODY)).json()
    unknown = await client.get(f"{PATH}/{sweep['id']}", params={"metric": "beauty"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "evaluation.scorer_not_found")
    beyond = await client.get(f"{PATH}/{sweep['id']}/combinations/5/risk-coverage")
    assert (beyond.status_code, beyond.json()["code"]) == (404, "sweep.combination_not_found")
