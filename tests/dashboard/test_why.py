"""Why a passage is not in an answer, in the browser: from the table, by words, under an address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow

FREEDOMS = "What are the four essential human freedoms?"
SPEECH = "1941-franklin-d-roosevelt.pdf"

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def asked(page: Page, engine: DashboardEngine) -> Page:
    page.goto(f"{engine.url}/ask?collection=handbook")
    page.get_by_role("textbox", name="Question").fill(FREEDOMS)
    page.keyboard.press("Enter")
    expect(why_not(page)).to_be_visible()
    # On a phone the open source covers the answer.
    page.get_by_role("complementary", name="Document").get_by_role("button", name="Close").click()
    return page


def why_not(page: Page) -> Locator:
    return page.get_by_role("region", name="Why not this passage?")


def stages(page: Page) -> Locator:
    return why_not(page).get_by_role("list", name="Stages").locator("> li")


def expect_words(page: Page, document: str, words: str) -> None:
    form = why_not(page)
    form.get_by_role("combobox", name="Document").fill(document)
    form.get_by_role("textbox", name="Words you expected").fill(words)
    page.keyboard.press("Enter")


def test_a_passage_of_the_table_says_which_stage_dropped_it(asked: Page) -> None:
    asked.get_by_role("button", name=re.compile("^Why not ")).last.click()
    expect(why_not(asked)).to_contain_text("The passage was dropped at this stage: Sentences.")
    expect(stages(asked)).to_have_count(4)
    expect(stages(asked).last).to_contain_text("dropped here")
    expect(stages(asked).nth(1)).to_contain_text("Meaning")
    expect(stages(asked).last.get_by_role("list", name="Sentences").get_by_role("listitem")).not_to_have_count(0)
    assert_accessible(asked, "why-not")
    other = asked.context.new_page()
    other.goto(asked.url)
    expect(stages(other)).to_have_count(4)
    assert why_not(other).inner_text() == why_not(asked).inner_text()


def test_expected_words_are_found_and_explained(asked: Page) -> None:
    expect_words(asked, SPEECH, "four essential human freedoms")
    expect(why_not(asked)).to_contain_text("The passage is cited.")
    expect(stages(asked).last).to_contain_text("Confidence")
    expect(stages(asked).filter(has_text="Sentences").get_by_text("expected").first).to_be_visible()
    assert_accessible(asked, "why-cited")
    expect_words(asked, "1823-james-monroe.md", "")
    expect(why_not(asked)).to_contain_text("The passage was dropped at this stage")
    expect(why_not(asked).get_by_role("textbox", name="Words you expected")).to_have_value("")


def test_words_that_stand_nowhere_are_told_in_the_engines_words(asked: Page, faults: Faults) -> None:
    faults.expect("status of 404")
    expect_words(asked, SPEECH, "words that stand nowhere")
    expect(why_not(asked).get_by_role("alert")).to_contain_text("why.text_not_found")
    expect_words(asked, "no-such-document.md", "")
    expect(why_not(asked).get_by_role("alert")).to_contain_text("document.not_found")
