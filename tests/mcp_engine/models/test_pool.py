"""Supervision, fairness and limits of the pool, with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import IO

import pytest

from mcp_engine.config import Settings
from mcp_engine.errors import EngineError, ModelFailed, Refused, SlowDown, TimedOut, TryLater
from mcp_engine.models.frames import Message
from mcp_engine.models.pool import ModelPool, PoolOptions
from mcp_engine.models.port import ModelCall
from mcp_engine.models.requests import Completion, Piece, Tokens
from mcp_engine.models.weights import Weights

HELLO = [Message(role="user", content="Say hello.")]
STORY = [Message(role="user", content="Write a long story about a lighthouse keeper.")]


@asynccontextmanager
async def running(weights: Weights, **options: object) -> AsyncIterator[ModelPool]:
    pool = ModelPool(PoolOptions(**{"context_tokens": 1024, **options}), lambda: weights)  # type: ignore[arg-type]
    try:
        yield pool
    finally:
        await pool.close()


async def text_of(pool: ModelPool, messages: list[Message], **call: object) -> str:
    pieces = [item async for item in pool.stream(messages, ModelCall(**call)) if isinstance(item, Piece)]  # type: ignore[arg-type]
    return "".join(piece.text for piece in pieces)


def begin(pool: ModelPool, messages: list[Message], **call: object) -> asyncio.Task[str]:
    return asyncio.create_task(text_of(pool, messages, **call))


async def until(condition: object) -> None:
    """Wait for a condition; the test's own timeout is the limit."""
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0.01)


async def first_piece(stream: object) -> str:
    async for item in stream:  # type: ignore[attr-defined]
        if isinstance(item, Piece) and item.text:
            return item.text
    raise AssertionError("no text came")


async def test_a_killed_process_takes_its_request_alone(weights: Weights) -> None:
    async with running(weights) as pool:
        async with aclosing(pool.stream(STORY, ModelCall(max_tokens=800))) as doomed:
            await first_piece(doomed)
            waiting = [begin(pool, HELLO, max_tokens=4) for _ in range(2)]
            await until(lambda: pool.queue_length == 2)
            [process] = pool.processes()
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            with pytest.raises(ModelFailed) as caught:
                async for _ in doomed:
                    pass
        assert caught.value.code == "model.process_died"
        assert caught.value.retry_after_seconds
        assert all(await asyncio.gather(*waiting))
        [replaced] = pool.processes()
        assert replaced.pid != process.pid
        assert replaced.restarts == 1
        assert "signal 9" in str(replaced.last_failure)


async def test_a_process_killed_while_idle_costs_nobody_anything(weights: Weights) -> None:
    async with running(weights) as pool:
        assert await text_of(pool, HELLO, max_tokens=2)
        [process] = pool.processes()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        assert await text_of(pool, HELLO, max_tokens=2)


async def test_concurrent_answers_equal_sequential_ones(weights: Weights) -> None:
    asked = [{"temperature": 1.0, "seed": seed, "max_tokens": 24} for seed in range(1, 7)]
    async with running(weights, processes=2) as pool:
        sequential = [await text_of(pool, STORY, **call) for call in asked]
        await until(lambda: pool.alive == 2)
        concurrent = await asyncio.gather(*(text_of(pool, STORY, **call) for call in asked))
        assert [process.served > 0 for process in pool.processes()] == [True, True]
    assert list(concurrent) == sequential
    assert sequential[0] != sequential[1]


async def test_one_tenant_does_not_wait_for_all_of_another(pool: ModelPool) -> None:
    order: list[str] = []

    async def ask(tenant: str) -> None:
        await text_of(pool, HELLO, max_tokens=2, fair_key=tenant)
        order.append(tenant)

    async with aclosing(pool.stream(STORY, ModelCall(max_tokens=900))) as blocker:
        await first_piece(blocker)
        busy = [asyncio.create_task(ask("busy")) for _ in range(10)]
        await until(lambda: pool.queue_length == 10)
        quiet = asyncio.create_task(ask("quiet"))
        await until(lambda: pool.queue_length == 11)
    await asyncio.gather(*busy, quiet)
    assert order.index("quiet") == 1


async def test_a_full_queue_asks_to_slow_down(weights: Weights) -> None:
    async with (
        running(weights, queue_length=2) as pool,
        aclosing(pool.stream(STORY, ModelCall(max_tokens=900))) as busy,
    ):
        await first_piece(busy)
        waiting = [begin(pool, HELLO, max_tokens=2) for _ in range(2)]
        await until(lambda: pool.queue_length == 2)
        with pytest.raises(SlowDown) as caught:
            await text_of(pool, HELLO)
        assert caught.value.code == "model.queue_full"
        assert caught.value.retry_after_seconds is not None
        assert caught.value.retry_after_seconds >= 1
        other = begin(pool, HELLO, max_tokens=2, fair_key="another tenant")
        await until(lambda: pool.queue_length == 3)
        await busy.aclose()
        assert all(await asyncio.gather(*waiting, other))


async def test_closing_a_stream_stops_the_generation_and_keeps_the_process(pool: ModelPool) -> None:
    await text_of(pool, HELLO, max_tokens=1)
    [before] = pool.processes()
    async with aclosing(pool.stream(STORY, ModelCall(max_tokens=900))) as stream:
        await first_piece(stream)
    await until(lambda: pool.busy == 0)
    task = begin(pool, STORY, max_tokens=900)
    await until(lambda: pool.busy == 1)
    task.cancel()
    await until(lambda: pool.busy == 0)
    [after] = pool.processes()
    assert (after.pid, after.restarts) == (before.pid, before.restarts)
    assert await text_of(pool, HELLO, max_tokens=2)


