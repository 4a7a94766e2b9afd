"""Changing a source: what its next reading makes of it, and what a change may not do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcp_engine.errors import Conflict, EngineError, InvalidInput, NotAllowed, NotFound
from rag.connectors.schemas import Source, SourceChange
from tests.conftest import make_tenant
from tests.rag.connectors.conftest import Library, counts
from tests.rag.connectors.test_reading import fill, rows_of

GIT = {"url": "https://93.184.215.14/x.git"}


async def change(library: Library, source: Source, **members: Any) -> Source:
    return await library.sources.change(library.caller, source.id, SourceChange(**members))


async def refused(library: Library, source: Source, **members: Any) -> str:
    with pytest.raises(EngineError) as raised:
        await change(library, source, **members)
    return raised.value.code


async def stored(library: Library, source: Source, *columns: str) -> tuple[object, ...]:
    [row] = await rows_of(library, f"SELECT {', '.join(columns)} FROM source WHERE id = :id", id=source.id)
    return row


async def test_another_prefix_moves_the_documents_to_their_new_names(library: Library, root: Path) -> None:
    fill(root, "a.md", "b.md")
    source = await library.folder(root, prefix="old/")
    await library.first(source)
    changed = await change(library, source, prefix="new/")
    assert changed.prefix == "new/"
    assert set(await library.names()) == {"old/a.md", "old/b.md"}, "until it is read"
    assert counts(await library.read(source)) == {"added": 2, "removed": 2}
    assert set(await library.names()) == {"new/a.md", "new/b.md"}
    assert counts(await library.read(source)) == {"unchanged": 2}


async def test_another_place_is_read_anew_and_what_it_lacks_is_gone(library: Library, root: Path) -> None:
    fill(root / "one", "a.md", "b.md")
    fill(root / "two", "a.md", "c.md")
    (root / "two/a.md").write_text("Other words.")
    source = await library.folder(root / "one", remove_gone=True)
    await library.first(source)
    changed = await change(library, source, settings={"path": str(root / "two")})
    assert changed.settings == {"path": str(root / "two")}
    assert counts(await library.read(source)) == {"added": 1, "changed": 1, "removed": 1}
    assert await library.names() == {"a.md": 2, "c.md": 1}


async def test_other_filters_and_what_becomes_of_the_gone(library: Library, root: Path) -> None:
    fill(root, "a.md", "b.txt")
    source = await library.folder(root)
    await library.first(source)
    await change(library, source, include=["*.md"])
    await library.read(source)
    assert set(await library.names()) == {"a.md", "b.txt"}, "kept, for the source says so"
    await change(library, source, remove_gone=True)
    assert counts(await library.read(source)) == {"unchanged": 1, "removed": 1}
    assert set(await library.names()) == {"a.md"}


async def test_a_schedule_is_paused_resumed_changed_and_taken_away(library: Library, root: Path) -> None:
    source = await library.folder(root, every_seconds=60)
    await library.first(source)
    assert source.due_at is not None
    paused = await change(library, source, paused=True)
    assert (paused.paused, paused.due_at, paused.every_seconds) == (True, None, 60)
    # One that a server has claimed before the pause is not read after it.
    await library.sources.start_due(library.caller.tenant_id, source.id)
    assert len((await library.sources.runs(library.caller, source.id, None, 9)).items) == 1
    assert counts(await library.read(source)) == {}, "somebody who asks is heard"
    faster = await change(library, source, every_seconds=30)
    assert (faster.paused, faster.due_at) == (True, None)
    resumed = await change(library, source, paused=False)
    assert resumed.due_at is not None
    await change(library, source, paused=True)
    demanded = await change(library, source, every_seconds=None)
    assert (demanded.every_seconds, demanded.paused, demanded.due_at) == (None, False, None)
    assert await refused(library, source, paused=True) == "source.nothing_to_pause"


async def test_a_source_that_looks_the_same_is_read_after_a_change(library: Library, root: Path) -> None:
    fill(root, "a.md")
    source = await library.folder(root, every_seconds=2)
    await library.first(source)
    assert (await stored(library, source, "state"))[0] is not None
    await change(library, source, name="other")
    assert (await stored(library, source, "state"))[0] is not None, "another name changes nothing that is read"
    changed = await change(library, source, exclude=["x"])
    assert await stored(library, source, "state", "name") == (None, "other")
    assert changed.last_run is not None
    assert changed.last_run.state == "queued"


async def test_a_change_waits_for_the_reading_but_a_pause_does_not(library: Library, root: Path) -> None:
    source = await library.folder(root, every_seconds=60)
    assert await refused(library, source, prefix="x/") == "source.under_way"
    assert (await change(library, source, paused=True, name="other")).paused
    await library.first(source)
    assert (await change(library, source, prefix="x/")).prefix == "x/"


async def test_a_credential_never_goes_to_another_place(library: Library) -> None:
    source = await library.make("git", GIT, credential="ghp_secret", sync=False)
    elsewhere = {"url": "https://93.184.215.15/mine.git"}
    assert await refused(library, source, settings=elsewhere) == "source.credential_needed"
    assert (await change(library, source, settings=GIT, prefix="x/")).has_credential, "the settings are the same"
    moved = await change(library, source, settings=elsewhere, credential="ghp_other")
    assert "ghp_other" not in moved.model_dump_json()
    tenant, [sealed] = library.caller.tenant_id, await stored(library, source, "sealed_credential")
    assert isinstance(sealed, bytes)
    assert library.seal.open(tenant, source.id, sealed) == "ghp_other"
    bare = await change(library, source, settings=GIT, credential=None)
    assert not bare.has_credential


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"settings": {"path": "relative"}}, "source.settings_invalid"),
        ({"settings": {"path": "/etc"}}, "source.path_refused"),
        ({"prefix": "../"}, "document.name_invalid"),
        ({"every_seconds": 1}, "source.too_often"),
        ({"credential": "secret"}, "source.no_credential"),
        ({"paused": True}, "source.nothing_to_pause"),
        ({"name": "taken"}, "source.exists"),
    ],
)
async def test_what_is_wrong_changes_nothing(library: Library, root: Path, members: dict[str, Any], code: str) -> None:
    source = await library.folder(root, sync=False)
    await library.folder(root, "taken", sync=False)
    assert await refused(library, source, **members, exclude=["x"]) == code
    assert await library.sources.get(library.caller, source.id) == source


async def test_what_belongs_to_the_server_needs_its_operator(library: Library, root: Path) -> None:
    source = await library.folder(root, sync=False)
    writer = library.as_somebody_with({"documents:read", "documents:write"})
    with pytest.raises(NotAllowed) as raised:
        await change(writer, source, name="mine")
    assert raised.value.code == "access.scope_missing"
    public = await writer.make("git", GIT, "public", sync=False)
    with pytest.raises(NotAllowed):
        await change(writer, public, settings={"url": f"file://{root}"})


async def test_another_tenants_source_and_a_removed_one_are_not_there(library: Library, root: Path) -> None:
    source = await library.folder(root, sync=False)
    stranger = replace(library, caller=await make_tenant(library.database))
    with pytest.raises(NotFound):
        await change(stranger, source, name="mine")
    await library.sources.remove(library.caller, source.id, documents=False)
    with pytest.raises(NotFound):
        await change(library, source, name="mine")


async def test_a_change_is_in_the_audit_log_without_place_and_secret(library: Library) -> None:
    source = await library.make("git", GIT, sync=False)
    await change(library, source, settings={**GIT, "ref": "next"}, credential="ghp_secret", every_seconds=60)
    await change(library, source, every_seconds=60)
    said = await rows_of(library, "SELECT facts FROM audit_entry WHERE kind = 'source.changed'")
    assert len(said) == 1, "what changes nothing is no change"
    assert "'changed': ['credential', 'every_seconds', 'settings']" in str(said[0])
    assert "ghp_secret" not in str(said[0])
    assert "93.184" not in str(said[0])


async def test_a_collection_is_listed_from_its_first_source_to_its_last(library: Library, root: Path) -> None:
    async def listed() -> list[tuple[str, int]]:
        page = await library.documents.collections(library.caller, "default", None, 10)
        return [(one.name, one.documents) for one in page.items]

    assert await listed() == []
    source = await library.folder(root)
    assert await listed() == [("docs", 0)]
    fill(root, "a.md", "b.md")
    await library.first(source)
    assert await listed() == [("docs", 2)]
    await library.sources.remove(library.caller, source.id, documents=True)
    assert await listed() == []


async def test_the_name_that_a_source_had_is_free(library: Library, root: Path) -> None:
    one, other = await library.folder(root, "one", sync=False), await library.folder(root, "two", sync=False)
    await change(library, one, name="three")
    with pytest.raises(Conflict):
        await change(library, other, name="three")
    assert (await change(library, other, name="one")).name == "one"


async def test_settings_that_their_kind_takes_no_more_are_corrected(library: Library, root: Path) -> None:
    source = await library.folder(root, sync=False)
    await rows_of(
        library, 'UPDATE source SET settings = \'{"path": "relative"}\' WHERE id = :id RETURNING 1', id=source.id
    )
    with pytest.raises(InvalidInput) as raised:
        await change(library, source, name="x")
    assert raised.value.code == "source.settings_invalid"
    assert (await change(library, source, settings={"path": str(root)})).settings == {"path": str(root)}
