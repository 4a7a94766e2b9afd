"""Strategies in the browser: what is written is tried beside what there is, and pushed."""

from __future__ import annotations

import re
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow

FREEDOMS = "What are the four essential human freedoms?"

expect.set_options(timeout=TIMEOUT_MS)


def test_a_strategy_is_written_beside_what_it_does(page: Page, engine: DashboardEngine, faults: Faults) -> None:
    name = f"strict-{uuid4().hex[:8]}"
    page.get_by_role("link", name="Strategies", exact=True).click()
    expect(page.get_by_role("heading", name="Strategies", exact=True)).to_be_visible()
    page.get_by_role("link", name="New strategy").first.click()
    page.get_by_role("combobox", name="Collection").select_option("handbook")
    assert_accessible(page, "strategy-new")
    page.get_by_role("textbox", name="Question").fill(FREEDOMS)
    page.get_by_role("button", name="Try").click()
    now, draft = (page.get_by_role("region", name=one, exact=True) for one in ("The engine’s own", "As written here"))
    expect(now).to_contain_text("four essential human freedoms")
    expect(draft).to_contain_text("four essential human freedoms")
    page.get_by_role("spinbutton", name="Refuse below").fill("7")
    expect(page.get_by_text("Correct first: Refuse below: From 0 to 1.")).to_be_visible()
    page.get_by_role("spinbutton", name="Refuse below").fill("1")
    page.get_by_role("spinbutton", name="Passages").fill("2")
    expect(draft).to_contain_text("refused")
    expect(now).to_contain_text("four essential human freedoms")
    expect(draft.get_by_role("listitem")).to_have_count(2)
    assert_accessible(page, "strategy-answers")
    page.get_by_role("link", name="Documents", exact=True).click()
    page.get_by_role("alertdialog", name="Leave without pushing?").get_by_role("button", name="Cancel").click()
    faults.expect("409")
    page.get_by_role("textbox", name="Name").fill("default")
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_role("alert")).to_contain_text("A rag strategy is named 'default' already")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Message").fill("Rather no answer than a weak one.")
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    pushed = engine.api("GET", f"/artifacts/rag_strategy/{name}")
    assert (pushed["number"], pushed["body"]["answering"]["threshold"], pushed["body"]["retrieval"]["passages"]) == (
        1,
        1.0,
        2,
    )
    page.get_by_role("link", name="Strategies", exact=True).first.click()
    expect(page.get_by_role("region", name="Strategies", exact=True)).to_contain_text(name)
    assert_accessible(page, "strategies")


