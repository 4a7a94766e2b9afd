"""A third-party package extends the engine by being installed: its command, route and capability appear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.instance import COMMAND, EngineProcess
from tests.mcp_engine.components.plugin import build_wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed the plugin into."""
    folder = tmp_path_factory.mktemp("plugin")
    target = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*install, str(build_wheel(folder))], check=True)
    return target


@pytest.fixture(scope="module")
def engine(installed: Path) -> Iterator[EngineProcess]:
    engine = EngineProcess(extra={"PYTHONPATH": str(installed), "MCP_ENGINE_SAMPLE": "false"})
    engine.start()
    yield engine
    engine.remove()


def call(engine: EngineProcess, path: str, body: object = None) -> object:
    key = json.loads(engine.credentials.read_text())["api_key"]
    request = urllib.request.Request(
        f"{engine.url}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)


def test_its_command_appears(installed: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [str(COMMAND), "echo", "say", "hello", "--json"], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"said": "hello"}


def test_its_route_appears_behind_its_own_scope(engine: EngineProcess) -> None:
    assert call(engine, "/echo?text=hello") == {"text": "hello"}
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{engine.url}/api/v1/echo?text=hello", timeout=300)


def test_its_capability_appears_and_is_validated(engine: EngineProcess) -> None:
    assert call(engine, "/capabilities/echo.repeat", {"text": "hello"}) == {"result": {"text": "hello"}}
    with pytest.raises(urllib.error.HTTPError, match="422"):
        call(engine, "/capabilities/echo.repeat", {"words": "hello"})


def test_without_the_package_nothing_of_it_is_there() -> None:
    done = subprocess.run([str(COMMAND), "echo", "say", "hello"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
