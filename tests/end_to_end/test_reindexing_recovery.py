"""A re-indexing whose workers, server and database are killed: the old index or the new is searched, and all of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rag.embedders.options import BUNDLED, STATIC
from tests.end_to_end.instance import EngineProcess
from tests.end_to_end.test_recovery import indexed_at_least, wait_for_server, write_documents

DOCUMENTS = 60
ROUNDS = 3
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false", "MCP_ENGINE_WORKERS": "2"})
    try:
        engine.start()
        write_documents(engine.folder / "buoys", DOCUMENTS)
        engine.json("docs", "add", "buoys", "--collection", "sea", "--no-wait")
        indexed_at_least(engine, DOCUMENTS)
        yield engine
    finally:
        engine.remove()


def test_killed_workers_and_servers_cost_a_re_indexing_nothing(engine: EngineProcess) -> None:
    started = begin(engine, STATIC, 900)
    wait_until(engine, started, done=5)
    os.kill(engine.workers()[0], signal.SIGKILL)
    assert_all_is_found(engine)
    wait_until(engine, started, done=20)
    engine.kill()
    engine.start()
    assert_all_is_found(engine)
    assert_switched(engine, started, STATIC)


def test_a_switch_over_is_whole_or_did_not_happen_whoever_is_killed(engine: EngineProcess) -> None:
    """The kills come when all new chunks are made, a little later in each round: before, in, and after the switch."""
    for number in range(ROUNDS):
        embedder = (BUNDLED, STATIC)[number % 2]
        started = begin(engine, embedder, 1100 + number)
        wait_until(engine, started, done=DOCUMENTS - 1)
        time.sleep(0.03 * number)
        os.kill(database(engine), signal.SIGKILL)
        for worker in engine.workers():
            os.kill(worker, signal.SIGKILL)
        wait_for_server(engine)
        assert_all_is_found(engine)
        assert_switched(engine, started, embedder)
    assert engine.json("audit", "verify")["ok"]


def begin(engine: EngineProcess, embedder: str, characters: int) -> str:
    strategy = {"embedder": embedder, "chunking": {"max_characters": characters}}
    body = {"body": strategy, "message": f"Embed with {embedder}"}
    engine.api("POST", "/artifacts/rag_strategy/default", body)
    return str(engine.api("POST", "/collections/sea/reindexings")["id"])


def found(engine: EngineProcess, started: str) -> dict[str, Any]:
    page = engine.api("GET", "/collections/sea/reindexings")
    return dict(next(one for one in page["items"] if one["id"] == started))


def wait_until(engine: EngineProcess, started: str, done: int) -> None:
    deadline = time.monotonic() + 300
    while (seen := found(engine, started))["progress_done"] < done and seen["switched_at"] is None:
        assert seen["state"] in ("queued", "running"), seen
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)


def assert_switched(engine: EngineProcess, started: str, embedder: str) -> None:
    deadline = time.monotonic() + 300
    while (seen := found(engine, started))["state"] != "succeeded":
        assert time.monotonic() < deadline, (seen, engine.log()[-3000:])
        time.sleep(0.2)
    assert (seen["embedder"], seen["documents"]) == (embedder, DOCUMENTS)
    assert_all_is_found(engine)


def assert_all_is_found(engine: EngineProcess) -> None:
    """Each document is found by its own words, once, whichever index is searched."""
    for number in range(0, DOCUMENTS, 7):
        wanted = {"query": f"At what depth was buoy number {number} laid in {1700 + number}?", "limit": 20}
        passages = engine.api("POST", "/collections/sea/search", wanted)["passages"]
        names = [passage["version"]["document"] for passage in passages]
        assert f"buoy-{number:03}.txt" in names, (number, names)
        places = [(passage["version"]["version_id"], passage["start"]) for passage in passages]
        assert len(places) == len({*places})


def database(engine: EngineProcess) -> int:
    return int((engine.home / "postgresql" / "data" / "postmaster.pid").read_text().split()[0])
