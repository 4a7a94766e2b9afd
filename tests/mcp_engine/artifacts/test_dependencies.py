"""What a version stands on, and which releases stand on it."""

from __future__ import annotations

import pytest

from mcp_engine.artifacts.resolving import MAX_DEPENDENCIES
from mcp_engine.artifacts.versions import Dependent
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, NotFound
from tests.conftest import make_tenant
from tests.mcp_engine.artifacts.conftest import Notes


async def dependents(notes: Notes, name: str) -> list[Dependent]:
    return [*await notes.service.dependents(notes.caller, "note", "default", name, after=None, limit=100)]


async def texts(notes: Notes, reference: str) -> dict[str, str]:
    found = await notes.resolve(reference)
    return {one.reference: one.body["text"] for one in found.dependencies}


async def test_a_release_gives_what_it_pinned_however_deep_and_whatever_moves_later(notes: Notes) -> None:
    await notes.push("word", "word 1", labels=["production"])
    await notes.push("part", "part 1", "word@production", labels=["production"])
    await notes.push("whole", "whole", "part@production", "word@production", labels=["production"])
    before = {"note:part@production": "part 1", "note:word@production": "word 1"}
    assert await texts(notes, "whole@production") == before
    await notes.push("word", "word 2", labels=["production"])
    await notes.push("part", "part 2", "word@production", labels=["production"])
    assert await texts(notes, "whole@production") == before
    assert await texts(notes, "whole") == {"note:part@production": "part 2", "note:word@production": "word 2"}


async def test_releases_are_found_by_what_they_pin(notes: Notes) -> None:
    await notes.push("word", "word 1", labels=["production"])
    await notes.push("part", "part", "word@production", labels=["production"])
    await notes.push("whole", "whole", "part@production", labels=["production", "staging"])
    await notes.push("draft", "never released", "word@production")
    await notes.push("word", "word 2", labels=["production"])
    found = await dependents(notes, "word")
    assert [(one.name, one.label, one.number, one.reference, one.pinned_number) for one in found] == [
        ("part", "production", 1, "note:word@production", 1),
        ("whole", "production", 1, "note:word@production", 1),
        ("whole", "staging", 1, "note:word@production", 1),
    ]
    # A release that was moved on stands on what its new lock pins.
    await notes.push("part", "part without", labels=["production"])
    assert [one.name for one in await dependents(notes, "word")] == ["whole", "whole"]
    key = ("note", "whole", "production", "note:word@production")
    rest = await notes.service.dependents(notes.caller, "note", "default", "word", after=key, limit=1)
    assert [one.label for one in rest] == ["staging"]


async def test_another_tenant_finds_nothing_to_stand_on(notes: Notes, database: Database) -> None:
    await notes.push("word", "word", labels=["production"])
    await notes.push("part", "part", "word@production", labels=["production"])
    other = Notes(notes.service, database, await make_tenant(database))
    with pytest.raises(NotFound):
        await dependents(other, "word")
    await other.push("word", "theirs")
    assert await dependents(other, "word") == []


async def test_a_dependency_that_does_not_fit_is_refused_and_nothing_is_stored(notes: Notes) -> None:
    await notes.push("diary", "mine", tags=["private"])
    with pytest.raises(InvalidInput, match="private") as refused:
        await notes.push("post", "post", "diary/1")
    assert refused.value.code == "note.private"
    with pytest.raises(NotFound):
        await notes.resolve("post")


async def test_what_many_share_is_looked_at_once(notes: Notes) -> None:
    await notes.push("level-0", "0")
    for level in range(1, 8):
        below = [f"level-{level - 1}/1", f"level-{level - 1}@latest"]
        await notes.push(f"level-{level}", str(level), *below)
    assert len((await notes.resolve("level-7")).dependencies) == 14


async def test_a_version_that_stands_on_too_many_is_refused(notes: Notes) -> None:
    for number in range(MAX_DEPENDENCIES + 1):
        await notes.push("leaf", str(number))
    links = [f"leaf/{number}" for number in range(1, MAX_DEPENDENCIES + 2)]
    with pytest.raises(InvalidInput) as refused:
        await notes.push("tree", "tree", *links)
    assert refused.value.code == "artifact.too_many_dependencies"
