"""`mcp-engine docs add --watch`: what changes is added, once it is whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli.groups import CommandGroup
from rag import cli_watching
from rag.cli_watching import File, changes, stamps
from rag.component import component
from tests.commands import Commands, listening


class Clock:
    """Instead of waiting, does what happens meanwhile; at the end somebody presses Ctrl-C."""

    def __init__(self, *meanwhile: Callable[[], object]) -> None:
        self._meanwhile = list(meanwhile)

    def sleep(self, seconds: float) -> None:
        if not self._meanwhile:
            raise KeyboardInterrupt
        self._meanwhile.pop(0)()


def nothing() -> None:
    return None


def test_a_file_is_taken_when_two_looks_find_it_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text("Old.")

    def listed() -> list[File]:
        return [File(path, path.name) for path in sorted(tmp_path.iterdir())]

    clock = Clock(
        nothing, lambda: new.write_text("Ne"), lambda: new.write_text("New."), nothing,
        lambda: old.write_text("Older."), nothing, old.unlink, nothing,
    )  # fmt: skip
    monkeypatch.setattr(cli_watching, "time", clock)
    taken: list[tuple[str, str]] = []
    with pytest.raises(KeyboardInterrupt):
        for file in changes(listed, stamps(listed())):
            taken.append((file.name, file.path.read_text()))  # noqa: PERF401 - it never ends by itself
    assert taken == [("new.md", "New."), ("old.md", "Older.")]


def test_what_is_gone_has_no_stamp(tmp_path: Path) -> None:
    assert stamps([File(tmp_path / "nothing.md", "nothing.md")]) == {}


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


async def test_a_folder_is_watched_from_the_shell(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text("A.")
    clock = Clock(lambda: (tmp_path / "b.md").write_text("B."), nothing, lambda: (tmp_path / "e.md").touch(), nothing)
    monkeypatch.setattr(cli_watching, "time", clock)
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    run = Commands(commands, url, monkeypatch, key="key")
    result = await run("docs", "add", str(tmp_path), "-c", "docs", "--no-wait", "--watch")
    assert "b.md added" in result.stdout
    assert "e.md refused: e.md is empty" in result.stdout
