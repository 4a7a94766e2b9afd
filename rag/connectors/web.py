"""Requests to other servers on behalf of a source: to public addresses only, and no more of an answer than wanted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from mcp_engine.errors import EngineError, InvalidInput, NotAllowed, TimedOut, TryLater
from rag.collections import too_large
from rag.connectors.addresses import resolved

USER_AGENT: Final = "mcp-engine"
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


class PublicTransport(httpx.AsyncBaseTransport):
    """Connects to the address that was looked at, as the host that was asked for (name in TLS, and `Host`).

    Args:
        allowed: hosts whose addresses may be private.
    """

    def __init__(self, allowed: Set[str]) -> None:
        self._allowed = allowed
        # Connections are not kept: two hosts at one address would share one, and what it proved of the first.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=ssl.create_default_context(), limits=limits, retries=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in _PORTS:
            raise InvalidInput("source.scheme_refused", f"{url.scheme}: is not read; use http or https.")
        address = await resolved(url.host, url.port or _PORTS[url.scheme], self._allowed)
        direct = httpx.Request(
            request.method, url.copy_with(host=address), headers=request.headers, stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )  # fmt: skip
        return await self._inner.handle_async_request(direct)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; `url` is that of the last redirect, `content` is empty for a status above 299."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


class Web:
    """Asks servers, one request at a time.

    Args:
        allowed: hosts whose addresses may be private.
        seconds: how long one answer may take, redirects included.
    """

    def __init__(self, allowed: Set[str], seconds: float) -> None:
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            transport=PublicTransport(allowed), follow_redirects=False, trust_env=False, timeout=seconds,
            # Asked for as it is: what is counted is what arrives.
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )  # fmt: skip

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to one request, following no redirect.

        Raises:
            TooLarge: `document.too_large` beyond `limit` bytes.
            NotAllowed: `source.address_refused`.
            TimedOut: `source.timed_out`. TryLater: `source.unreachable`.
        """
        try:
            async with asyncio.timeout(self._seconds), self._client.stream("GET", url, headers=headers) as response:
                content = await _bounded(response, limit) if response.status_code < 300 else b""
                return Answer(url, response.status_code, dict(response.headers), content)
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut("source.timed_out", f"{host_of(url)} did not answer in {self._seconds:g} s.") from None
        except httpx.InvalidURL:
            raise InvalidInput("source.bad_address", "This is no address that can be asked.") from None
        except httpx.HTTPError as error:
            raise TryLater("source.unreachable", f"{host_of(url)} can't be reached ({type(error).__name__}).") from None


async def _bounded(response: httpx.Response, limit: int) -> bytes:
    said = response.headers.get("content-length", "")
    if said.isdigit() and int(said) > limit:
        raise too_large(limit)
    content = bytearray()
    async for part in response.aiter_bytes(65536):
        content += part
        if len(content) > limit:
            raise too_large(limit)
    return bytes(content)


def redirected(answer: Answer) -> str | None:
    """Return where an answer sends the client; None when it does not.

    Raises:
        InvalidInput: `source.scheme_refused` when that is no web page.
    """
    location = answer.headers.get("location")
    if answer.status not in _REDIRECTS or not location:
        return None
    target = urljoin(answer.url, location)
    if urlsplit(target).scheme not in _PORTS:
        raise InvalidInput("source.scheme_refused", f"{host_of(answer.url)} sends elsewhere than to a web page.")
    return target


def failure(answer: Answer) -> EngineError:
    """Return the error that a status above 299 stands for."""
    said = f"{host_of(answer.url)} answered {answer.status}"
    if answer.status in (401, 403):
        return NotAllowed("source.access_refused", f"{said}: it does not let the engine read this.")
    if answer.status == 429 or answer.status >= 500:
        return TryLater("source.unavailable", f"{said}; the next reading tries again.")
    return InvalidInput("source.not_readable", f"{said}; correct the address.")


def host_of(url: str) -> str:
    """Return the host of an address: a message shows no more of it, for the rest may hold a token."""
    try:
        return urlsplit(url).hostname or "the server"
    except ValueError:
        return "the server"
