"""Log lines over REST: pages of the past, and a live stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page, decode_number_cursor, page_of
from mcp_engine.http.streaming import event_stream
from mcp_engine.telemetry.journal.feed import LogFeed
from mcp_engine.telemetry.journal.filters import LogFilter
from mcp_engine.telemetry.journal.schemas import Level, LogLine

router = APIRouter(prefix="/logs", tags=["logs"])
OPERATE = "instance:operate"

Reader = Annotated[Caller, authorised("logs:read")]
Feed = Annotated[LogFeed, service(LogFeed)]
_Position = Annotated[str | None, Query(pattern=r"^\d{1,18}$", description="The id of the last line you have.")]


def _wanted(
    caller: Reader,
    level: Annotated[Level | None, Query(description="The lowest level shown.")] = None,
    event: Annotated[str | None, Query(max_length=200, description="The event's exact name.")] = None,
    text: Annotated[str | None, Query(max_length=200, description="Stands anywhere in the line, in any case.")] = None,
    request_id: Annotated[str | None, Query(max_length=128)] = None,
    trace_id: Annotated[str | None, Query(max_length=32)] = None,
    since: Annotated[AwareDatetime | None, Query(description="With its time zone.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="With its time zone; not included.")] = None,
    without_reads_of: Annotated[
        str | None,
        Query(
            max_length=32,
            description="Leave out successful GET requests of this client, such as `dashboard`, renewals of its "
            "session and checks of drafts.",
        ),
    ] = None,
) -> LogFilter:
    return replace(
        _visible(caller),
        level=level,
        event=event,
        text=text or None,
        request_id=request_id,
        trace_id=trace_id,
        since=since,
        until=until,
        without_reads_of=without_reads_of,
    )


Wanted = Annotated[LogFilter, Depends(_wanted)]


@router.get("", summary="List log lines")
async def list_log_lines(wanted: Wanted, feed: Feed, limit: Limit = 50, cursor: Cursor = None) -> Page[LogLine]:
    """Lines of this server and its workers, newest first: your tenant's; with `instance:operate` also those of none."""
    lines = await feed.page(wanted, before=decode_number_cursor(cursor), limit=limit + 1)
    return page_of(lines, limit, lambda line: (int(line.id),))


@router.get(
    "/stream",
    summary="Follow log lines",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_log_lines(
    wanted: Wanted,
    feed: Feed,
    after: _Position = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{0,18}$")] = None,
) -> StreamingResponse:
    """Stream `line` events as lines are written; `Last-Event-ID` or `after` continues where you were.

    `dropped` says how many lines a slow client missed. After ten minutes `end` asks to continue with a new request.
    """
    position = last_event_id or after
    return await event_stream(feed.follow(wanted, None if position is None else int(position)))


@router.get("/{line_id}", summary="Show a log line")
async def get_log_line(
    caller: Reader, feed: Feed, line_id: Annotated[str, Path(pattern=r"^\d{1,18}$", description="Its id.")]
) -> LogLine:
    """Return one line, for as long as it is kept."""
    return await feed.line(_visible(caller), int(line_id))


def _visible(caller: Caller) -> LogFilter:
    return LogFilter(caller.tenant_id, instance_wide=OPERATE in caller.scopes)
