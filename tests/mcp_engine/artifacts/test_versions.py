"""Versions: numbered without gaps, found again by their content, never changed."""

from __future__ import annotations

import asyncio
import dataclasses

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.versions import ArtifactFilter
from mcp_engine.audit.erasure import erase
from mcp_engine.canonical import digest
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, EngineError, Gone, InvalidInput, NotFound, TooLarge
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.artifacts.conftest import Notes

IDENTITY_TABLES = ("artifact_version", "artifact_lock", "label_event")
TABLES = ("artifact", "artifact_content", *IDENTITY_TABLES)


async def test_versions_count_from_one_and_are_identified_by_their_content(notes: Notes) -> None:
    first, second = await notes.push("plan", "one"), await notes.push("plan", "two", message="better")
    assert (first.version.number, second.version.number) == (1, 2)
    assert first.version.digest == digest({"text": "one", "links": [], "tags": []})
    assert second.version.message == "better"
    assert second.version.author_id == notes.caller.principal_id
    assert (await notes.resolve("plan/1")).body["text"] == "one"


async def test_an_identical_body_is_the_version_that_exists_even_when_it_is_not_the_last(notes: Notes) -> None:
    first = await notes.push("plan", "one")
    await notes.push("plan", "two")
    again = await notes.push("plan", "one", message="a message makes no version")
    assert (again.created, again.version) == (False, first.version)
    assert await notes.numbers("plan") == [1, 2]


async def test_concurrent_pushes_take_each_number_once(notes: Notes) -> None:
    pushed = await asyncio.gather(*(notes.push("busy", f"text {index}") for index in range(32)))
    assert sorted(item.version.number for item in pushed) == list(range(1, 33))
    assert await notes.numbers("busy") == list(range(1, 33))


async def test_concurrent_identical_pushes_make_one_version(notes: Notes) -> None:
    pushed = await asyncio.gather(*(notes.push("same", "text") for _ in range(16)))
    assert {item.version.version_id for item in pushed} == {pushed[0].version.version_id}
    assert [item.created for item in pushed].count(True) == 1
    assert await notes.numbers("same") == [1]


async def test_a_push_that_was_written_from_an_older_version_or_for_a_free_name_is_refused(notes: Notes) -> None:
    async def push(text: str, after: int | None) -> tuple[int, bool]:
        pushed = await notes.service.push(
            notes.caller, "note", "default", "plan", {"text": text}, "", ["draft"], after=after
        )
        return pushed.version.number, pushed.created

    assert await push("one", after=0) == (1, True)
    assert await push("one", after=0) == (1, False), "a repetition finds what the first one made"
    assert await push("two", after=1) == (2, True)
    with pytest.raises(Conflict, match="'plan' already") as taken:
        await push("three", after=0)
    with pytest.raises(Conflict, match="version 2 by now, and yours was written after version 1") as older:
        await push("three", after=1)
    # An old body is no new version, but it would take the label with it.
    with pytest.raises(Conflict):
        await push("one", after=0)
    assert (taken.value.code, older.value.code) == ("artifact.exists", "artifact.newer_version")
    assert older.value.details == {"latest": 2}
    assert await notes.numbers("plan") == [1, 2]
    assert await push("three", after=None) == (3, True)


async def test_a_rolled_back_push_leaves_no_gap(notes: Notes) -> None:
    await notes.push("plan", "one")
    with pytest.raises(RuntimeError):
        async with notes.database.unit_of_work(notes.caller.tenant_id, notes.caller.principal_id) as work:
            lost = await notes.service.push_in(work, "note", "default", "plan", {"text": "lost"}, "")
            assert lost.version.number == 2
            raise RuntimeError
    assert (await notes.push("plan", "two")).version.number == 2
    assert await notes.numbers("plan") == [1, 2]


async def test_a_rolled_back_first_push_leaves_no_artifact(notes: Notes) -> None:
    with pytest.raises(NotFound, match="gone"):
        await notes.push("plan", "one", "gone@latest")
    with pytest.raises(NotFound, match="none yet"):
        await notes.resolve("plan")


async def test_one_transaction_may_push_several_versions(notes: Notes) -> None:
    async with notes.database.unit_of_work(notes.caller.tenant_id, notes.caller.principal_id) as work:
        numbers = [
            (await notes.service.push_in(work, "note", "default", "plan", {"text": body}, "")).version.number
            for body in ("one", "two", "one", "three")
        ]
        assert (await notes.service.resolve_in(work, "default", Reference("note", "plan"))).number == 3
    assert numbers == [1, 2, 1, 3]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change", ["UPDATE {table} SET tenant_id = tenant_id", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
