"""Copies of repositories on disk: gone with their reading, or, when its process was killed, with the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rag.connectors.git import GitKind, GitSettings
from rag.connectors.options import SourceOptions
from rag.connectors.scratch import clear_left, scratch_folder
from tests.rag.connectors.conftest import Library
from tests.rag.connectors.test_git import Checkout

HOLDER = """
import signal
from rag.connectors.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "object").write_text("Half of a repository.")
    print(folder, flush=True)
    signal.pause()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def held(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that holds a folder."""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_folder_is_left_alone_while_its_process_lives_and_removed_once_it_was_killed(temporary: Path) -> None:
    process, folder = held(temporary)
    try:
        assert clear_left() == 0
        assert (folder / "object").exists()
    finally:
        end(process)
    assert (folder / "object").exists(), "nobody but the next reading removes it"
    assert clear_left() == 1
    assert [*temporary.iterdir()] == []


def test_a_folder_is_gone_with_its_block(temporary: Path) -> None:
    with scratch_folder() as folder:
        assert [*folder.iterdir()] == []
        assert clear_left() == 0
    assert [*temporary.iterdir()] == []


def test_what_is_being_made_or_is_not_ours_stays(temporary: Path) -> None:
    being_made, made_long_ago = temporary / "mcp-engine-git-new", temporary / "mcp-engine-git-old"
    for folder in (being_made, made_long_ago, temporary / "other"):
        folder.mkdir()
    os.utime(made_long_ago, (1, 1))
    (temporary / "mcp-engine-git-link").symlink_to(temporary / "other")
    assert clear_left() == 1
    assert {one.name for one in temporary.iterdir()} == {"mcp-engine-git-new", "mcp-engine-git-link", "other"}


async def test_the_next_reading_of_a_repository_removes_what_a_killed_worker_left(
    library: Library, root: Path, temporary: Path
) -> None:
    process, left = held(temporary)
    end(process)
    checkout = Checkout(root / "manual")
    checkout.commit(a="Words.")
    kind, settings = GitKind(SourceOptions(source_roots=str(root))), GitSettings(url=checkout.url)
    async with kind.open(settings, None) as connector:
        assert [item.name async for item in connector.items()] == ["a.md"]
        assert not left.parent.exists()
        assert len([*temporary.iterdir()]) == 1
    assert [*temporary.iterdir()] == []
