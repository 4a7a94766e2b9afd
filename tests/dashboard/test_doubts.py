"""Answers in doubt in the browser: a person says what is right, and that becomes rows of a dataset."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow

COLLECTION = "handbook"
REFUSED = "Which of the four freedoms did Roosevelt name in 2031?"
ANSWERED = "What are the four essential human freedoms?"

expect.set_options(timeout=TIMEOUT_MS)


def details(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Details")


def test_answers_in_doubt_are_labelled_and_become_a_dataset(page: Page, engine: DashboardEngine) -> None:
    refused = engine.api("POST", "/ask", {"question": REFUSED, "collection": COLLECTION})
    assert refused["reason_code"] == "unsupported", refused
    answered = engine.api("POST", "/ask", {"question": ANSWERED, "collection": COLLECTION})
    assert not answered["refused"]
    disliked = {"metric_name": "helpful", "value": False, "execution_id": answered["execution_id"]}
    engine.api("POST", "/feedback", disliked)
    page.goto(f"{engine.url}/documents/{COLLECTION}")
    page.get_by_role("tab", name="Answers to label").click()
    waiting = page.get_by_role("list", name="Answers in doubt")
    expect(waiting).to_contain_text("Refused, passages near")
    expect(waiting).to_contain_text("Thumbs down")
    assert_accessible(page, "doubts")
    page.get_by_role("combobox", name="In doubt for").select_option("Thumbs down")
    assert "doubt=disliked" in page.url
    waiting.get_by_role("button", name=ANSWERED).click()
    page.reload()
    expect(details(page).get_by_role("region", name="Citations")).to_be_visible()
    assert_accessible(page, "doubt-answer")
    details(page).get_by_role("button", name="Supported", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing waits for a label")).to_be_visible()
    page.get_by_role("combobox", name="In doubt for").select_option("Any reason")
    waiting.get_by_role("button", name=REFUSED).click()
    expect(details(page).get_by_role("button", name="Should have answered")).to_be_disabled()
    details(page).get_by_role("radio", name="Passage 1 answers").check()
    details(page).get_by_role("textbox", name="The answer as it should have been").fill("None: it was in 1941.")
    assert_accessible(page, "doubt-refusal")
    details(page).get_by_role("button", name="Should have answered").click()
    expect(page.get_by_text("Labelled: should have answered.")).to_be_visible()
    page.get_by_role("checkbox", name="Labelled ones").check()
    expect(waiting.get_by_role("listitem")).to_have_count(2)
    assert_accessible(page, "doubts-labelled")
    waiting.get_by_role("button", name=REFUSED).click()
    expect(details(page)).to_contain_text("None: it was in 1941.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make a dataset…").click()
    dialog = page.get_by_role("alertdialog")
    name = f"labels-{uuid4().hex[:8]}"
    dialog.get_by_role("textbox", name="Dataset").fill(name)
    assert_accessible(page, "doubts-dataset")
    dialog.get_by_role("button", name="Store the rows").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    strategy = f"labelled-{uuid4().hex[:8]}"
    engine.api("POST", f"/artifacts/rag_strategy/{strategy}", {"body": {}, "message": "To evaluate"})
    wish = {"kind": "rag_strategy", "subject": strategy, "dataset": name, "scorers": ["abstention"]}
    evaluated = engine.api("POST", "/evaluations", {**wish, "parameters": {"collection": COLLECTION}})
    deadline = time.monotonic() + 120
    while evaluated["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
        evaluated = engine.api("GET", f"/evaluations/{evaluated['id']}")
    assert evaluated["state"] == "succeeded", evaluated
    [metric] = evaluated["metrics"]
    assert (metric["scored"], metric["mean"]) == (2, 0.5), "one is answered as labelled, and one still refused"
