"""Live lines: they come by themselves, are held, filtered, opened, and lead to the run they are about."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow


def lines(page: Page) -> Locator:
    return page.get_by_role("region", name="Log lines").get_by_role("listitem")


def open_logs(page: Page, engine: DashboardEngine, query: str = "") -> None:
    page.goto(f"{engine.url}/logs{query}")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_lines_come_by_themselves_and_lead_to_the_run(page: Page, engine: DashboardEngine) -> None:
    open_logs(page, engine)
    engine.api("POST", "/prompts/explain/run", {"label": "production", "variables": {"term": "tides"}})
    line = lines(page).filter(has_text="POST /api/v1/prompts/explain/run").first
    expect(line).to_contain_text("→ 200")
    assert_accessible(page, "logs")
    line.get_by_role("button").click()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("/api/v1/prompts/{name}/run")
    assert_accessible(page, "logs-line")
    page.reload()
    expect(details).to_contain_text("/api/v1/prompts/{name}/run")
    details.get_by_role("button", name="Lines of this trace").click()
    expect(page).to_have_url(re.compile(r"trace=[0-9a-f]{32}"))
    lines(page).filter(has_text="explain/run").first.get_by_role("button").click()
    details.get_by_role("link", name="Execution of explain").click()
    expect(page).to_have_url(re.compile(r"/executions\?.*open="))


def test_filters_stand_in_the_url_and_an_empty_list_says_what_to_do(page: Page, engine: DashboardEngine) -> None:
    open_logs(page, engine)
    page.get_by_label("Search in lines").fill("worker_STARTED")
    expect(page).to_have_url(re.compile("q=worker_STARTED"))
    expect(lines(page).first).to_contain_text("worker_started")
    expect(lines(page).filter(has_text="request")).to_have_count(0)
    page.get_by_label("Level").select_option("critical")
    expect(page).to_have_url(re.compile("level=critical"))
    expect(page.get_by_role("heading", name="No line matches")).to_be_visible()
    assert_accessible(page, "logs-empty")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_label("Search in lines")).to_have_value("")
    expect(lines(page).first).to_be_visible()
    page.goto(f"{engine.url}/logs?q=worker_started&level=info")
    expect(page.get_by_label("Search in lines")).to_have_value("worker_started")
    expect(lines(page).first).to_contain_text("worker_started")


def test_what_the_dashboard_reads_is_shown_to_those_who_want_it(page: Page, engine: DashboardEngine) -> None:
    open_logs(page, engine, "?q=request")
    expect(lines(page).first).to_be_visible()
    own = lines(page).filter(has_text="GET /api/v1/logs/stream")
    expect(own).to_have_count(0)
    page.get_by_label("Show what the dashboard reads").check()
    expect(page).to_have_url(re.compile("own=true"))
    expect(own.first).to_be_visible()
    assert_accessible(page, "logs-own")


def test_a_paused_list_stands_still(page: Page, engine: DashboardEngine) -> None:
    open_logs(page, engine, "?q=permissions")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    before = lines(page).count()
    for _ in range(3):
        engine.api("GET", "/permissions")
    expect(page.get_by_role("button", name="3 new lines")).to_be_visible()
    assert lines(page).count() == before
    page.get_by_role("button", name="Resume").click()
    expect(lines(page)).to_have_count(before + 3)
    expect(page).not_to_have_url(re.compile("paused"))


def test_keys_step_through_lines_and_close_them(page: Page, engine: DashboardEngine) -> None:
    for _ in range(3):
        engine.api("GET", "/permissions")
    open_logs(page, engine, "?event=request&q=permissions")
    details = page.get_by_role("complementary", name="Details")
    page.keyboard.press("j")
    expect(details).to_be_visible()
    first = page.url
    page.keyboard.press("j")
    expect(page).not_to_have_url(first)
    page.keyboard.press("k")
    expect(page).to_have_url(first)
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    page.get_by_role("button", name="Remove the condition event request").click()
    expect(page).not_to_have_url(re.compile("event="))
