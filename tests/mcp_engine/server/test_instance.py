"""One server a data directory; a newer directory is refused untouched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_engine.errors import Conflict, Refused
from mcp_engine.server.instance import clear_scratch, ensure_free, held_home, scratch

HOLD = """
import sys, time
from pathlib import Path
from mcp_engine.server.instance import held_home
with held_home(Path(sys.argv[1]), "http://127.0.0.1:1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_server_says_who_holds_the_directory(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(Conflict, match=f"process {first.pid}, which serves http://127.0.0.1:1"):
            with held_home(tmp_path, "http://127.0.0.1:2"):
                pass
        with pytest.raises(Conflict, match=f"process {first.pid}, which serves http://127.0.0.1:1"):
            ensure_free(tmp_path)
        first.kill()
    ensure_free(tmp_path)
    with held_home(tmp_path, "http://127.0.0.1:2"):
        assert json.loads((tmp_path / "server.lock").read_text())["pid"] == os.getpid()


def test_a_directory_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    layout = tmp_path / "layout.json"
    layout.write_text(json.dumps({"layout": 99, "written_by": "9.0"}))
    with pytest.raises(Refused, match=r"MCP Engine 9\.0, which is newer"):
        with held_home(tmp_path, "http://127.0.0.1:2"):
            pass
    assert json.loads(layout.read_text())["layout"] == 99


def test_a_directory_removed_while_it_was_taken_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with held_home(home, "a removal"):
        shutil.rmtree(home)
        with held_home(home, "http://127.0.0.1:1"):
            assert (home / "layout.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"layout": "x", "written_by": "1"}'])
def test_a_damaged_layout_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "layout.json").write_text(content)
    with pytest.raises(Refused, match="damaged") as refused:
        with held_home(tmp_path, "http://127.0.0.1:1"):
            pass
    assert refused.value.code == "instance.layout_unreadable"


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(Refused, match="MCP_ENGINE_HOME"):
        with held_home(tmp_path / "home", "http://127.0.0.1:1"):
            pass


def test_what_a_killed_server_left_half_written_is_removed(tmp_path: Path) -> None:
    (scratch(tmp_path) / "backup-x").mkdir()
    clear_scratch(tmp_path)
    assert list(tmp_path.iterdir()) == []
