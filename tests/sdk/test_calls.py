"""One call: what is sent, what is repeated, what becomes of failures and of streams."""

from __future__ import annotations

import inspect
import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mcp_engine.errors
from mcp_engine_client import AsyncClient, Client, errors
from mcp_engine_client._streams import EventDecoder
from tests.sdk.registry import Asked, Registry, Reply, problem, run_document

BUSY = problem(503, "model.busy", Retry_After="0")
DELTAS = b'event: delta\ndata: {"text": "Hel\xe2\x80\xa8lo"}\n\nevent: delta\ndata: {"text": "!"}\n\n'
COMPLETED = b"event: completed\ndata: " + json.dumps(run_document()).encode() + b"\n\n"
ERROR = b'event: error\ndata: {"status": 502, "code": "model.failed", "detail": "It failed."}\n\n'


def test_a_repeat_carries_the_same_key(client: Client, registry: Registry) -> None:
    registry.replies(BUSY, Reply(broken=True), Reply(body=run_document()))
    assert client.run("greet", {"n": 1}).output == "Hello"
    keys = {asked.headers["Idempotency-Key"] for asked in registry.asked}
    assert (len(registry.asked), len(keys)) == (3, 1)
    assert keys.pop().startswith('"')
    client.run("greet", {"n": 1})
    assert registry.asked[0].headers["Idempotency-Key"] != registry.asked[-1].headers["Idempotency-Key"]


async def test_a_repeat_carries_the_same_key_on_the_loop_too(async_client: AsyncClient, registry: Registry) -> None:
    registry.replies(BUSY, Reply(broken=True), Reply(body=run_document()))
    assert (await async_client.run("greet", {"n": 1}, idempotency_key='my "own"')).output == "Hello"
    assert {asked.headers["Idempotency-Key"] for asked in registry.asked} == {'"my \\"own\\""'}


def test_what_is_still_running_is_waited_for(client: Client, registry: Registry) -> None:
    registry.replies(problem(409, "idempotency.still_running", Retry_After="0"), Reply(body=run_document()))
    assert client.run("greet").output == "Hello"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (problem(422, "prompt.variable_missing"), errors.VariableMissing),
        (problem(401, "access.invalid_credential"), errors.NotSignedIn),
        (problem(409, "label.moved"), errors.Conflict),
        (problem(502, "prompt.output_invalid"), errors.ModelFailed),
        (problem(503, "engine.closed", Retry_After="3600"), errors.TryLater),
        (problem(504, "model.timed_out"), errors.TimedOut),
        (problem(500, "engine.fault"), errors.Refused),
    ],
)
def test_what_a_repeat_can_not_help_is_not_repeated(
    client: Client, registry: Registry, reply: Reply, error: type[errors.EngineError]
) -> None:
    registry.replies(reply)
    with pytest.raises(error) as caught:
        client.run("greet")
    assert (len(registry.asked), caught.value.message) == (1, "So it is.")


def test_repeats_end(client: Client, registry: Registry) -> None:
    registry.replies(problem(429, "access.rate_limited", Retry_After="0"))
    with pytest.raises(errors.SlowDown) as caught:
        client.search("x", collection="c")
    assert (len(registry.asked), caught.value.retry_after_seconds) == (3, 0.0)


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b'{"items": 3}', b""])
def test_an_answer_of_something_else_is_named(client: Client, registry: Registry, answer: bytes) -> None:
    registry.replies(Reply(body=answer))
    with pytest.raises(errors.Refused, match="address"):
        client.run("greet")


def test_a_failure_of_something_else_is_still_typed(client: Client, registry: Registry) -> None:
    registry.replies(Reply(404, b"<h1>nginx</h1>"))
    with pytest.raises(errors.NotFound, match="nginx"):
        client.execution("x")


def test_the_errors_mirror_the_servers() -> None:
    theirs = [
        kind
        for _, kind in inspect.getmembers(mcp_engine.errors, inspect.isclass)
        if issubclass(kind, mcp_engine.errors.EngineError) and kind is not mcp_engine.errors.EngineError
    ]
    for kind in theirs:
        ours = errors.error_from_problem({"code": "a.b", "detail": "x"}, status=kind.status)
        assert type(ours).__name__ == kind.__name__
        assert {base.__name__ for base in kind.__mro__} == {base.__name__ for base in type(ours).__mro__}


def test_members_a_newer_server_adds_do_no_harm(client: Client, registry: Registry) -> None:
    registry.replies(Reply(body={**run_document(), "mood": "good"}))
    assert client.run("greet").output == "Hello"


def test_a_stream_gives_texts_and_the_result(client: Client, registry: Registry) -> None:
    registry.replies(Reply(body=DELTAS + b"event: new\ndata: {}\n\n" + COMPLETED))
    stream = client.stream("greet")
    with pytest.raises(errors.InvalidInput, match="not ended"):
        _ = stream.result
    assert registry.asked == []
    assert list(stream) == ["Hel\u2028lo", "!"]
    assert stream.result.output == "Hello"
    assert stream.until_done() == stream.result


