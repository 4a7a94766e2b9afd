"""The sequencer: every committed entry exactly once, through crashes, rollbacks and rivals."""

from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from mcp_engine.audit import repository, tree
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.audit.merkle import root_of, verify_consistency, verify_inclusion
from mcp_engine.database.engine import Database
from tests.mcp_engine.audit.conftest import Log, until


async def stored(database: Database) -> list[repository.Leaf]:
    async with database.global_work() as session:
        return await repository.leaves(session, 0, 10**9)


async def test_leaves_are_numbered_signed_and_pinned(log: Log) -> None:
    await log.append("a", "b", "c")
    await log.sequence()
    leaves = await stored(log.database)
    assert [leaf.seq for leaf in leaves] == [0, 1, 2]
    note = log.witness.read()
    assert note is not None
    checkpoint = log.signer.verifier.open_checkpoint(note)
    assert (checkpoint.size, checkpoint.root) == (3, root_of([leaf.leaf_hash for leaf in leaves]))


async def test_an_empty_log_has_a_checkpoint_too(log: Log) -> None:
    await log.sequence()
    note = log.witness.read()
    assert note is not None
    assert log.signer.verifier.open_checkpoint(note).size == 0


async def test_concurrent_writers_with_rollbacks_each_exactly_once(log: Log) -> None:
    committed: set[str] = set()
    chance = random.Random(7)

    async def writer(number: int) -> None:
        for turn in range(20):
            fails = chance.random() < 0.3
            try:
                async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
                    entry = await append(work, AuditEvent("test.written", f"{number}-{turn}"))
                    if chance.random() < 0.3:
                        await asyncio.sleep(chance.random() / 50)
                    if fails:
                        await work.session.execute(text("SELECT 1 / 0"))
            except DataError:
                continue
            committed.add(str(entry))

    async with log.sequencing() as sequencer:
        await asyncio.gather(*(writer(number) for number in range(16)))
        await until(lambda: sequencer.state.size == len(committed))
    leaves = await stored(log.database)
    assert [leaf.seq for leaf in leaves] == list(range(len(committed)))
    assert sorted(str(leaf.entry_id) for leaf in leaves) == sorted(committed)
    assert await log.database.scalar("SELECT count(*) FROM audit_unsequenced") == 0


async def test_commits_of_other_processes_are_found_without_a_wake_up(log: Log) -> None:
    async with log.sequencing() as sequencer:
        await until(lambda: sequencer.state.leading)
        # What another process commits: the rows, and no wake-up in this one.
        log.tamper("INSERT INTO audit_unsequenced VALUES (gen_random_uuid(), sha256('x'))")
        await until(lambda: sequencer.state.size == 1)


async def test_one_leads_and_another_takes_over(log: Log) -> None:
    async with log.sequencing() as first:
        await until(lambda: first.state.leading)
        async with log.sequencing() as second:
            await log.append("a")
            await until(lambda: first.state.size == 1)
            assert not second.state.leading
            await first.stop()
            await until(lambda: second.state.leading)
            await log.append("b")
            await until(lambda: second.state.size == 2)


async def test_a_leader_whose_connection_dies_leads_again(log: Log) -> None:
    async with log.sequencing() as sequencer:
        await log.append("a")
        await until(lambda: sequencer.state.size == 1)
        log.tamper("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        await log.append("b")
        await until(lambda: sequencer.state.size == 2)
        assert sequencer.state.failure is None


async def test_a_restart_resumes_in_small_batches(log: Log) -> None:
    for start in range(0, 600, 100):
        await log.append(*(str(i) for i in range(start, start + 100)))
    await log.sequence(batch_size=37)
    await log.append("last")
    await log.sequence()
    leaves = [leaf.leaf_hash for leaf in await stored(log.database)]
    async with log.database.global_work() as session:
        last = await repository.latest_checkpoint(session)
        assert last is not None
        assert (last.size, last.root) == (601, root_of(leaves))
        nodes = await repository.nodes_ending_in(session, 0, 601)
        assert {node.position: hash_ for node, hash_ in nodes.items()} == {
            i: root_of(leaves[i * 256 : (i + 1) * 256]) for i in range(2)
        }


async def test_stored_hashes_prove_inclusion_and_consistency_across_tiles(log: Log) -> None:
    for start in range(0, 600, 200):
        await log.append(*(str(i) for i in range(start, start + 200)))
    await log.sequence()
    leaves = [leaf.leaf_hash for leaf in await stored(log.database)]
    indices = [0, 255, 256, 511, 512, 599]
    async with log.database.global_work() as session:
        for index, path in zip(indices, await tree.inclusion_paths(session, indices, 600), strict=True):
            assert verify_inclusion(leaves[index], index, 600, path, root_of(leaves))
        for old in (1, 255, 256, 257, 512, 599, 600):
            path = await tree.consistency_path(session, old, 600)
            assert verify_consistency(old, root_of(leaves[:old]), 600, root_of(leaves), path)


async def test_the_witness_catches_up_after_a_crash_before_it_was_moved(log: Log) -> None:
    await log.append("a")
    await log.sequence()
    old = log.witness.read()
    assert old is not None
    await log.append("b")
    await log.sequence()
    log.witness.pin(old)
    await log.sequence()
    note = log.witness.read()
    assert note is not None
    assert log.signer.verifier.open_checkpoint(note).size == 2


async def test_a_witness_that_cannot_be_written_stops_nothing_and_is_said(log: Log) -> None:
    log.witness.path.parent.write_text("a file where the folder should be")
    await log.append("a")
    sequencer = await log.sequence()
    assert sequencer.state.size == 1
    assert "can't be kept" in str(sequencer.state.witness_failure)


async def test_a_witness_set_aside_begins_anew_and_keeps_the_old(log: Log) -> None:
    await log.append("a")
    await log.sequence()
    pinned = log.witness.read()
    aside = log.witness.set_aside()
    assert aside is not None
    assert aside.read_text() == pinned
    assert log.witness.set_aside() is None
    await log.sequence()
    assert log.witness.read() == pinned


async def test_nothing_is_signed_over_a_damaged_tree(log: Log) -> None:
    await log.append("a", "b")
    await log.sequence()
    log.tamper("UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE seq = 1")
    await log.append("c")
    sequencer = await log.sequence()
    assert sequencer.state.failure is not None
    assert "no longer fits" in sequencer.state.failure
    assert await log.database.scalar("SELECT max(size) FROM audit_checkpoint") == 2
    assert await log.database.scalar("SELECT count(*) FROM audit_unsequenced") == 1


@pytest.mark.parametrize("table", ["audit_leaf", "audit_node", "audit_checkpoint"])
async def test_the_application_cannot_rewrite_the_tree(database: Database, table: str) -> None:
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.global_work() as session:
                await session.execute(text(statement))