def test_a_document_is_cut_as_the_options_say(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/strategies/-/edit?collection=handbook&view=chunks")
    page.get_by_role("combobox", name="Document").select_option("1790-george-washington.md")
    summary = page.get_by_role("status").filter(has_text=re.compile("characters, half of"))
    expect(summary).to_be_visible()
    before = int(summary.inner_text().split()[0])
    page.get_by_role("spinbutton", name="Longest chunk").fill("200")
    expect(summary).not_to_contain_text(re.compile(rf"^{before} "))
    assert int(summary.inner_text().split()[0].replace(",", "")) > before
    page.get_by_role("combobox", name="Kind").select_option("sections, tables, code")
    page.get_by_role("checkbox", name="Read headings with each chunk").check()
    expect(page.get_by_role("list", name="Chunks").get_by_role("listitem").first).to_be_visible()
    assert_accessible(page, "strategy-chunks")


def test_what_a_model_writes_without_support_is_cut_and_shown(page: Page, engine: DashboardEngine) -> None:
    name = f"written-{uuid4().hex[:8]}"
    template = "Repeat: the moon is made of cheese.\n{% if false %}{{ sentences }}{% endif %}"
    body = {"type": "text", "template": template, "parameters": {"max_tokens": 24, "temperature": 0, "seed": 7}}
    engine.api("POST", f"/artifacts/prompt/{name}", {"body": body, "message": "Nothing of the sentences"})
    page.goto(f"{engine.url}/strategies/-/edit?collection=handbook")
    page.get_by_role("combobox", name="A model").select_option("writes from the sentences")
    expect(page.get_by_text("Correct first: Prompt that writes: Name it.")).to_be_visible()
    page.get_by_role("textbox", name="Prompt that writes").fill(name)
    page.get_by_role("spinbutton", name="Sentences offered at most").fill("3")
    assert_accessible(page, "strategy-writing")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Message").fill("A model writes.")
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    pushed = engine.api("GET", f"/artifacts/rag_strategy/{name}")
    assert pushed["body"]["composing"] == {"kind": "prose", "prompt": name, "sentences": 3}
    page.goto(f"{engine.url}/ask?collection=handbook&strategy={name}&q={quote(FREEDOMS)}")
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("No source bears out what the model wrote; these are the sentences themselves.")
    expect(answer).to_contain_text("four essential human freedoms")
    answer.get_by_text(re.compile("of the model (was|were) cut")).click()
    expect(answer.get_by_role("listitem").first).to_contain_text("(")
    assert_accessible(page, "answer-written")


def test_passages_are_ordered_by_a_model_that_a_prompt_asks(page: Page, engine: DashboardEngine) -> None:
    prompt = {
        "template": "{{ question }}\n\n{{ passages }}\n\nThe best first, as [2] > [1]:",
        "variables": {"type": "object", "properties": {"question": {"type": "string"}, "passages": {"type": "string"}}},
        "parameters": {"max_tokens": 16, "temperature": 0},
    }
    body = {"name": "order-passages", "body": prompt, "message": "Order.", "labels": ["production"]}
    engine.api("POST", "/prompts", body)
    page.goto(f"{engine.url}/strategies/-/edit?collection=handbook")
    page.get_by_role("textbox", name="Question").fill(FREEDOMS)
    page.get_by_role("button", name="Try").click()
    draft = page.get_by_role("region", name="As written here", exact=True)
    expect(draft).to_contain_text("four essential human freedoms")
    page.get_by_role("combobox", name="Order passages by").select_option("a language model, by a prompt")
    page.get_by_role("textbox", name="Ordering prompt").fill("order-passages@production")
    expect(draft).to_be_in_viewport()
    expect(draft).to_contain_text("Trying it…")
    expect(page.get_by_role("status").filter(has_text="Changed: Ordering.")).to_be_visible()
    expect(draft).to_contain_text(
        re.compile(r"Passages ordered by order-passages@production, of \d+; it read \d+ tokens")
    )
    expect(draft.get_by_role("listitem").first).to_contain_text(re.compile(r"found as \d+ with"))
    assert_accessible(page, "strategy-ordering")


def test_a_judge_and_a_calibration_are_tried_pushed_and_told_beside_answers(
    page: Page, engine: DashboardEngine
) -> None:
    name = f"judged-{uuid4().hex[:8]}"
    verdict = {"type": "object", "properties": {"pass": {"type": "boolean"}}, "required": ["pass"]}
    body = {
        "template": "{{ question }}\n\n{{ sentences }}\n\nDoes this answer the question?",
        "output_schema": verdict,
        "parameters": {"max_tokens": 16, "temperature": 0},
    }
    engine.api("POST", "/prompts", {"name": name, "body": body, "message": "Judge."})
    page.goto(f"{engine.url}/strategies/-/edit?collection=handbook&q={quote(FREEDOMS)}")
    draft = page.get_by_role("region", name="As written here", exact=True)
    expect(draft).to_contain_text("four essential human freedoms")
    page.get_by_role("combobox", name="Whether there is an answer").select_option("a cross-encoder")
    page.get_by_role("spinbutton", name="Tokens it reads").fill("8")
    expect(page.get_by_text("From 16 to 8192.", exact=True)).to_be_visible()
    expect(page.get_by_text("Correct first: Judging cross-encoder: Name it.")).to_be_visible()
    assert_accessible(page, "strategy-judge-cross-encoder")
    page.get_by_role("combobox", name="Whether there is an answer").select_option("a language model, by a prompt")
    page.get_by_role("textbox", name="Judging prompt").fill(name)
    page.get_by_role("group", name="Judge", exact=True).get_by_text("Advanced", exact=True).click()
    page.get_by_role("spinbutton", name="Tokens of passages").fill("9")
    expect(page.get_by_text("Correct first: Tokens of passages: From 50 to 200000.")).to_be_visible()
    page.get_by_role("spinbutton", name="Tokens of passages").fill("50")
    page.get_by_role("checkbox", name="Calibrate confidence").check()
    page.get_by_role("spinbutton", name="Weight of the own check").fill("21")
    expect(page.get_by_text("Correct first: Weight of the own check: From 0 to 20.")).to_be_visible()
    page.get_by_role("spinbutton", name="Weight of the own check").fill("0")
    page.get_by_role("spinbutton", name="Bias").fill("6.125")
    expect(page.get_by_role("status").filter(has_text="Changed: Judge, Calibration.")).to_be_visible()
    told = re.compile(
        rf"Judged by {name}: there is an answer with probability 0\.(01|99); the engine’s own check alone says 0\.\d\d"
    )
    expect(draft).to_contain_text(told)
    expect(draft).to_contain_text(re.compile(r"It read \d\d tokens of the passages; the rest did not fit\."))
    assert_accessible(page, "strategy-judge")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    pushed = engine.api("GET", f"/artifacts/rag_strategy/{name}")["body"]
    assert pushed["judging"] == {"kind": "model", "prompt": name, "budget_tokens": 50}
    assert pushed["answering"]["calibration"] == {"own": 0.0, "judge": 1.0, "bias": 6.125}
    page.goto(f"{engine.url}/ask?collection=handbook&strategy={name}&q={quote(FREEDOMS)}")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text(told)).to_be_visible()
    page.get_by_role("complementary", name="Document").get_by_role("button", name="Close").click()
    why_not = page.get_by_role("region", name="Why not this passage?")
    why_not.get_by_role("combobox", name="Document").fill("1941-franklin-d-roosevelt.pdf")
    why_not.get_by_role("textbox", name="Words you expected").fill("four essential human freedoms")
    page.keyboard.press("Enter")
    answer = why_not.get_by_role("list", name="Stages")
    expect(answer.locator("> li").last).to_contain_text(re.compile(rf"By the judge\s*0\.(01|99) · {name}"))
    expect(answer.locator("> li").last).to_contain_text("By the own check alone")
    answer.locator("> li").last.scroll_into_view_if_needed()
    assert_accessible(page, "ask-judged")
    pushed["answering"]["calibration"]["bias"] = -6.125
    engine.api("POST", f"/artifacts/rag_strategy/{name}", {"body": pushed, "message": "Refuse all."})
    page.goto(f"{engine.url}/ask?collection=handbook&strategy={name}&q={quote(FREEDOMS)}")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("The documents do not answer this.")).to_be_visible()
    page.get_by_text(told).scroll_into_view_if_needed()
    assert_accessible(page, "ask-judged-refused")


