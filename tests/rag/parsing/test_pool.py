from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mcp_engine.errors import EngineError, InvalidInput, TimedOut, TooLarge, TryLater, UnsupportedMedia
from rag.parsing import pool as pool_module
from rag.parsing import wire
from rag.parsing.child import answer
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool
from tests.rag.parsing.conftest import MakePdf

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@asynccontextmanager
async def own_pool(**options: Any) -> AsyncIterator[ParserPool]:
    pool = ParserPool(**{"processes": 1, "timeout_seconds": 60, **options})
    try:
        yield pool
    finally:
        await pool.close()


async def parse_into_a_stopped_child(pool: ParserPool) -> tuple[int, asyncio.Task[ParsedDocument]]:
    """Return the child's process id and a parse that has it and can't go on."""
    await pool.parse(b"warm", filename="a.txt")
    (child,) = pool.idle_processes
    os.kill(child, signal.SIGSTOP)
    task = asyncio.create_task(pool.parse(b"A document.", filename="a.txt"))
    while pool.busy_processes != [child]:
        await asyncio.sleep(0.001)
    return child, task


async def test_children_start_when_needed_and_are_used_again() -> None:
    async with own_pool() as pool:
        assert not pool.idle_processes
        await pool.parse(b"One.", filename="a.txt")
        first = pool.idle_processes
        await pool.parse(b"Two.", filename="a.txt")
        assert pool.idle_processes == first


async def test_a_child_is_replaced_after_its_share_of_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "DOCUMENTS_PER_PROCESS", 2)
    async with own_pool() as pool:
        await pool.parse(b"One.", filename="a.txt")
        (first,) = pool.idle_processes
        await pool.parse(b"Two.", filename="a.txt")
        assert not pool.idle_processes
        await pool.parse(b"Three.", filename="a.txt")
        assert pool.idle_processes != [first]


async def test_documents_beyond_the_processes_wait_their_turn() -> None:
    async with own_pool(processes=2) as pool:
        names = [f"{number}.txt" for number in range(8)]
        documents = await asyncio.gather(*(pool.parse(name.encode(), filename=name) for name in names))
        assert [document.text for document in documents] == names
        assert len(pool.idle_processes) == 2


async def test_a_killed_child_takes_one_document_with_it() -> None:
    async with own_pool() as pool:
        child, task = await parse_into_a_stopped_child(pool)
        os.kill(child, signal.SIGKILL)
        with pytest.raises(InvalidInput, match="other documents are not affected") as caught:
            await task
        assert caught.value.code == "document.parser_died"
        assert (await pool.parse(b"Next.", filename="b.txt")).text == "Next."


async def test_a_child_that_died_idle_costs_nobody_anything() -> None:
    async with own_pool() as pool:
        await pool.parse(b"One.", filename="a.txt")
        (child,) = pool.idle_processes
        os.kill(child, signal.SIGKILL)
        while Path(f"/proc/{child}").exists():
            await asyncio.sleep(0.001)
        assert (await pool.parse(b"Two.", filename="a.txt")).text == "Two."


async def test_a_hang_ends_at_the_time_limit() -> None:
    async with own_pool(timeout_seconds=5) as pool:
        child, task = await parse_into_a_stopped_child(pool)
        with pytest.raises(TimedOut, match="longer than 5 s") as caught:
            await task
        assert caught.value.code == "document.parse_timeout"
        assert child not in pool.idle_processes
        assert (await pool.parse(b"Next.", filename="b.txt")).text == "Next."


async def test_spent_cpu_time_is_the_time_limit_too() -> None:
    async with own_pool() as pool:
        child, task = await parse_into_a_stopped_child(pool)
        os.kill(child, signal.SIGXCPU)
        os.kill(child, signal.SIGCONT)
        with pytest.raises(TimedOut) as caught:
            await task
        assert caught.value.code == "document.parse_timeout"


