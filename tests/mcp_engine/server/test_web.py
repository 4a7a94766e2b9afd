"""The folder of a web application, as the server shows it beside the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from mcp_engine.components.component import Component
from mcp_engine.config import Settings
from mcp_engine.server.app import create_app
from mcp_engine.server.web import web_folder
from mcp_engine.services import Services

HTML = {"Accept": "text/html,*/*"}
SCRIPT = "export const answer = 42;\n" * 100


class WithPages(Component):
    """A component whose web application is in a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder

    def web_app(self) -> Path:
        return self._folder


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "docs.html").write_text("<!doctype html><title>API</title>")
    (folder / "assets" / "index.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest_asyncio.fixture
async def client(pages: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(trusted_hosts="engine")
    app = create_app(Services(), settings, (WithPages("pages", pages),))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/index.html", "/prompts", "/prompts/a/run", "/documents"])
async def test_every_page_is_the_index(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, "<!doctype html>")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/v1/nothing", "/v1/x", "/mcp", "/metrics/x", "/assets/none.js", "/outside.txt", "/../secret.txt",
     "/%2e%2e/secret.txt", "/assets/%00", "/" + "x" * 5000],
)  # fmt: skip
async def test_what_is_no_page_is_a_problem_document(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


async def test_the_page_of_the_api_has_a_path_of_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs", headers=HTML)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>API</title>")
    assert (await client.get("/redoc", headers=HTML)).status_code == 404


async def test_other_methods_find_nothing_there(client: httpx.AsyncClient) -> None:
    assert (await client.post("/", headers=HTML)).status_code == 404
    head = await client.head("/", headers=HTML)
    assert (head.status_code, head.content) == (200, b"")


async def test_a_file_is_sent_compressed_and_again_only_when_it_changed(client: httpx.AsyncClient, pages: Path) -> None:
    first = await client.get("/assets/index.js")
    assert (first.text, first.headers["Content-Encoding"]) == (SCRIPT, "gzip")
    assert first.headers["Cache-Control"] == "no-cache"
    unchanged = await client.get("/assets/index.js", headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    plain = await client.get("/assets/index.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["ETag"] != first.headers["ETag"]
    (pages / "assets" / "index.js").write_text("// a new build, longer or shorter")
    changed = await client.get("/assets/index.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.text) == (200, "// a new build, longer or shorter")


async def test_a_checkout_without_a_build_serves_the_api_alone(tmp_path: Path) -> None:
    app = create_app(Services(), Settings(trusted_hosts="engine"), (WithPages("pages", tmp_path / "none"),))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as client:
        assert (await client.get("/", headers=HTML)).status_code == 404
        assert (await client.get("/healthz")).status_code == 200


def test_one_component_at_most_has_pages_and_a_setting_goes_before_it(tmp_path: Path) -> None:
    one, two = WithPages("one", tmp_path / "one"), WithPages("two", tmp_path / "two")
    assert web_folder([Component(), one], Settings()) == tmp_path / "one"
    assert web_folder([Component()], Settings()) is None
    assert web_folder([one, two], Settings(web_dir=tmp_path / "own")) == tmp_path / "own"
    with pytest.raises(TypeError, match="two components"):
        web_folder([one, two], Settings())
