"""Re-indexing over REST."""

from __future__ import annotations

import httpx
import pytest

from mcp_engine.access import Caller
from tests.conftest import make_tenant
from tests.rag.conftest import Doorman, Workspace
from tests.rag.corpus import BAKERY
from tests.rag.upkeep import run_job

PATH = "/api/v1/collections/docs/reindexings"


async def test_one_at_a_time_of_a_collection_that_is_ours(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    await workspace.add(caller, "bakery.md", BAKERY)
    started = await client.post(PATH)
    assert started.status_code == 202
    assert (started.json()["state"], started.json()["switched_at"]) == ("queued", None)
    again = await client.post(PATH)
    assert (again.status_code, again.json()["code"]) == (409, "reindexing.under_way")
    await run_job(workspace, caller, workspace.reindex_job, started.json()["id"])
    [listed] = (await client.get(PATH)).json()["items"]
    assert listed["switched_at"] is not None
    assert (await client.get(PATH, params={"cursor": "x"})).status_code == 422
    doorman.caller = await make_tenant(workspace.database)
    for answer in (await client.post(PATH), await client.get(PATH)):
        assert answer.status_code == 404


@pytest.mark.parametrize("collection", ["nothing", "bad%20name"])
async def test_a_collection_that_is_none(client: httpx.AsyncClient, collection: str) -> None:
    answer = await client.post(f"/api/v1/collections/{collection}/reindexings")
    assert answer.status_code in (404, 422)
