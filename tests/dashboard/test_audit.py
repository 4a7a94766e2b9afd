"""The audit log in the browser: what happened, is it still true, and a proof to take away."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import make_url

from mcp_engine.config import Settings
from mcp_engine.server.database import embedded_cluster
from tests.dashboard.conftest import DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def execution(engine: DashboardEngine) -> str:
    body = {"variables": {"term": "log", "reader": "a notary"}, "label": "production", "parameters": {"max_tokens": 8}}
    execution_id: str = engine.api("POST", "/prompts/explain/run", body)["execution_id"]
    return execution_id


def test_the_log_is_verified_to_the_end_with_a_verdict(page: Page, execution: str) -> None:
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
    expect(page).to_have_title("Audit · MCP Engine")
    page.get_by_text("Show the signed checkpoint").click()
    expect(page.get_by_role("region", name="Signed checkpoint")).to_contain_text("—")
    page.get_by_role("button", name="Verify the log").click()
    expect(page.get_by_role("heading", name="The log is sound")).to_be_visible()
    expect(page.get_by_role("term").filter(has_text="Live rows compared")).to_be_visible()
    assert_accessible(page, "audit")


def test_a_proof_from_the_page_is_accepted_by_the_command_that_the_page_shows(
    page: Page, engine: DashboardEngine, execution: str, tmp_path: Path
) -> None:
    page.goto(f"{engine.url}/audit?subject={execution}")
    page.get_by_role("link", name="execution.ended").click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("term").filter(has_text="output_commitment")).to_be_visible()
    assert_accessible(page, "audit-entry")
    for button, opened in (("Download proof", "not_included"), ("With the text (private)", "opens")):
        with page.expect_download() as download:
            panel.get_by_role("button", name=button).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        shown = panel.get_by_role("region", name="Command to check a proof offline")
        expect(shown).to_contain_text(file.name)
        command = shlex.split(shown.inner_text())
        assert command[0] == "mcp-engine"
        (engine.folder / file.name).write_bytes(file.read_bytes())
        checked = engine.run(*command[1:], "--json", MCP_ENGINE_URL="http://127.0.0.1:9")
        assert checked.code == 0, checked.out + checked.err
        assert checked.json["leaves"][0]["subject"] == execution
        assert checked.json["openings"]["output"]["state"] == opened


def test_entries_are_filtered_in_the_address_and_stepped_through(
    page: Page, engine: DashboardEngine, execution: str
) -> None:
    page.goto(f"{engine.url}/audit")
    page.get_by_label("What happened").fill("label.moved")
    page.wait_for_url(re.compile("kind=label.moved"))
    expect(page.get_by_role("link", name="execution.ended")).to_have_count(0)
    page.get_by_role("link", name="label.moved").first.click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("heading", name="label.moved")).to_be_visible()
    first = page.url
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.goto(first)
    expect(panel.get_by_role("heading", name="label.moved")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").first.click()
    page.get_by_label("Who", exact=True).select_option(label="the engine")
    page.wait_for_url(re.compile("actor=00000000-"))
    page.get_by_role("button", name="Clear the filters").first.click()
    page.get_by_label("To what (id)").fill("nothing")
    expect(page.get_by_text("No entry fits")).to_be_visible()


def test_the_verdict_names_the_first_wrong_entry(page: Page, engine: DashboardEngine, execution: str) -> None:
    settings = Settings(home=engine.home, state_home=engine.folder / "state")
    url = make_url(embedded_cluster(settings).url()).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        change = "UPDATE execution_outcome SET output_tokens = output_tokens + %s WHERE execution_id = %s"
        owner.execute(change, [1, execution])
        try:
            page.goto(f"{engine.url}/audit")
            page.get_by_role("button", name="Verify the log").click()
            expect(page.get_by_role("heading", name="The log is not sound")).to_be_visible()
            verdict = page.get_by_text("First wrong entry")
            expect(verdict).to_contain_text(execution)
            expect(verdict).to_contain_text("output_tokens")
            assert_accessible(page, "audit-wrong")
        finally:
            owner.execute(change, [-1, execution])
    page.get_by_role("button", name="Verify the log").click()
    expect(page.get_by_role("heading", name="The log is sound")).to_be_visible()


def test_an_executions_panel_gives_its_proof_without_the_text(
    page: Page, engine: DashboardEngine, execution: str
) -> None:
    page.goto(f"{engine.url}/executions?open={execution}")
    page.get_by_role("button", name="More actions").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download proof", exact=True).click()
    assert download.value.suggested_filename == f"proof-{execution}.json"
    proof = json.loads(Path(download.value.path()).read_text())
    assert proof["subject"] == execution
    assert "openings" not in proof
