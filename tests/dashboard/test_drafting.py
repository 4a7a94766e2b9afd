"""Questions drafted about a collection: a prompt words them, a person confirms them, a dataset results."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow

COLLECTION = "handbook"
MESSAGES = [
    {"role": "system", "content": "You write one short question that the sentence answers. Write the question alone."},
    {"role": "user", "content": "Sentence: Refunds are paid within 14 days to the card that was charged."},
    {"role": "assistant", "content": "How soon are refunds paid?"},
    {"role": "user", "content": "Sentence: {{ sentence }}"},
]

expect.set_options(timeout=TIMEOUT_MS)


def test_drafted_questions_are_confirmed_by_a_person_and_become_a_dataset(page: Page, engine: DashboardEngine) -> None:
    prompt = f"ask-{uuid4().hex[:8]}"
    body = {"type": "chat", "messages": MESSAGES, "parameters": {"max_tokens": 32, "temperature": 0, "seed": 7}}
    engine.api("POST", f"/artifacts/prompt/{prompt}", {"body": body, "message": "Questions"})
    page.goto(f"{engine.url}/documents/{COLLECTION}")
    page.get_by_role("tab", name="Draft questions").click()
    expect(page.get_by_role("heading", name="No questions drafted yet")).to_be_visible()
    assert_accessible(page, "drafting-empty")
    page.get_by_role("button", name="Draft questions…").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("textbox", name="Prompt").fill(prompt)
    dialog.get_by_role("spinbutton", name="Questions at most").fill("9")
    assert_accessible(page, "drafting-start")
    dialog.get_by_role("button", name="Draft", exact=True).click()
    questions = page.get_by_role("list", name="Drafted questions")
    # What the small model writes is not always a question, and such ones are listed elsewhere.
    expect(questions.get_by_role("listitem").nth(2)).to_be_visible()
    expect(page.get_by_role("progressbar", name="Drafting")).to_have_count(0)
    assert_accessible(page, "drafting")

    questions.get_by_role("button").first.click()
    details = page.get_by_role("complementary", name="Details")
    heading = details.get_by_role("heading", name=re.compile(r"^Question \d$"))
    first = heading.inner_text()
    sentence = details.locator("mark").inner_text()
    page.reload()
    expect(details.locator("mark")).to_have_text(sentence)
    own = "What does the first drawn sentence say?"
    details.get_by_role("textbox", name="Question").fill(own)
    assert_accessible(page, "drafting-question")
    details.get_by_role("button", name="Accept").click()
    expect(heading).not_to_have_text(first)
    second = heading.inner_text()
    page.keyboard.press("r")
    expect(heading).not_to_have_text(second)
    page.get_by_role("combobox", name="Show").select_option("Accepted (1)")
    expect(questions.get_by_role("listitem")).to_have_count(1)
    expect(questions).to_contain_text(own)
    page.get_by_role("button", name="Make a dataset…").click()
    name = f"drafted-{uuid4().hex[:8]}"
    page.get_by_role("alertdialog").get_by_role("textbox", name="Dataset").fill(name)
    page.get_by_role("alertdialog").get_by_role("button", name="Store the rows").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    [row] = engine.api("GET", f"/datasets/{name}/rows?split=open")["items"]
    assert row["inputs"] == {"question": own}
    assert row["expected"] == sentence
    assert row["metadata"]["sources"][0]["text"] == sentence
