"""Another index beside the one that is searched, another embedder, and the switch-over: whole, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import InvalidInput, Refused, TryLater
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from rag.embedders.known import KnownVectors
from rag.embedders.options import BUNDLED, ServerOptions
from rag.embedders.registry import Embedders
from rag.embedding import MiniLMEmbedder, Vectors
from rag.parsing.pool import ParserPool
from rag.reindexing.job import ReindexJob
from rag.reindexing.schemas import Reindexing
from rag.strategy import KIND
from tests.conftest import plain_url
from tests.rag.conftest import Attempt, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.embedders.servers import DIMENSIONS, StandIn
from tests.rag.upkeep import rows

WHO = "Who built the lighthouse of Karsund?"
OTHER = "stand-in"
CORPUS = {"lighthouse.md": LIGHTHOUSE, "bakery.md": BAKERY, "observatory.md": OBSERVATORY}
STAGED = ("staged_version", "staged_chunk", "staged_posting")


class Interrupted(Attempt):
    """An attempt in which something happens once the first documents are made."""

    once: Callable[[], Awaitable[object]] | None = None

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        await super().progress(done, total, note)
        if done >= 1 and self.once is not None:
            once, self.once = self.once, None
            await once()


class Killed(BaseException):
    """The end of a process, as far as its job can tell: nothing after it runs."""


async def kill() -> None:
    raise Killed


async def fill(workspace: Workspace, caller: Caller) -> None:
    for name, content in CORPUS.items():
        await workspace.add(caller, name, content)


async def wish(workspace: Workspace, caller: Caller, body: dict[str, Any]) -> Reindexing:
    """Make this the strategy `default`, and start to index the collection anew."""
    await workspace.artifacts.push(caller, KIND, "default", "default", body, "", ["production"])
    return await workspace.reindexings.start(caller, "default", "docs")


def attempt_at(workspace: Workspace, caller: Caller, subject_id: UUID) -> Interrupted:
    return Interrupted(workspace.database, caller.tenant_id, caller.principal_id, subject_id)


async def run(workspace: Workspace, context: Attempt, job: ReindexJob | None = None) -> None:
    await (job or workspace.reindex_job).run(cast("JobContext", context))


async def shown(workspace: Workspace, caller: Caller) -> list[tuple[str, int, float]]:
    found = await workspace.documents.search(caller, "default", "docs", WHO, 10)
    return [(one.version.document, one.start, one.similarity) for one in found]


async def dimensions(workspace: Workspace, caller: Caller) -> list[int]:
    found = await rows(workspace, caller, "SELECT DISTINCT vector_dims(embedding) FROM chunk")
    return sorted(row[0] for row in found)


async def test_another_embedder_takes_over_at_once(
    local: Workspace, caller: Caller, stand_in: tuple[StandIn, ServerOptions]
) -> None:
    await fill(local, caller)
    before, asked = await shown(local, caller), len(stand_in[0].bodies)
    started = await wish(local, caller, {"embedder": OTHER})
    await local.add(caller, "late.md", "# Late\n\nThis came before the switch.")
    assert await dimensions(local, caller) == [384]
    assert [one for one in await shown(local, caller) if one[0] != "late.md"] == before
    assert len(stand_in[0].bodies) == asked
    await run(local, attempt_at(local, caller, started.id))
    assert await dimensions(local, caller) == [DIMENSIONS]
    after = await shown(local, caller)
    assert stand_in[0].bodies[-1]["input"] == [WHO]
    assert after[0][0] == "lighthouse.md"
    assert len(after) == len(before) + 1
    assert after != before
    [listed] = (await local.reindexings.list(caller, "default", "docs", None, 10)).items
    assert (listed.embedder, listed.documents, listed.switched_at is not None) == (OTHER, 4, True)
    # What comes later is embedded like all the rest, and answers say what found them.
    await local.add(caller, "later.md", "# Later\n\nThis came after the switch.")
    assert await dimensions(local, caller) == [DIMENSIONS]
    answer = await local.asking.answer(caller, "default", "docs", WHO)
    recorded = await local.executions.get(caller, answer.execution_id)
    assert (recorded.model.provider, recorded.model.model) == ("openai", OTHER)
    # A repeat of a job that had switched over before it was killed does nothing.
    await run(local, attempt_at(local, caller, started.id))
    assert (await shown(local, caller))[0] == after[0]


async def test_a_killed_job_takes_nothing_away_and_its_repeat_goes_on(
    local: Workspace, caller: Caller, stand_in: tuple[StandIn, ServerOptions]
) -> None:
    await fill(local, caller)
    before = await shown(local, caller)
    started = await wish(local, caller, {"embedder": OTHER})
    context = attempt_at(local, caller, started.id)
    context.once = kill
    with pytest.raises(Killed):
        await run(local, context)
    assert await shown(local, caller) == before
    assert await dimensions(local, caller) == [384]
    [made] = await rows(local, caller, "SELECT count(*) FROM staged_version")
    assert 0 < made[0] < len(CORPUS)
    stand_in[0].bodies.clear()
    await run(local, attempt_at(local, caller, started.id))
    again = " ".join(text for body in stand_in[0].bodies for text in body["input"])
    assert sum(title in again for title in ("# The lighthouse", "# The bakery", "# The observatory")) == 3 - made[0]
    assert await dimensions(local, caller) == [DIMENSIONS]
    for table in STAGED:
        assert await rows(local, caller, f"SELECT 1 FROM {table}") == []


async def test_a_switch_over_that_fails_leaves_the_old_index_whole(
    local: Workspace, caller: Caller, owner_url: str
) -> None:
    await fill(local, caller)
    before = await shown(local, caller)
    started = await wish(local, caller, {"embedder": OTHER})
    name = f"broken_{caller.tenant_id.hex}"
    with psycopg.connect(plain_url(owner_url), autocommit=True) as owner:
        owner.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'killed in the middle' USING ERRCODE = '57P01'; END $$".encode()
        )
        owner.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON posting FOR EACH ROW "
            f"WHEN (NEW.tenant_id = '{caller.tenant_id}') EXECUTE FUNCTION {name}()".encode()
        )
        with pytest.raises(Exception, match="killed in the middle"):
            await run(local, attempt_at(local, caller, started.id))
        owner.execute(f"DROP TRIGGER {name} ON posting".encode())
        owner.execute(f"DROP FUNCTION {name}".encode())
    assert await shown(local, caller) == before
    await run(local, attempt_at(local, caller, started.id))
    assert await dimensions(local, caller) == [DIMENSIONS]


class Counting(KnownVectors):
    """The bundled embedder, and what it was asked to embed."""

    def __init__(self, embedder: MiniLMEmbedder) -> None:
        super().__init__(embedder, {})
        self.texts: list[str] = []

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return await super().embed_passages(texts)


async def test_only_what_changed_is_made_anew(
    local: Workspace, caller: Caller, embedder: MiniLMEmbedder, parsers: ParserPool
) -> None:
    await fill(local, caller)
    counting = Counting(embedder)
    job = ReindexJob(parsers, Embedders(cast("MiniLMEmbedder", counting)), JobService(local.database))
    same = await wish(local, caller, {})
    await run(local, attempt_at(local, caller, same.id), job)
    [row] = (await local.reindexings.list(caller, "default", "docs", None, 1)).items
    assert (row.documents, counting.texts) == (0, [])
    await finish(local, caller, same)
    body = {"chunking": {"kind": "parent_child", "max_characters": 400, "child_characters": 120}}
    other = await wish(local, caller, body)
    await run(local, attempt_at(local, caller, other.id), job)
    [row] = (await local.reindexings.list(caller, "default", "docs", None, 1)).items
    [chunks] = await rows(local, caller, "SELECT count(*) FROM chunk")
    assert row.documents == len(CORPUS)
    # Chunks are new; their sentences are not.
    assert len(counting.texts) == chunks[0]
    passages = await local.documents.search(caller, "default", "docs", WHO, 10)
    assert passages[0].text == LIGHTHOUSE[passages[0].start : passages[0].end]


async def test_its_job_names_no_document_for_not_everyone_who_sees_it_reads_each(
    local: Workspace, caller: Caller, embedder: MiniLMEmbedder
) -> None:
    await fill(local, caller)
    started = await wish(local, caller, {"chunking": {"max_characters": 400}})
    context, notes = attempt_at(local, caller, started.id), list[str]()
    report = context.progress

    async def noted(done: int, total: int, note: str | None = None) -> None:
        notes.append(note or "")
        await report(done, total, note)

    context.progress = noted  # pyright: ignore[reportAttributeAccessIssue]
    # Errors of the parser name the document that they are about.
    hurried = ParserPool(processes=1, timeout_seconds=0.001)
    try:
        await run(local, context, ReindexJob(hurried, Embedders(embedder), JobService(local.database)))
    finally:
        await hurried.close()
    assert notes
    assert [note for note in notes for name in CORPUS if name in note] == []
    [row] = (await local.reindexings.list(caller, "default", "docs", None, 1)).items
    assert row.documents == len(CORPUS), "those that take long to read are cut as they are stored"


async def finish(workspace: Workspace, caller: Caller, started: Reindexing) -> None:
    """Say that the job of a re-indexing has ended, as the worker that ran it would."""
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        from mcp_engine.jobs.repository import JobRepository

        await JobRepository(work.session).finish(started.job_id, "succeeded")


async def test_what_comes_and_goes_meanwhile_is_part_of_the_switch(local: Workspace, caller: Caller) -> None:
    await fill(local, caller)
    listed = {one.name: one.id for one in (await local.documents.list(caller, "default", "docs", None, 10)).items}
    started = await wish(local, caller, {"embedder": OTHER})
    context = attempt_at(local, caller, started.id)

    async def change() -> None:
        for name in ("lighthouse.md", "bakery.md"):
            await local.documents.erase(caller, listed[name], "It has to go.")
        await local.add(caller, "observatory.md", OBSERVATORY.replace("brass", "steel"))
        await local.add(caller, "new.md", "# New\n\nThe tower of Karsund is new here.")

    context.once = change
    await run(local, context)
    found = {name for name, _, _ in await shown(local, caller)}
    assert found == {"observatory.md", "new.md"}
    assert await dimensions(local, caller) == [DIMENSIONS]
    steel = await local.documents.search(caller, "default", "docs", "refracting telescope made of steel", 1)
    assert "steel" in steel[0].text
    [counted] = await rows(local, caller, "SELECT chunks, (SELECT count(*) FROM chunk) FROM collection")
    assert counted[0] == counted[1]


async def test_a_document_embedded_before_the_switch_is_embedded_again(local: Workspace, caller: Caller) -> None:
    await fill(local, caller)
    started = await wish(local, caller, {"embedder": OTHER})
    added = await local.documents.add(caller, "default", "docs", "late.md", b"# Late\n\nWords of no matter.")
    context = Attempt(local.database, caller.tenant_id, caller.principal_id, added.document.latest.id)
    report = context.progress

    async def switched_meanwhile(done: int, total: int, note: str | None = None) -> None:
        if done:
            await run(local, attempt_at(local, caller, started.id))
        await report(done, total, note)

    context.progress = switched_meanwhile  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TryLater) as raised:
        await local.index_job.run(cast("JobContext", context))
    assert raised.value.code == "index.embedder_changed"
    await local.index(caller, added.document.latest.id)
    assert await dimensions(local, caller) == [DIMENSIONS]


async def test_an_index_is_searched_by_its_own_embedder_or_not_at_all(
    local: Workspace, workspace: Workspace, caller: Caller
) -> None:
    await local.artifacts.push(caller, KIND, "default", "default", {"embedder": OTHER}, "", ["production"])
    await fill(local, caller)
    assert await dimensions(local, caller) == [DIMENSIONS]
    # `workspace` is an engine whose operator took the embedder off the list.
    for call in (workspace.documents.search, workspace.asking.answer):
        with pytest.raises(Refused) as raised:
            await call(caller, "default", "docs", WHO)
        assert raised.value.code == "embedder.not_configured"
    await local.artifacts.push(caller, KIND, "default", "default", {"embedder": BUNDLED}, "", ["production"])
    started = await workspace.reindexings.start(caller, "default", "docs")
    await run(workspace, attempt_at(workspace, caller, started.id))
    assert (await shown(workspace, caller))[0][0] == "lighthouse.md"


async def test_a_reindexing_that_is_none_fails_for_good(local: Workspace, caller: Caller) -> None:
    with pytest.raises(InvalidInput) as raised:
        await run(local, attempt_at(local, caller, caller.tenant_id))
    assert raised.value.code == "reindexing.not_found"
