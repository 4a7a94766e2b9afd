"""A real `mcp-engine up` in a folder of its own, and its command line."""

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
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("mcp-engine")
START_TIMEOUT_SECONDS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class EngineProcess:
    """One data directory, and the server process on it, if any."""

    folder: Path = field(default_factory=lambda: _open_folder())
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def credentials(self) -> Path:
        return self.folder / "config" / "mcp-engine" / "credentials.json"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MCP_ENGINE_")}
        return {
            **kept,
            "MCP_ENGINE_HOME": str(self.home),
            "MCP_ENGINE_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "MCP_ENGINE_PORT": str(self.port),
            "MCP_ENGINE_MODEL_PROCESSES": "1",
            "MCP_ENGINE_MODEL_THREADS": "1",
            "GOMP_SPINCOUNT": "0",
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "200",
            **self.extra,
        }

    def start(self) -> None:
        """Start the server and wait until it is ready, and the command line has its key."""
        self.process = self.launch()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not (self.is_ready() and self.credentials.exists()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log()}")
            time.sleep(0.1)

    def launch(self) -> subprocess.Popen[str]:
        log = (self.folder / "server.log").open("a")
        with log:
            # A shell that runs the tests in the background has SIGINT ignored, and children inherit that.
            heeds_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
            return subprocess.Popen(
                [str(COMMAND), "up"], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True,
                preexec_fn=heeds_ctrl_c,
            )  # fmt: skip

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def log(self) -> str:
        path = self.folder / "server.log"
        return path.read_text() if path.exists() else ""

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(300)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def processes(self) -> dict[int, bytes]:
        """Return the command lines, by id, of every process that names this instance's folder there or in its
        environment."""
        mine, found = os.fsencode(self.folder), dict[int, bytes]()
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes()
                if mine in command or mine in (entry / "environ").read_bytes():
                    found[int(entry.name)] = command
            except (OSError, ValueError):
                continue
        return found

    def workers(self) -> list[int]:
        return [pid for pid, command in self.processes().items() if b"mcp_engine.server.worker" in command]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Return the decoded answer of a call below `/api/v1`."""
        key = json.loads(self.credentials.read_text())["api_key"]
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def run(self, *arguments: str, timeout: float = 600, **environment: str) -> Finished:
        """Run one command against this server."""
        done = subprocess.run(
            [str(COMMAND), *arguments],
            env={**self.environment, **environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str) -> Any:
        """Run one command with `--json`, which must succeed, and return what it printed."""
        done = self.run(*arguments, "--json")
        assert done.code == 0, done.out + done.err
        return done.json

    def remove(self) -> None:
        """Stop whatever runs and remove the folder."""
        if self.process is not None and self.process.poll() is None:
            self.interrupt()
        self.run("clean-data", "--yes")
        shutil.rmtree(self.folder, ignore_errors=True)


def _open_folder() -> Path:
    """A folder that root's PostgreSQL account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="mcp-engine-e2e-"))
    folder.chmod(0o755)
    return folder