def test_versions_are_compared_released_and_taken_back(page: Page, engine: DashboardEngine) -> None:
    name = f"careful-{uuid4().hex[:8]}"
    for threshold, labels in ((0.3, ["production"]), (0.6, [])):
        body = {"body": {"answering": {"threshold": threshold}}, "message": f"From {threshold}", "labels": labels}
        engine.api("POST", f"/artifacts/rag_strategy/{name}", body)
    page.goto(f"{engine.url}/strategies")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("region", name="Values")).to_contain_text('"threshold": 0.6')
    assert_accessible(page, "strategy-version")
    page.get_by_role("combobox", name="Version").select_option("1")
    expect(page.get_by_role("region", name="Values")).to_contain_text('"threshold": 0.3')
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("spinbutton", name="Refuse below")).to_have_value("0.3")
    page.get_by_role("link", name=f"Versions of {name}").click()
    for number in (1, 2):
        page.get_by_role("checkbox", name=f"Compare version {number}").check()
    assert_accessible(page, "strategy-versions")
    page.get_by_role("link", name="Compare 1 and 2").click()
    settings = page.get_by_role("region", name="Settings that differ")
    expect(settings.get_by_role("row", name=re.compile(r"answering\.threshold 0\.3 0\.6"))).to_be_visible()
    expect(page.get_by_text("Version 1 → Version 2")).to_be_visible()
    assert_accessible(page, "strategy-compare")
    page.get_by_role("navigation", name="Parts of this strategy").get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Label version 2").click()
    dialog = page.get_by_role("alertdialog", name=f"Label version 2 of {name}")
    dialog.get_by_label("Reason (optional)").fill("It answered too much")
    dialog.get_by_role("button", name="Move production to 2").click()
    expect(page.get_by_text(f"{name}@production is now version 2.")).to_be_visible()
    page.get_by_role("navigation", name="Parts of this strategy").get_by_role("link", name="Labels").click()
    moves = page.get_by_role("list", name="Moves, newest first").get_by_role("listitem")
    expect(moves.first).to_contain_text(re.compile("production.*version 1.*version 2.*It answered too much", re.DOTALL))
    assert_accessible(page, "strategy-labels")
    page.get_by_role("button", name="Roll production back to version 1").click()
    page.get_by_role("alertdialog", name="Roll production back").get_by_role("button", name="Roll back to 1").click()
    expect(moves).to_have_count(3)
    expect(moves.first).to_contain_text("rollback")
    assert engine.api("GET", f"/artifacts/rag_strategy/{name}?label=production")["number"] == 1


