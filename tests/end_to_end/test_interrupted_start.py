"""A first start that is stopped or killed leaves nothing running, and nothing that a second start does not mend."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rag.sample.workspace import sample_documents
from tests.end_to_end.instance import EngineProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess()
    yield engine
    engine.remove()


def wait_for(engine: EngineProcess, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, engine.log()[-3000:]
        time.sleep(0.02)


def initialising(engine: EngineProcess) -> bool:
    return any(b"initdb" in command for command in engine.processes().values())


def migrating(engine: EngineProcess) -> bool:
    return "Updating the database schema" in engine.log()


@pytest.mark.parametrize(
    ("moment", "number"), [(initialising, signal.SIGTERM), (migrating, signal.SIGTERM), (migrating, signal.SIGINT)]
)
def test_a_signal_before_it_serves_ends_everything_it_started(
    engine: EngineProcess, moment: Callable[[EngineProcess], bool], number: signal.Signals
) -> None:
    engine.process = engine.launch()
    wait_for(engine, lambda: moment(engine))
    engine.process.send_signal(number)
    try:
        assert engine.process.wait(120) == 128 + number
    except subprocess.TimeoutExpired:
        pytest.fail(f"it runs on:\n{engine.log()[-3000:]}")
    assert engine.processes() == {}
    assert "Traceback" not in engine.log()


def test_a_kill_in_the_middle_of_making_the_database_costs_nothing(engine: EngineProcess) -> None:
    engine.extra["MCP_ENGINE_SAMPLE"] = "false"
    engine.process = engine.launch()
    wait_for(engine, (engine.home / "postgresql" / "data.partial" / "PG_VERSION").exists)
    for pid in engine.processes():
        with suppress(ProcessLookupError):  # it ended by itself meanwhile, as steps of making a database do
            os.kill(pid, signal.SIGKILL)
    engine.process.wait(10)
    engine.start()
    assert engine.json("audit", "verify")["ok"]


def test_a_sample_that_was_cut_off_is_completed_by_the_next_start(engine: EngineProcess) -> None:
    engine.extra["MCP_ENGINE_WORKERS"] = "0"
    engine.start()
    wait_for(engine, lambda: "Filling the sample workspace" in engine.log())
    engine.kill()
    unfilled: Path = engine.home / "sample.unfilled"
    assert unfilled.exists()
    engine.start()
    wait_for(engine, lambda: not unfilled.exists())
    listed = engine.json("docs", "list", "--collection", "handbook")["items"]
    assert {item["name"] for item in listed} == set(sample_documents())
    assert {item["version"] for item in listed} == {1}
    assert engine.json("prompt", "get", "explain@production")["number"] == 2
