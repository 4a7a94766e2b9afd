"""Verification names the first wrong entry, whatever was done to the database behind the engine's back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from mcp_engine.audit import repository
from mcp_engine.audit.merkle import root_of
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.schemas import VerificationProgress, VerificationReport
from mcp_engine.audit.service import AuditService
from mcp_engine.database.engine import UnitOfWork
from tests.conftest import make_tenant
from tests.mcp_engine.audit.conftest import Log


class NamespaceCheck:
    """A live check over a table that exists: the subject is a namespace, its fact the name's length."""

    kinds = frozenset({"namespace.made"})

    async def facts(self, work: UnitOfWork, kind: str, subjects: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        rows = await work.session.execute(
            text("SELECT name, length(name) AS characters FROM namespace WHERE name = ANY(:names)"),
            {"names": list(subjects)},
        )
        return {row.name: {"characters": row.characters} for row in rows}


def service_of(log: Log) -> AuditService:
    return AuditService(log.database, log.signer.verifier, log.witness, [NamespaceCheck()])


async def verified(log: Log) -> VerificationReport:
    return await service_of(log).verify()


async def ten_entries(log: Log) -> None:
    """Entries 0-9 in checkpoints of 4, 8 and 10 leaves; 7 is about the live row `default`."""
    await log.append(*"0123456")
    await log.append("default", kind="namespace.made", facts={"characters": 7})
    await log.append("8", "9")
    await log.sequence(batch_size=4)


async def test_an_untouched_log_verifies(log: Log) -> None:
    await ten_entries(log)
    seen: list[VerificationProgress] = []
    report = await service_of(log).verify(seen.append)
    assert report.ok
    assert report.problems == []
    assert (report.tree_size, report.entries_checked, report.live_rows_checked) == (10, 10, 1)
    assert (report.checkpoint_signed, report.checkpoints_checked, report.witness.status) == (True, 3, "consistent")
    assert {progress.stage for progress in seen} == {"leaves", "entries"}
    assert seen[-1].done == 10


async def test_an_empty_log_verifies(log: Log) -> None:
    await log.sequence()
    assert (await verified(log)).ok


async def test_entries_without_a_number_are_no_problem(log: Log) -> None:
    await ten_entries(log)
    await log.append("waits")
    report = await verified(log)
    assert report.ok
    assert (report.unsequenced, report.tree_size, report.entries_checked) == (1, 10, 11)


EDITS = {
    "an entry's facts": "UPDATE audit_entry SET facts = '{}' WHERE subject = '3'",
    "an entry's kind": "UPDATE audit_entry SET kind = 'other.kind' WHERE subject = '3'",
    "an entry's actor": "UPDATE audit_entry SET actor_id = gen_random_uuid() WHERE subject = '3'",
    "an entry's time": "UPDATE audit_entry SET occurred_at = occurred_at + interval '1 microsecond' WHERE subject='3'",
    "an entry's tenant": "UPDATE audit_entry SET tenant_id = gen_random_uuid() WHERE subject = '3'",
    "facts that have no canonical form": "UPDATE audit_entry SET facts = '{\"x\": 1e40}' WHERE subject = '3'",
    "a leaf's hash": "UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE seq = 3",
    "a leaf's owner": "UPDATE audit_leaf SET entry_id = gen_random_uuid() WHERE seq = 3",
    "a deleted leaf": "DELETE FROM audit_leaf WHERE seq = 3",
    "a deleted entry": "DELETE FROM audit_entry WHERE subject = '3'",
}


@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS.keys())
async def test_the_edited_entry_is_named(log: Log, statement: str) -> None:
    await ten_entries(log)
    log.tamper(statement, statement.replace("'3'", "'6'").replace("= 3", "= 6"))
    report = await verified(log)
    assert not report.ok
    assert report.first_problem is not None
    assert report.first_problem.seq == 3


async def test_an_edited_entry_is_named_by_what_it_is_about(log: Log) -> None:
    await ten_entries(log)
    log.tamper(EDITS["an entry's facts"])
    first = (await verified(log)).first_problem
    assert first is not None
    assert (first.seq, first.kind, first.subject) == (3, "prompt.pushed", "3")


async def test_an_edited_pending_entry_is_named(log: Log) -> None:
    await ten_entries(log)
    await log.append("waits")
    log.tamper("UPDATE audit_entry SET facts = '{}' WHERE subject = 'waits'")
    first = (await verified(log)).first_problem
    assert first is not None
    assert (first.seq, first.subject) == (None, "waits")


async def test_an_entry_that_lost_its_pending_leaf_is_named(log: Log) -> None:
    await log.append("waits")
    async with log.database.global_work() as session:
        await session.execute(text("DELETE FROM audit_unsequenced"))
    first = (await verified(log)).first_problem
    assert first is not None
    assert (first.what, first.subject) == ("the entry has no leaf", "waits")


