"""Which names the server answers to."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse

from mcp_engine.server.hosts import TrustedHosts

NAMES = ["127.0.0.1", " localhost", "[::1]", "0.0.0.0", "Engine.example"]


async def answer(names: list[str], host: str) -> httpx.Response:
    transport = httpx.ASGITransport(TrustedHosts(PlainTextResponse("in"), names))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/", headers={"Host": host})


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8600", "localhost", "LOCALHOST:1", "[::1]:8600", "[::1]", "engine.example"]
)
async def test_its_own_names_are_answered(host: str) -> None:
    assert (await answer(NAMES, host)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "", "0.0.0.0:8600", "[", "[::2]", "127.0.0.1.evil.example", "::1"])
async def test_another_name_is_a_problem_that_says_what_to_set(host: str) -> None:
    refused = await answer(NAMES, host)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "request.untrusted_host"
    assert "MCP_ENGINE_TRUSTED_HOSTS" in refused.json()["detail"]


async def test_a_star_trusts_every_name() -> None:
    assert (await answer(["*"], "anything.example")).status_code == 200
