"""Sources with readers: what they bring is never open, not for a moment, and others don't see the source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from mcp_engine.access import ENGINE, Caller
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.identifiers import new_id
from mcp_engine.identity.groups.service import GroupService
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.schemas import JobFilters
from mcp_engine.jobs.service import JobService
from rag.connectors.schemas import NewSource, Source, SourceChange
from rag.readers.schemas import ReadersIn
from rag.readers.service import ReaderService
from tests.rag.conftest import Workspace
from tests.rag.connectors.conftest import Library, counts
from tests.rag.connectors.test_reading import rows_of

TEXT = "The lighthouse of Karsund was built in 1874 by Ingrid Solberg."


def mine(library: Library) -> ReadersIn:
    return ReadersIn(principals=[str(library.caller.principal_id)])


def stranger(library: Library) -> Caller:
    """Somebody else of the tenant, with the same scopes."""
    return replace(library.caller, principal_id=new_id())


async def restricted(library: Library, root: Path, **more: object) -> Source:
    (root / "secret.md").write_text(TEXT)
    return await library.folder(root, readers=mine(library), **more)


async def test_what_it_brings_is_for_its_readers_alone(library: Library, workspace: Workspace, root: Path) -> None:
    source = await restricted(library, root)
    assert (source.readers.restricted, [one.id for one in source.readers.principals]) == (
        True, [library.caller.principal_id],
    )  # fmt: skip
    assert counts(await library.first(source)) == {"added": 1}
    (document,) = (await library.documents.list(library.caller, "default", "docs", None, 9)).items
    assert document.restricted
    await workspace.index(library.caller, document.latest.id)
    other = stranger(library)
    with pytest.raises(NotFound) as raised:
        await library.documents.get(other, document.id)
    assert raised.value.code == "document.not_found"
    assert (await library.documents.list(other, "default", "docs", None, 9)).items == []
    assert await library.documents.search(other, "default", "docs", "lighthouse", 5) == []
    assert [one.text for one in await library.documents.search(library.caller, "default", "docs", "lighthouse", 5)]


async def test_for_everybody_else_the_source_does_not_exist(library: Library, root: Path) -> None:
    (root / "broken.pdf").write_bytes(b"")
    source = await restricted(library, root)
    run = await library.first(source)
    assert counts(run) == {"added": 1, "failed": 1}
    other, sources = stranger(library), library.sources
    assert (await sources.list(other, "default", "docs", None, 9)).items == []
    for call in (
        sources.get(other, source.id),
        sources.start(other, source.id),
        sources.runs(other, source.id, None, 9),
        sources.items(other, source.id, None, None, 9),
        sources.change(other, source.id, SourceChange(prefix="mine/")),
        sources.change(other, source.id, SourceChange(readers=None)),
        sources.remove(other, source.id, documents=True),
    ):
        with pytest.raises(NotFound) as raised:
            await call
        assert raised.value.code == "source.not_found"
    assert len((await sources.items(library.caller, source.id, None, None, 9)).items) == 2


async def test_a_reading_that_failed_tells_everybody_else_nothing(library: Library, root: Path) -> None:
    secret, shared = root / "layoffs", root / "menus"
    for folder in (secret, shared):
        folder.mkdir()
    source = await library.folder(secret, "plans", readers=mine(library))
    other = await library.folder(shared, "menus")
    lease = await Lease.acquire(library.database, 30)
    runner = JobRunner(library.database, lease, kinds_by_name([library.job]))
    jobs, outsider = JobService(library.database), stranger(library)
    for one in (source, other):
        assert one.last_run is not None
        Path(one.settings["path"]).rmdir()
        await runner.run(library.caller.tenant_id, one.last_run.job_id)
    assert source.last_run is not None
    assert other.last_run is not None
    job_id = source.last_run.job_id
    for call in (jobs.get, jobs.cancel, jobs.retry):
        with pytest.raises(NotFound) as raised:
            await call(outsider, job_id)
        assert raised.value.code == "job.not_found"
    assert [one.id for one in (await jobs.list(outsider, JobFilters())).items] == [other.last_run.job_id]
    for caller in (library.caller, replace(library.caller, principal_id=ENGINE)):
        failed = await jobs.get(caller, job_id)
        assert (failed.state, failed.error_code) == ("failed", "source.folder_gone")
        assert "layoffs" in (failed.error_message or "")
        assert len((await jobs.list(caller, JobFilters())).items) == 2
    await library.sources.change(library.caller, source.id, SourceChange(readers=None))
    assert (await jobs.get(outsider, job_id)).state == "failed"


async def test_the_audit_log_does_not_name_it(library: Library, root: Path) -> None:
    source = await library.folder(root, "layoffs", readers=mine(library), sync=False)
    await library.sources.change(library.caller, source.id, SourceChange(prefix="2031/"))
    await library.sources.remove(library.caller, source.id, documents=False)
    await library.folder(root, "menus", sync=False)
    said = await rows_of(library, "SELECT facts ->> 'name' FROM audit_entry WHERE kind LIKE 'source.%' ORDER BY id")
    assert [name for (name,) in said] == [None, None, None, "menus"]


async def test_the_readers_of_a_page_of_sources_are_asked_for_once(library: Library, root: Path) -> None:
    groups = GroupService(library.database)
    await groups.create(library.caller, "crew")
    await groups.add_member(library.caller, "crew", library.caller.principal_id)
    wanted = [mine(library), ReadersIn(groups=["crew"]), None]
    for number, readers in enumerate(wanted):
        await library.folder(root, f"s{number}", readers=readers, sync=False)
    asked: list[str] = []

    def count(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(Engine, "before_cursor_execute", count)
    try:
        shown = (await library.sources.list(library.caller, "default", "docs", None, 9)).items
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert sum("source_reader" in statement for statement in asked) == 1
    readers = [one.readers for one in shown]
    assert [one.restricted for one in readers] == [True, True, False]
    assert [[one.id for one in each.principals] for each in readers] == [[library.caller.principal_id], [], []]
    assert [[one.name for one in each.groups] for each in readers] == [[], ["crew"], []]


async def test_a_group_reads_what_comes_and_a_list_holds_whoever_sets_it(library: Library, root: Path) -> None:
    groups = GroupService(library.database)
    await groups.create(library.caller, "crew")
    (root / "a.md").write_text(TEXT)
    new = NewSource(name="it", kind="folder", settings={"path": str(root)}, readers=ReadersIn(groups=["crew"]))
    with pytest.raises(Conflict) as raised:
        await library.sources.create(library.caller, "default", "docs", new)
    assert raised.value.code == "readers.shuts_you_out"
    with pytest.raises(NotFound):
        await library.folder(root, readers=ReadersIn(groups=["nobody"]))
    with pytest.raises(NotFound) as missing:
        await library.sources.list(library.caller, "default", "docs", None, 9)
    assert missing.value.code == "collection.not_found", "nothing was made"
    await groups.add_member(library.caller, "crew", library.caller.principal_id)
    source = await library.sources.create(library.caller, "default", "docs", new)
    assert [one.name for one in source.readers.groups] == ["crew"]
    await library.first(source)
    (document,) = (await library.documents.list(library.caller, "default", "docs", None, 9)).items
    shown = await ReaderService(library.database).readers(library.caller, document.id)
    assert ([one.name for one in shown.groups], shown.principals) == (["crew"], [])


async def test_other_readers_are_for_what_comes_from_then_on(library: Library, root: Path) -> None:
    (root / "a.md").write_text(TEXT)
    await library.documents.add(library.caller, "default", "docs", "adopted.md", b"Somebody added this.")
    source = await library.folder(root)
    await library.first(source)
    changed = await library.sources.change(library.caller, source.id, SourceChange(readers=mine(library)))
    assert changed.readers.restricted
    again = await library.sources.change(library.caller, source.id, SourceChange(readers=mine(library)))
    assert again == changed
    (root / "a.md").write_text(f"{TEXT} It was.")
    (root / "b.md").write_text(TEXT)
    (root / "adopted.md").write_text(TEXT)
    await library.read(source)

    async def open_ones() -> set[str]:
        return {one.name for one in (await library.documents.list(stranger(library), "default", "docs", None, 9)).items}

    assert await open_ones() == {"a.md"}, "what becomes the source's is not left open"
    opened = await library.sources.change(library.caller, source.id, SourceChange(readers=None))
    assert not opened.readers.restricted
    (root / "c.md").write_text(TEXT)
    await library.read(source)
    assert await open_ones() == {"a.md", "c.md"}
    assert (await library.sources.get(stranger(library), source.id)).documents == 2


async def test_its_schedule_reads_it_whoever_may(library: Library, root: Path) -> None:
    source = await restricted(library, root, every_seconds=60)
    await library.first(source)
    (root / "b.md").write_text("Another.")
    await library.sources.start_due(library.caller.tenant_id, source.id)
    shown = (await library.sources.get(library.caller, source.id)).last_run
    assert shown is not None
    await library.attempt(shown.id)
    assert counts(await library.ended(shown)) == {"added": 1, "unchanged": 1}
    assert (await library.documents.list(stranger(library), "default", "docs", None, 9)).items == []
