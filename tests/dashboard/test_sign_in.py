"""Signing in and out, tabs, reloads, and what the server sends with every page."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.conftest import DashboardEngine, Faults, OpenContext, assert_accessible

pytestmark = pytest.mark.slow

HTML = {"Accept": "text/html"}


def test_a_link_signs_in_once_and_leaves_the_address(open_context: OpenContext, engine: DashboardEngine) -> None:
    page = open_context().new_page()
    page.goto(engine.sign_in_url())
    expect(page.get_by_role("heading", name="Prompts", level=1)).to_be_visible()
    assert "mcr_" not in page.url
    page.go_back()
    assert "mcr_" not in page.url


def test_a_link_that_is_opened_again_in_its_browser_keeps_the_session(
    open_context: OpenContext, engine: DashboardEngine
) -> None:
    context = open_context()
    link = engine.sign_in_url()
    for _ in range(2):
        page = context.new_page()
        page.goto(link)
        expect(page.get_by_role("link", name="explain", exact=True)).to_be_visible()
    context.pages[0].reload()
    expect(context.pages[0].get_by_role("link", name="explain", exact=True)).to_be_visible()


def test_a_used_link_says_how_to_get_another(
    open_context: OpenContext, engine: DashboardEngine, faults: Faults
) -> None:
    faults.expect("status of 401")
    link = engine.sign_in_url()
    first = open_context().new_page()
    first.goto(link)
    first.get_by_role("heading", name="Prompts", level=1).wait_for()
    second = open_context().new_page()
    second.goto(link)
    expect(second.get_by_text("mcp-engine open").last).to_be_visible()
    expect(second.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_key_signs_in_and_leads_where_the_person_wanted_to_go(
    open_context: OpenContext, engine: DashboardEngine, faults: Faults
) -> None:
    faults.expect("status of 401")
    page = open_context().new_page()
    page.goto(f"{engine.url}/prompts?q=expl")
    page.get_by_label("API key").fill("mce_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This key does not work").first).to_be_visible()
    assert_accessible(page, "sign-in")
    page.get_by_label("API key").fill(engine.api("POST", "/keys", {"name": "browser"})["api_key"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/prompts\?q=expl"))
    kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "mce_" not in kept


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_the_way_after_signing_in_never_leaves_the_site(
    open_context: OpenContext, engine: DashboardEngine, elsewhere: str
) -> None:
    page = open_context().new_page()
    page.goto(engine.sign_in_url().replace("#", f"?next={quote(elsewhere)}#"))
    expect(page.get_by_role("heading", name="Prompts", level=1)).to_be_visible()
    assert page.url.startswith(engine.url)


def test_signing_out_ends_the_session_in_every_tab(page: Page, engine: DashboardEngine) -> None:
    other = page.context.new_page()
    other.goto(f"{engine.url}/prompts")
    other.get_by_role("heading", name="Prompts", level=1).wait_for()
    page.get_by_role("button", name=re.compile("owner in default")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.goto(f"{engine.url}/prompts")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_session_that_the_server_ended_says_so_and_leads_back(
    open_context: OpenContext, engine: DashboardEngine, faults: Faults
) -> None:
    faults.expect("status of 401")
    made = engine.api("POST", "/keys", {"name": "a browser that is shut out"})
    page = open_context().new_page()
    page.goto(f"{engine.url}/prompts?q=expl")
    page.get_by_label("API key").fill(made["api_key"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/prompts\?q=expl"))
    engine.api("DELETE", f"/keys/{made['id']}")
    page.reload()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    assert_accessible(page, "session-ended")
    page.reload()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_label("API key").fill(engine.api("POST", "/keys", {"name": "the same browser"})["api_key"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/prompts\?q=expl"))
    page.get_by_role("button", name=re.compile("owner in default")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Your session has ended")).to_have_count(0)


def test_tabs_that_load_together_all_stay_signed_in(page: Page, engine: DashboardEngine) -> None:
    tabs = [page.context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(f"{engine.url}/prompts", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_role("link", name="explain", exact=True)).to_be_visible()
    for _ in range(5):
        soon = time.time() + 0.5
        for tab in tabs:  # all at the same moment, for the token that they share works once
            tab.evaluate("at => void setTimeout(() => location.reload(), at * 1000 - Date.now())", soon)
        time.sleep(0.6)
        for tab in tabs:
            expect(tab.get_by_role("link", name="explain", exact=True)).to_be_visible()


def test_a_reload_in_the_middle_of_a_refresh_stays_signed_in(
    page: Page, engine: DashboardEngine, faults: Faults
) -> None:
    faults.expect("ERR_FAILED")
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)  # the server answers, the page never hears of it
        route.abort()

    page.route("**/sessions/refresh", lose, times=1)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/sessions/refresh")):
        page.reload(wait_until="commit")
    assert lost == [200]
    page.reload()
    expect(page.get_by_role("link", name="explain", exact=True)).to_be_visible()


def test_the_theme_is_kept(page: Page) -> None:
    account = page.get_by_role("button", name=re.compile("owner in default"))
    account.click()
    page.get_by_role("menuitemradio", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    account.wait_for()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_palette_goes_to_a_page(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to a page").fill("prom")
    expect(page.get_by_role("option", name="Prompts")).to_have_attribute("aria-selected", "true")
    assert_accessible(page, "palette")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Prompts", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_the_palette_finds_a_prompt_and_a_collection_by_name(page: Page) -> None:
    page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name="Go to a page")
    palette.fill("handb")
    expect(page.get_by_role("option", name="handbook Collection")).to_be_visible()
    palette.fill("no such thing")
    expect(page.get_by_text("Nothing is called that.")).to_be_visible()
    palette.fill("expl")
    expect(page.get_by_role("option", name="explain Prompt")).to_have_attribute("aria-selected", "true")
    assert_accessible(page, "palette-named")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="explain", level=1)).to_be_visible()


def test_the_content_is_one_key_away(page: Page) -> None:
    page.reload()
    page.get_by_role("heading", name="Prompts", level=1).wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_an_address_of_nothing_says_so(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/nothing/here")
    expect(page.get_by_role("heading", name="No page has this address")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("path", ["/", "/prompts", "/prompts/explain", "/sign-in", "/any/depth"])
def test_every_route_of_the_pages_answers_the_index_with_strict_headers(engine: DashboardEngine, path: str) -> None:
    answer = httpx.get(f"{engine.url}{path}", headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/api", "text/html"),
        ("GET", "/api/v1/nothing", "text/html"),
        ("GET", "/v1/models", "text/html"),
        ("GET", "/assets/nothing.js", "text/html"),
        ("GET", "/prompts", "application/json"),
        ("POST", "/prompts", "text/html"),
        ("GET", "/..%2f..%2fetc%2fpasswd", "*/*"),
        ("GET", "/%00", "*/*"),
    ],
)
def test_what_is_no_page_stays_a_problem_document(engine: DashboardEngine, method: str, path: str, accept: str) -> None:
    answer = httpx.request(method, f"{engine.url}{path}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_assets_are_compressed_and_asked_for_again_only_when_they_changed(engine: DashboardEngine) -> None:
    first = httpx.get(f"{engine.url}/assets/index.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["content-encoding"] == "gzip"
    again = httpx.get(f"{engine.url}/assets/index.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = httpx.get(f"{engine.url}/assets/index.js", headers={"Accept-Encoding": "identity"})
    assert plain.headers["etag"] != first.headers["etag"]
    assert plain.content == first.content


def test_the_command_line_prints_a_link_that_works(open_context: OpenContext, engine: DashboardEngine) -> None:
    page = open_context().new_page()
    page.goto(engine.run("open").out.strip())
    expect(page.get_by_role("heading", name="Prompts", level=1)).to_be_visible()
