"""The private PostgreSQL runs wherever its folder lies, and is given to nobody by a link."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from mcp_engine.database import embedded
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.errors import Conflict, Refused


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that others may enter: root's PostgreSQL runs as another account."""
    folder = Path(tempfile.mkdtemp(prefix="pg "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_may_have_any_name(folder: Path) -> None:
    cluster = EmbeddedPostgres(folder / "it's 100% A&B", "owner-password-of-the-tests")
    cluster.start()
    try:
        engine = create_engine(cluster.url(database="postgres"))
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()
    finally:
        cluster.stop()
    assert not cluster.is_running()


def test_a_link_in_place_of_the_socket_folder_is_refused(folder: Path) -> None:
    cluster = EmbeddedPostgres(folder / "pg", "password")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    cluster.root.mkdir()
    cluster.socket_dir.symlink_to(elsewhere)
    owner = elsewhere.stat().st_uid
    with pytest.raises(Conflict):
        cluster.start()
    assert elsewhere.stat().st_uid == owner


def test_a_stale_pid_of_another_program_does_not_stand_in_the_way(folder: Path) -> None:
    """As after a power cut: the file names a process that runs, and is not PostgreSQL."""
    cluster = EmbeddedPostgres(folder / "pg", "owner-password-of-the-tests")
    cluster.start()
    try:
        pid_file = cluster.data / "postmaster.pid"
        rest = pid_file.read_text().split("\n", 1)[1]
        cluster.stop()
        pid_file.write_text(f"{os.getpid()}\n{rest}")
        assert not cluster.is_alive()
        cluster.start()
        assert cluster.is_running()
    finally:
        cluster.stop()


def test_a_server_is_not_started_beside_a_process_of_the_one_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once on the same files would damage them."""
    monkeypatch.setattr(embedded, "LEFT_OVER_SECONDS", 0.5)
    cluster = EmbeddedPostgres(folder / "pg", "owner-password-of-the-tests")
    cluster.start()
    url = cluster.url(database="postgres").replace("+psycopg", "")
    with contextlib.closing(psycopg.connect(url)) as connection:
        left = connection.info.backend_pid
        os.kill(left, signal.SIGSTOP)
        try:
            os.kill(int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
            with pytest.raises(Refused) as refused:
                for _ in range(100):
                    cluster.start()
                    time.sleep(0.05)
            assert refused.value.code == "database.start_failed"
            assert "shared memory block" in refused.value.message
        finally:
            os.kill(left, signal.SIGKILL)
    until_gone(left)
    try:
        cluster.start()
        assert cluster.is_running()
    finally:
        cluster.stop()


def test_a_start_waits_for_a_process_of_the_one_before_to_end(folder: Path) -> None:
    cluster = EmbeddedPostgres(folder / "pg", "owner-password-of-the-tests")
    cluster.start()
    url = cluster.url(database="postgres").replace("+psycopg", "")
    with contextlib.closing(psycopg.connect(url)) as connection:
        left = connection.info.backend_pid
        os.kill(left, signal.SIGSTOP)
        server = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(server, signal.SIGKILL)
        until_gone(server)
        ending = threading.Timer(1.0, os.kill, (left, signal.SIGKILL))
        ending.start()
        try:
            cluster.start()
            assert cluster.is_running()
        finally:
            ending.join()
            cluster.stop()
    refusals = [line for line in cluster.log.read_text().splitlines() if "shared memory block" in line]
    assert refusals


def until_gone(pid: int) -> None:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} still runs")
