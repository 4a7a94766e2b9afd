"""Datasets and evaluations in the browser: upload rows, run two versions on them, see which is better, row by row."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow

CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo", "Norway": "Oslo", "Spain": "Madrid", "Peru": "Lima"}
SEALED = {"Kenya": "Nairobi", "Cuba": "Havana"}
TSV = 'country\texpected\tsource\nEgypt\tCairo\tatlas\nGreece\tAthens\t"atlas, old"\n'


@pytest.fixture(scope="module")
def capitals(engine: DashboardEngine) -> str:
    """A dataset with open and sealed rows; its name."""
    rows = [{"inputs": {"country": one}, "expected": city} for one, city in CAPITALS.items()]
    rows += [{"inputs": {"country": one}, "expected": city, "split": "sealed"} for one, city in SEALED.items()]
    body = {"name": "capitals", "description": "Countries and their capitals.", "tags": ["geography"], "rows": rows}
    engine.api("POST", "/datasets", {**body, "message": "First eight", "labels": ["current"]})
    return "capitals"


@pytest.fixture(scope="module")
def evaluations(engine: DashboardEngine, capitals: str) -> list[str]:
    """Two versions of a prompt that ran on the open rows: one asks, one is about something else. Oldest first."""
    for template in ("What is the capital of {{ country }}?", "Name a colour. Do not name {{ country }}."):
        body = {"template": template, "parameters": {"max_tokens": 10}}
        engine.api("POST", "/prompts", {"name": "capital", "body": body})
    return [evaluated(engine, f"capital/{number}", capitals) for number in (1, 2)]


def evaluated(engine: DashboardEngine, subject: str, dataset: str) -> str:
    """Run an evaluation to its end; return its id."""
    wanted = {"subject": subject, "dataset": dataset, "scorers": ["contains", "token_f1", "latency"]}
    evaluation_id: str = engine.api("POST", "/evaluations", wanted)["id"]
    state: dict[str, Any] = {}
    while state.get("state") not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.2)
        state = engine.api("GET", f"/evaluations/{evaluation_id}")
    assert state["state"] == "succeeded", state
    return evaluation_id


def file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content.encode()}


def test_an_empty_namespace_says_how_to_begin(page: Page, engine: DashboardEngine) -> None:
    engine.api("POST", "/namespaces", {"name": "untested"})
    page.goto(f"{engine.url}/datasets?namespace=untested")
    expect(page.get_by_role("heading", name="No dataset yet")).to_be_visible()
    expect(page.get_by_text("mcp-engine dataset push FILE")).to_be_visible()
    assert_accessible(page, "datasets-empty")
    page.get_by_role("link", name="Evaluations").click()
    expect(page.get_by_role("heading", name="No evaluation yet")).to_be_visible()
    assert_accessible(page, "evaluations-empty")


def test_a_file_becomes_a_dataset_and_gets_more_rows(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/datasets")
    page.get_by_role("button", name="Upload a file").first.click()
    dialog = page.get_by_role("dialog", name="Upload a dataset")
    picker = dialog.get_by_label("File of rows")
    picker.set_input_files(files=[file("a.csv", "q,q\n1,2\n")])
    expect(dialog.get_by_role("alert")).to_contain_text("Two columns are named")
    expect(dialog.get_by_role("button", name="Store the rows")).to_be_disabled()
    picker.set_input_files(files=[file("Old World.tsv", TSV)])
    expect(dialog.get_by_label("What country is for")).to_have_value("input")
    expect(dialog.get_by_label("What expected is for")).to_have_value("expected")
    dialog.get_by_label("What source is for").select_option("metadata")
    dialog.get_by_label("Name").fill("old world")
    dialog.get_by_label("Sealed (% of the rows)").fill("50")
    assert_accessible(page, "dataset-upload")
    expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_role("button", name="Store the rows")).to_be_disabled()
    dialog.get_by_label("Name").fill("old-world")
    dialog.get_by_label("Sealed (% of the rows)").fill("0")
    dialog.get_by_role("button", name="Store the rows").click()
    page.wait_for_url("**/datasets/old-world*")
    rows = page.get_by_role("region", name="Rows of open")
    expect(rows.get_by_role("row")).to_have_count(3)
    expect(rows.get_by_role("row").last).to_contain_text("Greece")
    page.get_by_role("button", name="Add rows").click()
    dialog = page.get_by_role("dialog", name="Add rows to old-world")
    line = {"inputs": {"country": "Syria"}, "expected": "Damascus"}
    dialog.get_by_label("File of rows").set_input_files(files=[file("more.jsonl", json.dumps(line))])
    expect(dialog.get_by_text("Each line says itself what is input")).to_be_visible()
    dialog.get_by_label("Message (optional)").fill("One more")
    dialog.get_by_role("button", name="Store the rows").click()
    expect(rows.get_by_role("row")).to_have_count(4)
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_role("row").filter(has_text="One more")).to_be_visible()
    stored = engine.api("GET", "/datasets/old-world/rows?limit=1")["items"][0]
    assert (stored["inputs"], stored["expected"], stored["metadata"]) == (
        {"country": "Egypt"}, "Cairo", {"source": "atlas"},
    )  # fmt: skip


def test_rows_open_beside_the_list_and_sealed_ones_say_why_not(
    page: Page, engine: DashboardEngine, capitals: str
) -> None:
    page.goto(f"{engine.url}/datasets")
    page.get_by_label("Search names and descriptions").fill("and their cap")
    page.wait_for_url("**q=and*")
    expect(page.get_by_text("sealed 2", exact=True)).to_be_visible()
    assert_accessible(page, "datasets")
    page.get_by_role("link", name=capitals, exact=True).click()
    page.get_by_role("button", name="Open row 1", exact=True).click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_text("France")).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url("**row=1")
    expect(panel.get_by_text("Italy")).to_be_visible()
    assert_accessible(page, "dataset-row")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.get_by_role("radio", name="sealed (2)").check()
    expect(page.get_by_role("heading", name="2 rows are sealed")).to_be_visible()
    expect(page.get_by_text("Kenya")).to_have_count(0)
    assert_accessible(page, "dataset-sealed")
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Label version 1").click()
    page.get_by_label("Label", exact=True).fill("golden")
    page.get_by_role("button", name="Move golden to 1").click()
    expect(page.get_by_text("capitals@golden is now version 1.")).to_be_visible()


def test_what_a_row_holds_is_erased_with_a_reason(page: Page, engine: DashboardEngine) -> None:
    rows = [{"inputs": {"note": "something private"}}, {"inputs": {"note": "something public"}}]
    engine.api("POST", "/datasets", {"name": "notes", "rows": rows})
    page.goto(f"{engine.url}/datasets/notes?row=0")
    page.get_by_role("button", name="Erase…").click()
    erase = page.get_by_role("button", name="Erase for good")
    expect(erase).to_be_disabled()
    page.get_by_label("Reason").fill("Asked for")
    erase.click()
    expect(page.get_by_text("Erased. Its digest stays")).to_be_visible()
    expect(page.get_by_text("something private")).to_have_count(0)
    assert engine.api("GET", "/datasets/notes/rows")["items"][0]["erased"]


def test_runs_of_a_prompt_become_rows(page: Page, engine: DashboardEngine) -> None:
    engine.api("POST", "/prompts", {"name": "rhyme", "body": {"template": "What rhymes with {{ word }}?"}})
    for word in ("sea", "tree"):
        engine.api("POST", "/prompts/rhyme/run", {"variables": {"word": word}, "parameters": {"max_tokens": 4}})
    page.goto(f"{engine.url}/executions?artifact=rhyme")
    page.get_by_role("button", name="Make rows of these…").click()
    dialog = page.get_by_role("alertdialog", name="Make rows of 2 runs")
    dialog.get_by_label("Dataset", exact=True).fill("rhymes")
    dialog.get_by_label("Expected").select_option("output")
    assert_accessible(page, "dataset-from-executions")
    dialog.get_by_role("button", name="Store the rows").click()
    page.wait_for_url("**/datasets/rhymes")
    expect(page.get_by_role("region", name="Rows of open").get_by_role("row")).to_have_count(3)


def test_an_evaluation_is_started_from_its_dataset_and_followed_to_its_metrics(
    page: Page, engine: DashboardEngine, evaluations: list[str], capitals: str
) -> None:
    page.goto(f"{engine.url}/datasets/{capitals}")
    page.get_by_role("link", name="Evaluate on this").click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_label("Dataset", exact=True)).to_have_value(capitals)
    expect(panel.get_by_label("Split").locator("option", has_text="gates alone")).to_be_disabled()
    expect(panel.get_by_role("button", name="Start")).to_be_disabled()
    panel.get_by_label("Prompt").select_option("capital")
    panel.get_by_label("Version", exact=True).select_option("1")
    panel.get_by_role("button", name="Make a scorer…").click()
    dialog = page.get_by_role("dialog", name="Make a scorer")
    dialog.get_by_label("Type").select_option("regex")
    dialog.get_by_label("Name").fill("says-capital")
    expect(dialog.get_by_role("button", name="Store the scorer")).to_be_disabled()
    dialog.get_by_label("Pattern").fill("[Cc]apital")
    assert_accessible(page, "scorer-new")
    dialog.get_by_role("button", name="Store the scorer").click()
    expect(panel.get_by_label("says-capital")).to_be_checked()
    panel.get_by_label("exact", exact=True).check()
    panel.get_by_label("Rows at the most (optional)").fill("2")
    page.wait_for_url("**limit*")
    assert_accessible(page, "evaluation-start")
    page.reload()
    expect(panel.get_by_label("says-capital")).to_be_checked()
    expect(panel.get_by_label("Rows at the most (optional)")).to_have_value("2")
    panel.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile(r"/evaluations/[0-9a-f-]{36}"))
    metrics = page.get_by_role("region", name="Metrics")
    expect(metrics.get_by_role("row", name=re.compile("says-capital"))).to_be_visible()
    expect(metrics.get_by_role("img", name=re.compile("^exact: .* interval"))).to_be_visible()
    expect(page.get_by_role("region", name="Rows of the evaluation").get_by_role("row")).to_have_count(3)


def test_an_evaluation_is_read_row_by_row_with_each_trace(
    page: Page, engine: DashboardEngine, evaluations: list[str]
) -> None:
    page.goto(f"{engine.url}/evaluations?subject=capital")
    first = page.get_by_role("row").filter(has=page.locator(f"a[href*='{evaluations[0]}']"))
    expect(first.get_by_text("contains")).to_be_visible()
    assert_accessible(page, "evaluations")
    first.get_by_role("link", name="capital/1").click()
    expect(page.get_by_role("heading", name="capital/1 on capitals/1, open")).to_be_visible()
    assert_accessible(page, "evaluation")
    page.get_by_role("button", name="Open row 3", exact=True).click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("region", name="Expected")).to_have_text("Tokyo")
    assert_accessible(page, "evaluation-row")
    panel.get_by_role("tab", name="Trace").click()
    expect(panel.get_by_role("button", name=re.compile("^chat "))).to_have_count(1)
    page.keyboard.press("k")
    page.wait_for_url("**row=1*")
    page.keyboard.press("Escape")
    page.get_by_label("Only without a score").check()
    expect(page.get_by_text("Every row has an output and its scores")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Only without a score")).to_be_checked()


def test_two_evaluations_are_compared_first_in_numbers_then_in_rows(
    page: Page, engine: DashboardEngine, evaluations: list[str]
) -> None:
    page.goto(f"{engine.url}/evaluations?subject=capital")
    for one in evaluations:
        page.get_by_role("row").filter(has=page.locator(f"a[href*='{one}']")).get_by_role("checkbox").check()
    page.get_by_role("link", name="Compare 2").click()
    page.wait_for_url(f"**/compare?evaluation={evaluations[0]}&evaluation={evaluations[1]}")
    differences = page.get_by_role("region", name="Differences")
    line = differences.get_by_role("row", name=re.compile("^Show the rows of token_f1"))
    expect(line.get_by_text(re.compile("^(better|worse|not shown either way)$"))).to_be_visible()
    expect(line.get_by_role("img", name=re.compile("^token_f1: .* points, 95 % interval"))).to_be_visible()
    assert_accessible(page, "evaluations-compare")
    differences.get_by_role("button", name="Show the rows of token_f1").click()
    page.wait_for_url("**scorer=token_f1*")
    side_by_side = page.get_by_role("region", name="Rows side by side")
    expect(side_by_side.get_by_role("deletion").first).to_be_visible()
    page.get_by_label("Only changed").check()
    page.wait_for_url("**changed=true*")
    side_by_side.get_by_role("row").nth(1).click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("region", name="Output of B capital/2").get_by_role("insertion").first).to_be_visible()
    assert_accessible(page, "evaluations-compare-row")
    panel.get_by_role("tab", name="Trace of B capital/2").click()
    expect(panel.get_by_role("button", name=re.compile("^chat "))).to_have_count(1)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_label("Only changed")).to_be_checked()
    expect(panel.get_by_role("tab", name="Trace of B capital/2")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make it the baseline").click()
    page.wait_for_url(f"**evaluation={evaluations[1]}&evaluation={evaluations[0]}")


def test_an_evaluation_that_runs_is_cancelled_and_says_so(page: Page, engine: DashboardEngine, capitals: str) -> None:
    body = {"template": "Write a long story about {{ country }}.", "parameters": {"max_tokens": 1500}}
    engine.api("POST", "/prompts", {"name": "long-story", "body": body})
    wanted = {"subject": "long-story", "dataset": capitals, "scorers": ["length-of-story"]}
    scorer = {"body": {"type": "length", "direction": "lower"}}
    engine.api("POST", "/artifacts/scorer/length-of-story", scorer)
    started = engine.api("POST", "/evaluations", wanted)["id"]
    page.goto(f"{engine.url}/evaluations/{started}")
    expect(page.get_by_role("progressbar", name="Progress of the evaluation")).to_be_visible()
    assert_accessible(page, "evaluation-running")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text(re.compile("Cancelled after . of 6 rows"))).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()


def test_what_can_not_be_compared_or_found_is_said_in_the_engines_words(
    page: Page, engine: DashboardEngine, evaluations: list[str], faults: Faults
) -> None:
    faults.expect("status of 4(04|22)")
    nobody = "01920000-0000-7000-8000-000000000000"
    page.goto(f"{engine.url}/evaluations/{nobody}")
    expect(page.get_by_role("alert")).to_contain_text("evaluation.not_found")
    page.goto(f"{engine.url}/evaluations/compare?evaluation={evaluations[0]}")
    expect(page.get_by_role("heading", name="Choose two evaluations or more")).to_be_visible()
    assert_accessible(page)
    page.goto(f"{engine.url}/datasets/nowhere")
    expect(page.get_by_role("alert")).to_contain_text("dataset.not_found")
    draft = {"subject": "capital/1", "dataset": "capitals", "scorers": ["nothing-like-it"]}
    page.goto(f"{engine.url}/evaluations?start={quote(json.dumps(draft))}")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("scorer.not_found")
