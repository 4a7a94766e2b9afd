"""Structured logs: one pipeline for structlog and the standard library, without secrets.

JSON lines when standard error is not a terminal, else coloured lines. Each carries an ISO 8601 UTC
time, and the ids of the request, trace, span and tenant it belongs to.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Any, Final, Literal, TextIO, cast

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["auto", "json", "console"]
REDACTED: Final = "[redacted]"

_SECRET_NAME = re.compile(
    r"authorization|api_?key|password|passwd|passphrase|secret|token|credential|cookie|private_?key|signing_?key"
)
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # Our own keys and refresh tokens, and the keys of well-known providers.
    (re.compile(r"mc[er]_[A-Za-z0-9_-]+"), REDACTED),
    (re.compile(r"\b(?:sk|pk|rk|hf|ghp|gho|xox[abp])[-_][A-Za-z0-9_-]{8,}"), REDACTED),
    # HTTP authentication (RFC 9110, 11.4), JWTs (RFC 7519), user information in URLs (RFC 3986, 3.2.1).
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), rf"\1 {REDACTED}"),
    (re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), REDACTED),
    (re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^\s:/@\"'<>]*):[^\s\"'<>]+@"), rf"\1:{REDACTED}@"),
    # `name=value` and `"name": "value"`, as in connection strings and dumped dictionaries.
    (
        re.compile(
            r"(?i)((?:password|passwd|api[_-]?key|secret|(?:access|refresh|session|id)[_-]token|authorization)"
            r"[\"']?\s*[=:]\s*[\"']?)(?!\[redacted\]|(?:bearer|basic)\b)[^\s\"',;&]+"
        ),
        rf"\1{REDACTED}",
    ),
    # SQLAlchemy and PostgreSQL quote the values of a failed statement, and these can be anybody's content.
    (re.compile(r"\[parameters: .*"), f"[parameters: {REDACTED}]"),
    (re.compile(r"(DETAIL:\s+Failing row contains) .*"), rf"\1 {REDACTED}"),
)

_clean: set[str] = set()
"""Short texts that were found to hold no secret."""
_LONGEST_CLEAN = 100
_MOST_CLEAN = 4096

_context_sources: list[Callable[[], Mapping[str, str]]] = []
_listeners: list[Callable[[Mapping[str, Any]], None]] = []


def configure(level: str = "auto", format: Format | str = "auto") -> None:  # noqa: A002 - the setting's own name
    """Send every log line of the process to standard error in one format.

    Args:
        level: name of the lowest level written, such as `info`; `auto` is `info`, of which a terminal shows what
            is a warning or worse, so that what a person is told there stays in sight.
        format: `json`, `console`, or `auto` for JSON unless standard error is a terminal.
    """
    as_json = format == "json" or (format == "auto" and not sys.stderr.isatty())
    handler = _Handler(logging.WARNING if level == "auto" and not as_json else logging.NOTSET)
    handler.setFormatter(_formatter(as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("INFO" if level == "auto" else level.upper())
    for logger in logging.Logger.manager.loggerDict.values():
        # Libraries bring handlers of their own when they are imported: uvicorn, DBOS, MLflow for SQLAlchemy's loggers.
        if isinstance(logger, logging.Logger) and (logger.handlers or not logger.propagate):
            logger.handlers.clear()
            logger.propagate = True
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "dbos"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    for name in ("httpx", "httpcore", "alembic", "sqlalchemy"):
        # One line for each request sent, connection made or revision run is noise below a warning.
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def add_context(source: Callable[[], Mapping[str, str]]) -> None:
    """Add what `source` returns to every later log line, such as the tenant that work is done for."""
    _context_sources.append(source)


@contextmanager
def also_to(listener: Callable[[Mapping[str, Any]], None]) -> Generator[None]:
    """Give every line of the block to `listener` too, as JSON-like members without secrets.

    It is called inside `logging`, one line at a time: it must be quick, must not raise and must not log.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def bind(**values: str) -> Generator[None]:
    """Add `values` to each log line of the block, in this task and those it starts."""
    tokens = structlog.contextvars.bind_contextvars(**values)
    try:
        yield
    finally:
        try:
            structlog.contextvars.reset_contextvars(**tokens)
        except ValueError:
            # A stream that was closed in another context than it began in.
            structlog.contextvars.unbind_contextvars(*values)


def bind_request(request_id: str) -> AbstractContextManager[None]:
    """Add `request_id` to each log line of the block."""
    return bind(request_id=request_id)


def redacted_text(text: str) -> str:
    """Return `text` with what looks like a secret replaced by `[redacted]`."""
    # Each pattern needs a character besides letters and digits, and most lines repeat the same names and paths.
    if text.isalnum() or text in _clean:
        return text
    shown = text
    for pattern, replacement in _PATTERNS:
        shown = pattern.sub(replacement, shown)
    if shown == text and len(text) <= _LONGEST_CLEAN:
        if len(_clean) >= _MOST_CLEAN:
            _clean.clear()
        _clean.add(text)
    return shown


def redacted(value: Any) -> Any:
    """Return a JSON-like value without secrets: by the names of members, and by what strings look like."""
    match value:
        case str():
            return redacted_text(value)
        case bytes():
            return redacted_text(value.decode(errors="replace"))
        case Mapping():
            members = cast("Mapping[Any, Any]", value)
            return {
                redacted(key) if isinstance(key, str) else key: REDACTED if _is_secret(key, item) else redacted(item)
                for key, item in members.items()
            }
        case list() | set() | frozenset():
            return [redacted(item) for item in cast("Sequence[Any]", value)]
        case tuple() if not hasattr(
            cast("object", value), "_fields"
        ):  # a named tuple, such as a URL, has a text of its own
            return [redacted(item) for item in cast("Sequence[Any]", value)]
        case BaseException():
            return redacted_text(f"{type(value).__name__}: {value}")
        case int() | float() | None:
            return value
        case _:
            return redacted_text(str(value))


def _is_secret(name: object, value: object) -> bool:
    """Numbers are no secrets, so that `input_tokens=12` stays readable; nor are ids of secrets."""
    if isinstance(value, int | float | None) or not isinstance(name, str) or name.endswith("_id"):
        return False
    return _names_a_secret(name)


@lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAME.search(name.lower().replace("-", "_")) is not None


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _add_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines from `shown` on to standard error; listeners, who stand at the end of the formatter, get all."""

    def __init__(self, shown: int) -> None:
        super().__init__(sys.stderr)
        self._shown = shown

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= self._shown:
            super().emit(record)
            return
        try:
            self.format(record)
        except Exception:  # noqa: BLE001 - as `StreamHandler`: a line that can't be written ends no work
            self.handleError(record)


def _formatter(*, as_json: bool) -> logging.Formatter:
    # Last before the renderer, where exceptions are text already and records of the standard library pass too.
    final: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _redact,
        _pass_on,
    ]
    if as_json:
        final.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    else:
        plain = structlog.dev.plain_traceback
        final.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain))
    foreign: list[Processor] = [*_shared(), structlog.stdlib.ExtraAdder()]
    return structlog.stdlib.ProcessorFormatter(processors=final, foreign_pre_chain=foreign)


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    for source in _context_sources:
        for name, value in source().items():
            event.setdefault(name, value)
    return event


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # The time is the pipeline's own, and another in each line: no text that was looked at before.
    timestamp = event.pop("timestamp", None)
    return {**cast("EventDict", redacted(event)), "timestamp": timestamp}


def _pass_on(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for listener in _listeners:
        listener(event)
    return event
