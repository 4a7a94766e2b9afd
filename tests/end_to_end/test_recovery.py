"""What happens to an instance when it is stopped, killed, started twice, or started where it can't."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.instance import EngineProcess

DOCUMENTS = 200
pytestmark = pytest.mark.slow


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false"})
    engine.start()
    yield engine
    engine.remove()


def write_documents(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        text = f"Buoy number {number} was laid at depth {number * 7 + 3} in the year {1700 + number}.\n\n"
        (folder / f"buoy-{number:03}.txt").write_text(text + "The sea keeps its own counsel. " * 20)


def test_ctrl_c_ends_every_process_and_the_next_start_has_everything(engine: EngineProcess) -> None:
    (engine.folder / "p.prompt").write_text("Say {{ word }}.")
    engine.json("prompt", "push", "p.prompt", "-m", "first")
    assert engine.interrupt() == 0
    deadline = time.monotonic() + 300
    while engine.processes() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert engine.processes() == {}
    engine.start()
    assert engine.json("prompt", "get", "p")["number"] == 1


def test_nothing_acknowledged_is_lost_by_kill_nine(engine: EngineProcess) -> None:
    for number in range(5):
        (engine.folder / "p.prompt").write_text(f"Say {{{{ word }}}} {number} times.")
        engine.json("prompt", "push", "p.prompt", "-m", "more", "--label", "production")
    engine.kill()
    engine.start()
    assert engine.json("prompt", "get", "p@production")["number"] == 5
    assert engine.json("audit", "verify")["ok"]


def test_nothing_is_lost_when_the_database_is_killed_too(engine: EngineProcess) -> None:
    (engine.folder / "p.prompt").write_text("Say {{ word }}.")
    engine.json("prompt", "push", "p.prompt", "-m", "first")
    engine.kill()
    for pid in engine.processes():
        os.kill(pid, signal.SIGKILL)
    engine.start()
    assert engine.json("prompt", "get", "p")["number"] == 1
    assert engine.json("audit", "verify")["ok"]


def test_indexing_survives_the_kill_of_the_server_and_of_a_worker() -> None:
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false", "MCP_ENGINE_WORKERS": "2"})
    try:
        engine.start()
        write_documents(engine.folder / "buoys", DOCUMENTS)
        engine.json("docs", "add", "buoys", "--collection", "sea", "--no-wait")
        indexed_at_least(engine, 10)
        os.kill(engine.workers()[0], signal.SIGKILL)
        indexed_at_least(engine, 60)
        engine.kill()
        engine.start()
        indexed_at_least(engine, DOCUMENTS)
        listed = listed_documents(engine)
        assert len(listed) == DOCUMENTS
        assert {(item["version"], item["state"]) for item in listed} == {(1, "indexed")}
        answer = engine.json("ask", "At what depth was buoy number 137 laid?", "--collection", "sea")
        assert any("depth 962" in citation["cited_text"] for citation in answer["citations"])
        assert engine.json("audit", "verify")["ok"]
    finally:
        engine.remove()


def wait_for_server(engine: EngineProcess) -> None:
    """Wait until the server answers from its database again."""
    deadline = time.monotonic() + 300
    while not engine.is_ready():
        assert time.monotonic() < deadline, engine.log()[-3000:]
        time.sleep(0.3)


def listed_documents(engine: EngineProcess) -> list[dict[str, object]]:
    found: list[dict[str, object]] = engine.json("docs", "list", "--collection", "sea")["items"]
    return found


def indexed_at_least(engine: EngineProcess, count: int) -> None:
    deadline = time.monotonic() + 300
    while len([item for item in listed_documents(engine) if item["state"] == "indexed"]) < count:
        assert time.monotonic() < deadline, engine.log()[-3000:]
        time.sleep(0.3)


def test_a_second_server_on_the_directory_says_who_holds_it(engine: EngineProcess) -> None:
    assert engine.process is not None
    second = engine.run("up", MCP_ENGINE_PORT="1")
    assert second.code == 6
    assert f"process {engine.process.pid}, which serves {engine.url}" in second.err
    removal = engine.run("clean-data", "--yes")
    assert removal.code == 3
    assert engine.is_ready()


def test_a_taken_port_is_named_and_another_offered() -> None:
    engine = EngineProcess()
    with socket.socket() as other:
        other.bind(("127.0.0.1", engine.port))
        other.listen()
        refused = engine.run("up")
    assert refused.code == 6
    assert f"Port {engine.port}" in refused.err
    assert "MCP_ENGINE_PORT=" in refused.err
    engine.remove()


def test_a_directory_of_a_newer_version_is_refused_untouched() -> None:
    engine = EngineProcess()
    engine.home.mkdir()
    layout = json.dumps({"layout": 99, "written_by": "9.0.0"})
    (engine.home / "layout.json").write_text(layout)
    refused = engine.run("up")
    assert refused.code == 6
    assert "9.0.0" in refused.err
    assert (engine.home / "layout.json").read_text() == layout
    assert sorted(path.name for path in engine.home.iterdir()) == ["layout.json", "server.lock"]
    (engine.home / "layout.json").unlink()
    engine.remove()


def test_without_a_server_commands_say_how_to_start_one() -> None:
    engine = EngineProcess()
    refused = engine.run("prompt", "list")
    assert refused.code == 5
    assert "make up" in refused.err
    engine.remove()


def test_a_full_disk_fails_the_job_with_a_reason_and_loses_nothing() -> None:
    """The data directory lies on a file system of its own, which then fills up."""
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false"})
    engine.home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=900m,mode=755", "tmpfs", str(engine.home)], check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root and CAP_SYS_ADMIN")
    try:
        engine.start()
        write_documents(engine.folder / "before", 3)
        engine.json("docs", "add", "before", "--collection", "sea")
        free = os.statvfs(engine.home)
        ballast = engine.home / "ballast"
        subprocess.run(["fallocate", "-l", str(free.f_bavail * free.f_frsize - 300_000), str(ballast)], check=True)
        hidden = base64.b64encode(os.urandom(6_000_000)).decode()
        page = f"<html><body><p>Waves are counted.</p><script>{hidden}</script></body></html>"
        (engine.folder / "large.html").write_text(page)
        full = engine.run("docs", "add", "large.html", "--collection", "sea")
        assert full.code in (1, 5)
        assert "space" in (full.out + full.err).lower()
        ballast.unlink()
        wait_for_server(engine)
        engine.json("docs", "add", "large.html", "--collection", "sea")
        assert {item["state"] for item in listed_documents(engine)} == {"indexed"}
        assert engine.json("audit", "verify")["ok"]
    finally:
        engine.remove()
        subprocess.run(["umount", "-l", str(engine.home)], check=False)


def test_a_killed_database_is_started_again_by_the_server(engine: EngineProcess) -> None:
    (engine.folder / "p.prompt").write_text("Say {{ word }}.")
    engine.json("prompt", "push", "p.prompt", "-m", "first")
    postmaster = int((engine.home / "postgresql" / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    deadline = time.monotonic() + 300
    while "database_started_again" not in engine.log():
        assert time.monotonic() < deadline, engine.log()[-3000:]
        time.sleep(0.2)
    wait_for_server(engine)
    (engine.folder / "p.prompt").write_text("Say {{ word }} again.")
    assert engine.json("prompt", "push", "p.prompt", "-m", "second")["number"] == 2
    assert engine.json("audit", "verify")["ok"]
