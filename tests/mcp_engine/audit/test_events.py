"""Appending to the log: in the change's transaction, for its tenant only, read back the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from mcp_engine.access import Caller
from mcp_engine.audit import repository
from mcp_engine.audit.events import AuditEvent, append, append_all, on_append
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput
from tests.conftest import make_tenant

COUNT = text("SELECT count(*) FROM audit_entry WHERE id = :id")
UNSEQUENCED = "SELECT count(*) FROM audit_unsequenced WHERE entry_id = :id"


async def test_an_entry_lives_and_dies_with_its_transaction(database: Database, caller: Caller) -> None:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        kept = await append(work, AuditEvent("prompt.pushed", "p1", {"digest": "ab"}))
    with pytest.raises(RuntimeError):
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            lost = await append(work, AuditEvent("prompt.pushed", "p2"))
            raise RuntimeError
    assert await database.scalar(UNSEQUENCED, id=kept) == 1
    assert await database.scalar(UNSEQUENCED, id=lost) == 0


async def test_the_sequencer_is_woken_after_the_commit_only(database: Database, caller: Caller) -> None:
    woken: list[bool] = []
    forget = on_append(lambda: woken.append(True))
    try:
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await append(work, AuditEvent("prompt.pushed", "p1"))
            assert woken == []
        assert woken == [True]
    finally:
        forget()


async def test_another_tenant_does_not_see_the_entry(database: Database, caller: Caller) -> None:
    other = await make_tenant(database)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        entry = await append(work, AuditEvent("prompt.pushed", "p1"))
    async with database.unit_of_work(other.tenant_id, other.principal_id) as work:
        assert (await work.session.execute(COUNT, {"id": entry})).scalar() == 0


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET kind = 'x.y'", "DELETE FROM audit_entry"])
async def test_entries_cannot_be_changed(fresh_database: Database, fresh_owner_url: str, statement: str) -> None:
    caller = await make_tenant(fresh_database)
    async with fresh_database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await append(work, AuditEvent("prompt.pushed", "p1"))
    owner = Database(fresh_owner_url)
    try:
        with pytest.raises(IntegrityError, match="immutable"):
            async with owner.global_work() as session:
                await session.execute(text(statement))
    finally:
        await owner.close()


@pytest.mark.parametrize("facts", [{"x": "a\x00b"}, {"x": 1e21}, {"x": [math.nan]}, {"x": 2**60}, {"x": "\ud800"}])
async def test_facts_that_would_not_read_back_the_same_are_refused(
    database: Database, caller: Caller, facts: dict[str, Any]
) -> None:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        with pytest.raises(InvalidInput):
            await append(work, AuditEvent("prompt.pushed", "p1", facts))


async def test_facts_have_a_limit(database: Database, caller: Caller) -> None:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        with pytest.raises(InvalidInput, match="64 KiB"):
            await append(work, AuditEvent("prompt.pushed", "p1", {"x": "a" * 70_000}))


@pytest.mark.parametrize("kind", ["", "pushed", "Prompt.pushed", "prompt pushed", "prompt."])
def test_a_kind_is_dotted_lower_case(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        AuditEvent(kind, "p1")


@pytest.mark.parametrize("subject", ["", "a" * 257])
def test_a_subject_has_a_length(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        AuditEvent("prompt.pushed", subject)


LARGEST = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
NUMBERS = st.integers(-LARGEST, LARGEST) | st.floats(-LARGEST, LARGEST, allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(facts=st.dictionaries(TEXT, JSON, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_stored_gives_the_same_leaf_again(
    database: Database, caller: Caller, facts: dict[str, Any]
) -> None:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        entry_id = await append(work, AuditEvent("prompt.pushed", "p1", facts))
        stored = await repository.entry_with_id(work, entry_id)
    assert stored is not None
    assert stored.entry.leaf_hash == stored.pending_hash


async def test_many_entries_go_in_together_and_read_back_the_same(database: Database, caller: Caller) -> None:
    facts = [{"n": n, "of": "ünï", "list": [1, {"a": None}], "part": 0.5} for n in range(50)]
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        ids = await append_all(work, [AuditEvent("prompt.pushed", f"p{n}", fact) for n, fact in enumerate(facts)])
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        found = [await repository.entry_with_id(work, one) for one in ids]
    assert [(one.entry.subject, one.entry.facts) for one in found if one] == [
        (f"p{n}", fact) for n, fact in enumerate(facts)
    ]
    assert all(one and one.entry.leaf_hash == one.pending_hash for one in found)


async def test_of_many_entries_none_goes_in_when_one_is_refused(database: Database, caller: Caller) -> None:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        with pytest.raises(InvalidInput):
            await append_all(
                work, [AuditEvent("prompt.pushed", "kept-none"), AuditEvent("prompt.pushed", "p", {"a": "\x00"})]
            )
        assert await repository.entries_about(work, ["kept-none"], 1) == []
        assert await append_all(work, []) == []
