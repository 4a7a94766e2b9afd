"""Sweeps in the browser: options are tried in every combination, compared, and taken to the editor."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow

FREEDOMS = "What are the four essential human freedoms?"
UNANSWERED = "How much does a ferry ticket to Mongolia cost?"

expect.set_options(timeout=TIMEOUT_MS)


def questions(engine: DashboardEngine) -> str:
    """Push a dataset of a question that the handbook answers, and one that it does not; return its name."""
    answer = engine.api("POST", "/ask", {"question": FREEDOMS, "collection": "handbook"})
    document = answer["citations"][0]["version"]["document"]
    rows = [
        {"inputs": {"question": FREEDOMS}, "metadata": {"sources": [{"document": document}]}},
        {"inputs": {"question": UNANSWERED}, "metadata": {"sources": []}},
    ]
    name = f"sweep-{uuid4().hex[:8]}"
    engine.api("POST", "/datasets", {"name": name, "rows": rows})
    return name


def test_options_are_tried_compared_and_taken_to_the_editor(page: Page, engine: DashboardEngine) -> None:
    dataset, strategy = questions(engine), f"swept-{uuid4().hex[:8]}"
    engine.api("POST", f"/artifacts/rag_strategy/{strategy}", {"body": {}, "message": "To sweep from"})
    page.get_by_role("link", name="Strategies", exact=True).click()
    page.get_by_role("link", name="Sweeps", exact=True).click()
    expect(page.get_by_role("heading", name="Sweeps", exact=True)).to_be_visible()
    assert_accessible(page, "sweeps-empty")
    page.get_by_role("button", name="Start a sweep").first.click()
    page.get_by_role("combobox", name="Strategy").select_option(strategy)
    page.get_by_role("combobox", name="Collection").select_option("handbook")
    page.get_by_role("textbox", name="Values of option 1").fill("1, 4")
    page.get_by_role("button", name="Add an option").click()
    page.get_by_role("combobox", name="Option 2", exact=True).select_option("answering.threshold")
    page.get_by_role("textbox", name="Values of option 2").fill("0.2, 1")
    page.get_by_role("combobox", name=re.compile("^Dataset")).select_option(dataset)
    page.get_by_role("checkbox", name="citation_recall").check()
    page.get_by_role("checkbox", name="abstention").check()
    expect(page.get_by_text("4 combinations.")).to_be_visible()
    assert_accessible(page, "sweep-start")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name=f"{strategy}/1: passages × threshold")).to_be_visible()
    table = page.get_by_role("region", name="Combinations")
    expect(table.get_by_role("link", name="Rows of combination")).to_have_count(4)
    expect(page.get_by_role("img", name=re.compile("over median latency of 4 combinations"))).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(table.get_by_text("not beaten").first).to_be_visible()
    page.get_by_role("combobox", name="Metric").select_option("abstention")
    expect(table.get_by_role("columnheader").nth(2)).to_have_text("abstention")
    for number in (1, 3):
        table.get_by_role("checkbox", name=f"Draw the risk of combination {number}").check()
    expect(page.get_by_role("img", name=re.compile("combination 1 answers"))).to_be_visible()
    page.get_by_text("In numbers").click()
    expect(page.get_by_role("region", name="Risk and coverage in numbers")).to_be_visible()
    expect(page.get_by_text("It takes at least 20 right and 20 wrong answers")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert_accessible(page, "sweep")
    table.get_by_role("link", name="Use these options of combination 2").click()
    expect(page.get_by_role("spinbutton", name="Passages")).to_have_value("1")
    expect(page.get_by_role("spinbutton", name="Refuse below")).to_have_value("1")
    expect(page.get_by_text("Changed: Passages, Refuse below.")).to_be_visible()
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    pushed = engine.api("GET", f"/artifacts/rag_strategy/{strategy}")
    assert (pushed["body"]["retrieval"]["passages"], pushed["body"]["answering"]["threshold"]) == (1, 1.0)
    page.goto(f"{engine.url}/strategies/-/sweeps")
    expect(page.get_by_role("region", name="Sweeps")).to_contain_text("4 of 4")
    assert_accessible(page, "sweeps")


def test_a_fitted_calibration_is_taken_to_the_editor(page: Page, engine: DashboardEngine) -> None:
    answer = engine.api("POST", "/ask", {"question": FREEDOMS, "collection": "handbook"})
    document = answer["citations"][0]["version"]["document"]
    sources: dict[str, list[dict[str, str]]] = {FREEDOMS: [{"document": document}], UNANSWERED: []}
    rows = [
        {"inputs": {"question": f"{question} ({number})"}, "metadata": {"sources": places}}
        for number in range(22)
        for question, places in sources.items()
    ]
    name = f"fitted-{uuid4().hex[:8]}"
    engine.api("POST", "/datasets", {"name": name, "rows": rows})
    engine.api("POST", f"/artifacts/rag_strategy/{name}", {"body": {}, "message": "To sweep from"})
    options = {"answering.threshold": [0], "retrieval.passages": [4]}
    wanted = {
        "collection": "handbook", "strategy": name, "options": options, "dataset": name, "scorers": ["abstention"],
    }  # fmt: skip
    sweep = engine.api("POST", "/strategy-sweeps", wanted)
    page.goto(f"{engine.url}/strategies/-/sweeps/{sweep['id']}")
    fitted = page.get_by_role("list", name="Fitted calibrations").get_by_role("listitem")
    expect(fitted).to_contain_text("22 of 44 answers")
    fit = engine.api("GET", f"/strategy-sweeps/{sweep['id']}/combinations/1/risk-coverage")["calibration"]
    assert fit["loss_after"] < fit["loss_before"]
    expect(fitted).to_contain_text(f"{fit['loss_before']:.3f} → {fit['loss_after']:.3f}")
    page.wait_for_load_state("networkidle")
    fitted.get_by_role("link", name="Use this calibration").hover()
    assert_accessible(page, "sweep-calibrated")
    fitted.get_by_role("link", name="Use this calibration of combination 1").click()
    expect(page.get_by_text("Changed: Passages, Calibration.")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Weight of the own check")).to_have_value(f"{fit['own']:g}")
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    pushed = engine.api("GET", f"/artifacts/rag_strategy/{name}")["body"]["answering"]
    assert pushed["calibration"] == {part: fit[part] for part in ("own", "judge", "bias")}
    assert pushed["threshold"] == 0.4
