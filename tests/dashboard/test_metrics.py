"""Charts of the engine's own metrics, with tables beside them."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.conftest import DashboardEngine, Faults, OpenContext, assert_accessible

pytestmark = pytest.mark.slow

A_SAMPLE_MS = 60_000
"""Samples come every ten seconds; a busy machine may need longer for everything around them."""


def test_charts_fill_by_themselves_and_can_be_read_as_tables(page: Page, engine: DashboardEngine) -> None:
    for _ in range(5):
        engine.api("GET", "/permissions")
    page.goto(f"{engine.url}/charts")
    requests = page.get_by_role("region", name="Requests", exact=True)
    chart = requests.get_by_role("img", name=re.compile("Requests in .*2xx succeeded now"))
    expect(chart).to_be_visible(timeout=A_SAMPLE_MS)
    expect(chart.locator("svg").first).to_be_visible()
    assert_accessible(page, "metrics")
    requests.get_by_text("Table", exact=True).click()
    table = requests.get_by_role("table", name="Requests in requests/s")
    expect(table.get_by_role("columnheader", name="2xx succeeded")).to_be_visible()
    expect(table.get_by_role("row").nth(1)).to_be_visible()
    assert_accessible(page, "metrics-table")


def test_the_range_and_the_route_stand_in_the_url(page: Page, engine: DashboardEngine) -> None:
    engine.api("GET", "/permissions")
    page.goto(f"{engine.url}/charts")
    page.get_by_role("radio", name="15 minutes").check()
    expect(page).to_have_url(re.compile("range=15m"))
    routes = page.get_by_role("region", name="Routes")
    route = routes.get_by_role("button", name="GET /api/v1/permissions")
    expect(route).to_be_visible(timeout=A_SAMPLE_MS)
    route.click()
    expect(page).to_have_url(re.compile(r"route=GET.*permissions"))
    expect(page.get_by_role("button", name="Requests and latency of")).to_be_visible()
    page.reload()
    expect(route).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("15 minutes")).to_be_checked()
    page.get_by_role("button", name="Requests and latency of").click()
    expect(page).not_to_have_url(re.compile("route="))


def test_an_empty_history_says_when_the_first_sample_comes(page: Page, engine: DashboardEngine) -> None:
    nothing: dict[str, object] = {
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-01T01:00:00Z",
        "step_seconds": 10,
        "times": [],
    }

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body=json.dumps({**nothing, "metrics": []}))

    page.route("**/api/v1/metrics/history*", answer)
    page.goto(f"{engine.url}/charts")
    expect(page.get_by_role("heading", name="No sample yet")).to_be_visible()
    assert_accessible(page, "metrics-empty")


def test_a_failure_shows_the_servers_words_and_can_be_repeated(
    page: Page, engine: DashboardEngine, faults: Faults
) -> None:
    faults.expect("status of 422")
    problem = {
        "type": "x",
        "title": "Unprocessable",
        "status": 422,
        "code": "metrics.bad_range",
        "detail": "Choose another.",
    }

    def refuse(route: Route) -> None:
        route.fulfill(status=422, content_type="application/problem+json", body=json.dumps(problem))

    page.route("**/api/v1/metrics/history*", refuse)
    page.goto(f"{engine.url}/charts")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Choose another.")
    page.unroute("**/api/v1/metrics/history*")
    alert.get_by_role("button", name="Try again").click()
    expect(alert).to_be_hidden()


def test_who_does_not_run_the_instance_is_told_so(open_context: OpenContext, engine: DashboardEngine) -> None:
    viewer = engine.api("POST", "/principals", {"kind": "person", "name": "Charts viewer", "role": "viewer"})
    key = engine.api("POST", "/keys", {"name": "charts", "principal_id": viewer["id"]})["api_key"]
    page = open_context().new_page()
    page.goto(f"{engine.url}/charts")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Metrics are for operators")).to_be_visible()
    page.goto(f"{engine.url}/settings?section=instance")
    expect(page.get_by_role("heading", name="Not for your key")).to_be_visible()
    page.goto(f"{engine.url}/settings")
    expect(page.get_by_role("region", name="API keys")).to_be_visible()
    expect(page.get_by_role("button", name="New key")).to_be_hidden()
