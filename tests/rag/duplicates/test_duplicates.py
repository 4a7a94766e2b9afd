"""Duplicates: found as documents are indexed, gone with what is searched no more."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.jobs.context import JobContext
from rag.duplicates.job import SignJob
from tests.conftest import make_tenant
from tests.rag.conftest import Attempt, Doorman, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.upkeep import get, rows, run_job, with_upkeep

LONG = " ".join(f"Sentence number {number} tells of the {number}th stone of the old tower." for number in range(60))
NEAR = LONG.replace("old tower", "new tower", 2)
TABLES = ("document_signature", "signature_band", "duplicate_group")


@pytest.fixture
def served(app: FastAPI, workspace: Workspace) -> FastAPI:
    return with_upkeep(app, workspace)


async def groups(served: FastAPI, collection: str = "docs", **query: Any) -> list[dict[str, Any]]:
    response = await get(served, f"/collections/{collection}/duplicates", **query)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def names(served: FastAPI) -> list[list[str]]:
    return [[one["document"] for one in group["members"]] for group in await groups(served)]


async def left(workspace: Workspace, caller: Caller) -> dict[str, int]:
    counts = {table: await rows(workspace, caller, f"SELECT count(*) FROM {table}") for table in TABLES}
    return {table: found[0][0] for table, found in counts.items()}


async def test_the_same_file_the_same_text_and_near_texts_are_told_apart(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    for name, content in (
        ("a.txt", LONG.encode()), ("b.txt", LONG.encode()), ("c.txt", LONG.encode("utf-16")),
        ("d.txt", NEAR.encode()), ("bakery.md", BAKERY.encode()), ("observatory.md", OBSERVATORY.encode()),
    ):  # fmt: skip
        await workspace.add(caller, name, content)
    (group,) = await groups(served)
    found = {one["document"]: (one["likeness"], one["similarity"]) for one in group["members"]}
    assert group["documents"] == 4
    assert found["a.txt"] == found["b.txt"] == ("same_file", 1.0)
    assert found["c.txt"] == ("same_text", 1.0)
    assert found["d.txt"][0] == "near"
    assert 0.8 <= found["d.txt"][1] < 1
    ids = {one["document"]: one["document_id"] for one in group["members"]}
    assert {one["nearest_id"] for one in group["members"]} <= set(ids.values())
    listed = (await workspace.documents.list(caller, "default", "docs", None, 10)).items
    assert {one.name: one.repeats for one in listed} == {
        "a.txt": 3, "b.txt": 3, "c.txt": 3, "d.txt": 3, "bakery.md": 0, "observatory.md": 0,
    }  # fmt: skip


async def test_other_collections_and_tenants_are_not_compared(
    served: FastAPI, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    await workspace.add(caller, "a.txt", LONG)
    await workspace.add(caller, "a.txt", LONG, collection="others")
    stranger = await make_tenant(workspace.database)
    await workspace.add(stranger, "b.txt", LONG, collection="theirs")
    assert await groups(served) == []
    doorman.caller = stranger
    assert (await get(served, "/collections/docs/duplicates")).json()["code"] == "collection.not_found"
    assert await groups(served, "theirs") == []


async def test_a_new_version_takes_the_place_of_the_one_before(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "a.txt", LONG)
    await workspace.add(caller, "b.txt", NEAR)
    assert await names(served) == [["a.txt", "b.txt"]]
    await workspace.add(caller, "b.txt", BAKERY)
    assert await names(served) == []
    await workspace.add(caller, "b.txt", LONG)
    (group,) = await groups(served)
    assert [one["number"] for one in group["members"]] == [1, 3]


async def test_what_is_removed_or_erased_leaves_no_signature(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    first = await workspace.add(caller, "a.txt", LONG)
    second = await workspace.add(caller, "b.txt", NEAR)
    await workspace.documents.remove(caller, first.document.id)
    assert await left(workspace, caller) == {"document_signature": 1, "signature_band": 25, "duplicate_group": 0}
    assert (await workspace.documents.get(caller, second.document.id)).repeats == 0
    await workspace.documents.erase(caller, second.document.id, "asked for")
    assert set((await left(workspace, caller)).values()) == {0}


async def test_two_halves_fall_apart_without_what_joined_them(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    words = [f"word{number}" for number in range(300)]
    bridge = [*words[:20], *[f"a{number}" for number in range(20)], *words[40:]]
    other = [*bridge[:260], *[f"b{number}" for number in range(20)], *bridge[280:]]
    joined = await workspace.add(caller, "bridge.txt", " ".join(bridge))
    for name, text in (("left", words), ("right", other)):
        await workspace.add(caller, f"{name}.txt", " ".join(text))
        await workspace.add(caller, f"{name} copy.txt", " ".join(text))
    assert [len(group) for group in await names(served)] == [5]
    await workspace.documents.remove(caller, joined.document.id)
    assert sorted(await names(served)) == [["left.txt", "left copy.txt"], ["right.txt", "right copy.txt"]]
    assert [group["documents"] for group in await groups(served)] == [2, 2]


async def test_a_document_like_two_groups_joins_them(served: FastAPI, workspace: Workspace, caller: Caller) -> None:
    words = [f"word{number}" for number in range(300)]
    bridge = [*words[:20], *[f"a{number}" for number in range(20)], *words[40:]]
    other = [*bridge[:260], *[f"b{number}" for number in range(20)], *bridge[280:]]
    for name, text in (("left", words), ("right", other)):
        await workspace.add(caller, f"{name}.txt", " ".join(text))
        await workspace.add(caller, f"{name} copy.txt", " ".join(text))
    assert len(await groups(served)) == 2
    await workspace.add(caller, "bridge.txt", " ".join(bridge))
    (group,) = await groups(served)
    assert (group["documents"], len(group["members"])) == (5, 5)


async def test_like_documents_that_are_indexed_at_once_find_each_other(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    added = [
        await workspace.documents.add(caller, "default", "docs", f"{number}.txt", f"{LONG} {number}".encode())
        for number in range(4)
    ]
    await asyncio.gather(*(workspace.index(caller, one.document.latest.id) for one in added))
    (group,) = await groups(served)
    assert group["documents"] == 4


async def test_groups_come_page_by_page_newest_first(served: FastAPI, workspace: Workspace, caller: Caller) -> None:
    for number, text in enumerate((LIGHTHOUSE, BAKERY, OBSERVATORY)):
        await workspace.add(caller, f"{number}.md", text)
        await workspace.add(caller, f"{number} copy.md", text)
    first = (await get(served, "/collections/docs/duplicates", limit=2)).json()
    rest = (await get(served, "/collections/docs/duplicates", limit=2, cursor=first["next_cursor"])).json()
    found = [group["members"][0]["document"] for group in (*first["items"], *rest["items"])]
    assert (found, rest["next_cursor"]) == (["2.md", "1.md", "0.md"], None)
    assert (await get(served, "/collections/docs/duplicates", cursor="x")).json()["code"] == "paging.bad_cursor"


async def test_a_repeated_indexing_marks_nothing_twice(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "a.txt", LONG)
    await workspace.index(caller, added.document.latest.id)
    assert await left(workspace, caller) == {"document_signature": 1, "signature_band": 25, "duplicate_group": 0}


class LostAfterOne(Attempt):
    """An attempt whose worker is lost after its first document."""

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        if done == 1:
            raise ConnectionError("the worker is lost")
        await super().progress(done, total, note)


async def test_what_was_indexed_before_there_were_signatures_gets_them_and_a_lost_job_goes_on(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    for name, text in (("a.txt", LONG), ("b.txt", NEAR), ("c.md", BAKERY)):
        await workspace.add(caller, name, text)
    removed = await workspace.add(caller, "removed.txt", LONG)
    await workspace.documents.remove(caller, removed.document.id)
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        from sqlalchemy import text as sql

        for table in ("signature_band", "document_signature", "duplicate_group"):
            await work.session.execute(sql(f"DELETE FROM {table}"))
    ((collection_id,),) = await rows(workspace, caller, "SELECT id FROM collection")
    lost = LostAfterOne(workspace.database, caller.tenant_id, caller.principal_id, collection_id)
    with pytest.raises(ConnectionError):
        await SignJob().run(cast("JobContext", lost))
    assert (await left(workspace, caller))["document_signature"] == 1
    attempt = await run_job(workspace, caller, SignJob(), collection_id)
    assert attempt.reports == [(1, 2), (2, 2)]
    await run_job(workspace, caller, SignJob(), collection_id)
    assert (await left(workspace, caller))["document_signature"] == 3
    assert await names(served) == [["a.txt", "b.txt"]]