@pytest.mark.parametrize(
    ("body", "error"),
    [(DELTAS, errors.Unreachable), (DELTAS + ERROR, errors.ModelFailed), (b"data: {\n\n", errors.Refused),
     (b"event: delta\ndata: 3\n\n", errors.Refused), (b"event: completed\ndata: {}\n\n", errors.Refused)],
)  # fmt: skip
async def test_a_stream_that_breaks_says_why(
    client: Client, async_client: AsyncClient, registry: Registry, body: bytes, error: type[Exception]
) -> None:
    registry.replies(Reply(body=body))
    with pytest.raises(error):
        client.stream("greet").until_done()
    with pytest.raises(error):
        await async_client.stream("greet").until_done()


async def test_a_stream_may_fail_before_it_begins(
    client: Client, async_client: AsyncClient, registry: Registry
) -> None:
    registry.replies(BUSY, problem(404, "prompt.not_found"))
    with pytest.raises(errors.NotFound):
        client.stream("greet").until_done()
    with pytest.raises(errors.NotFound):
        await async_client.stream("greet").until_done()
    assert len(registry.asked) == 3


@settings(deadline=None, derandomize=True)
@given(cuts=st.lists(st.integers(0, len(DELTAS + COMPLETED))), newline=st.sampled_from([b"\n", b"\r\n"]))
def test_events_are_the_same_however_the_network_cuts_them(cuts: list[int], newline: bytes) -> None:
    body = (b": comment\n" + DELTAS + COMPLETED).replace(b"\n", newline)
    decoder, edges = EventDecoder(), [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    names = [event.name for piece in pieces for event in decoder.feed(piece)]
    assert names == ["delta", "delta", "completed"]


def test_where_to_go_comes_from_the_environment_or_the_saved_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("MCP_ENGINE_URL", "MCP_ENGINE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert sent_by(Client()) == ("http://127.0.0.1:8600", None)
    saved = tmp_path / "mcp-engine" / "credentials.json"
    saved.parent.mkdir()
    saved.write_text(json.dumps({"url": "http://saved:1", "api_key": "mce_saved"}))
    assert sent_by(Client()) == ("http://saved:1", "Bearer mce_saved")
    # A key is for the server that gave it.
    assert sent_by(Client("http://elsewhere:2")) == ("http://elsewhere:2", None)
    monkeypatch.setenv("MCP_ENGINE_URL", "http://environment:3/")
    monkeypatch.setenv("MCP_ENGINE_API_KEY", "mce_environment")
    assert sent_by(Client()) == ("http://environment:3", "Bearer mce_environment")
    assert sent_by(Client(api_key="mce_given")) == ("http://environment:3", "Bearer mce_given")
    monkeypatch.delenv("MCP_ENGINE_URL")
    saved.write_text("[]")
    with pytest.raises(errors.InvalidInput, match=r"credentials\.json"):
        Client(api_key="mce_given")


def sent_by(client: Client) -> tuple[str, str | None]:
    sent: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(401, json={})

    client._io._http = httpx.Client(transport=httpx.MockTransport(refuse))
    with client, pytest.raises(errors.NotSignedIn):
        client.execution("x")
    assert "mce_" not in repr(client._core)
    return str(sent[0].url).removesuffix("/api/v1/executions/x"), sent[0].headers.get("Authorization")


@pytest.mark.parametrize(("url", "key"), [("localhost:8600", "mce_x"), ("http://a", "mce_\nx"), ("http://a", "mcé")])
def test_addresses_and_keys_that_are_none_are_refused(url: str, key: str) -> None:
    with pytest.raises(errors.InvalidInput):
        Client(url, key)


def test_both_clients_offer_the_same() -> None:
    def offered(kind: type) -> dict[str, list[str]]:
        members = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(one).parameters) for name, one in members if not name.startswith("_")}

    assert offered(Client) == offered(AsyncClient)


def test_pages_are_fetched_when_they_are_needed(client: Client, registry: Registry) -> None:
    def page(asked: Asked) -> Reply:
        last = "cursor=two" in asked.path
        return Reply(
            body={"items": [entry(3)] if last else [entry(1), entry(2)], "next_cursor": None if last else "two"}
        )

    registry.answer = page
    entries = client.audit_entries(kind="prompt.pushed", page_size=2)
    assert [next(entries).seq, next(entries).seq] == [1, 2]
    assert len(registry.asked) == 1
    assert [one.seq for one in entries] == [3]
    assert "limit=2" in registry.asked[1].path
    assert "kind=prompt.pushed" in registry.asked[1].path


def entry(seq: int) -> dict[str, Any]:
    nobody = "00000000-0000-4000-8000-000000000000"
    return {"id": nobody, "seq": seq, "kind": "k", "subject": "s", "actor_id": nobody, "facts": {}, "leaf_hash": "h",
            "occurred_at": "2026-01-01T00:00:00Z"}  # fmt: skip


def test_a_documents_failure_names_it_once() -> None:
    failed = errors.IndexingFailed({"a.pdf": "a.pdf is damaged.", "b.pdf": "There is no text."})
    assert failed.message == "2 of the documents failed: a.pdf is damaged.; b.pdf: There is no text."
