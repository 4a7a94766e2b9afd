"""Web pages from a real server on this machine, which the operator allows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as some

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError, InvalidInput, NotAllowed
from rag.collections import MAX_NAME_CHARACTERS, checked_document_name
from rag.connectors.options import SourceOptions
from rag.connectors.url import UrlSettings, name_of
from tests.commands import listening
from tests.rag.conftest import Workspace
from tests.rag.connectors.conftest import MAX_BYTES, Library, counts, library_of


@dataclass
class Site:
    """What a web server has, and what it was asked."""

    url: str = ""
    pages: dict[str, Response] = field(default_factory=dict[str, Response])
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    @property
    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/{path:path}")
        async def page(path: str, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
            response = self.pages.get(path, Response("Nothing.", 404))
            etag = response.headers.get("etag")
            if etag is not None and request.headers.get("if-none-match") == etag:
                response = Response(status_code=304, headers={"etag": etag})
            self.asked.append((path, response.status_code))
            return Response(response.body, response.status_code, dict(response.headers))

        return app

    def put(self, path: str, text: str, status: int = 200, **headers: str) -> str:
        self.pages[path] = Response(text, status, {name.replace("_", "-"): value for name, value in headers.items()})
        return f"{self.url}/{path}"


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with listening(site.app) as site.url:
        yield site


@pytest.fixture
def library(workspace: Workspace, caller: Caller, site: Site) -> Library:
    return library_of(workspace, caller, SourceOptions(source_hosts=site.url.removeprefix("http://")))


async def pages(library: Library, *urls: str, **more: Any) -> Any:
    return await library.make("url", {"urls": list(urls), "pause_seconds": 0}, **more)


def host(site: Site) -> str:
    return site.url.removeprefix("http://")


async def test_only_what_changed_is_sent_and_kept(library: Library, site: Site) -> None:
    tagged = site.put("a.html", "<!doctype html><p>Words of a.</p>", etag='"1"')
    plain = site.put("b.md", "Words of b.")
    source = await pages(library, tagged, plain)
    assert counts(await library.first(source)) == {"added": 2}
    assert await library.names() == {f"{host(site)}/a.html": 1, f"{host(site)}/b.md": 1}
    assert site.asked == [("robots.txt", 404), ("a.html", 200), ("b.md", 200)]
    site.asked.clear()
    assert counts(await library.read(source)) == {"unchanged": 2}
    assert site.asked == [("robots.txt", 404), ("a.html", 304), ("b.md", 200)]
    site.put("a.html", "<!doctype html><p>Other words.</p>", etag='"2"')
    assert counts(await library.read(source)) == {"changed": 1, "unchanged": 1}
    assert (await library.names())[f"{host(site)}/a.html"] == 2


async def test_robots_are_listened_to_on_every_step(library: Library, site: Site) -> None:
    site.put("robots.txt", "User-agent: *\nDisallow: /private")
    good, bad = site.put("a.md", "A."), site.put("private/b.md", "B.")
    led = site.put("led", "", 302, location="/private/b.md")
    source = await pages(library, good, bad, led)
    assert counts(await library.first(source)) == {"added": 1, "failed": 2}
    assert set((await library.failures(source)).values()) == {"source.robots_disallow"}
    assert "private/b.md" not in [path for path, _ in site.asked]


async def test_a_site_that_fails_to_say_its_rules_is_left_alone(library: Library, site: Site) -> None:
    site.put("robots.txt", "Broken.", 500)
    source = await pages(library, site.put("a.md", "A."))
    await library.first(source)
    assert set((await library.failures(source)).values()) == {"source.robots_unreachable"}


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/secret", "http://localhost/secret", "http://169.254.169.254/latest/meta-data",
        "http://[::1]/secret", "http://[::ffff:10.0.0.1]/", "http://0x7f000001/",
    ],
)  # fmt: skip
async def test_no_redirect_leads_to_a_private_address(library: Library, site: Site, target: str) -> None:
    source = await pages(library, site.put("led", "", 302, location=target), site.put("a.md", "A."))
    assert counts(await library.first(source)) == {"added": 1, "failed": 1}
    assert await library.failures(source) == {f"{host(site)}/led": "source.address_refused"}


async def test_robots_do_not_lead_there_either(library: Library, site: Site) -> None:
    site.put("robots.txt", "", 302, location="http://127.0.0.1:1/robots.txt")
    source = await pages(library, site.put("a.md", "A."))
    await library.first(source)
    assert set((await library.failures(source)).values()) == {"source.address_refused"}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x"])
async def test_a_redirect_stays_on_the_web(library: Library, site: Site, target: str) -> None:
    source = await pages(library, site.put("led", "", 302, location=target))
    await library.first(source)
    assert set((await library.failures(source)).values()) == {"source.scheme_refused"}


async def test_what_is_wrong_with_a_page_is_said(library: Library, site: Site) -> None:
    urls = {
        site.put("large.md", "x" * (MAX_BYTES + 1)): "document.too_large",
        site.put("round", "", 302, location="/round"): "source.too_many_redirects",
        site.put("closed.md", "", 403): "source.access_refused",
        site.put("broken.md", "", 503): "source.unavailable",
        f"{site.url}/missing.md": "source.item_gone",
        site.put("empty.md", ""): "document.empty",
    }
    source = await pages(library, *urls)
    assert counts(await library.first(source)) == {"failed": len(urls)}
    assert await library.failures(source) == {name_of(url): code for url, code in urls.items()}


async def test_a_page_that_is_gone_goes_if_the_source_says_so(library: Library, site: Site) -> None:
    urls = [site.put("a.md", "A."), site.put("b.md", "B.")]
    source = await pages(library, *urls, remove_gone=True)
    await library.first(source)
    site.put("a.md", "", 410)
    site.put("b.md", "", 500)
    assert counts(await library.read(source)) == {"removed": 1, "failed": 1}
    assert set(await library.names()) == {f"{host(site)}/b.md"}


async def test_sitemaps_name_pages_of_their_own_host(library: Library, site: Site) -> None:
    listed = "".join(f"<url><loc>{url}</loc></url>" for url in (
        site.put("one.md", "One."), site.put("two.md", "Two."), "http://other.example/x", "not an address",
    ))  # fmt: skip
    site.put("pages.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>')
    index = site.put("sitemap.xml", f"<sitemapindex><sitemap><loc>{site.url}/pages.xml</loc></sitemap></sitemapindex>")
    source = await library.make("url", {"sitemaps": [index], "pause_seconds": 0}, exclude=["two.md"])
    assert counts(await library.first(source)) == {"added": 1}
    assert set(await library.names()) == {f"{host(site)}/one.md"}


@pytest.mark.parametrize(
    "text", ["<html/>", "no xml", "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><urlset>"]
)
async def test_a_sitemap_that_is_none_fails_the_run_and_takes_nothing(library: Library, site: Site, text: str) -> None:
    source = await library.make("url", {"sitemaps": [site.put("sitemap.xml", text)]})
    assert source.last_run is not None
    with pytest.raises(InvalidInput) as raised:
        await library.attempt(source.last_run.id)
    assert raised.value.code == "source.bad_sitemap"


async def test_a_sitemap_without_end_is_given_up(library: Library, site: Site) -> None:
    index = f"<sitemapindex><sitemap><loc>{site.url}/sitemap.xml</loc></sitemap></sitemapindex>"
    source = await library.make("url", {"sitemaps": [site.put("sitemap.xml", index)], "pause_seconds": 0})
    assert source.last_run is not None
    with pytest.raises(EngineError) as raised:
        await library.attempt(source.last_run.id)
    assert raised.value.code == "source.too_many"


async def test_private_addresses_are_refused_before_anything_is_kept(workspace: Workspace, caller: Caller) -> None:
    library = library_of(workspace, caller, SourceOptions(source_hosts=""))
    with pytest.raises(NotAllowed) as raised:
        await pages(library, "http://127.0.0.1:1/a")
    assert raised.value.code == "source.address_refused"


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"urls": ["file:///etc/passwd"]}, {"urls": ["http://user:hunter2@example.org/"]}, {"urls": ["http:///x"]},
        {"urls": ["http://a/\nb"]}, {"urls": ["http://example.org"], "other": 1}, {"urls": ["http://[x"]},
    ],
)  # fmt: skip
async def test_settings_are_closed(library: Library, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        await library.make("url", settings)
    assert raised.value.code == "source.settings_invalid"
    assert "hunter2" not in raised.value.message


PARTS = some.lists(some.text(min_size=1, max_size=8), max_size=5).map("/".join)


@given(PARTS, some.text("abc=&%", max_size=8))
def test_an_address_that_is_taken_names_a_document(path: str, query: str) -> None:
    try:
        [url] = UrlSettings(urls=[f"https://Example.org/{path}?{query}"]).urls
    except ValueError:
        return
    name = name_of(url)
    assert name.startswith("example.org")
    if len(name) <= MAX_NAME_CHARACTERS and name.isprintable():
        assert checked_document_name(name) == name


def test_the_root_named_in_settings_is_a_path(tmp_path: Path) -> None:
    assert SourceOptions(source_roots=f" :{tmp_path}").roots == (tmp_path.resolve(),)
