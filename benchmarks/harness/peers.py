"""Peers: packages that do the same job, each in an environment of its own, made once and kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

SCRIPTS = Path(__file__).parents[1] / "peers"
_STOP_SECONDS = 30


class PeerFailed(Exception):
    """A peer could not be installed, or answered with an error."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with packages of a peer."""

    python: Path

    def program(self, name: str) -> Path:
        return self.python.with_name(name)

    def version(self, package: str) -> str:
        code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def own_environment() -> Environment:
    """Return the environment that the engine itself runs in."""
    return Environment(Path(sys.executable))


def environment(cache: Path, requirements: Sequence[str]) -> Environment:
    """Return an environment with `requirements`, installed with uv on the first call.

    Raises:
        PeerFailed: uv is missing, or the packages can't be installed.
    """
    name = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:16]
    folder = cache / f"peer-{name}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _uv("venv", "--quiet", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--quiet", "--python", str(python), *requirements)
        (folder / "complete").write_text("\n".join(requirements) + "\n")
    return Environment(python)


class Peer:
    """A script below `benchmarks/peers` in a process of its own; one JSON line asks, one answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Return what the peer answered; raises `PeerFailed` with its error's text."""
        stdin, stdout = _pipes(self._process)
        stdin.write(json.dumps({"operation": operation, "arguments": arguments}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise PeerFailed(f"the peer ended with code {self._process.wait(_STOP_SECONDS)}; see its messages above")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerFailed(f"{operation}: {answer['error']}")
        return answer["result"]


@contextmanager
def running_peer(environment: Environment, script: str, settings: Mapping[str, str] | None = None) -> Generator[Peer]:
    """Run `benchmarks/peers/<script>.py` with the environment's Python until the block ends."""
    process = subprocess.Popen(
        [str(environment.python), str(SCRIPTS / f"{script}.py")],
        env={**os.environ, **(settings or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Peer(process)
    finally:
        stdin, stdout = _pipes(process)
        stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        stdout.close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv") or next((str(path) for path in [Path(".uv/bin/uv")] if path.exists()), None)
    if uv is None:
        raise PeerFailed("uv is not on the PATH; it makes the peers' environments (pip install uv)")
    done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerFailed(f"uv {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
