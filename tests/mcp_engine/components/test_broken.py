"""A damaged plugin is named; it takes no command away, and no server starts without it unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.instance import COMMAND
from tests.mcp_engine.components.plugin import MODULE, build_wheel

DAMAGES = {
    "its module does not import": ("import no_such_module_of_echo", "ModuleNotFoundError"),
    "it names no component": ("component = 7", "TypeError"),
    "its name is taken": (MODULE.replace('name = "echo"', 'name = "rag"'), "another component is named 'rag'"),
    "its commands fail": (MODULE.replace('return {"echo": group}', 'raise OSError("[no] commands")'), "[no] commands"),
}


def run_with(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where the plugin is installed with `module` as its code."""
    target = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*install, str(build_wheel(folder, module))], check=True)
    environment = {
        **os.environ, "PYTHONPATH": str(target), "MCP_ENGINE_HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "config"), "COLUMNS": "400",
    }  # fmt: skip
    return subprocess.run(
        [str(COMMAND), *arguments], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("damage", DAMAGES)
def test_commands_go_on_and_name_it(tmp_path: Path, damage: str) -> None:
    module, reason = DAMAGES[damage]
    done = run_with(tmp_path, module, "ask", "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert done.stderr.startswith("warning: ")
    assert reason in done.stderr
    assert "echo" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_server_does_not_start_without_it_unnoticed(tmp_path: Path) -> None:
    done = run_with(tmp_path, "import no_such_module_of_echo", "up")
    assert done.returncode == 6
    assert "mcp-engine-echo 1.0.0" in done.stderr.splitlines()[-1]
    assert "no_such_module_of_echo" in done.stderr
    assert "Traceback" not in done.stderr
