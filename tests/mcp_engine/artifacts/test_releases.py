"""Guards of releases, and rollbacks, which no guard sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.artifacts.live import LABEL_MOVED, ArtifactCheck
from mcp_engine.artifacts.releases import Release, ReleaseRefused
from mcp_engine.artifacts.schemas import LabelTarget
from mcp_engine.artifacts.versions import ArtifactVersion, LabelMove
from mcp_engine.audit.erasure import erase
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Gone, InvalidInput, NotAllowed, NotFound
from tests.conftest import plain_url
from tests.mcp_engine.artifacts.conftest import Notes


class OddGuard:
    """Lets odd versions of `production` pass, and everything by override."""

    def __init__(self) -> None:
        self.asked: list[Release] = []

    async def certificate(self, work: UnitOfWork, release: Release) -> Mapping[str, Any] | None:
        assert work.tenant_id
        self.asked.append(release)
        if release.label != "production":
            return None
        if release.version.number % 2 == 0 and not release.override:
            raise ReleaseRefused("gate.refused", "Only odd versions.", details={"missing": []})
        return {"proof": "none" if release.override else "gates", "pins": {"note:base@latest": release.lock_digest}}

    async def check_trial(self, work: UnitOfWork, version: ArtifactVersion, label: str) -> None:
        raise AssertionError((work, version, label))

    async def check_rollback(self, work: UnitOfWork, version: ArtifactVersion) -> None:
        assert work.tenant_id
        assert version.kind == "note"


@pytest.fixture
def guard(notes: Notes) -> OddGuard:
    guard = OddGuard()
    notes.service.guarded_by(guard)
    return guard


async def three_versions(notes: Notes) -> None:
    for number in (1, 2, 3):
        await notes.push("plan", f"text {number}")


async def rolled_back(notes: Notes, number: int | None = None) -> LabelMove:
    return await notes.service.roll_back_label(notes.caller, "note", "default", "plan", "production", number)


async def test_a_guard_is_asked_before_every_release_and_can_refuse_it(notes: Notes, guard: OddGuard) -> None:
    await three_versions(notes)
    moved = await notes.label("plan", "production", 1)
    assert moved.certificate is not None
    assert moved.certificate["proof"] == "gates"
    with pytest.raises(ReleaseRefused):
        await notes.label("plan", "production", 2)
    assert (await notes.label("plan", "staging", 2)).certificate is None
    assert await notes.history("plan") == [("staging", None, 2), ("production", None, 1)]
    first, second, _ = guard.asked
    assert (first.from_version_id, first.moved_at) == (None, None)
    assert (second.from_version_id, second.from_lock_digest) == (first.version.version_id, first.lock_digest)


async def test_a_push_with_a_label_asks_the_guard_too(notes: Notes, guard: OddGuard) -> None:
    await notes.push("plan", "one", labels=["production"])
    with pytest.raises(ReleaseRefused):
        await notes.push("plan", "two", labels=["production"])
    assert await notes.numbers("plan") == [1]
    assert len(guard.asked) == 2


@pytest.mark.usefixtures("guard")
async def test_a_rollback_goes_back_one_release_after_the_other(notes: Notes) -> None:
    for number, text_ in enumerate(("one", "two", "three"), start=1):
        await notes.push("plan", text_)
        target = LabelTarget(version=number, override=True, reason="first ones")
        await notes.service.move_label(notes.caller, "note", "default", "plan", "production", target)
    moves = [await rolled_back(notes) for _ in range(2)]
    assert [(move.from_number, move.to_number, move.restores) for move in moves] == [(3, 2, 2), (2, 1, 1)]
    with pytest.raises(NotFound) as refused:
        await rolled_back(notes)
    assert refused.value.code == "label.nothing_before"


async def test_a_rollback_to_a_version_takes_its_last_release(notes: Notes) -> None:
    await three_versions(notes)
    for number in (1, 2, 3):
        await notes.label("plan", "production", number)
    assert (await rolled_back(notes, 1)).restores == 1
    assert (await notes.resolve("plan@production")).number == 1
    with pytest.raises(NotFound, match="version 9"):
        await rolled_back(notes, 9)


async def test_a_rollback_brings_back_the_lock_of_that_time(notes: Notes) -> None:
    await notes.push("base", "old", labels=["production"])
    await notes.push("plan", "one", "base@production")
    first = await notes.label("plan", "production", 1)
    await notes.push("base", "new", labels=["production"])
    await notes.push("plan", "two", "base@production")
    await notes.label("plan", "production", 2)
    assert (await rolled_back(notes)).lock_digest == first.lock_digest
    resolved = await notes.resolve("plan@production")
    assert [dependency.number for dependency in resolved.dependencies] == [1]


async def test_a_rollback_to_an_erased_version_is_refused(notes: Notes) -> None:
    await three_versions(notes)
    first = await notes.label("plan", "production", 1)
    await notes.label("plan", "production", 2)
    version = (await notes.service.versions(notes.caller, "note", "default", "plan", before=2, limit=1))[0][0]
    async with notes.database.unit_of_work(notes.caller.tenant_id, notes.caller.principal_id) as work:
        await erase(work, "artifact_content", {"version_id": str(version.version_id)}, "asked for")
    assert first.to_number == 1
    with pytest.raises(Gone):
        await rolled_back(notes)


async def test_nothing_to_go_back_to(notes: Notes) -> None:
    await notes.push("plan", "one")
    with pytest.raises(NotFound, match="has not pointed"):
        await rolled_back(notes)


@pytest.mark.usefixtures("guard")
async def test_a_certificate_stands_as_long_as_what_it_rests_on(notes: Notes) -> None:
    base = (await notes.push("base", "old")).version
    lock = (await notes.resolve("base")).lock_digest
    assert base.number == 1

    class Pinning:
        async def certificate(self, work: UnitOfWork, release: Release) -> Mapping[str, Any] | None:
            assert work.tenant_id
            return {"pins": {"note:base@latest": lock}} if release.label == "live" else None

        async def check_trial(self, work: UnitOfWork, version: ArtifactVersion, label: str) -> None:
            raise AssertionError((work, version, label))

        async def check_rollback(self, work: UnitOfWork, version: ArtifactVersion) -> None:
            raise AssertionError((work, version))

    notes.service.guarded_by(Pinning())
    await notes.push("plan", "one")
    assert (await notes.label("plan", "live", 1)).standing is True
    await notes.push("base", "new")
    [move] = await notes.service.label_history(
        notes.caller, "note", "default", "plan", label="live", before=None, limit=5
    )
    assert move.standing is False


@pytest.mark.usefixtures("guard")
async def test_an_override_needs_the_scope_a_person_and_a_reason(notes: Notes) -> None:
    await three_versions(notes)
    caller = notes.caller

    async def override(by: Caller, reason: str) -> LabelMove:
        target = LabelTarget(version=2, override=True, reason=reason)
        return await notes.service.move_label(by, "note", "default", "plan", "production", target)

    with pytest.raises(NotAllowed, match="labels:override"):
        await override(Caller(caller.tenant_id, caller.principal_id, "person", frozenset(), caller.credential_id), "x")
    with pytest.raises(NotAllowed) as machine:
        await override(
            Caller(caller.tenant_id, caller.principal_id, "machine", caller.scopes, caller.credential_id), "x"
        )
    assert machine.value.code == "label.person_needed"
    with pytest.raises(InvalidInput) as silent:
        await override(caller, "  ")
    assert silent.value.code == "label.reason_missing"
    moved = await override(caller, "The gate's data is wrong.")
    assert moved.certificate is not None
    assert moved.certificate["proof"] == "none"


@pytest.mark.usefixtures("guard")
async def test_the_live_check_sees_a_forged_certificate(notes: Notes, owner_url: str) -> None:
    await three_versions(notes)
    moved = await notes.label("plan", "production", 1)

    async def fact() -> Any:
        async with notes.database.unit_of_work(notes.caller.tenant_id, notes.caller.principal_id) as work:
            facts = await ArtifactCheck().facts(work, LABEL_MOVED, [str(moved.event_id)])
        return facts[str(moved.event_id)]["certificate"]

    before = await fact()
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE label_certificate SET body = '{}' WHERE event_id = %s", (moved.event_id,))
    assert await fact() != before
