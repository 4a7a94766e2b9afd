"""What a reading adds, changes, leaves alone and takes away; on folders, the source that is quickest to change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, EngineError, Gone, NotFound
from rag.connectors.schedule import SourceSchedule
from rag.connectors.schemas import Source, SourceRun
from tests.conftest import make_tenant
from tests.rag.connectors.conftest import Killed, Library, counts, kill
from tests.rag.upkeep import rows

pytestmark = pytest.mark.asyncio(loop_scope="session")


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n\nWords of {name}.")


async def test_new_changed_same_and_gone(library: Library, root: Path) -> None:
    fill(root, "a.md", "deep/b.md", "c.md", ".hidden/x.md", "logo.png")
    source = await library.folder(root, prefix="hand/")
    assert counts(await library.first(source)) == {"added": 3}
    assert await library.names() == {"hand/a.md": 1, "hand/c.md": 1, "hand/deep/b.md": 1}
    listed = (await library.documents.list(library.caller, "default", "docs", None, 10)).items
    assert {one.source_id for one in listed} == {source.id}
    (root / "a.md").write_text("# a\n\nOther words.")
    os.utime(root / "c.md", (1, 1))
    (root / "deep/b.md").unlink()
    fill(root, "d.md")
    assert counts(await library.read(source)) == {"added": 1, "changed": 1, "unchanged": 1}
    # What is gone stays, unless the source says otherwise, and comes back unchanged.
    assert await library.names() == {"hand/a.md": 2, "hand/c.md": 1, "hand/d.md": 1, "hand/deep/b.md": 1}
    gone = (await library.sources.items(library.caller, source.id, "gone", None, 10)).items
    assert [one.name for one in gone] == ["deep/b.md"]
    assert counts(await library.read(source)) == {"unchanged": 3}
    assert (await library.sources.get(library.caller, source.id)).documents == 4


async def test_a_source_that_says_so_takes_away_what_is_gone(library: Library, root: Path) -> None:
    fill(root, "a.md", "b.md")
    source = await library.folder(root, remove_gone=True)
    await library.first(source)
    (root / "b.md").unlink()
    assert counts(await library.read(source)) == {"unchanged": 1, "removed": 1}
    assert await library.names() == {"a.md": 1}
    fill(root, "b.md")
    assert counts(await library.read(source)) == {"unchanged": 1, "changed": 1}
    assert await library.names() == {"a.md": 1, "b.md": 2}


async def test_a_folder_that_is_gone_takes_nothing_away(library: Library, root: Path) -> None:
    inner = root / "inner"
    fill(inner, "a.md")
    source = await library.folder(inner, remove_gone=True)
    await library.first(source)
    inner.rename(root / "elsewhere")
    run = await library.sources.start(library.caller, source.id)
    with pytest.raises(NotFound) as raised:
        await library.attempt(run.id)
    assert raised.value.code == "source.folder_gone"
    assert await library.names() == {"a.md": 1}


async def test_filters_choose(library: Library, root: Path) -> None:
    fill(root, "a.md", "drafts/b.md", "c.txt", ".notes/d.md")
    source = await library.folder(root, include=["*.md"], exclude=["drafts/**"])
    await library.first(source)
    assert set(await library.names()) == {"a.md"}


async def test_a_broken_file_stops_nothing_and_is_tried_again(library: Library, root: Path) -> None:
    fill(root, "a.md", "z.md")
    (root / "empty.md").write_text("")
    (root / "large.md").write_text("x" * 20_000)
    (root / "out.md").symlink_to("/etc/hostname")
    source = await library.folder(root)
    assert counts(await library.first(source)) == {"added": 2, "failed": 3}
    assert await library.failures(source) == {
        "empty.md": "document.empty", "large.md": "document.too_large", "out.md": "source.link_leads_out",
    }  # fmt: skip
    (root / "empty.md").write_text("Full.")
    (root / "out.md").unlink()
    assert counts(await library.read(source)) == {"added": 1, "unchanged": 2, "failed": 1}
    assert set(await library.failures(source)) == {"large.md"}


async def test_a_run_killed_half_way_goes_on_without_doubles(library: Library, root: Path) -> None:
    fill(root, *(f"{number}.md" for number in range(5)))
    source = await library.folder(root)
    assert source.last_run is not None
    context = library.context(source.last_run.id)
    context.once, context.after = kill, 2
    with pytest.raises(Killed):
        await library.attempt(source.last_run.id, context)
    half = await library.sources.get(library.caller, source.id)
    assert half.last_run is not None
    assert (half.last_run.added, half.last_run.ended_at) == (2, None)
    run = await library.first(source)
    assert counts(run) == {"added": 5}
    assert run.ended_at is not None
    assert set((await library.names()).values()) == {1}
    # A repeat of a job that had ended before it was killed does nothing.
    await library.attempt(run.id)
    assert counts(await library.ended(run)) == {"added": 5}


async def test_one_reading_at_a_time(library: Library, root: Path) -> None:
    source = await library.folder(root)
    with pytest.raises(Conflict) as raised:
        await library.sources.start(library.caller, source.id)
    assert raised.value.code == "source.under_way"


@pytest.mark.parametrize("how", ["source", "collection"])
async def test_a_source_that_is_removed_while_it_is_read_ends(library: Library, root: Path, how: str) -> None:
    fill(root, "a.md", "b.md", "c.md")
    source = await library.folder(root)
    assert source.last_run is not None
    context = library.context(source.last_run.id)

    async def remove() -> None:
        if how == "source":
            await library.sources.remove(library.caller, source.id, documents=True)
        else:
            await library.documents.remove_collection(library.caller, "default", "docs")

    context.once = remove
    with pytest.raises(Gone) as raised:
        await library.attempt(source.last_run.id, context)
    assert raised.value.code == "source.removed"
    assert await library.names() == {}
    with pytest.raises(NotFound):
        await library.sources.get(library.caller, source.id)
    # The name is free, and what the old source brought belongs to the new one.
    again = await library.folder(root)
    assert counts(await library.first(again)) == {"added": 2, "changed": 1}


async def test_a_removed_source_leaves_its_documents(library: Library, root: Path) -> None:
    fill(root, "a.md")
    source = await library.folder(root, every_seconds=60)
    await library.first(source)
    assert await library.sources.remove(library.caller, source.id, documents=False) == 0
    assert await library.names() == {"a.md": 1}
    left = await rows_of(library, "SELECT count(*) FROM source_schedule WHERE source_id = :id", id=source.id)
    assert left == [(0,)]


async def rows_of(library: Library, query: str, **values: object) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await rows(library, library.caller, query, **values)]  # type: ignore[arg-type]


async def test_two_sources_never_write_one_document(library: Library, root: Path) -> None:
    fill(root / "one", "a.md")
    fill(root / "two", "a.md")
    first = await library.folder(root / "one", "first")
    await library.first(first)
    second = await library.folder(root / "two", "second")
    assert counts(await library.first(second)) == {"failed": 1}
    assert await library.failures(second) == {"a.md": "document.name_taken"}


async def test_a_document_with_readers_of_its_own_is_never_overwritten(library: Library, root: Path) -> None:
    from rag.readers.schemas import ReadersIn

    fill(root, "secret.md", "open.md")
    mine = ReadersIn(principals=[str(library.caller.principal_id)])
    await library.documents.add(library.caller, "default", "docs", "secret.md", b"Mine.", mine)
    await library.documents.add(library.caller, "default", "docs", "open.md", b"Ours.")
    source = await library.folder(root)
    assert counts(await library.first(source)) == {"changed": 1, "failed": 1}
    assert await library.failures(source) == {"secret.md": "document.name_taken"}


async def test_a_document_that_somebody_removed_stays_out_until_it_changes(library: Library, root: Path) -> None:
    fill(root, "a.md")
    source = await library.folder(root)
    await library.first(source)
    [document] = (await library.documents.list(library.caller, "default", "docs", None, 10)).items
    await library.documents.remove(library.caller, document.id)
    assert counts(await library.read(source)) == {"unchanged": 1}
    assert await library.names() == {}


async def test_what_a_source_holds_is_shown_to_readers_of_the_documents_alone(library: Library, root: Path) -> None:
    from rag.readers.schemas import ReadersIn
    from rag.readers.service import ReaderService

    fill(root, "a.md", "b.md")
    source = await library.folder(root)
    await library.first(source)
    listed = {
        one.name: one.id for one in (await library.documents.list(library.caller, "default", "docs", None, 9)).items
    }
    mine = ReadersIn(principals=[str(library.caller.principal_id)])
    await ReaderService(library.database).restrict(library.caller, listed["a.md"], mine)
    other = library.as_somebody_with(library.caller.scopes)
    other.caller = type(other.caller)(
        other.caller.tenant_id, source.id, "person", other.caller.scopes, other.caller.credential_id
    )
    shown = await other.sources.items(other.caller, source.id, None, None, 10)
    assert [one.name for one in shown.items] == ["b.md"]
    assert (await other.sources.get(other.caller, source.id)).documents == 1


async def test_another_tenant_finds_nothing(library: Library, root: Path, database: Database) -> None:
    source = await library.folder(root)
    stranger = await make_tenant(database)
    sources = library.sources
    for call in (
        sources.get(stranger, source.id),
        sources.start(stranger, source.id),
        sources.runs(stranger, source.id, None, 5),
        sources.items(stranger, source.id, None, None, 5),
        sources.remove(stranger, source.id, documents=True),
        sources.list(stranger, "default", "docs", None, 5),
    ):
        with pytest.raises(NotFound):
            await call


async def due_now(library: Library, source: Source) -> None:
    from sqlalchemy import text

    async with library.database.global_work() as session:
        moved = text("UPDATE source_schedule SET due_at = now() WHERE source_id = :id")
        await session.execute(moved, {"id": source.id})


async def test_what_is_due_is_read_once_and_only_when_it_changed(library: Library, root: Path) -> None:
    fill(root, "a.md")
    source = await library.folder(root, every_seconds=2)
    await library.first(source)
    schedules = [SourceSchedule(library.database, library.sources) for _ in range(2)]

    async def looked() -> int:
        await due_now(library, source)
        for schedule in schedules:
            while await schedule.look():
                pass
        return len((await library.sources.runs(library.caller, source.id, None, 50)).items)

    assert await looked() == 1, "nothing has changed"
    fill(root, "b.md")
    assert await looked() == 2
    assert await looked() == 2, "the run is under way"
    shown = (await library.sources.get(library.caller, source.id)).last_run
    assert shown is not None
    await library.attempt(shown.id)
    assert counts(await library.ended(shown)) == {"added": 1, "unchanged": 1}
    assert await looked() == 2


async def started(library: Library, source: Source) -> SourceRun | None:
    """Have the schedule look; return the run that it started."""
    before = (await library.sources.get(library.caller, source.id)).last_run
    await library.sources.start_due(library.caller.tenant_id, source.id)
    after = (await library.sources.get(library.caller, source.id)).last_run
    return None if before == after else after


async def wait_since_the_last_run(library: Library, seconds: int) -> None:
    """Say that the last run of every source ended so long ago."""
    moved = "UPDATE job SET finished_at = now() - make_interval(secs => :seconds) RETURNING 1"
    await rows_of(library, moved, seconds=seconds)


async def test_what_failed_is_tried_again_when_it_changed_or_after_a_while(library: Library, root: Path) -> None:
    (root / "empty.md").write_text("")
    source = await library.folder(root, every_seconds=2)
    await library.first(source)
    assert await started(library, source) is None, "each reading is a job and stands in the audit log"
    await wait_since_the_last_run(library, 601)
    again = await started(library, source)
    assert again is not None
    await library.attempt(again.id)
    assert counts(await library.ended(again)) == {"failed": 1}
    (root / "empty.md").write_text("Full.")
    at_once = await started(library, source)
    assert at_once is not None
    await library.attempt(at_once.id)
    assert counts(await library.ended(at_once)) == {"added": 1}


async def test_a_lost_root_shows_and_is_not_read_again_at_once(library: Library, root: Path) -> None:
    source = await library.folder(root, every_seconds=2)
    await library.first(source)
    root.rmdir()
    lost = await started(library, source)
    assert lost is not None
    with pytest.raises(EngineError):
        await library.attempt(lost.id)
    await library.ended(lost, "failed")
    assert await started(library, source) is None
    await wait_since_the_last_run(library, 61)
    root.mkdir()
    assert await started(library, source) is not None


async def test_everything_is_in_the_audit_log(library: Library, root: Path) -> None:
    fill(root, "a.md")
    source = await library.folder(root)
    await library.first(source)
    await library.sources.remove(library.caller, source.id, documents=True)
    said = await rows_of(library, "SELECT kind FROM audit_entry ORDER BY id")
    kinds = [row[0] for row in said]
    for kind in ("source.created", "source.sync_started", "document.version_added", "source.synced", "source.removed"):
        assert kind in kinds
