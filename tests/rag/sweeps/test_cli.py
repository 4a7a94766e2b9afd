"""`mcp-engine sweep` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.jobs.routes import router as jobs_router
from rag.component import component
from rag.sweeps.calibrating import LEAST
from rag.sweeps.cli import options_of
from rag.sweeps.routes import router
from tests.commands import Commands, listening
from tests.rag.evaluating import ROWS
from tests.rag.sweeps.conftest import Sweeping

RUN = ("sweep", "run", "plain", "-c", "docs", "-d", "questions", "-s", "citation_recall", "-s", "abstention")


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI, sweeping: Sweeping) -> AsyncIterator[str]:
    app.state.services.add(sweeping.sweeps)
    app.state.services.add(sweeping.jobs)
    app.include_router(router, prefix="/api/v1")
    app.include_router(jobs_router, prefix="/api/v1")
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="key")


async def test_a_sweep_is_started_and_its_table_marks_the_front(run: Commands, sweeping: Sweeping) -> None:
    await sweeping.ready()
    option = ("-o", "answering.threshold=0.4,1", "-o", 'retrieval.fusion:=["rrf"]')
    started = await run.json(*RUN, *option, "--no-wait")
    assert started["state"] == "queued"
    await sweeping.work_off(sweeping.sweep_job, started["job_id"])
    shown = (await run("sweep", "show", started["id"], "--metric", "abstention")).stdout
    assert "2 of 2 combinations are evaluated; ● marks those that none beats in abstention and latency." in shown
    lines = [line for line in shown.splitlines() if " rrf " in line]
    assert len(lines) == 2
    assert lines[0].lstrip().startswith("●")
    assert (await run.json("sweep", "show", started["id"]))["metric"] == "citation_recall"
    listed = (await run("sweep", "list", "-c", "docs")).stdout
    assert started["id"] in listed
    assert "2/2" in listed
    risk = (await run("sweep", "risk", started["id"], "1")).stdout
    assert "COVERAGE" in risk
    assert "0.5" in risk


async def test_what_a_combination_answered_says_how_to_calibrate_it(run: Commands, sweeping: Sweeping) -> None:
    await sweeping.ready()
    right, wrong = ROWS
    numbered = [
        one.model_copy(update={"metadata": {**one.metadata, "n": number}})
        for one in (right, wrong)
        for number in range(LEAST)
    ]
    await sweeping.push_rows("many", numbered)
    found = await sweeping.ended(await sweeping.begin(dataset="many", options={"answering.threshold": [0]}))
    everything = await run.json("sweep", "risk", str(found.id), "1")
    fit = everything["calibration"]
    assert (fit["rows"], fit["right"], fit["judge"]) == (2 * LEAST, LEAST, 1.0)
    assert fit["loss_after"] < fit["loss_before"]
    assert "answering.calibration: {own: " in (await run("sweep", "risk", str(found.id), "1")).stdout


async def test_a_sweep_is_cancelled(run: Commands, sweeping: Sweeping) -> None:
    await sweeping.ready()
    started = await run.json(*RUN, "-o", "retrieval.passages=3", "--no-wait")
    shown = (await run("sweep", "cancel", started["id"])).stdout
    assert "cancelled" in shown
    assert "0 of 1 combinations" in shown
    assert "No curve" in (await run("sweep", "risk", started["id"], "1")).stdout


def test_values_are_numbers_texts_or_json() -> None:
    assert options_of(["retrieval.passages=3, 5", "retrieval.fusion=min_max,rrf", "retrieval.mmr=null,0.5"]) == {
        "retrieval.passages": [3, 5], "retrieval.fusion": ["min_max", "rrf"], "retrieval.mmr": [None, 0.5],
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["retrieval.passages", "=3", "retrieval.passages=", "a:=3", "a:=[", ":=[1]"])
def test_an_option_that_can_not_be_read_is_said(wrong: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        options_of([wrong])
    assert failed.value.exit_code is ExitCode.USAGE