async def test_no_role_can_change_what_is_stored(notes: Notes, owner_url: str, table: str, change: str) -> None:
    await notes.push("plan", "one", labels=["production"])
    statement = change.format(table=table)
    with pytest.raises(DBAPIError):
        async with notes.database.unit_of_work(notes.caller.tenant_id, notes.caller.principal_id) as work:
            await work.session.execute(text(statement))
    with (
        psycopg.connect(plain_url(owner_url)) as superuser,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        superuser.execute(statement.encode())
    assert (await notes.resolve("plan@production")).body["text"] == "one"


async def test_the_counter_of_an_artifact_only_counts_up(notes: Notes, owner_url: str) -> None:
    await notes.push("plan", "one")
    for change in ("latest_number = 0", "latest_number = latest_number + 2", "name = 'other'"):
        with psycopg.connect(plain_url(owner_url)) as superuser, pytest.raises(psycopg.errors.RestrictViolation):
            superuser.execute(f"UPDATE artifact SET {change} WHERE tenant_id = %s".encode(), [notes.caller.tenant_id])


async def test_another_tenant_sees_nothing(notes: Notes, database: Database) -> None:
    await notes.push("plan", "one", labels=["production"])
    other = dataclasses.replace(notes, caller=await make_tenant(database))
    for reference in ("plan", "plan/1", "plan@production"):
        with pytest.raises(NotFound, match="none yet"):
            await other.resolve(reference)
    with pytest.raises(NotFound):
        await other.label("plan", "production", 1)
    assert (await other.push("plan", "one")).created
    listed = await other.service.list(other.caller, "note", "default", ArtifactFilter(), after=None, limit=10)
    assert [item.name for item in listed] == ["plan"]


@pytest.mark.parametrize(
    "name", ["", "a/b", "a b", "größe", "日本", "../up", ".hidden", "a\x00b", "x" * 129, "a@b", "a\n"]
)
async def test_a_name_that_could_be_misread_is_refused(notes: Notes, name: str) -> None:
    with pytest.raises(InvalidInput, match="can't name") as refused:
        await notes.push(name, "text")
    assert refused.value.code == "name.invalid"


async def test_an_unknown_name_gets_its_nearest(notes: Notes) -> None:
    await notes.push("greeting", "hello")
    await notes.push("farewell", "bye")
    with pytest.raises(NotFound, match="greeting") as missing:
        await notes.resolve("greting")
    assert missing.value.code == "note.not_found"
    assert "farewell" not in missing.value.message


async def test_a_missing_version_says_which_exist(notes: Notes) -> None:
    await notes.push("plan", "one")
    await notes.push("plan", "two")
    with pytest.raises(NotFound, match="1 to 2"):
        await notes.resolve("plan/3")


async def test_an_unknown_kind_or_namespace_says_which_exist(notes: Notes) -> None:
    with pytest.raises(NotFound, match="note"):
        await notes.service.push(notes.caller, "nonsense", "default", "x", {}, "")
    with pytest.raises(NotFound, match="default"):
        await notes.service.push(notes.caller, "note", "elsewhere", "x", {"text": ""}, "")


async def test_too_large_a_body_is_refused_with_the_limit(notes: Notes) -> None:
    with pytest.raises(TooLarge, match=r"1,048,576"):
        await notes.push("plan", "x" * 10_000_000)


@pytest.mark.parametrize(
    ("body", "message"), [("lone \ud800 surrogate", ""), ("fine", "NUL \x00"), ("fine", "\ud800"), ("fine", "m" * 2001)]
)
async def test_what_can_not_be_stored_is_refused(notes: Notes, body: str, message: str) -> None:
    with pytest.raises(EngineError):
        await notes.push("plan", body, message=message)


@pytest.mark.parametrize("body", ["", "a\x00b", "\u202eright to left", "🏠" * 1000, "line\r\nend\n\n", "1e400"])
async def test_any_text_comes_back_as_it_was(notes: Notes, body: str) -> None:
    await notes.push("plan", body)
    resolved = await notes.resolve("plan")
    assert resolved.body["text"] == body
    assert resolved.digest == digest(dict(resolved.body))


async def test_an_erased_body_leaves_its_identity(notes: Notes) -> None:
    pushed = await notes.push("plan", "one", labels=["production"])
    async with notes.database.unit_of_work(notes.caller.tenant_id, notes.caller.principal_id) as work:
        await erase(work, "artifact_content", {"version_id": str(pushed.version.version_id)}, "a person asked")
    with pytest.raises(Gone, match="digest remains"):
        await notes.resolve("plan/1")
    assert await notes.numbers("plan") == [1]
    assert (await notes.push("plan", "two")).version.number == 2
    listed = await notes.service.list(notes.caller, "note", "default", ArtifactFilter(prefix="p"), after=None, limit=10)
    assert listed[0].latest.number == 2


async def test_lists_page_by_name_and_filter_by_prefix_and_tag(notes: Notes) -> None:
    for name, tags in (("a-1", ["red"]), ("a-2", ["blue"]), ("b-1", ["red", "blue"])):
        await notes.push(name, "NUL \x00 and \\u0000", tags=tags)

    async def names(*, after: str | None = None, limit: int = 10, **wanted: str) -> list[str]:
        found = await notes.service.list(
            notes.caller, "note", "default", ArtifactFilter(**wanted), after=after, limit=limit
        )
        return [item.name for item in found]

    assert await names() == ["a-1", "a-2", "b-1"]
    assert await names(prefix="a") == ["a-1", "a-2"]
    assert await names(prefix="%") == []
    assert await names(tag="red") == ["a-1", "b-1"]
    assert await names(after="a-1", limit=1) == ["a-2"]
    assert await names(tag="re") == []
