"""Writing prompts: a new one, the next version, and what came meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, assert_accessible
from tests.dashboard.prompt_pages import open_page, push_greeting, push_story, write

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prompts(engine: DashboardEngine) -> DashboardEngine:
    """A chat with two versions, and a long story."""
    push_greeting(engine, "edited-greet")
    push_story(engine, "edited-story")
    return engine


def test_a_prompt_is_written_and_pushed(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts")
    page.get_by_role("link", name="New prompt").click()
    page.get_by_label("Name", exact=True).fill("define")
    write(page, "The template", "Define {{ term }}\nfor {{ 1 + 2 }}.")
    expect(page.get_by_text(re.compile("line 2, column 8: arithmetic"))).to_be_visible()
    expect(page.get_by_role("button", name="Push version 1")).to_be_disabled()
    assert_accessible(page, "editor-fault")
    write(page, "The template", "Define {{ term }} for {{ reader }}.")
    expect(page.get_by_role("status", name="Variables in use")).to_have_text("readerterm")
    page.get_by_label("term", exact=True).fill("gravity")
    page.get_by_label("reader", exact=True).fill("a child")
    expect(page.get_by_text("Define gravity for a child.")).to_be_visible()
    assert_accessible(page, "editor")
    page.get_by_label("Message (optional)").fill("First")
    page.get_by_role("button", name="Push version 1").click()
    page.wait_for_url(re.compile(r"/prompts/define\?version="))
    expect(page.get_by_text("Pushed version 1.")).to_be_visible()
    stored = prompts.api("GET", "/prompts/define")
    assert stored["body"]["template"] == "Define {{ term }} for {{ reader }}."
    assert (stored["message"], stored["body"]["variables"]["required"]) == ("First", ["reader", "term"])


def test_editing_starts_from_a_version_and_never_changes_it(page: Page, prompts: DashboardEngine) -> None:
    before = prompts.api("GET", "/prompts/edited-greet?version=1")
    open_page(page, prompts, "/prompts/edited-greet/edit?version=1")
    expect(page.get_by_text("Nothing differs from version 1 yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Push the next version")).to_be_disabled()
    write(page, "Message 1 (system)", "Be {{ tone }} to {{ guest }}.")
    expect(page.get_by_text(re.compile("does not declare"))).to_be_visible()
    page.get_by_role("button", name="Declare it").click()
    expect(page.get_by_label("guest", exact=True)).to_be_visible()
    page.get_by_role("button", name="Add a message").click()
    write(page, "Message 3 (user)", "Thanks!")
    page.get_by_role("button", name="Move message 3 up").click()
    expect(page.get_by_role("textbox", name="Message 2 (user)")).to_have_text("Thanks!")
    page.get_by_role("button", name="Push the next version").click()
    expect(page.get_by_role("heading", name="Version 3")).to_be_visible()
    assert prompts.api("GET", "/prompts/edited-greet?version=1")["body"] == before["body"]
    contents = [message["content"] for message in prompts.api("GET", "/prompts/edited-greet")["body"]["messages"]]
    assert contents[:2] == ["Be {{ tone }} to {{ guest }}.", "Thanks!"]


def test_a_new_prompt_takes_no_name_that_can_not_be_or_is_taken(
    page: Page, prompts: DashboardEngine, faults: Faults
) -> None:
    faults.expect("409")
    before = prompts.api("GET", "/prompts/edited-story")["number"]
    open_page(page, prompts, "/prompts/-/new")
    write(page, "The template", "Tell {{ tale }} again.")
    page.get_by_label("Name", exact=True).fill("my story!")
    expect(page.get_by_text("Use letters, digits and . _ - only", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Push version 1")).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("edited-story")
    page.get_by_role("button", name="Push version 1").click()
    expect(page.get_by_role("alert")).to_contain_text("A prompt is named 'edited-story' already; choose another name")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    assert_accessible(page, "editor-name-taken")
    assert prompts.api("GET", "/prompts/edited-story")["number"] == before
    page.get_by_label("Name", exact=True).fill("story-again")
    page.get_by_role("button", name="Push version 1").click()
    expect(page.get_by_role("heading", name="story-again", level=1)).to_be_visible()


def test_who_writes_hears_of_a_version_that_came_meanwhile(
    page: Page, prompts: DashboardEngine, faults: Faults
) -> None:
    faults.expect("409")
    prompts.api("POST", "/prompts", {"name": "shared", "body": {"template": "One {{ word }}."}})
    open_page(page, prompts, "/prompts/shared/edit")
    write(page, "The template", "Two {{ word }}.")
    prompts.api("POST", "/prompts", {"name": "shared", "body": {"template": "Theirs {{ word }}."}})
    page.get_by_role("button", name="Push the next version").click()
    expect(page.get_by_role("alert")).to_contain_text("version 2 by now, and yours was written after version 1")
    expect(page.get_by_role("link", name="What version 2 changed")).to_be_visible()
    assert_accessible(page, "editor-newer-version")
    page.get_by_role("button", name="Push after version 2").click()
    expect(page.get_by_role("heading", name="Version 3")).to_be_visible()
    assert prompts.api("GET", "/prompts/shared")["body"]["template"] == "Two {{ word }}."


def test_unpushed_work_is_not_lost_by_a_click(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/edited-story/edit")
    write(page, "The template", "Something else")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Prompts").click()
    dialog = page.get_by_role("alertdialog", name="Leave without pushing?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("textbox", name="The template")).to_have_text("Something else")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Prompts").click()
    dialog.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Prompts", level=1)).to_be_visible()
