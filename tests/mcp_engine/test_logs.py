"""Log lines: one format for every logger, and no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from sqlalchemy import make_url
from structlog.typing import EventDict

from mcp_engine import logs
from mcp_engine.identity.credentials import API_KEY, REFRESH_TOKEN, Credential

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What the process logs, as parsed JSON; afterwards logging is as pytest set it up."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("info", "auto")
    yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_line_is_json_with_a_utc_time_when_it_is_no_terminal(lines: Lines) -> None:
    structlog.get_logger("engine").info("started", port=8600)
    [line] = lines()
    assert (line["event"], line["port"], line["level"], line["logger"]) == ("started", 8600, "info", "engine")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", ["uvicorn.error", "sqlalchemy.engine", "alembic.runtime", "httpx", "anything"])
def test_loggers_of_libraries_go_the_same_way(lines: Lines, name: str) -> None:
    logging.getLogger(name).warning("connecting with %s", "password=hunter2")
    [line] = lines()
    assert (line["event"], line["logger"]) == ("connecting with password=[redacted]", name)


def test_a_handler_that_a_library_brought_shows_nothing_beside_ours(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = io.StringIO(), io.StringIO()
    logger = logging.getLogger(f"library.{uuid4()}")
    logger.addHandler(logging.StreamHandler(theirs))
    logger.propagate = False
    monkeypatch.setattr(sys, "stderr", ours)
    logs.configure("info", "json")
    logger.warning("connecting with %s", "password=hunter2")
    assert json.loads(ours.getvalue())["event"] == "connecting with password=[redacted]"
    assert theirs.getvalue() == ""
    assert lines() == []


def test_lines_below_the_level_and_chatter_of_libraries_are_left_out(lines: Lines) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("httpx").info("HTTP Request: GET http://…")
    assert lines() == []


def test_warnings_are_logged(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn("old api_key=abcdef", stacklevel=1)
    [line] = lines()
    assert "api_key=[redacted]" in line["event"]


def test_a_line_names_the_request_and_the_span(lines: Lines) -> None:
    context = trace.SpanContext(trace_id=1, span_id=2, is_remote=False)
    with logs.bind_request("r-1"), trace.use_span(trace.NonRecordingSpan(context)):
        structlog.get_logger().info("inside")
        logging.getLogger("library").warning("inside")
    structlog.get_logger().info("outside")
    *inside, outside = lines()
    for line in inside:
        assert (line["request_id"], line["trace_id"], line["span_id"]) == ("r-1", f"{1:032x}", f"{2:016x}")
    assert {"request_id", "trace_id"}.isdisjoint(outside)


def test_exceptions_are_text_without_secrets(lines: Lines) -> None:
    try:
        int("postgresql://owner:s3cr3t@db/engine")
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
        logging.getLogger("library").exception("failed")
    for line in lines():
        assert "'postgresql://owner:[redacted]@db/engine'" in line["exception"]
        assert "s3cr3t" not in json.dumps(line)


def test_the_console_format_is_for_people_and_hides_as_much(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    logs.configure("info", "console")
    try:
        int("Bearer abc.def")
    except ValueError:
        structlog.get_logger().exception("failed", api_key="s3cr3t")
    shown = stderr.getvalue()
    assert "failed" in shown
    assert "api_key=[redacted]" in shown
    assert "'Bearer [redacted]'" in shown
    assert "s3cr3t" not in shown


def test_a_terminal_shows_what_is_wrong_and_the_journal_has_every_line(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    kept: list[str] = []
    logs.configure("auto", "console")
    with logs.also_to(lambda event: kept.append(event["event"])):
        structlog.get_logger().debug("looked")
        structlog.get_logger().info("answered")
        structlog.get_logger().warning("slow")
    assert kept == ["answered", "slow"]
    assert "slow" in stderr.getvalue()
    assert "answered" not in stderr.getvalue()
    logs.configure("info", "console")
    structlog.get_logger().info("answered")
    assert "answered" in stderr.getvalue()


SECRETS = {
    "an API key": Credential.new(API_KEY, uuid4(), uuid4()).reveal(),
    "a refresh token": Credential.new(REFRESH_TOKEN, uuid4(), uuid4()).reveal(),
    "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "a provider's key": "sk-proj-0123456789abcdef",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
@settings(max_examples=25, deadline=None)
@given(before=st.text(), after=st.text(alphabet=st.characters(exclude_categories=["Cs"])).map(lambda text: " " + text))
def test_a_secret_survives_in_no_text(secret: str, before: str, after: str) -> None:
    # A word character before `sk-` makes it part of a longer word, such as "task-force".
    assert secret not in logs.redacted_text(f"{before} {secret}{after}")


@settings(max_examples=50, deadline=None)
@given(
    password=st.text(st.characters(codec="ascii", exclude_characters="\"'<>@", categories=["L", "N", "P"]), min_size=3)
)
def test_a_password_in_a_url_survives_nowhere(password: str) -> None:
    shown = logs.redacted_text(f"at postgresql+psycopg://owner:{password}@localhost:5432/engine?x=1 now")
    assert shown == "at postgresql+psycopg://owner:[redacted]@localhost:5432/engine?x=1 now"


NAMES = ["api_key", "API-Key", "x_apikey", "Authorization", "password", "db_password", "client_secret", "refreshToken"]


@settings(max_examples=50, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    secret=st.text(min_size=12),
    wrap=st.sampled_from(["plain", "nested", "list"]),
)
def test_a_value_under_a_secret_name_survives_nowhere(name: str, secret: str, wrap: str) -> None:
    wrapped: dict[str, Any] = {"plain": {name: secret}, "nested": {"a": [{name: secret}]}, "list": {name: [secret]}}
    assert secret not in str(logs.redacted(wrapped[wrap]))


def test_names_that_only_sound_secret_stay_readable() -> None:
    event: EventDict = {"input_tokens": 12, "max_tokens": 5.0, "credential_id": "0192", "tokens": None}
    assert logs.redacted(event) == event


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password": "abc", "user": "x"}', '{"password": "[redacted]", "user": "x"}'),
        ("host=db password=abc user=x", "host=db password=[redacted] user=x"),
        ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
        ("[SQL: …]\n[parameters: {'content': 'theirs'}]\n(More", "[SQL: …]\n[parameters: [redacted]]\n(More"),
        ("DETAIL:  Failing row contains (1, theirs).", "DETAIL:  Failing row contains [redacted]"),
        ("the task-force asked for the password policy", "the task-force asked for the password policy"),
    ],
)  # fmt: skip
def test_secrets_in_running_text(text: str, shown: str) -> None:
    assert logs.redacted_text(text) == shown


def test_objects_and_bytes_are_shown_as_redacted_text() -> None:
    url = make_url("postgresql://owner:abc@db/engine")
    assert logs.redacted({"url": url, "raw": b"Bearer abc"}) == {
        "url": "postgresql://owner:[redacted]@db/engine",
        "raw": "Bearer [redacted]",
    }


def test_a_text_that_was_clean_before_hides_no_later_secret() -> None:
    for number in range(5000):
        assert logs.redacted_text(f"path/{number}") == f"path/{number}"
        if number % 1000 == 0:
            assert "mce_abc" not in logs.redacted_text("key mce_abc")
    assert logs.redacted({"api_key": "abc", "path": "path/1"}) == {"api_key": logs.REDACTED, "path": "path/1"}
    assert logs.redacted({"api_key": "abc", "path": "path/1"}) == {"api_key": logs.REDACTED, "path": "path/1"}
