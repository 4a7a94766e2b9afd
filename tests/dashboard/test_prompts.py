"""Prompts: find, look, compare and release, as a person does it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, OpenContext, assert_accessible
from tests.dashboard.prompt_pages import card, open_page, push_greeting, push_story

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prompts(engine: DashboardEngine) -> DashboardEngine:
    """Two prompts: a chat with two versions and moved labels, and a long story."""
    push_greeting(engine, "greet")
    engine.api("PUT", "/prompts/greet/labels/staging", {"version": 2, "reason": "Try it out"})
    push_story(engine, "story")
    return engine


def test_prompts_are_found_by_text_tag_and_label(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts")
    expect(page.get_by_role("link", name="story", exact=True)).to_be_visible()
    assert_accessible(page, "prompts")
    page.get_by_label("Search names and descriptions").fill("people by")
    expect(page.get_by_role("link", name="story", exact=True)).to_have_count(0)
    page.wait_for_url(re.compile(r"q=people"))
    page.reload()
    expect(page.get_by_role("link", name="greet", exact=True)).to_be_visible()
    expect(page.get_by_label("Search names and descriptions")).to_have_value("people by")
    page.get_by_label("Search names and descriptions").fill("nothing like it")
    expect(page.get_by_role("heading", name="No prompt fits")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_role("link", name="staging → 2").click()
    page.wait_for_url(re.compile(r"label=staging"))
    expect(page.get_by_role("status").get_by_text("1 prompt", exact=True)).to_be_visible()


def test_an_empty_namespace_says_what_to_do_first(page: Page, prompts: DashboardEngine) -> None:
    prompts.api("POST", "/namespaces", {"name": "empty"})
    open_page(page, prompts, "/prompts?namespace=empty")
    expect(page.get_by_role("heading", name="No prompt yet")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=re.compile("Namespace empty")).click()
    page.get_by_role("menuitemradio", name="default", exact=True).click()
    expect(page.get_by_role("link", name="story", exact=True)).to_be_visible()
    assert "namespace" not in page.url


def test_a_version_shows_all_that_shapes_its_answer(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/greet?version=1")
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message 1 (system)")).to_have_text("Be {{ tone }}.")
    expect(page.get_by_text("How it sounds.")).to_be_visible()
    expect(page.get_by_text("First wording", exact=True)).to_be_visible()
    assert_accessible(page, "prompt")
    page.get_by_label("Version", exact=True).select_option("staging")
    page.wait_for_url(re.compile(r"version=staging"))
    expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
    open_page(page, prompts, "/prompts/greet?version=%221%22")
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    page.get_by_role("link", name="Run", exact=True).click()
    page.wait_for_url(re.compile(r"/run\?version=1$"))


def test_what_does_not_exist_is_said_in_the_engines_words(page: Page, prompts: DashboardEngine, faults: Faults) -> None:
    faults.expect("status of 404")
    open_page(page, prompts, "/prompts/nowhere")
    expect(page.get_by_role("alert")).to_contain_text("prompt.not_found")
    open_page(page, prompts, "/prompts/greet?version=77")
    expect(page.get_by_role("alert")).to_contain_text("prompt.version_not_found")
    assert_accessible(page)


def test_two_versions_are_compared_and_the_address_says_which(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/greet/versions")
    page.get_by_label("Compare version 1").check()
    page.get_by_label("Compare version 2").check()
    assert_accessible(page, "versions")
    page.get_by_role("link", name="Compare 1 and 2").click()
    expect(page.get_by_role("heading", name="Version 1 → Version 2")).to_be_visible()
    expect(page.get_by_role("row", name="parameters.max_tokens 16 8")).to_be_visible()
    assert_accessible(page, "compare-unified")
    page.get_by_role("radio", name="Split").check()
    page.get_by_label("Only differences").uncheck()
    page.wait_for_url(re.compile(r"view=split.*all=true|all=true.*view=split"))
    page.reload()
    expect(page.get_by_role("textbox", name="Version 1")).to_contain_text("Be {{ tone }}.")
    expect(page.get_by_role("textbox", name="Version 2")).to_contain_text("Always be {{ tone }}, and brief.")
    assert_accessible(page, "compare-split")
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_role("heading", name="Version 2 → Version 1")).to_be_visible()
    page.get_by_label("To", exact=True).select_option("production")
    expect(page.get_by_role("heading", name="Version 2 → production (1)")).to_be_visible()
    page.get_by_label("From", exact=True).select_option("1")
    page.get_by_label("Only differences").check()
    expect(page.get_by_role("heading", name="Both sides are the same version")).to_be_visible()


def test_the_address_of_a_comparison_shows_the_same_after_the_next_push(page: Page, prompts: DashboardEngine) -> None:
    for text in ("One.", "Two."):
        prompts.api("POST", "/prompts", {"name": "kept", "body": {"template": text}})
    open_page(page, prompts, "/prompts")
    # Anywhere on the row.
    page.get_by_role("row", name=re.compile("^kept")).get_by_role("cell").nth(4).click()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Version 1 → Version 2")).to_be_visible()
    prompts.api("POST", "/prompts", {"name": "kept", "body": {"template": "Three."}})
    page.reload()
    expect(page.get_by_role("heading", name="Version 1 → Version 2")).to_be_visible()
    page.get_by_label("To", exact=True).select_option("latest")
    expect(page.get_by_role("heading", name="Version 1 → latest (3)")).to_be_visible()


def test_a_prompt_shows_what_it_includes_and_what_stands_on_it(page: Page, prompts: DashboardEngine) -> None:
    for wording in ("Never promise a refund.", "Never promise anything."):
        tone = {"template": f"{{% frozen %}}{wording}{{% endfrozen %}} Be {{{{ mood }}}}."}
        prompts.api("POST", "/prompts", {"name": "house-tone", "body": tone})
    prompts.api("PUT", "/prompts/house-tone/labels/production", {"version": 1})
    letter = {"template": '{% include "house-tone@production" %} Write to {{ customer }}.'}
    prompts.api("POST", "/prompts", {"name": "letter", "body": letter, "labels": ["production"]})
    prompts.api("PUT", "/prompts/house-tone/labels/production", {"version": 2})
    open_page(page, prompts, "/prompts/letter?version=production")
    includes = card(page, "Includes")
    expect(includes).to_contain_text("house-tone@production")
    expect(includes.get_by_role("link", name="version 1")).to_be_visible()
    expect(card(page, "Variables")).to_contain_text("mood")
    assert_accessible(page, "prompts-includes")
    page.get_by_role("link", name="Run", exact=True).click()
    page.get_by_role("textbox", name="mood").fill("kind")
    preview = card(page, "What goes to the model")
    expect(preview).to_contain_text("Never promise a refund. Be kind.")
    open_page(page, prompts, "/prompts/house-tone/labels")
    stands = card(page, "Stands in these releases")
    expect(stands).to_contain_text("letter")
    expect(stands).to_contain_text("version 1 pins version 1 as house-tone@production")
    assert_accessible(page, "prompts-impact")
    open_page(page, prompts, "/prompts/house-tone/compare?from=1&to=2")
    expect(page.get_by_text("Frozen text differs")).to_be_visible()
    assert_accessible(page, "prompts-frozen")


def test_a_label_is_moved_with_a_reason_and_the_timeline_tells(
    page: Page, prompts: DashboardEngine, faults: Faults
) -> None:
    faults.expect("status of 422")
    open_page(page, prompts, "/prompts/greet/versions")
    page.get_by_role("button", name="Label version 2").click()
    dialog = page.get_by_role("alertdialog", name="Label version 2 of greet")
    expect(dialog.get_by_text("It points at version 1 now.")).to_be_visible()
    dialog.get_by_label("Reason (optional)").fill("Reviewed by two")
    assert_accessible(page, "move-label")
    dialog.get_by_role("button", name="Move production to 2").click()
    expect(page.get_by_text("greet@production is now version 2.")).to_be_visible()
    page.get_by_role("link", name="Labels", exact=True).click()
    newest = page.get_by_role("list", name="Moves, newest first").get_by_role("listitem").first
    expect(newest).to_contain_text(re.compile("production.*version 1.*version 2.*Reviewed by two.*owner", re.DOTALL))
    assert_accessible(page, "labels")
    page.get_by_label("Only this label").select_option("staging")
    page.wait_for_url(re.compile(r"label=staging"))
    expect(page.get_by_text("Try it out")).to_be_visible()
    expect(page.get_by_text("Reviewed by two")).to_have_count(0)
    page.get_by_role("button", name="Move a label…").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label("Version").select_option("1")
    expect(dialog.get_by_role("button", name="Move production to 1")).to_be_enabled()
    dialog.get_by_label("Version").select_option("2")
    expect(dialog.get_by_text("production points at version 2 already")).to_be_visible()
    expect(dialog.get_by_role("button", name="Move production to 2")).to_be_disabled()
    dialog.get_by_label("Label", exact=True).fill("latest")
    dialog.get_by_role("button", name="Move latest").click()
    expect(dialog.get_by_role("alert")).to_contain_text("label.invalid")


def test_a_move_is_taken_back_by_a_rollback(page: Page, prompts: DashboardEngine) -> None:
    for number in (1, 2):
        prompts.api("PUT", "/prompts/greet/labels/canary", {"version": number})
    open_page(page, prompts, "/prompts/greet/labels?label=canary")
    moves = page.get_by_role("list", name="Moves, newest first").get_by_role("listitem")
    expect(moves).to_have_count(2)
    expect(page.get_by_role("button", name=re.compile("back to version"))).to_have_count(1)
    page.get_by_role("button", name="Roll canary back to version 1").click()
    dialog = page.get_by_role("alertdialog", name="Roll canary back")
    expect(dialog.get_by_label("Reason (optional)")).to_have_value("Back from version 2 to version 1.")
    dialog.get_by_role("button", name="Roll back to 1").click()
    expect(moves.first).to_contain_text(re.compile("rollback.*Back from version 2 to version 1.", re.DOTALL))
    assert_accessible(page, "label-moved-back")
    page.get_by_role("button", name="Roll back to 2").click()
    expect(moves).to_have_count(4)
    assert prompts.api("GET", "/prompts/greet?label=canary")["number"] == 2


def test_who_may_only_read_is_offered_no_change(open_context: OpenContext, prompts: DashboardEngine) -> None:
    person = prompts.api("POST", "/principals", {"kind": "person", "name": "reader", "role": "viewer"})
    key = prompts.api("POST", "/keys", {"name": "reader", "principal_id": person["id"]})["api_key"]
    page = open_context().new_page()
    page.goto(f"{prompts.url}/prompts/story/run")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("lacks the scope prompts:run")).to_be_visible()
    expect(page.get_by_role("button", name="Run version 1")).to_be_disabled()
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    page.get_by_role("link", name="Labels", exact=True).click()
    expect(page.get_by_role("heading", name="No label was ever moved")).to_be_visible()
    expect(page.get_by_role("button", name="Move a label…")).to_have_count(0)


def test_a_prompt_is_reached_by_keyboard_alone(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts?q=story")
    page.get_by_role("link", name="story", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="story", level=1)).to_be_visible()
    page.get_by_role("link", name="Versions", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="1", exact=True)).to_be_visible()
    assert page.title() == "story · MCP Engine"
