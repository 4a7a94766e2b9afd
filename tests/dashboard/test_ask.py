"""Questions in the browser: answers beside their sources, refusals, and what an address shows again."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow

FREEDOMS = "What are the four essential human freedoms?"
TWO_FREEDOMS = "What are the first and the second freedom?"
STEW = "Which spices belong in a lamb stew?"

expect.set_options(timeout=TIMEOUT_MS)


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")


def cited(page: Page, n: int) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^Citation {n}: "))


def viewer(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Document")


def test_an_answer_stands_beside_its_source(page: Page) -> None:
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", name="Ask a whole question")).to_be_visible()
    assert_accessible(page, "ask-empty")
    page.get_by_role("combobox", name="Collection").select_option("handbook")
    ask(page, FREEDOMS)
    expect(cited(page, 1)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("four essential human freedoms")
    expect(page.get_by_role("meter", name="Confidence")).to_be_visible()
    expect(viewer(page).get_by_role("heading", name="1941-franklin-d-roosevelt.pdf")).to_be_visible()
    mark = viewer(page).locator("[data-highlight]").first
    expect(mark).to_be_in_viewport()
    expect(viewer(page).get_by_role("img", name="Page 9 of 9")).to_be_visible()
    assert_accessible(page, "ask")


def test_the_address_shows_the_same_answer_again(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, FREEDOMS)
    expect(viewer(page).locator("[data-highlight]").first).to_be_in_viewport()
    answer = page.get_by_role("region", name="Answer").inner_text()
    other = page.context.new_page()
    other.goto(page.url)
    expect(viewer(other).locator("[data-highlight]").first).to_be_in_viewport()
    assert other.get_by_role("region", name="Answer").inner_text() == answer
    expect(other.get_by_role("textbox", name="Question")).to_have_value(FREEDOMS)


def test_a_citation_of_a_text_is_marked_in_it(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, "Are the American continents subjects for future colonization by European powers?")
    expect(cited(page, 1)).to_be_visible()
    cited(page, 1).click()
    mark = viewer(page).locator("mark")
    expect(mark).to_be_in_viewport()
    execution = re.search("execution=([0-9a-f-]+)", page.url)
    assert execution is not None
    output = engine.api("GET", f"/executions/{execution[1]}")["output"]["value"]
    assert mark.inner_text() == output["citations"][0]["cited_text"]


def test_keys_step_through_the_citations(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, TWO_FREEDOMS)
    expect(cited(page, 1)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("region", name="Answer").click(position={"x": 5, "y": 5})
    page.keyboard.press("j")
    expect(cited(page, 2)).to_have_attribute("aria-pressed", "true")
    assert "cite=2" in page.url
    page.keyboard.press("Escape")
    expect(viewer(page)).to_have_count(0)


def test_a_refusal_shows_the_nearest_passages(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, STEW)
    expect(page.get_by_text("The documents are about something else.")).to_be_visible()
    nearest = page.get_by_role("region", name="Nearest passages")
    expect(nearest.get_by_role("article")).not_to_have_count(0)
    expect(nearest).to_contain_text("from 0 to 1, whether or not they answer")
    expect(nearest.get_by_role("article").first).to_contain_text(re.compile(r"relevance [01]\.\d\d"))
    assert_accessible(page, "refusal")
    nearest.get_by_role("article").first.get_by_role("button").click()
    expect(viewer(page).locator("[data-highlight]").first).to_be_in_viewport()
    assert "passage=1" in page.url


def test_a_refusal_speaks_of_passages_only_where_there_are_some(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, "How old is it?")
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("Who or what do you mean?")
    expect(answer).to_contain_text("The nearest passages stand below.")
    assert_accessible(page, "refusal-underspecified")
    page.get_by_text("All its documents").click()
    page.get_by_role("textbox", name="Documents named").fill("nothing-has-this-name*")
    page.get_by_role("textbox", name="Question").fill(FREEDOMS)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(answer).to_contain_text("Nothing could be searched.")
    expect(answer).to_contain_text("No indexed document passes the filters.")
    expect(answer).not_to_contain_text("nearest passages")
    expect(page.get_by_role("region", name="Nearest passages")).to_have_count(0)
    assert_accessible(page, "refusal-filtered")


def test_why_names_versions_scores_and_gives_the_proof(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, TWO_FREEDOMS)
    why = page.get_by_role("region", name="Passages that were looked at")
    expect(why).to_contain_text("1941-franklin-d-roosevelt.pdf")
    expect(why).to_contain_text("[1]")
    expect(page.get_by_text("default, version 1")).to_be_visible()
    execution = re.search("execution=([0-9a-f-]+)", page.url)
    assert execution is not None
    expect(page.get_by_role("link", name="Execution", exact=True)).to_have_attribute("href", re.compile(execution[1]))
    with page.expect_download() as download:
        page.get_by_role("button", name="Proof").click()
    proof = json.loads(download.value.path().read_text())
    assert execution[1] in json.dumps(proof)
    page.get_by_role("link", name="Execution", exact=True).click()
    details = page.get_by_role("complementary", name="Details")
    answer = details.get_by_role("region", name="Answer")
    expect(answer.get_by_role("heading", name=TWO_FREEDOMS)).to_be_visible()
    expect(answer.get_by_role("meter", name="Confidence")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=TWO_FREEDOMS).first).to_be_visible()
    assert_accessible(page, "execution-answer")
    answer.get_by_role("button", name=re.compile("^Citation 2: ")).click()
    expect(cited(page, 2)).to_have_attribute("aria-pressed", "true")
    expect(viewer(page)).to_be_visible()


def test_an_answer_is_copied_with_footnotes(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, FREEDOMS)
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"**{FREEDOMS}**" in copied
    assert re.search(r"^\[\^1\]: 1941-franklin-d-roosevelt\.pdf, version 1, page 9", copied, re.MULTILINE)


def test_a_failure_is_told_in_the_engines_words(page: Page, engine: DashboardEngine, faults: Faults) -> None:
    faults.expect("status of 404")
    page.goto(f"{engine.url}/ask?strategy=missing")
    ask(page, FREEDOMS)
    expect(page.get_by_role("alert")).to_contain_text("rag_strategy.not_found")
    page.goto(f"{engine.url}/ask?execution=00000000-0000-4000-8000-000000000000")
    expect(page.get_by_role("alert")).to_contain_text("execution.not_found")


def test_a_question_goes_on_from_an_answer(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    ask(page, FREEDOMS)
    expect(cited(page, 1)).to_be_visible()
    page.get_by_role("textbox", name="Follow-up").fill("And which of them is the second?")
    page.get_by_role("button", name="Ask follow-up").click()
    conversation = page.get_by_role("list", name="Conversation")
    expect(conversation).to_contain_text(FREEDOMS)
    expect(page.get_by_text(f"Understood together with: {FREEDOMS}")).to_be_visible()
    assert_accessible(page, "ask-follow-up")
    page.reload()
    expect(conversation).to_contain_text(FREEDOMS)
    conversation.get_by_role("link").click()
    expect(page.get_by_role("region", name="Answer").get_by_role("heading")).to_have_text(FREEDOMS)
    expect(conversation).to_have_count(0)


def test_an_answer_from_the_cache_says_so_and_leads_to_the_first(page: Page, engine: DashboardEngine) -> None:
    strategy = {"body": {"answering": {"cache": True}}, "message": "Keep answers."}
    engine.api("POST", "/artifacts/rag_strategy/keeping-answers", strategy)
    address = f"{engine.url}/ask?collection=handbook&strategy=keeping-answers"
    badge = page.get_by_role("region", name="Answer").get_by_role("link", name="from the cache")
    page.goto(address)
    ask(page, FREEDOMS)
    expect(page.get_by_role("meter", name="Confidence")).to_be_visible()
    expect(badge).to_have_count(0)
    first = re.search("execution=([0-9a-f-]+)", page.url)
    assert first is not None
    page.goto(address)
    ask(page, FREEDOMS)
    expect(badge).to_be_visible()
    assert_accessible(page, "ask-from-cache")
    badge.click()
    expect(badge).to_have_count(0)
    assert f"execution={first[1]}" in page.url
    expect(page.get_by_role("region", name="Answer")).to_contain_text("four essential human freedoms")


def test_a_question_is_asked_of_some_documents_only(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/ask?collection=handbook")
    page.get_by_text("All its documents").click()
    page.get_by_role("textbox", name="Documents named").fill("1941*, 1823*")
    page.get_by_label("Added since").fill("2026-01-01")
    page.get_by_label("Added until").fill("2025-01-01")
    page.get_by_role("textbox", name="Question").fill(FREEDOMS)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    page.get_by_label("Added until").fill("")
    assert_accessible(page, "ask-narrowed")
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("Asked of documents named 1941* or 1823*, added since 2026-01-01")
    expect(cited(page, 1)).to_be_visible()
    expect(viewer(page).get_by_role("heading", name="1941-franklin-d-roosevelt.pdf")).to_be_visible()
    first = re.search("execution=([0-9a-f-]+)", page.url)
    assert first is not None
    page.reload()
    expect(answer).to_contain_text("Asked of documents named 1941* or 1823*")
    page.get_by_text("Only documents named 1941* or 1823*").click()
    page.get_by_role("textbox", name="Documents named").fill("1823*")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(answer).to_contain_text("Asked of documents named 1823*,")
    page.wait_for_url(lambda url: "execution=" in url and first[1] not in url)
    [last] = engine.api("GET", "/executions?kind=ask&limit=1")["items"]
    inputs = engine.api("GET", f"/executions/{last['id']}")["inputs"]["value"]
    assert inputs["filters"]["documents"] == ["1823*"]


def test_a_question_is_asked_of_documents_whose_metadata_says_so(page: Page, engine: DashboardEngine) -> None:
    documents = engine.api("GET", "/collections/handbook/documents?name=1941-")["items"]
    engine.api("PUT", f"/documents/{documents[0]['id']}/metadata", {"speaker": "Roosevelt", "year": 1941})
    page.goto(f"{engine.url}/ask?collection=handbook")
    page.get_by_text("All its documents").click()
    for place, (key, kind) in enumerate((("speaker", "is one of"), ("year", "is between")), start=1):
        page.get_by_role("button", name="Add a condition").click()
        page.get_by_role("textbox", name=f"Key of condition {place}").fill(key)
        page.get_by_role("combobox", name=f"Kind of condition {place}").select_option(kind)
    page.get_by_role("textbox", name="Question").fill(FREEDOMS)
    page.get_by_role("textbox", name="Values of condition 1").fill("Roosevelt, Monroe")
    expect(page.get_by_text("Say a value.")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    page.get_by_role("textbox", name="From of condition 2").fill("1940")
    page.get_by_role("textbox", name="To of condition 2").fill("1949")
    assert_accessible(page, "ask-metadata")
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    said = "whose speaker is Roosevelt or Monroe and year is 1940 to 1949"
    expect(answer).to_contain_text(f"Asked of documents {said}")
    expect(cited(page, 1)).to_be_visible()
    page.reload()
    page.get_by_text(f"Only documents {said}").click()
    page.get_by_role("button", name="Remove condition 1").click()
    page.get_by_role("textbox", name="To of condition 1").fill("1940")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(answer).to_contain_text("No indexed document passes the filters.")
