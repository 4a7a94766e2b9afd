"""OpenAI-compatible servers: the port's contract against a real one, and every failure with its meaning."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from langchain_core.messages.ai import add_usage
from structlog.testing import capture_logs

from mcp_engine.errors import EngineError, InvalidInput, ModelFailed, NotFound, SlowDown, TimedOut, TryLater
from mcp_engine.models.remote import Endpoint, RemoteChatModel, remote_chat, remote_http
from tests.mcp_engine.models.conformance import CAPITAL, SCHEMA, ChatConformance, whole
from tests.mcp_engine.models.servers import CREDENTIAL, MODEL, event_lines, free_port, scripted

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ANSWER = {
    "id": "x", "object": "chat.completion", "created": 1, "model": MODEL, "usage": USAGE,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop"}],
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    client = remote_http(60.0)
    yield client
    await client.aclose()


def chat_of(base_url: str, http: httpx.AsyncClient, **options: object) -> RemoteChatModel:
    endpoint = Endpoint("acme", base_url, MODEL, credential=lambda: CREDENTIAL, **options)  # type: ignore[arg-type]
    return remote_chat(endpoint, http, timeout_seconds=60.0)


class TestConformance(ChatConformance):
    streams_usage = False  # llama_cpp.server has no `stream_options`

    @pytest.fixture
    def chat(self, llama_server: str, http: httpx.AsyncClient) -> RemoteChatModel:
        return chat_of(llama_server, http, schema_style="json_object")


async def test_sends_what_was_asked_for(http: httpx.AsyncClient) -> None:
    async with scripted(body=json.dumps(ANSWER).encode()) as server:
        chat = chat_of(server.base_url, http)
        answer = await chat.ainvoke(
            CAPITAL,
            temperature=0.5,
            top_p=0.9,
            max_tokens=7,
            stop=["\n"],
            seed=11,
            response_schema=SCHEMA,
            fair_key="t",
        )
    assert answer.content == "Paris"
    assert answer.response_metadata["finish_reason"] == "stop"
    [(line, headers, body)] = server.requests
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"Bearer {CREDENTIAL}"
    expected = {"model": MODEL, "temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "stop": ["\n"], "seed": 11}
    assert {name: body[name] for name in expected} == expected
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
    }
    assert "fair_key" not in body


async def test_newer_models_get_their_own_name_of_the_token_limit(http: httpx.AsyncClient) -> None:
    async with scripted(body=json.dumps(ANSWER).encode()) as server:
        await chat_of(server.base_url, http, tokens_field="max_completion_tokens").ainvoke(CAPITAL, max_tokens=9)
    [(_, _, body)] = server.requests
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


async def test_usage_of_a_stream_is_reported(http: httpx.AsyncClient) -> None:
    chunks = event_lines(
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Par"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {"content": "is"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
        {"choices": [], "usage": USAGE},
    )
    async with scripted(headers={"Content-Type": "text/event-stream"}, body=chunks) as server:
        answer = await whole(chat_of(server.base_url, http), CAPITAL)
    assert answer.content == "Paris"
    assert answer.response_metadata["finish_reason"] == "length"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 5
    assert server.requests[0][2]["stream_options"] == {"include_usage": True}


async def test_a_server_that_reports_usage_on_the_way_is_not_counted_twice(http: httpx.AsyncClient) -> None:
    def usage(written: int) -> dict[str, int]:
        return {"prompt_tokens": 3, "completion_tokens": written, "total_tokens": 3 + written}

    def piece(text: str, written: int) -> dict[str, object]:
        return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], "usage": usage(written)}

    chunks = event_lines(piece("Par", 1), piece("is", 2), {"choices": [], "usage": usage(2)})
    async with scripted(headers={"Content-Type": "text/event-stream"}, body=chunks) as server:
        told = [chunk.usage_metadata async for chunk in chat_of(server.base_url, http).astream(CAPITAL)]
    sums = [add_usage(None, told[0]), add_usage(told[0], told[1]), functools.reduce(add_usage, told)]
    assert [(one["input_tokens"], one["output_tokens"]) for one in sums] == [(3, 1), (3, 2), (3, 2)]


ECHO = json.dumps({"error": {"message": f"no: {CREDENTIAL}", "type": "x", "code": None, "param": None}}).encode()
TOO_LONG = json.dumps({"error": {"message": "too long", "code": "context_length_exceeded"}}).encode()


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "code", "retry"),
    [
        (401, {}, ECHO, ModelFailed, "model.credential_refused", None),
        (403, {}, ECHO, ModelFailed, "model.credential_refused", None),
        (404, {}, ECHO, NotFound, "model.not_found", None),
        (429, {"Retry-After": "17"}, ECHO, SlowDown, "model.rate_limited", 17.0),
        (429, {"Retry-After": "soon"}, ECHO, SlowDown, "model.rate_limited", 5.0),
        (429, {"Retry-After": "nan"}, ECHO, SlowDown, "model.rate_limited", 5.0),
        (429, {"Retry-After": "999999"}, ECHO, SlowDown, "model.rate_limited", 3600.0),
        (503, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, ECHO, TryLater, "model.unavailable", 1.0),
        (503, {}, b"<html>", TryLater, "model.unavailable", 5.0),
        (400, {}, TOO_LONG, InvalidInput, "model.context_exceeded", None),
        (422, {}, ECHO, InvalidInput, "model.request_refused", None),
        (504, {}, b"", TimedOut, "model.timed_out", None),
        (500, {}, ECHO, ModelFailed, "model.remote_failed", None),
        (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b"", ModelFailed, "model.remote_failed", None),
        (200, {"Content-Type": "text/html"}, b"<html>hello</html>", ModelFailed, "model.remote_failed", None),
        (200, {"Content-Type": "application/json"}, b'{"choices": []}', ModelFailed, "model.remote_failed", None),
    ],
)
async def test_a_failure_says_what_to_do_and_never_the_credential(
    http: httpx.AsyncClient,
    status: int,
    headers: dict[str, str],
    body: bytes,
    kind: type[EngineError],
    code: str,
    retry: float | None,
) -> None:
    with capture_logs() as logs:
        async with scripted(status=status, headers=headers, body=body) as server:
            chat = chat_of(server.base_url, http)
            with pytest.raises(EngineError) as caught:
                await chat.ainvoke(CAPITAL)
            assert len(server.requests) == 1, "nothing is repeated in secret"
            if status != 200:
                with pytest.raises(kind):
                    await whole(chat, CAPITAL)
    error = caught.value
    assert (type(error), error.code, error.retry_after_seconds) == (kind, code, retry)
    assert error.__cause__ is None
    assert CREDENTIAL not in f"{error.message} {error.details} {logs} {chat!r} {chat.endpoint!r} {chat.client!r}"


async def test_a_server_that_is_not_there(http: httpx.AsyncClient) -> None:
    chat = chat_of(f"http://127.0.0.1:{free_port()}/v1", http)
    with pytest.raises(TryLater, match="can't be reached") as caught:
        await chat.ainvoke(CAPITAL)
    assert caught.value.retry_after_seconds
    with pytest.raises(TryLater):
        await whole(chat, CAPITAL)


async def test_a_server_that_never_answers(http: httpx.AsyncClient) -> None:
    async with scripted(hang=True) as server:
        chat = chat_of(server.base_url, http)
        with pytest.raises(TimedOut):
            await chat.ainvoke(CAPITAL, timeout_seconds=0.2)
        with pytest.raises(TimedOut):
            await whole(chat, CAPITAL, timeout_seconds=0.2)


async def test_a_stream_that_breaks_off(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/event-stream", "Content-Length": "100000"}
    chunk = event_lines({"choices": [{"index": 0, "delta": {"content": "Par"}, "finish_reason": None}]})[:-14]
    async with scripted(headers=headers, body=chunk) as server:
        with pytest.raises(TryLater, match="can't be reached"):
            await whole(chat_of(server.base_url, http), CAPITAL)
