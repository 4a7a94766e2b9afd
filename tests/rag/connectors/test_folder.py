"""Folders on the server's machine, and the ways out of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcp_engine.errors import EngineError, Gone, NotAllowed, NotFound, TooLarge
from mcp_engine.identity.permissions import OPERATE
from rag.connectors.folder import Folder, FolderKind, FolderSettings
from rag.connectors.options import SourceOptions
from rag.connectors.port import Item
from tests.rag.connectors.conftest import Library, counts

LIMIT = 1000


async def listed(folder: Folder) -> dict[str, Item]:
    return {item.name: item async for item in folder.items()}


@pytest.mark.parametrize("path", ["", "/..", "/../root-beside", "/link"])
async def test_nothing_outside_the_roots_is_read(root: Path, path: str) -> None:
    beside = root.parent / "root-beside"
    beside.mkdir()
    (root / "link").symlink_to(beside)
    kind = FolderKind(SourceOptions(source_roots=f"{root}/inner{os.pathsep}relative{os.pathsep}/nowhere"))
    with pytest.raises(NotAllowed) as raised:
        await kind.check(FolderSettings(path=f"{root}{path}"))
    assert raised.value.code == "source.path_refused"


async def test_without_roots_every_folder_is_refused(root: Path) -> None:
    with pytest.raises(NotAllowed):
        await FolderKind(SourceOptions(source_roots="")).check(FolderSettings(path=str(root)))


async def test_a_folder_below_a_root_must_be_there(root: Path) -> None:
    with pytest.raises(NotFound):
        await FolderKind(SourceOptions(source_roots=str(root))).check(FolderSettings(path=f"{root}/nothing"))


async def test_links_inside_are_followed_and_links_out_are_not(root: Path) -> None:
    (root / "a.md").write_text("A.")
    (root / "same.md").symlink_to("a.md")
    (root / "out.md").symlink_to("/etc/hostname")
    (root / "nothing.md").symlink_to("missing.md")
    (root / "round").symlink_to(root)
    os.mkfifo(root / "pipe.md")
    folder = Folder(root)
    found = await listed(folder)
    assert set(found) == {"a.md", "same.md", "out.md"}
    assert found["out.md"].problem is not None
    for name in ("a.md", "same.md"):
        fetched = await folder.fetch(found[name], None, LIMIT)
        assert fetched is not None
        assert (fetched.content, fetched.fingerprint) == (b"A.", found[name].fingerprint)


async def test_what_changes_between_listing_and_reading_leads_nowhere_else(root: Path) -> None:
    (root / "deep").mkdir()
    for name in ("deep/a.md", "b.md", "c.md", "d.md"):
        (root / name).write_text("A.")
    folder = Folder(root)
    found = await listed(folder)
    (root / "deep").rename(root / "moved")
    (root / "deep").symlink_to("/etc")
    (root / "b.md").unlink()
    (root / "b.md").symlink_to("/etc/hostname")
    (root / "c.md").unlink()
    os.mkfifo(root / "c.md")
    (root / "d.md").write_text("x" * (LIMIT + 1))
    for name, error in (("deep/a.md", Gone), ("b.md", Gone), ("c.md", EngineError), ("d.md", TooLarge)):
        with pytest.raises(error):
            await folder.fetch(found[name], None, LIMIT)


async def test_every_change_shows_in_the_state(root: Path) -> None:
    folder, seen = Folder(root), set[str | None]()

    async def look() -> bool:
        state = await folder.state()
        new = state not in seen
        seen.add(state)
        return new

    assert await look()
    (root / "a.md").write_text("A.")
    assert await look()
    assert not await look()
    (root / "a.md").write_text("AB")
    assert await look()
    (root / "a.md").rename(root / "b.md")
    assert await look()


async def test_names_that_no_document_can_have_are_failures(library: Library, root: Path) -> None:
    (root / "good.md").write_text("Good.")
    (root / "line\nbreak.md").write_text("Bad.")
    Path(os.fsdecode(os.fsencode(root) + b"/bytes-\xff.md")).write_text("Bad.")
    source = await library.folder(root, include=["**"])
    assert counts(await library.first(source)) == {"added": 1, "failed": 2}
    assert set((await library.failures(source)).values()) == {"document.name_invalid"}


async def test_only_who_operates_the_instance_reads_its_disk(library: Library, root: Path) -> None:
    writer = library.as_somebody_with({"documents:read", "documents:write"})
    with pytest.raises(NotAllowed) as raised:
        await writer.folder(root)
    assert raised.value.details == {"required_scope": OPERATE}
    source = await library.folder(root, sync=False)
    with pytest.raises(NotAllowed):
        await writer.read(source)