async def test_a_request_that_gives_up_while_waiting_leaves_the_queue(pool: ModelPool) -> None:
    async with aclosing(pool.stream(STORY, ModelCall(max_tokens=900))) as blocker:
        await first_piece(blocker)
        impatient = begin(pool, HELLO, timeout_seconds=0.05)
        cancelled = begin(pool, HELLO)
        await until(lambda: pool.queue_length == 2)
        cancelled.cancel()
        with pytest.raises(TimedOut) as caught:
            await impatient
        assert caught.value.code == "model.timed_out"
        await until(lambda: pool.queue_length == 0)


async def test_a_process_that_ignores_a_cancel_is_replaced(weights: Weights) -> None:
    async with running(weights, grace_seconds=0.2) as pool:
        async with aclosing(pool.stream(STORY, ModelCall(max_tokens=900))) as stream:
            await first_piece(stream)
            [frozen] = pool.processes()
            assert frozen.pid is not None
            os.kill(frozen.pid, signal.SIGSTOP)
        assert await text_of(pool, HELLO, max_tokens=2)
        [replaced] = pool.processes()
        assert replaced.pid != frozen.pid


async def test_a_process_that_hangs_fails_its_request_and_is_replaced(weights: Weights) -> None:
    async with running(weights, stall_seconds=3.0) as pool:
        async with aclosing(pool.stream(STORY, ModelCall(max_tokens=900))) as stream:
            await first_piece(stream)
            [frozen] = pool.processes()
            assert frozen.pid is not None
            os.kill(frozen.pid, signal.SIGSTOP)
            with pytest.raises(ModelFailed) as caught:
                async for _ in stream:
                    pass
        assert caught.value.code == "model.process_died"
        assert await text_of(pool, HELLO, max_tokens=2)


async def test_weights_that_do_not_load_are_reported(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(64))
    async with running(Weights(broken, "broken", "0", "0")) as pool:
        with pytest.raises(TryLater) as caught:
            await text_of(pool, HELLO)
        assert type(caught.value) is TryLater
        assert caught.value.code == "model.unavailable"
        assert caught.value.retry_after_seconds
        assert "it ended (status 1)" in caught.value.message
        with pytest.raises(TryLater, match="does not start"):
            await text_of(pool, HELLO)
        assert pool.alive == 0


async def test_weights_that_can_not_be_had_are_reported_and_asked_for_again(weights: Weights) -> None:
    attempts: list[int] = []

    def prepare() -> Weights:
        attempts.append(1)
        if len(attempts) == 1:
            raise Refused("model.weights_missing", "The model weights are gone.")
        return weights

    pool = ModelPool(PoolOptions(context_tokens=1024), prepare)
    with pytest.raises(Refused):
        await pool.weights()
    assert await text_of(pool, HELLO, max_tokens=2)
    assert len(attempts) == 2
    await pool.close()


async def test_closing_the_pool_fails_what_runs_and_what_waits(weights: Weights) -> None:
    async with running(weights) as pool:
        tasks = [begin(pool, STORY, max_tokens=900) for _ in range(2)]
        await until(lambda: pool.busy == 1 and pool.queue_length == 1)
        await pool.close()
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        assert [getattr(error, "code", error) for error in errors] == ["model.unavailable"] * 2
        with pytest.raises(EngineError, match="stopping"):
            await text_of(pool, HELLO)
        assert pool.alive == 0


async def test_a_completion_says_what_it_cost(pool: ModelPool) -> None:
    items = [item async for item in pool.stream(HELLO, ModelCall(max_tokens=6))]
    completion = items[-1]
    assert isinstance(completion, Completion)
    assert completion.tokens.completion == 6
    assert completion.finish_reason == "length"
    assert 0 < completion.first_token_seconds <= completion.seconds


async def test_each_piece_says_what_was_spent_until_then(pool: ModelPool) -> None:
    free = await text_of(pool, STORY, max_tokens=6)
    # Nearly all of it begins a stop sequence, so its text is held back; the tokens are told all the same.
    call = ModelCall(max_tokens=6, stop=[free[:-1] + "\x00"])
    *pieces, completion = [item async for item in pool.stream(STORY, call)]
    assert isinstance(completion, Completion)
    told = [(piece.text, piece.tokens) for piece in pieces if isinstance(piece, Piece)]
    read, cached = completion.tokens.prompt, completion.tokens.cached
    assert read > cached >= 0
    assert told == [*(("", Tokens(read, cached, n)) for n in range(6)), (free, completion.tokens)]


async def test_processes_end_with_the_engine_however_it_ends(weights: Weights) -> None:
    script = f"""
import asyncio, pathlib
from mcp_engine.models.pool import ModelPool, PoolOptions
from mcp_engine.models.weights import Weights
async def main():
    weights = Weights(pathlib.Path({str(weights.path)!r}), "m", "0", "0")
    pool = ModelPool(PoolOptions(context_tokens=512), lambda: weights)
    pool.start()
    while not pool.alive:
        await asyncio.sleep(0.01)
    print("pid", pool.processes()[0].pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        child = await asyncio.to_thread(_announced_pid, engine.stdout)
        engine.kill()
    await until(lambda: not _exists(child))


def _announced_pid(output: IO[str]) -> int:
    for line in output:
        if line.startswith("pid "):
            return int(line.split()[1])
    raise AssertionError("the engine ended before its model process was up")


def _exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(("processes", "threads"), [(None, None), (1, 3)])
def test_settings_decide_the_size(processes: int | None, threads: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCP_ENGINE_MODEL_THREADS", raising=False)
    cores = os.cpu_count() or 1
    options = PoolOptions.from_settings(Settings(model_processes=processes, model_threads=threads))
    assert options.processes == (processes or min(2, cores))
    assert options.threads == (threads or max(1, cores // options.processes))
