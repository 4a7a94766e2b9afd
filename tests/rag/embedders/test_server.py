"""Embedding models at servers, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from mcp_engine.errors import EngineError, InvalidInput, ModelFailed, NotFound, SlowDown, TimedOut, TryLater
from rag.embedders import server
from rag.embedders.options import ServerOptions
from rag.embedders.server import ATTEMPTS, ServerEmbedder
from tests.commands import listening
from tests.rag.embedders.servers import DIMENSIONS, KEY, StandIn, vector

KINDS = {"openai": "v1", "cohere": "v2"}


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("STAND_IN_KEY", KEY)
    monkeypatch.setattr(server, "_FIRST_PAUSE_SECONDS", 0.001)
    return StandIn()


@pytest_asyncio.fixture(loop_scope="session")
async def url(stand_in: StandIn) -> AsyncIterator[str]:
    async with listening(stand_in.app) as address:
        yield address


def embedder(url: str, kind: str = "openai", **options: Any) -> ServerEmbedder:
    configured = {
        "name": "stand-in", "kind": kind, "base_url": f"{url}/{KINDS[kind]}", "model": "small",
        "dimensions": DIMENSIONS, "credential_env": "STAND_IN_KEY", **options,
    }  # fmt: skip
    return ServerEmbedder(ServerOptions.model_validate(configured))


@pytest.mark.parametrize("kind", KINDS)
async def test_texts_get_their_vectors_in_order_and_in_batches(url: str, stand_in: StandIn, kind: str) -> None:
    texts = [f"text number {number}" for number in range(7)]
    used = embedder(url, kind, batch=3)
    found = await used.embed_passages(texts)
    prefix = "search_document: " if kind == "cohere" else ""
    expected = np.array([vector(prefix + text) for text in texts])
    assert found == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-6)
    assert len(stand_in.bodies) == 3
    assert (await used.embed_passages([])).shape == (0, DIMENSIONS)
    await used.close()


async def test_questions_and_passages_are_told_apart(url: str, stand_in: StandIn) -> None:
    cohere = embedder(url, "cohere")
    await cohere.embed_queries(["a"])
    await cohere.embed_passages(["a"])
    assert [body["input_type"] for body in stand_in.bodies] == ["search_query", "search_document"]
    prefixed = embedder(url, query_prefix="query: ", passage_prefix="passage: ")
    await prefixed.embed_queries(["a"])
    await prefixed.embed_passages([""])
    assert [body["input"] for body in stand_in.bodies[2:]] == [["query: a"], ["passage: "]]
    await cohere.close()
    await prefixed.close()


async def test_wanted_dimensions_are_asked_for_only_where_configured(url: str, stand_in: StandIn) -> None:
    for kind, member in (("openai", "dimensions"), ("cohere", "output_dimension")):
        short = embedder(url, kind, dimensions=4, ask_dimensions=True)
        assert (await short.embed_queries(["a"])).shape == (1, 4)
        assert stand_in.bodies[-1][member] == 4
        await short.close()


async def test_a_server_that_is_busy_is_asked_again(url: str, stand_in: StandIn) -> None:
    stand_in.answers = [PlainTextResponse("", 500), JSONResponse({}, 429, headers={"retry-after": "0"})]
    used = embedder(url)
    assert len(await used.embed_queries(["a"])) == 1
    assert len(stand_in.bodies) == 3
    await used.close()


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (PlainTextResponse("", 503), TryLater, "model.unavailable"),
        (PlainTextResponse("", 500), TryLater, "embedder.unavailable"),
        (JSONResponse({}, 429, headers={"retry-after": "3600"}), SlowDown, "model.rate_limited"),
        (JSONResponse({"error": {"message": "too long"}}, 400), InvalidInput, "model.request_refused"),
        (JSONResponse({}, 404), NotFound, "embedder.not_found"),
        (RedirectResponse("http://127.0.0.1:9/"), EngineError, "model.remote_failed"),
        (PlainTextResponse("hello"), ModelFailed, "embedder.failed"),
        (JSONResponse([]), ModelFailed, "embedder.failed"),
        (JSONResponse({"data": [{"index": 0, "embedding": [1.0]}]}), ModelFailed, "embedder.failed"),
        (JSONResponse({"data": []}), ModelFailed, "embedder.failed"),
        (JSONResponse({"data": [{"index": 0, "embedding": ["x"] * DIMENSIONS}]}), ModelFailed, "embedder.failed"),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_said(
    url: str, stand_in: StandIn, answer: Any, error: type[EngineError], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LONGEST_PAUSE_SECONDS", 5.0)
    stand_in.answers = [answer] * ATTEMPTS
    if answer.status_code == 503:
        answer.headers["retry-after"] = "60"  # longer than anybody waits
    used = embedder(url)
    with pytest.raises(error) as raised:
        await used.embed_queries(["a"])
    assert raised.value.code == code
    await used.close()


async def test_a_refused_key_is_named_by_its_variable_and_never_shown(
    url: str, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_KEY", "sk-wrong")
    used = embedder(url)
    with pytest.raises(ModelFailed, match="STAND_IN_KEY") as raised:
        await used.embed_queries(["a"])
    assert raised.value.code == "embedder.credential_refused"
    assert "sk-wrong" not in str(raised.value)
    await used.close()


async def test_a_server_that_is_gone_or_silent(url: str, stand_in: StandIn) -> None:
    gone = embedder("http://127.0.0.1:9")
    with pytest.raises(TryLater) as raised:
        await gone.embed_queries(["a"])
    assert raised.value.code == "embedder.unavailable"
    silent = embedder(url, timeout_seconds=0.000001)
    with pytest.raises((TimedOut, TryLater)):
        await silent.embed_queries(["a"])
    await gone.close()
    await silent.close()


def test_the_digest_is_of_what_shapes_a_vector() -> None:
    one = embedder("http://a")
    assert one.digest == embedder("http://a", batch=7, credential_env=None, timeout_seconds=1).digest
    changes: list[dict[str, Any]] = [{"model": "large"}, {"dimensions": 4}, {"query_prefix": "q"}]
    for change in changes:
        assert embedder("http://a", **change).digest != one.digest
    assert embedder("http://a", "cohere").digest != one.digest