@linux_only
async def test_each_document_gets_its_own_cpu_time() -> None:
    async with own_pool(timeout_seconds=7) as pool:
        await pool.parse(b"One.", filename="a.txt")
        (child,) = pool.idle_processes
        limits = Path(f"/proc/{child}/limits").read_text()
        granted = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max cpu time"))
        assert int(granted) >= 7


@linux_only
async def test_a_document_that_needs_too_much_memory_is_named_as_such() -> None:
    async with own_pool(memory_bytes=256 * 1024 * 1024) as pool:
        with pytest.raises(TooLarge) as caught:
            await pool.parse(b"word " * 30_000_000, filename="big.txt")
        assert caught.value.code == "document.too_much_memory"
        assert (await pool.parse(b"Next.", filename="b.txt")).text == "Next."


async def test_a_cancelled_parse_leaves_no_answer_for_the_next_caller() -> None:
    async with own_pool() as pool:
        child, task = await parse_into_a_stopped_child(pool)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert child not in pool.idle_processes
        assert (await pool.parse(b"Mine.", filename="b.txt")).text == "Mine."


async def test_errors_keep_kind_code_message_and_details(pool: ParserPool) -> None:
    with pytest.raises(UnsupportedMedia, match=r"invoice\.pdf .* Windows program") as caught:
        await pool.parse(b"MZ\x90\0" + bytes(200), filename="invoice.pdf")
    assert caught.value.code == "document.not_what_it_says"
    assert caught.value.details == {"claimed": "application/pdf", "looks_like": "a Windows program"}


def test_an_error_that_no_parser_foresaw_names_the_file_too(make_pdf: MakePdf) -> None:
    header = {"task": "image", "filename": "invoice.pdf", "page": 1, "width": "wide"}
    said = answer(wire.Message(header, make_pdf([["One."]]))).header["error"]
    assert said["code"] == "document.corrupt"
    assert re.match(r"invoice\.pdf can't be read \(TypeError: .+\); save it again", said["message"])


async def test_zero_bytes_are_refused(pool: ParserPool) -> None:
    with pytest.raises(EngineError) as caught:
        await pool.parse(b"", filename="empty.pdf")
    assert caught.value.code == "document.empty"


async def test_one_line_of_5_mb_comes_back_whole(pool: ParserPool) -> None:
    line = "Ein Wörterbuch. " * 320_000
    assert (await pool.parse(line.encode(), filename="line.txt")).text == line


async def test_a_closed_pool_asks_to_come_back_later() -> None:
    async with own_pool() as pool:
        await pool.parse(b"One.", filename="a.txt")
    with pytest.raises(TryLater) as caught:
        await pool.parse(b"Two.", filename="a.txt")
    assert caught.value.code == "parsing.closed"


async def test_closing_ends_documents_in_work() -> None:
    async with own_pool() as pool:
        child, task = await parse_into_a_stopped_child(pool)
        await pool.close()
        with pytest.raises(InvalidInput) as caught:
            await task
        assert caught.value.code == "document.parser_died"
        assert has_ended(child)


@linux_only
async def test_a_child_sees_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_ENGINE_DATABASE_URL", "postgresql://owner:secret@db/engine")
    async with own_pool() as pool:
        await pool.parse(b"One.", filename="a.txt")
        (child,) = pool.idle_processes
        assert b"MCP_ENGINE" not in Path(f"/proc/{child}/environ").read_bytes()


SERVER = """
import asyncio
from rag.parsing.pool import ParserPool

async def main():
    pool = ParserPool(processes=1)
    await pool.parse(b"One.", filename="a.txt")
    print(pool.idle_processes[0], flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@linux_only
def test_a_child_dies_with_its_server_even_when_stopped() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        child = int(server.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        server.kill()
    deadline = time.monotonic() + 300
    while not has_ended(child):
        assert time.monotonic() < deadline, "the parser process outlived its server"
        time.sleep(0.01)


def has_ended(process_id: int) -> bool:
    """Whether a process is gone, or a zombie that its new parent has not collected yet."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"
