"""Web pages and files: those that are named, and those that sitemaps name."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mcp_engine.errors import EngineError, Gone, InvalidInput, NotAllowed, TryLater
from rag.connectors import robots, sitemaps
from rag.connectors.addresses import resolved
from rag.connectors.options import SourceOptions
from rag.connectors.port import Fetched, Item
from rag.connectors.robots import Robots
from rag.connectors.web import MAX_REDIRECTS, USER_AGENT, Answer, Web, failure, redirected

MAX_SITEMAPS = 50
"""Read at one reading, those that sitemaps name among them."""
_GONE = (404, 410)
_CHECKED_HOSTS = 10


def _plain(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with http:// or https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address holds no user or password: everyone who reads documents sees it")
    return parts._replace(fragment="").geturl()


Url = Annotated[str, Field(max_length=2048, pattern=r"^[^\s\x00-\x1f\x7f]+$"), AfterValidator(_plain)]


class UrlSettings(BaseModel):
    """Pages or files by their addresses, and sitemaps whose pages are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urls: list[Url] = Field(default=[], max_length=1000, description="Addresses of pages or files (http, https).")
    sitemaps: list[Url] = Field(default=[], max_length=20, description="Addresses of sitemap.xml files.")
    pause_seconds: float = Field(default=0.2, ge=0, le=60, description="How long to wait between two requests.")

    @model_validator(mode="after")
    def _something(self) -> UrlSettings:
        if not self.urls and not self.sitemaps:
            raise ValueError("name at least one address in `urls` or `sitemaps`")
        return self


class UrlKind:
    """Reads public addresses, as far as each site's robots.txt allows, and asks only for what changed."""

    name = "url"
    description = "Web pages and files: a list of addresses, and the pages that sitemaps name."
    settings = UrlSettings
    place = "urls"
    credential = ""
    least_seconds = 60

    def __init__(self, options: SourceOptions) -> None:
        self._options = options

    def operates(self, settings: UrlSettings) -> bool:  # noqa: ARG002 - the operator's list of hosts decides
        return False

    async def check(self, settings: UrlSettings) -> None:
        hosts = {(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
                 for parts in map(urlsplit, [*settings.urls, *settings.sitemaps])}  # fmt: skip
        # Whoever waits for the answer waits for these; all are looked at whenever one is read.
        for host, port in sorted(hosts)[:_CHECKED_HOSTS]:
            try:
                await resolved(host, port, self._options.hosts)
            except TryLater:
                continue  # it may be there by the time it is read

    @asynccontextmanager
    async def open(self, settings: UrlSettings, credential: str | None) -> AsyncGenerator[Pages]:  # noqa: ARG002
        web = Web(self._options.hosts, self._options.source_seconds)
        try:
            yield Pages(settings, web)
        finally:
            await web.close()


class Pages:
    """Web pages while they are read; each site's robots.txt is asked for once."""

    def __init__(self, settings: UrlSettings, web: Web) -> None:
        self._settings = settings
        self._web = web
        self._robots: dict[str, Robots | None] = {}
        self._urls: dict[str, str] = {}

    async def items(self) -> AsyncIterator[Item]:
        for url in dict.fromkeys([*self._settings.urls, *await self._of_sitemaps()]):
            name = name_of(url)
            if name not in self._urls:
                self._urls[name] = url
                yield Item(name)

    async def fetch(self, item: Item, known: str | None, limit: int) -> Fetched | None:
        url = self._urls[item.name]
        await asyncio.sleep(self._settings.pause_seconds)
        answer = await self._follow(url, limit, _conditions(known))
        if answer.status == 304 and known is not None:
            return None
        if answer.status in _GONE:
            raise Gone("source.item_gone", f"{item.name} is not there (any more): {answer.status}.")
        if answer.status >= 300:
            raise failure(answer)
        fingerprint = _fingerprint(answer)
        return None if fingerprint == known else Fetched(answer.content, fingerprint)

    async def state(self) -> str | None:
        return None

    async def _of_sitemaps(self) -> list[str]:
        waiting, read, found = list(self._settings.sitemaps), 0, list[str]()
        while waiting:
            url = waiting.pop(0)
            if read == MAX_SITEMAPS:
                raise InvalidInput("source.too_many", f"More than {MAX_SITEMAPS} sitemaps are named; name fewer.")
            read += 1
            answer = await self._follow(url, sitemaps.MAX_BYTES, {})
            if answer.status >= 300:
                raise failure(answer)
            pages, more = await asyncio.to_thread(sitemaps.addresses, answer.content, url)
            found += [page for page in map(_usable, pages) if page is not None]
            waiting += more
        return found

    async def _follow(self, url: str, limit: int, conditions: dict[str, str]) -> Answer:
        """Return the answer at the end of the redirects; every address on the way is looked at like the first."""
        for _ in range(MAX_REDIRECTS + 1):
            await self._check_robots(url)
            answer = await self._web.get(url, limit, conditions)
            target = redirected(answer)
            if target is None:
                return answer
            url = target
        raise InvalidInput("source.too_many_redirects", f"This address redirects more than {MAX_REDIRECTS} times.")

    async def _check_robots(self, url: str) -> None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = await self._read_robots(origin)
        rules = self._robots[origin]
        path = parts._replace(scheme="", netloc="", fragment="").geturl()
        if rules is None:
            raise TryLater(
                "source.robots_unreachable", f"{parts.hostname} does not say what may be read: its robots.txt fails."
            )
        if not rules.allows(path):
            raise NotAllowed("source.robots_disallow", f"{parts.hostname} does not let robots read this (robots.txt).")

    async def _read_robots(self, origin: str) -> Robots | None:
        """Return a site's rules; None when it fails to say them, which forbids everything (RFC 9309, 2.3.1.4)."""
        url = f"{origin}/robots.txt"
        try:
            for _ in range(MAX_REDIRECTS + 1):
                answer = await self._web.get(url, robots.MAX_BYTES)
                target = redirected(answer)
                if target is None:
                    break
                url = target
            else:
                return Robots("", USER_AGENT)
        except NotAllowed:
            raise
        except EngineError:
            return None
        if answer.status >= 500 or answer.status == 429:
            return None
        return Robots(answer.content.decode(errors="replace") if answer.status < 300 else "", USER_AGENT)


def name_of(url: str) -> str:
    """Return how the document of an address is named: host and path, as people read them."""
    parts = urlsplit(url)
    path = unquote(parts.path).strip("/")
    segments = [one for one in path.split("/") if one not in ("", ".", "..")]
    name = "/".join([(parts.netloc or "").lower(), *segments])
    return f"{name}?{parts.query}" if parts.query else name


def _usable(url: str) -> str | None:
    """Return the address of a page that a sitemap names; None for one that is none."""
    try:
        return _plain(url)
    except ValueError:
        return None


def _conditions(known: str | None) -> dict[str, str]:
    """Return the headers that ask for an answer only when it changed (RFC 9110, 13.1)."""
    said: dict[str, str] = json.loads(known) if known else {}
    named = {"If-None-Match": said.get("etag"), "If-Modified-Since": said.get("modified")}
    return {name: value for name, value in named.items() if value}


def _fingerprint(answer: Answer) -> str:
    """Return the digest of the bytes and what the server wants to be asked with the next time."""
    said = {"etag": answer.headers.get("etag"), "modified": answer.headers.get("last-modified")}
    known = {name: value[:1000] for name, value in said.items() if value}
    return json.dumps({**known, "sha256": hashlib.sha256(answer.content).hexdigest()}, sort_keys=True)