async def test_a_live_row_that_changed_is_named_with_its_fact(log: Log) -> None:
    await log.append("0", "default", kind="namespace.made", facts={"characters": 7})
    await log.sequence()
    async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
        await work.session.execute(
            text("INSERT INTO namespace (tenant_id, name) VALUES (:t, '0')"), {"t": log.caller.tenant_id}
        )
    first = (await verified(log)).first_problem
    assert first is not None
    assert (first.seq, first.subject, first.fact) == (0, "0", "characters")
    assert first.what == "the live row differs from its leaf"


async def test_a_live_row_that_disappeared_is_named(log: Log) -> None:
    await ten_entries(log)
    log.tamper("UPDATE namespace SET name = 'renamed'")
    first = (await verified(log)).first_problem
    assert first is not None
    assert (first.seq, first.subject) == (7, "default")
    assert "missing" in first.what


async def resign(log: Log, size: int) -> None:
    """What a thief of the database and the signing key does: make the stored tree whole again and sign it."""
    async with log.database.global_work() as session:
        leaves = await repository.leaves(session, 0, size)
    root = root_of([leaf.leaf_hash for leaf in leaves])
    log.tamper("DELETE FROM audit_checkpoint")
    log.tamper(
        "INSERT INTO audit_checkpoint (size, root, note) VALUES (%s, %s, %s)",
        parameters=(size, root, log.signer.sign(size, root)),
    )


async def test_a_log_cut_off_and_signed_again_is_named_by_the_witness(log: Log) -> None:
    await ten_entries(log)
    log.tamper(
        "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE seq >= 6)",
        "DELETE FROM audit_leaf WHERE seq >= 6",
    )
    await resign(log, 6)
    report = await verified(log)
    assert report.checkpoint_signed
    assert report.witness.status == "inconsistent"
    assert report.first_problem is not None
    assert report.first_problem.seq == 6
    assert "cut off" in report.first_problem.what


async def test_the_sequencer_never_moves_the_witness_off_a_longer_or_different_history(log: Log) -> None:
    await ten_entries(log)
    pinned = log.witness.read()
    log.tamper(
        "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE seq >= 6)",
        "DELETE FROM audit_leaf WHERE seq >= 6",
    )
    await resign(log, 6)
    sequencer = await log.sequence()
    assert sequencer.state.witness_failure is not None
    await log.append(*"abcdefgh")
    sequencer = await log.sequence()
    assert sequencer.state.witness_failure is not None
    assert log.witness.read() == pinned
    report = await verified(log)
    assert report.first_problem is not None
    assert "rewritten" in report.first_problem.what


async def test_a_history_rewritten_throughout_is_named_by_the_witness(log: Log) -> None:
    await ten_entries(log)
    async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
        entry = next(row for row in await repository.entries_about(work, ["3"], 1)).entry
    forged = type(entry)(**{**{name: getattr(entry, name) for name in ENTRY_FIELDS}, "facts": {}})
    log.tamper(EDITS["an entry's facts"])
    log.tamper("UPDATE audit_leaf SET leaf_hash = %s WHERE seq = 3", parameters=(forged.leaf_hash,))
    await resign(log, 10)
    report = await verified(log)
    assert report.checkpoint_signed
    assert report.witness.status == "inconsistent"
    assert [problem.what.split(":")[0] for problem in report.problems] == ["history was rewritten"]


ENTRY_FIELDS = ("id", "tenant_id", "kind", "subject", "actor_id", "occurred_at", "facts")


async def test_a_checkpoint_signed_by_another_key_is_named(log: Log) -> None:
    await ten_entries(log)
    other = CheckpointSigner(Ed25519PrivateKey.generate())
    log.tamper("UPDATE audit_checkpoint SET note = %s WHERE size = 10", parameters=(other.sign(10, bytes(32)),))
    report = await verified(log)
    assert not report.ok
    assert not report.checkpoint_signed


async def test_a_spoiled_witness_is_named_and_a_missing_one_is_said(log: Log) -> None:
    await ten_entries(log)
    log.witness.path.write_text("nonsense")
    report = await verified(log)
    assert not report.ok
    assert report.witness.status == "inconsistent"
    log.witness.path.unlink()
    report = await verified(log)
    assert report.ok
    assert report.witness.status == "missing"


async def test_a_stored_node_that_does_not_fit_is_named(log: Log) -> None:
    await log.append(*(str(i) for i in range(300)))
    await log.sequence()
    log.tamper("UPDATE audit_node SET hash = sha256('x')")
    first = (await verified(log)).first_problem
    assert first is not None
    assert (first.position, first.what) == (255, "the stored node 0 of level 1 does not fit its leaves")


async def test_of_another_tenants_entry_only_the_number_is_shown(log: Log) -> None:
    await ten_entries(log)
    other = await make_tenant(log.database)
    log.tamper(EDITS["an entry's facts"])
    shown = await service_of(log).verify(seen_by_tenant=other.tenant_id)
    own = await service_of(log).verify(seen_by_tenant=log.caller.tenant_id)
    assert shown.first_problem is not None
    assert own.first_problem is not None
    assert (shown.first_problem.seq, shown.first_problem.subject, shown.first_problem.entry_id) == (3, None, None)
    assert (own.first_problem.seq, own.first_problem.subject) == (3, "3")
