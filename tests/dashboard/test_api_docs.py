"""The page of the REST API in the browser: whole, and from this server alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine

pytestmark = pytest.mark.slow


def test_the_api_is_described_without_a_network(page: Page, engine: DashboardEngine) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{engine.url}/docs")
    expect(page).to_have_title("MCP Engine API")
    operation = page.get_by_role("button", name="POST /api/v1/release-requests", exact=False).first
    # Only what is near the part in sight is drawn.
    expect(page.get_by_role("button", name="GET /healthz").first).to_be_visible()
    for _ in range(200):
        if operation.count():
            break
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
    operation.click()
    expect(page.get_by_text("Pin what the gates of a label want to see of a version")).to_be_visible()
    assert asked
    assert [url for url in asked if not url.startswith((engine.url, "data:", "blob:"))] == []
