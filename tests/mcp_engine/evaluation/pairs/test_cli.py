"""`mcp-engine eval judge` and `eval judged` against the real routes, with jobs run beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli import evaluations, following
from mcp_engine.cli.failures import CommandFailed, ExitCode
from tests.commands import Commands, listening
from tests.mcp_engine.evaluation.pairs.conftest import Arena


@pytest_asyncio.fixture(loop_scope="session")
async def run(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Commands]:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)
    async with listening(app) as url:
        yield Commands(evaluations.commands, url, monkeypatch)


@pytest.mark.usefixtures("worker")
async def test_a_judge_compares_two_evaluations(run: Commands, arena: Arena) -> None:
    await arena.prepare()
    arena.verdict = lambda q, first, second: None if q == "q0" else "first" if first > second else "second"
    shown = (await run("judge", arena.baseline, arena.candidate, "--judge", "better")).stdout
    assert "judged by better/1 (prompt judge/1, local): succeeded" in shown
    assert "the candidate is worse" in shown
    assert "2 verdicts are missing: score.judge_unreadable" in shown
    assert "named what stood first in 0.5 of its verdicts" in shown
    assert "evidence for no gate" in shown
    found = (await run.json("judge", arena.baseline, arena.candidate, "--judge", "better", "--fresh"))["figures"]
    assert (found["losses"], found["failed"], found["reused"]) == (7, 1, 0)


@pytest.mark.usefixtures("worker")
async def test_rows_that_came_out_in_one_way_are_shown(run: Commands, arena: Arena) -> None:
    await arena.prepare()
    arena.verdict = lambda q, first, second: "first" if q == "q5" else "tie"
    found = await run.json("judge", arena.baseline, arena.candidate, "--judge", "better")
    shown = (await run("judged", found["id"], "--rows", "inconsistent")).stdout
    assert "row 5:" in shown
    assert "row 4:" not in shown
    assert "inconsistent: baseline first: first (baseline); candidate first: first (candidate)" in shown


async def test_nobody_has_to_wait(run: Commands, arena: Arena) -> None:
    await arena.prepare()
    arguments = ("judge", arena.baseline, arena.candidate, "--judge", "better", "--no-wait")
    assert (await run.json(*arguments))["state"] == "queued"
    assert "queued" in (await run(*arguments)).stdout


async def test_a_judge_that_is_none_says_so(run: Commands, arena: Arena) -> None:
    await arena.prepare()
    result = await run("judge", arena.baseline, arena.candidate, "--judge", "exact")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.REFUSED
    assert "pair_judge" in result.exception.message
