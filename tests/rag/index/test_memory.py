"""Vectors in memory follow the database: every change, every process, within a budget, each tenant its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from rag.embedding import DIMENSIONS, MiniLMEmbedder
from rag.index.memory import VectorMemory
from rag.index.postings import LexicalQuery
from rag.index.repository import IndexRepository
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

NO_WORDS = LexicalQuery((), 1.2, 0.75)


class Source:
    """Versions of ten chunks each, that counts what is read of it."""

    def __init__(self, *versions: UUID) -> None:
        self.versions = list(versions)
        self.sent: list[UUID] = []

    async def indexed_versions(self, collection_id: UUID) -> list[UUID]:
        await asyncio.sleep(0)
        return list(self.versions)

    async def sent_vectors(self, version_ids: Sequence[UUID]) -> list[tuple[UUID, list[int], bytes]]:
        self.sent += version_ids
        await asyncio.sleep(0)
        return [(version, list(range(10)), bytes(10 * (4 + 4 * DIMENSIONS))) for version in version_ids]


async def test_what_did_not_change_is_read_once_however_many_ask() -> None:
    memory, source, collection, revision = VectorMemory(), Source(new_id(), new_id()), new_id(), new_id()
    held = await asyncio.gather(*(memory.vectors(source, collection, revision) for _ in range(5)))
    assert source.sent == source.versions
    assert {id(one) for one in held} == {id(held[0])}
    assert await memory.vectors(source, collection, revision) is held[0]


async def test_after_a_change_only_new_versions_are_read() -> None:
    memory, source, collection = VectorMemory(), Source(new_id(), new_id()), new_id()
    before = await memory.vectors(source, collection, new_id())
    kept, added = source.versions[1], new_id()
    source.versions, source.sent = [kept, added], []
    after = await memory.vectors(source, collection, new_id())
    assert source.sent == [added]
    assert set(after.blocks) == {kept, added}
    assert (len(before), len(after)) == (20, 20)


async def test_the_longest_unused_collection_leaves_when_memory_is_full() -> None:
    one_collection = 10 * DIMENSIONS * 4
    memory, source, revision = VectorMemory(2 * one_collection), Source(new_id()), new_id()
    assert memory.takes(15)
    assert not memory.takes(21)
    collections = [new_id() for _ in range(3)]
    for collection in (collections[0], collections[1], collections[0], collections[2]):
        await memory.vectors(source, collection, revision)
    source.sent = []
    await memory.vectors(source, collections[0], revision)
    assert source.sent == []
    await memory.vectors(source, collections[1], revision)
    assert source.sent == source.versions


async def nearest_texts(workspace: Workspace, caller: Caller, memory: VectorMemory, question: str) -> list[UUID]:
    """Return the versions that are near a question, as another process with a memory of its own sees them."""
    (vector,) = await MiniLMEmbedder().embed_queries([question])
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        collections = await workspace.documents.collections(caller, "default", None, 10)
        found = await IndexRepository(work.session, memory).nearest(collections.items[0].id, vector, 5)
        scanned = await IndexRepository(work.session, VectorMemory(0)).nearest(collections.items[0].id, vector, 5)
    assert found == scanned
    return [version for version, _ in found]


async def test_memory_and_scan_agree_after_every_change(workspace: Workspace, caller: Caller) -> None:
    memory = VectorMemory()
    lighthouse = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    bakery = await workspace.add(caller, "bakery.md", BAKERY)
    question = "How long does the dough rest?"
    assert (await nearest_texts(workspace, caller, memory, question))[0] == bakery.document.latest.id
    changed = await workspace.add(caller, "bakery.md", BAKERY.replace("eighteen", "twenty"))
    found = await nearest_texts(workspace, caller, memory, question)
    assert found[0] == changed.document.latest.id
    assert bakery.document.latest.id not in found
    await workspace.documents.remove(caller, changed.document.id)
    assert set(await nearest_texts(workspace, caller, memory, question)) == {lighthouse.document.latest.id}
    observatory = await workspace.add(caller, "observatory.md", OBSERVATORY)
    found = await nearest_texts(workspace, caller, memory, "Who found the comet?")
    assert found[0] == observatory.document.latest.id


async def test_memory_and_scan_agree_on_some_versions_and_on_ranks(workspace: Workspace, caller: Caller) -> None:
    added = [
        await workspace.add(caller, f"{number}.md", content)
        for number, content in enumerate((LIGHTHOUSE, BAKERY, OBSERVATORY))
    ]
    collection = (await workspace.documents.collections(caller, "default", None, 10)).items[0].id
    (vector,) = await MiniLMEmbedder().embed_queries(["How long does the dough rest?"])
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        memory, scan = IndexRepository(work.session, VectorMemory()), IndexRepository(work.session, VectorMemory(0))
        everything = await memory.nearest(collection, vector, 50)
        among = {one.document.latest.id for one in added[::2]}
        wanted = [place for place in everything if place[0] in among]
        for limit in (1, 50):
            assert await memory.nearest(collection, vector, limit, among) == wanted[:limit]
            assert await scan.nearest(collection, vector, limit, among) == wanted[:limit]
        for places, chosen in ((everything, None), (wanted, among)):
            for rank, place in enumerate(places, start=1):
                assert await memory.rank(collection, vector, place, chosen) == rank
                assert await scan.rank(collection, vector, place, chosen) == rank
        for index in (memory, scan):
            assert await index.rank(collection, vector, (new_id(), 0)) is None


async def test_what_was_not_committed_leaves_nothing_in_memory(
    database: Database, workspace: Workspace, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = VectorMemory()
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    collection = (await workspace.documents.collections(caller, "default", None, 10)).items[0].id
    query = np.ones(DIMENSIONS, dtype=np.float32)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        before = await IndexRepository(work.session, memory).nearest(collection, query, 5)
    with pytest.raises(RuntimeError):
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = IndexRepository(work.session, memory)
            await repository.clear(collection, before[0][0])
            assert await repository.nearest(collection, query, 5) == []
            raise RuntimeError
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert await IndexRepository(work.session, memory).nearest(collection, query, 5) == before
        found = await IndexRepository(work.session, memory).candidates(collection, query, NO_WORDS, 5)
    assert {(one.version_id, one.ordinal) for one in found.found} == set(before)