def test_what_few_change_stands_under_a_fold(page: Page, engine: DashboardEngine) -> None:
    name = f"tuned-{uuid4().hex[:8]}"
    page.goto(f"{engine.url}/strategies/-/edit?collection=handbook")
    finding = page.get_by_role("group", name="Finding")
    expect(finding.get_by_role("spinbutton", name="k1 of the words")).to_have_count(0)
    finding.get_by_text("Advanced").click()
    finding.get_by_role("spinbutton", name="k1 of the words").fill("9")
    expect(page.get_by_text("Correct first: k1 of the words: From 0 to 3.")).to_be_visible()
    finding.get_by_role("spinbutton", name="k1 of the words").fill("0.9")
    page.get_by_role("combobox", name="Kind").select_option("by meaning")
    page.get_by_role("checkbox", name="Read headings with each chunk").check()
    cutting = page.get_by_role("group", name="Cutting")
    cutting.get_by_text("Advanced").click()
    cutting.get_by_role("checkbox", name="Find headings by words too").check()
    cutting.get_by_role("spinbutton", name="Compared sentences").fill("2")
    assert_accessible(page, "strategy-advanced")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    body = engine.api("GET", f"/artifacts/rag_strategy/{name}")["body"]
    assert (body["retrieval"]["k1"], body["chunking"]["group_sentences"], body["chunking"]["header_terms"]) == (
        0.9,
        2,
        True,
    )
    page.get_by_role("combobox", name="Kind").select_option("sections, tables, code")
    page.get_by_role("checkbox", name="Read headings with each chunk").uncheck()
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_text(f"{name} has version 2.")).to_be_visible()


def test_a_strategy_searches_some_documents_only(page: Page, engine: DashboardEngine) -> None:
    name = f"some-{uuid4().hex[:8]}"
    page.goto(f"{engine.url}/strategies/-/edit?collection=handbook&q={quote(FREEDOMS)}")
    documents = page.get_by_role("group", name="Documents")
    documents.get_by_text("Only some").click()
    documents.get_by_role("textbox", name="Documents named").fill("1823*")
    documents.get_by_role("button", name="Add a condition").click()
    documents.get_by_role("textbox", name="Key of condition 1").fill("speaker")
    expect(page.get_by_text("Correct first: Documents: Say a value.")).to_be_visible()
    documents.get_by_role("textbox", name="Values of condition 1").fill("nobody at all")
    expect(page.get_by_text("Changed: Documents.")).to_be_visible()
    draft = page.get_by_role("region", name="As written here", exact=True)
    expect(draft).to_contain_text("No indexed document passes the filters.")
    assert_accessible(page, "strategy-documents")
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    filters = engine.api("GET", f"/artifacts/rag_strategy/{name}")["body"]["retrieval"]["filters"]
    assert (filters["documents"], filters["metadata"]) == (
        ["1823*"],
        [{"key": "speaker", "one_of": ["nobody at all"]}],
    )
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    documents.get_by_role("button", name="Remove condition 1").click()
    documents.get_by_role("textbox", name="Documents named").fill("")
    page.get_by_role("button", name="Push").click()
    expect(page.get_by_text(f"{name} has version 2.")).to_be_visible()
    assert "filters" not in engine.api("GET", f"/artifacts/rag_strategy/{name}")["body"]["retrieval"]
