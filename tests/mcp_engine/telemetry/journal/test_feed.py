"""The journal's filters, pages and streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from mcp_engine.errors import NotFound
from mcp_engine.http.streaming import StreamEvent
from mcp_engine.telemetry.journal.feed import LogFeed
from mcp_engine.telemetry.journal.filters import LogFilter
from mcp_engine.telemetry.journal.writer import JournalWriter

TENANT, OTHER = uuid4(), uuid4()
OWN = LogFilter(TENANT)
OPERATOR = LogFilter(TENANT, instance_wide=True)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def writer(tmp_path: Path) -> JournalWriter:
    return JournalWriter(tmp_path, "server")


def write(writer: JournalWriter, event: str, *, at: datetime = NOW, tenant: object = TENANT, **fields: Any) -> None:
    bound = {} if tenant is None else {"tenant_id": str(tenant)}
    writer.write({"event": event, "level": "info", "timestamp": at.isoformat(), **bound, **fields})


async def events_on_page(folder: Path, wanted: LogFilter, *, before: int | None = None, limit: int = 100) -> list[str]:
    return [line.event for line in await LogFeed(folder).page(wanted, before=before, limit=limit)]


async def test_a_tenant_sees_its_own_lines_and_an_operator_those_of_nobody_too(
    tmp_path: Path, writer: JournalWriter
) -> None:
    write(writer, "mine")
    write(writer, "nobody's", tenant=None)
    write(writer, "another's", tenant=OTHER, path=f"/looks/like/{TENANT}", nested={"tenant_id": str(TENANT)})
    assert await events_on_page(tmp_path, OWN) == ["mine"]
    assert await events_on_page(tmp_path, OPERATOR) == ["nobody's", "mine"]
    [_, mine] = await LogFeed(tmp_path).page(OPERATOR, before=None, limit=9)
    assert (mine.instance_wide, mine.fields, mine.process) == (False, {}, "server")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"level": "warning"}, ["failed"]),
        ({"level": "debug"}, ["failed", "request", "early"]),
        ({"event": "request"}, ["request"]),
        ({"text": "/API/v1"}, ["request"]),
        ({"text": 'say "hö"'}, ["failed"]),
        ({"request_id": "r-1"}, ["request"]),
        ({"trace_id": "ab" * 16}, ["failed"]),
        ({"since": NOW}, ["failed", "request"]),
        ({"until": NOW}, ["early"]),
        ({"since": NOW + timedelta(days=1)}, []),
        ({"since": datetime(1, 1, 1, tzinfo=UTC), "until": datetime(9999, 12, 31, tzinfo=UTC)}, 3),
    ],
)
async def test_filters(tmp_path: Path, writer: JournalWriter, wanted: dict[str, Any], found: Any) -> None:
    write(writer, "early", at=NOW - timedelta(hours=1), level="debug")
    write(writer, "request", path="/api/v1/prompts", request_id="r-1")
    write(writer, "failed", level="error", words='they say "Hö"', trace_id="ab" * 16)
    events = await events_on_page(tmp_path, LogFilter(TENANT, **wanted))
    assert (len(events) if isinstance(found, int) else events) == found


async def test_the_reads_of_a_client_are_left_out_and_nothing_else_of_it(tmp_path: Path, writer: JournalWriter) -> None:
    asked = {"client": "dashboard", "method": "GET", "status": 200}
    write(writer, "request", **asked)
    write(writer, "request", **asked | {"method": "POST", "path": "/api/v1/sessions/refresh"})
    write(writer, "request", **asked | {"method": "POST", "path": "/api/v1/prompts/check"})
    write(writer, "request", **asked | {"method": "POST", "text": "ran"})
    write(writer, "request", **asked | {"status": 500, "text": "failed"})
    write(writer, "request", **asked | {"client": "python-sdk", "text": "another's"})
    write(writer, "request", method="GET", status=200, text="nobody's")
    wanted = LogFilter(TENANT, without_reads_of="dashboard")
    shown = await LogFeed(tmp_path).page(wanted, before=None, limit=9)
    assert [line.fields["text"] for line in shown] == ["nobody's", "another's", "failed", "ran"]


async def test_pages_follow_each_other(tmp_path: Path, writer: JournalWriter) -> None:
    for number in range(5):
        write(writer, str(number))
    feed = LogFeed(tmp_path)
    first = await feed.page(OWN, before=None, limit=2)
    second = await feed.page(OWN, before=int(first[-1].id), limit=9)
    assert [line.event for line in (*first, *second)] == ["4", "3", "2", "1", "0"]


async def test_damaged_lines_are_left_out_and_numbers_that_json_lacks_are_text(
    tmp_path: Path, writer: JournalWriter
) -> None:
    write(writer, "good", ratio=float("nan"))
    with (tmp_path / "engine-00000001.jsonl").open("a") as file:
        file.write(f'{{"tenant_id": "{TENANT}", "timest\n[1]\n{{"tenant_id": "{TENANT}", "timestamp": "noon"}}\n')
    [line] = await LogFeed(tmp_path).page(OPERATOR, before=None, limit=9)
    assert line.fields == {"ratio": "NaN"}
    json.loads(line.model_dump_json())


class Follower:
    """A client that takes one event at a time."""

    def __init__(self, feed: LogFeed, wanted: LogFilter = OWN, after: int | None = None) -> None:
        self.events: AsyncGenerator[StreamEvent, None] = feed.follow(wanted, after)

    async def next(self) -> StreamEvent:
        async with asyncio.timeout(30):
            return await anext(self.events)

    async def names(self, count: int) -> list[str]:
        events = [await self.next() for _ in range(count)]
        return [str(event.data.get("event", event.event)) for event in events]


@pytest_asyncio.fixture(loop_scope="session")
async def feed(tmp_path: Path) -> AsyncIterator[LogFeed]:
    feed = LogFeed(tmp_path, look_seconds=0.01, most_waiting_lines=3)
    yield feed
    feed.close()


async def test_a_stream_begins_now_and_brings_what_is_written(feed: LogFeed, writer: JournalWriter) -> None:
    write(writer, "before")
    follower = Follower(feed)
    opened = await follower.next()
    write(writer, "another's", tenant=OTHER)
    write(writer, "mine")
    line = await follower.next()
    assert (opened.event, line.event, line.data["event"]) == ("open", "line", "mine")
    assert line.id == line.data["id"]
    await follower.events.aclose()


async def test_a_stream_continues_after_the_last_event_that_arrived(feed: LogFeed, writer: JournalWriter) -> None:
    first = Follower(feed)
    await first.next()
    write(writer, "seen")
    seen = await first.next()
    await first.events.aclose()
    write(writer, "missed")
    second = Follower(feed, after=int(seen.id or 0))
    assert await second.names(2) == ["open", "missed"]
    await second.events.aclose()


async def test_a_client_that_falls_behind_is_told_how_many_lines_it_missed(
    feed: LogFeed, writer: JournalWriter
) -> None:
    follower = Follower(feed)
    await follower.next()
    for number in range(10):
        write(writer, str(number))
        write(writer, "another's", tenant=OTHER)
    dropped = await follower.next()
    # The count is of lines that it would have got: how much others log is not its business.
    assert (dropped.event, dropped.data, dropped.id) == ("dropped", {"lines": 7}, None)
    assert await follower.names(3) == ["7", "8", "9"]
    await follower.events.aclose()


async def test_a_client_that_was_away_for_too_long_is_told_so(tmp_path: Path, feed: LogFeed) -> None:
    writer = JournalWriter(tmp_path, "server", segment_bytes=1, kept=2)
    for number in range(5):
        write(writer, str(number))
    follower = Follower(feed, after=1)
    events = [await follower.next() for _ in range(4)]
    assert [event.event for event in events] == ["open", "dropped", "line", "line"]
    assert events[1].data == {"lines": None}
    await follower.events.aclose()


async def test_a_position_from_the_future_means_now(feed: LogFeed, writer: JournalWriter) -> None:
    write(writer, "before")
    follower = Follower(feed, after=10**17)
    await follower.next()
    write(writer, "after")
    assert await follower.names(1) == ["after"]
    await follower.events.aclose()


async def test_silence_is_said_and_an_old_stream_ends(tmp_path: Path) -> None:
    feed = LogFeed(tmp_path, look_seconds=0.01, idle_seconds=0.02, stream_seconds=0.2)
    names = [event.event async for event in feed.follow(OWN, None)]
    assert (names[0], names[-1], set(names[1:-1])) == ("open", "end", {"idle"})


async def test_a_server_that_stops_ends_its_streams(feed: LogFeed) -> None:
    follower = Follower(feed)
    await follower.next()
    feed.close()
    assert await follower.names(1) == ["end"]


async def test_one_line_is_found_by_its_id(tmp_path: Path, writer: JournalWriter) -> None:
    for name in ("first", "second"):
        write(writer, name)
    write(writer, "another's", tenant=OTHER)
    feed = LogFeed(tmp_path)
    newest, first = await feed.page(OWN, before=None, limit=2)
    assert await feed.line(OWN, int(first.id)) == first
    for nowhere in (0, int(first.id) + 1, int(newest.id) + 1_000, 10**17):
        with pytest.raises(NotFound):
            await feed.line(OWN, nowhere)
    with pytest.raises(NotFound):
        await feed.line(LogFilter(OTHER), int(first.id))
