"""Labels: pointers with a history, and the locks that releases make."""

from __future__ import annotations

import asyncio

import pytest

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.canonical import digest
from mcp_engine.errors import ContradictoryInput, InvalidInput, NotFound
from tests.mcp_engine.artifacts.conftest import Notes


async def test_a_label_points_where_it_was_moved_last(notes: Notes) -> None:
    await notes.push("plan", "one")
    await notes.push("plan", "two")
    await notes.label("plan", "production", 2)
    await notes.label("plan", "production", 1)
    await notes.label("plan", "staging", 2)
    assert (await notes.resolve("plan@production")).number == 1
    assert (await notes.resolve("plan@latest")).number == 2
    assert (await notes.resolve("plan")).labels == ("staging", "latest")
    assert await notes.history("plan", "production") == [("production", 2, 1), ("production", None, 2)]
    assert await notes.history("plan") == [("staging", None, 2), ("production", 2, 1), ("production", None, 2)]


async def test_moving_a_label_to_where_it_points_is_no_move(notes: Notes) -> None:
    await notes.push("plan", "one")
    first = await notes.label("plan", "production", 1)
    assert await notes.label("plan", "production", 1) == first
    assert len(await notes.history("plan")) == 1


async def test_a_push_can_release_at_once(notes: Notes) -> None:
    await notes.push("plan", "one", labels=["staging", "production"])
    assert (await notes.resolve("plan@staging")).labels == ("production", "staging", "latest")
    assert not (await notes.push("plan", "one", labels=["canary"])).created
    assert (await notes.resolve("plan@canary")).number == 1


async def test_concurrent_moves_of_one_label_make_one_history(notes: Notes) -> None:
    for body in ("one", "two", "three"):
        await notes.push("plan", body)
    await asyncio.gather(*(notes.label("plan", "production", 1 + index % 3) for index in range(12)))
    moves = list(reversed(await notes.history("plan", "production")))
    assert [move[1] for move in moves] == [None, *(move[2] for move in moves[:-1])]
    assert (await notes.resolve("plan@production")).number == moves[-1][2]


async def test_a_missing_label_says_which_exist_and_nothing_takes_its_place(notes: Notes) -> None:
    await notes.push("plan", "one", labels=["staging"])
    with pytest.raises(NotFound, match="latest, staging") as missing:
        await notes.resolve("plan@production")
    assert missing.value.code == "note.label_not_found"


async def test_a_label_goes_to_existing_versions_only(notes: Notes) -> None:
    await notes.push("plan", "one")
    with pytest.raises(NotFound, match="1 to 1"):
        await notes.label("plan", "production", 2)
    with pytest.raises(NotFound, match="plan"):
        await notes.label("plam", "production", 1)


@pytest.mark.parametrize("label", ["latest", "", "7", "Production", "a b", "a/b", "größe", "x" * 37, "a\n", "a\x00"])
async def test_a_label_that_could_be_misread_is_refused(notes: Notes, label: str) -> None:
    await notes.push("plan", "one")
    with pytest.raises(InvalidInput) as refused:
        await notes.label("plan", label, 1)
    assert refused.value.code == "label.invalid"
    with pytest.raises(InvalidInput):
        await notes.push("plan", "two", labels=[label])
    assert await notes.numbers("plan") == [1]


def test_a_version_and_a_label_contradict_each_other() -> None:
    with pytest.raises(ContradictoryInput) as refused:
        Reference("note", "plan", version=1, label="production")
    assert refused.value.status == 400
    with pytest.raises(ContradictoryInput):
        Reference.parse("note", "plan/1@production")


@pytest.mark.parametrize(
    ("text", "version", "label"),
    [("plan", None, None), ("plan/3", 3, None), ("plan@a.b-c_1", None, "a.b-c_1"), ("plan@latest", None, "latest")],
)
def test_references_read(text: str, version: int | None, label: str | None) -> None:
    assert Reference.parse("note", text) == Reference("note", "plan", version, label)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/1",
        "plan/",
        "plan/x",
        "plan/0",
        "plan/-1",
        "plan/٣",
        "plan@",
        "plan@1",
        "plan/99999999999",
        "a b",
        "plan/1/2",
    ],
)
def test_references_that_name_nothing_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Reference.parse("note", text)


async def test_a_release_locks_what_its_dependencies_resolved_to(notes: Notes) -> None:
    await notes.push("part", "old", labels=["stable"])
    await notes.push("whole", "text", "part@stable", labels=["production"])
    released = (await notes.service.label_history(
        notes.caller, "note", "default", "whole", label="production", before=None, limit=1
    ))[0]  # fmt: skip
    before = await notes.resolve("whole@production")
    assert released.lock_digest == before.lock_digest == digest(dict(before.lock))
    part = (await notes.resolve("part@stable")).digest
    assert [item["digest"] for item in before.lock["dependencies"]] == [part]


async def test_what_is_released_does_not_drift_when_a_dependency_moves(notes: Notes) -> None:
    await notes.push("part", "old", labels=["stable"])
    await notes.push("whole", "text", "part@stable", labels=["production"])
    before = await notes.resolve("whole@production")
    await notes.push("part", "new", labels=["stable"])
    after = await notes.resolve("whole@production")
    assert (after.lock_digest, after.lock) == (before.lock_digest, before.lock)
    fresh = await notes.resolve("whole/1")
    assert fresh.lock_digest != before.lock_digest
    move = await notes.label("whole", "production", 1)
    assert move.lock_digest == fresh.lock_digest
    assert (await notes.resolve("whole@production")).lock_digest == fresh.lock_digest


async def test_dependencies_must_exist_and_not_go_in_circles(notes: Notes) -> None:
    with pytest.raises(NotFound, match="missing"):
        await notes.push("whole", "text", "missing")
    await notes.push("a", "one")
    await notes.push("b", "one", "a")
    with pytest.raises(InvalidInput, match="→"):
        await notes.push("a", "two", "b")
    assert await notes.numbers("a") == [1]
