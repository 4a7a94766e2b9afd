"""Which lines a caller sees, and which of these it asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from mcp_engine.telemetry.journal.schemas import LEVELS, Level, LogLine
from mcp_engine.telemetry.journal.segments import StoredLine

_TIME_FIRST = b'{"timestamp": "'
_NOT_DONE = frozenset({"/api/v1/sessions/refresh", "/api/v1/prompts/check"})
"""What a client sends by itself, and nobody did: renewals of its session, checks of what is being written."""
_OUT_OF_ORDER = timedelta(seconds=10)
_OWN_MEMBERS = ("timestamp", "level", "event", "logger", "process", "pid", "request_id", "trace_id", "span_id")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What must hold of a line.

    A line bound to a tenant is shown to that tenant alone, also when the caller runs the instance.

    Args:
        instance_wide: whether the caller may see lines that belong to no tenant.
        level: the lowest level shown.
        text: stands anywhere in the line, upper or lower case.
        without_reads_of: a client whose successful GET requests, renewals of its session and checks of drafts are left
            out.
    """

    tenant_id: UUID
    instance_wide: bool = False
    level: Level | None = None
    event: str | None = None
    text: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    without_reads_of: str | None = None

    def matching(self, stored: StoredLine) -> LogLine | None:
        """Return the line when the caller may see it and asked for it."""
        if not self._promising(stored.raw):
            return None
        fields = _parsed(stored.raw)
        if fields is None:
            return None
        tenant = fields.pop("tenant_id", None)
        if not (tenant == str(self.tenant_id) or (tenant is None and self.instance_wide)):
            return None
        line = _line(stored.position, fields, instance_wide=tenant is None)
        return line if line is not None and self._wants(line) else None

    def begins_after(self, stored: StoredLine) -> bool:
        """Tell whether a line is from before `since`, by more than lines are ever out of order."""
        if self.since is None or not stored.raw.startswith(_TIME_FIRST):
            return False
        moment = _moment(stored.raw[len(_TIME_FIRST) : stored.raw.find(b'"', len(_TIME_FIRST))].decode())
        return moment is not None and moment + _OUT_OF_ORDER < self.since

    def _promising(self, raw: bytes) -> bool:
        """Tell cheaply that a line can't match, before it is parsed."""
        if not self.instance_wide and str(self.tenant_id).encode() not in raw:
            return False
        if any(exact is not None and _needle(exact) not in raw for exact in (self.request_id, self.trace_id)):
            return False
        if self.text is None:
            return True
        return _needle(self.text).decode().lower() in raw.decode(errors="replace").lower()

    def _wants(self, line: LogLine) -> bool:
        return (
            (self.level is None or _rank(line.level) >= _rank(self.level))
            and (self.event is None or line.event == self.event)
            and (self.request_id is None or line.request_id == self.request_id)
            and (self.trace_id is None or line.trace_id == self.trace_id)
            and (self.since is None or line.time >= self.since)
            and (self.until is None or line.time < self.until)
            and (self.without_reads_of is None or not _is_read_of(line, self.without_reads_of))
        )


def _is_read_of(line: LogLine, client: str) -> bool:
    fields = line.fields
    return (
        line.event == "request"
        and fields.get("client") == client
        and (fields.get("method") == "GET" or fields.get("path") in _NOT_DONE)
        and str(fields.get("status")).startswith("2")
    )


def _needle(text: str) -> bytes:
    """Return `text` as it stands in a line of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode(errors="backslashreplace")


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else LEVELS.index("info")


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """Return a line's members; None for what a crash left of one."""
    try:
        # NaN and infinity have no JSON: they go on as text.
        found = json.loads(raw, parse_constant=str)
    except ValueError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _line(position: int, fields: dict[str, Any], *, instance_wide: bool) -> LogLine | None:
    own = {name: fields.pop(name, None) for name in _OWN_MEMBERS}
    moment = _moment(str(own["timestamp"]))
    if moment is None:
        return None
    return LogLine(
        id=str(position),
        time=moment,
        level=str(own["level"]),
        event=str(own["event"]),
        logger=_text(own["logger"]),
        process=str(own["process"]),
        pid=own["pid"] if isinstance(own["pid"], int) else None,
        request_id=_text(own["request_id"]),
        trace_id=_text(own["trace_id"]),
        span_id=_text(own["span_id"]),
        instance_wide=instance_wide,
        fields=fields,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
