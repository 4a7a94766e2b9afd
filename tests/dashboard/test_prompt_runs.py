"""Runs of prompts: streamed, refused, cancelled."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, assert_accessible
from tests.dashboard.prompt_pages import open_page, push_greeting, push_story

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prompts(engine: DashboardEngine) -> DashboardEngine:
    """A chat with two versions, and a long story."""
    push_greeting(engine, "run-greet")
    push_story(engine, "run-story")
    return engine


def test_a_run_streams_and_its_address_shows_it_again(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/run-greet/run?version=2")
    page.get_by_label("count", exact=True).fill("2")
    page.get_by_label("names", exact=True).fill('["Ada", "Grace"]')
    page.get_by_label("tone (optional)").select_option("dry")
    expect(page.get_by_text("Greet Ada Grace 2 times.")).to_be_visible()
    assert_accessible(page, "run")
    page.get_by_role("button", name="Run version 2").click()
    expect(page.get_by_text("First token")).to_be_visible()
    expect(page.get_by_text("cut at max_tokens")).to_be_visible()
    assert_accessible(page, "run-done")
    page.wait_for_url(re.compile("execution="))
    execution = re.search(r"execution=([0-9a-f-]+)", page.url)
    assert execution is not None
    stored = prompts.api("GET", f"/executions/{execution[1]}")
    assert stored["inputs"]["value"]["variables"] == {"count": 2, "names": ["Ada", "Grace"], "tone": "dry"}
    assert (stored["output_tokens"], stored["artifact"]["number"]) == (8, 2)
    page.reload()
    expect(page.get_by_label("names", exact=True)).to_have_value(json.dumps(["Ada", "Grace"], indent=2))
    expect(page.get_by_text("First token")).to_be_visible()
    expect(page.get_by_text(stored["output"]["value"].strip()).first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Open the execution"))).to_have_attribute(
        "href", re.compile(execution[1])
    )


def test_wrong_values_are_named_before_anything_runs(page: Page, prompts: DashboardEngine, faults: Faults) -> None:
    faults.expect("status of 422")
    variables = quote(json.dumps({"count": 0, "names": []}))
    open_page(page, prompts, f"/prompts/run-greet/run?version=2&variables={variables}")
    expect(page.get_by_text(re.compile("does not fit its schema: count"))).to_be_visible()
    page.get_by_role("button", name="Run version 2").click()
    expect(page.get_by_role("alert")).to_contain_text("prompt.variable_invalid")
    page.get_by_label("names", exact=True).fill("[")
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    assert_accessible(page, "run-refused")


def test_a_run_is_cancelled_and_recorded_so(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/run-story/run")
    page.get_by_role("button", name="Run version 1").click()
    expect(page.get_by_text("The run needs a value here.")).to_be_visible()
    hero = page.get_by_role("textbox", name="hero")
    expect(hero).to_be_focused()
    assert_accessible(page, "run-missing")
    page.get_by_label("Use empty text for hero").check()
    expect(page.get_by_text("The run needs a value here.")).to_have_count(0)
    hero.fill("a keeper")
    page.get_by_role("button", name="Run version 1").click()
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    output = page.locator("[aria-live=polite]", has_text=re.compile(r"\w{3}")).first
    expect(output).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You cancelled this run")).to_be_visible()
    assert_accessible(page, "run-cancelled")
    page.wait_for_function(
        """async ([url, key]) => {
            const answer = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
            return (await answer.json()).items[0].status === "cancelled";
        }""",
        arg=[
            "/api/v1/executions?kind=prompt_run&limit=1",
            json.loads(prompts.credentials.read_text())["api_key"],
        ],
    )
