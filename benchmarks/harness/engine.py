"""A real engine (`mcp-engine up`) in a folder of its own, which is removed with its data afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mcp_engine.config import Settings
from mcp_engine.secrets import Secrets
from mcp_engine.server.database import DatabaseUrls, database_urls

START_TIMEOUT_SECONDS = 300
STOP_TIMEOUT_SECONDS = 60
_REQUESTS_PER_SECOND = 10_000
_BURST = 100_000


class EngineFailed(Exception):
    """The engine did not start, or refused what the harness asked of it."""


@dataclass(slots=True)
class Engine:
    """A running server.

    Args:
        key: an owner's key whose rate limit no benchmark reaches.
        process: the server's; another one after `kill_and_start`.
    """

    port: int
    key: str
    home: Path
    process: subprocess.Popen[bytes]
    settings: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def database(self) -> DatabaseUrls:
        """Return the URLs of its PostgreSQL, for a peer's own database in the same cluster, or for bulk data."""
        return database_urls(Settings(home=self.home, database_url=None), Secrets.load(self.home / "secrets"))

    def memory_bytes(self) -> int:
        """Return the resident memory of the server's own process (its model and parsers are others)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise EngineFailed("the server's memory can't be read")

    def kill_and_start(self) -> None:
        """End the server's process as a power cut would, and start it again; returns when it serves."""
        self.process.kill()
        self.process.wait()
        folder = self.home.parent
        self.process = _launched(folder, self.port, self.settings)
        _wait(self.process, folder, self.port)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of one answer below `/api/v1`; raises `EngineFailed` with a problem's text."""
        return _call(self.url, self.key, method, path, body)


@contextmanager
def running_engine(**settings: str) -> Generator[Engine]:
    """Run a new, empty engine.

    Args:
        settings: `MCP_ENGINE_*` settings by their lower-case names; others of the caller's environment are left out.
    """
    # Enterable by others: root's PostgreSQL runs as another account.
    folder = Path(tempfile.mkdtemp(prefix="mcp-engine-bench-"))
    folder.chmod(0o755)
    port = free_port()
    engine = Engine(port, "", folder / "home", _launched(folder, port, settings), settings)
    try:
        _wait(engine.process, folder, port)
        url = f"http://127.0.0.1:{port}"
        owner = json.loads((folder / "config" / "mcp-engine" / "credentials.json").read_text())["api_key"]
        limits = {"name": "benchmark", "requests_per_second": _REQUESTS_PER_SECOND, "burst": _BURST}
        engine.key = _call(url, owner, "POST", "/keys", limits)["api_key"]
        yield engine
    finally:
        _stop(engine.process)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until `url` answers 200; False when the process ends first or the time is over."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.1)
    return False


def _launched(folder: Path, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MCP_ENGINE_")}
    environment = {
        "MCP_ENGINE_SAMPLE": "false",
        "MCP_ENGINE_MODEL_PROCESSES": "1",
        **{f"MCP_ENGINE_{name.upper()}": value for name, value in settings.items()},
        "MCP_ENGINE_HOME": str(folder / "home"),
        "MCP_ENGINE_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "MCP_ENGINE_PORT": str(port),
    }
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("mcp-engine")), "up"],
            env={**kept, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    credentials = folder / "config" / "mcp-engine" / "credentials.json"
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if not wait_for(f"http://127.0.0.1:{port}/readyz", process, deadline - time.monotonic()):
            break
        if credentials.exists() and _readable(credentials):
            return
        time.sleep(0.1)
    log = (folder / "server.log").read_text(errors="replace").splitlines()[-20:]
    raise EngineFailed("the engine did not start:\n" + "\n".join(log))


def _readable(path: Path) -> bool:
    try:
        return "api_key" in cast("dict[str, Any]", json.loads(path.read_text()))
    except ValueError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _call(url: str, key: str, method: str, path: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"{url}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise EngineFailed(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}") from error
