"""Executions in the browser: find one, read its trace, step on, compare, prove, erase."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow


def run(engine: DashboardEngine, term: str, **options: Any) -> str:
    """Run the sample's prompt; return the execution's id."""
    body = {
        "variables": {"term": term, "reader": "a sailor"},
        "label": "production",
        "parameters": {"max_tokens": 12},
        **options,
    }
    execution_id: str = engine.api("POST", "/prompts/explain/run", body)["execution_id"]
    return execution_id


@pytest.fixture(scope="module")
def runs(engine: DashboardEngine) -> list[str]:
    """Three runs, oldest first."""
    return [run(engine, term) for term in ("spring tides", "neap tides", "leeway")]


def link(execution_id: str) -> str:
    """Return the selector of the execution's row."""
    return f"a[href*='open={execution_id}']"


def test_a_run_is_found_by_its_text_and_opens_with_inputs_trace_and_details(
    page: Page, engine: DashboardEngine, runs: list[str]
) -> None:
    page.get_by_role("link", name="Executions").click()
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    expect(page).to_have_title("Executions · MCP Engine")
    assert_accessible(page, "executions")
    page.get_by_label("Text in the inputs").fill("NEAP tides")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").last).to_contain_text("reader: a sailor, term: neap tides")
    page.locator(link(runs[1])).click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("heading", name="explain/2")).to_be_visible()
    expect(panel.get_by_role("definition").filter(has_text="neap tides")).to_be_visible()
    expect(panel.get_by_text("Messages to the model")).to_be_visible()
    assert_accessible(page, "execution-overview")
    panel.get_by_text("Raw", exact=True).click()
    expect(panel.get_by_role("region", name="Inputs")).to_contain_text('"term": "neap tides"')
    panel.get_by_role("tab", name="Trace").click()
    span = panel.get_by_role("button", name=re.compile("^chat "))
    span.click()
    expect(panel.get_by_text("gen_ai.request.model")).to_be_visible()
    assert_accessible(page, "execution-trace")
    panel.get_by_role("tab", name="Details").click()
    for name in ("Lock digest", "Model digest", "Seed", "max_tokens"):
        expect(panel.get_by_role("term").filter(has_text=re.compile(f"^{name}$"))).to_be_visible()
    expect(panel.get_by_text("label production")).to_be_visible()
    assert_accessible(page, "execution-details")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(panel.get_by_role("tab", name="Details")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Text in the inputs")).to_have_value("NEAP tides")


def test_j_and_k_step_through_the_list_and_escape_closes(page: Page, engine: DashboardEngine, runs: list[str]) -> None:
    page.goto(f"{engine.url}/executions?artifact=explain&open={runs[2]}")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_text("leeway").first).to_be_visible()
    page.locator(link(runs[1])).wait_for()
    page.keyboard.press("j")
    page.wait_for_url(f"**open={runs[1]}*")
    expect(panel.get_by_text("neap tides").first).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_url(f"**open={runs[2]}*")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert "artifact=explain" in page.url


def test_two_runs_are_compared_side_by_side(page: Page, engine: DashboardEngine, runs: list[str]) -> None:
    page.goto(f"{engine.url}/executions?open={runs[0]}")
    page.get_by_role("button", name="Compare with another execution").click()
    expect(page.get_by_text("open another execution, then choose Compare")).to_be_visible()
    page.locator(link(runs[1])).click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Compare executions")).to_be_visible()
    assert f"left={runs[0]}" in page.url
    assert f"right={runs[1]}" in page.url
    numbers = page.get_by_role("region", name="Numbers")
    expect(numbers.get_by_role("row", name=re.compile("^Total "))).to_be_visible()
    expect(page.get_by_role("region", name="Inputs, left").get_by_role("deletion").first).to_be_visible()
    expect(page.get_by_role("region", name="Inputs, right").get_by_role("insertion").first).to_be_visible()
    assert_accessible(page, "executions-compare")
    page.get_by_label("Only differences").check()
    expect(page.get_by_role("region", name="Facts").get_by_text("Everything is the same.")).to_be_visible()
    page.get_by_role("button", name="Swap sides").click()
    page.wait_for_url(f"**left={runs[1]}*")


def test_new_runs_wait_above_the_list_until_they_are_asked_for(
    page: Page, engine: DashboardEngine, runs: list[str]
) -> None:
    page.goto(f"{engine.url}/executions?artifact=explain")
    page.locator(link(runs[2])).wait_for()
    rows = page.get_by_role("row").count()
    new = run(engine, "ebb")
    button = page.get_by_role("button", name="1 new execution")
    expect(button).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(rows)
    button.click()
    expect(page.locator(link(new))).to_be_visible()
    expect(button).to_be_hidden()


def test_filters_stand_in_the_address_and_say_when_nothing_fits(
    page: Page, engine: DashboardEngine, runs: list[str]
) -> None:
    page.goto(f"{engine.url}/executions")
    page.get_by_label("Status").select_option("failed")
    page.get_by_label("Kind").select_option("prompt_run")
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Version", exact=True).fill("2")
    page.get_by_label("Label asked for").fill("production")
    page.get_by_label("Took at least (ms)").fill("999999")
    page.wait_for_url(re.compile("minMs=999999"))
    for part in ("status=failed", "kind=prompt_run", "version=2", "label=production"):
        assert part in page.url
    expect(page.get_by_text("No execution fits")).to_be_visible()
    assert_accessible(page, "executions-filtered")
    page.get_by_role("button", name="Clear the filters").last.click()
    expect(page.locator(link(runs[0]))).to_be_visible()
    page.reload()
    expect(page.locator(link(runs[0]))).to_be_visible()


def test_content_is_erased_with_a_reason_that_stays(page: Page, engine: DashboardEngine) -> None:
    erased = run(engine, "something private")
    page.goto(f"{engine.url}/executions?open={erased}")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_text("something private").first).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Erase inputs and output").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Erase for good").click()
    expect(dialog.get_by_text("Say why")).to_be_visible()
    dialog.get_by_label("Reason").fill("Customer request 17")
    dialog.get_by_role("button", name="Erase for good").click()
    expect(dialog).to_be_hidden()
    expect(panel.get_by_text("Erased. The audit log keeps a tombstone").first).to_be_visible()
    expect(panel.get_by_text("something private")).to_have_count(0)
    expect(page.get_by_role("row").filter(has=page.locator(link(erased)))).to_contain_text("Inputs erased")
    expect(page.get_by_text("something private")).to_have_count(0)
    assert engine.api("GET", f"/executions/{erased}")["inputs"]["state"] == "erased"


def test_a_run_leads_back_to_its_prompt_with_what_it_was_given(
    page: Page, engine: DashboardEngine, runs: list[str]
) -> None:
    page.goto(f"{engine.url}/executions?open={runs[0]}")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Run again with changes").click()
    page.wait_for_url("**/prompts/explain/run*")
    expect(page.get_by_label("term")).to_have_value("spring tides")


def test_an_unknown_execution_is_not_found(page: Page, engine: DashboardEngine, faults: Faults) -> None:
    faults.expect("status of 404")
    page.goto(f"{engine.url}/executions/01920000-0000-7000-8000-000000000000")
    expect(page.get_by_role("alert").get_by_text("execution.not_found")).to_be_visible()
