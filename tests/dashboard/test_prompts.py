"""Prompts: find, write, push, compare, release and run, as a person does it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, OpenContext, assert_accessible

pytestmark = pytest.mark.slow

LONG_TEXT = "Write a very long story about the sea, the wind and {{ hero }}."
SCHEMA = {
    "type": "object",
    "properties": {
        "tone": {"type": "string", "enum": ["kind", "dry"], "default": "kind", "description": "How it sounds."},
        "count": {"type": "integer", "minimum": 1},
        "names": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["count", "names"],
}
CHAT: dict[str, Any] = {
    "type": "chat",
    "messages": [
        {"role": "system", "content": "Be {{ tone }}."},
        {"role": "user", "content": "Greet {% for name in names %}{{ name }} {% endfor %}{{ count }} times."},
    ],
    "variables": SCHEMA,
    "parameters": {"max_tokens": 8},
    "tags": ["greeting"],
    "description": "Greets people by name.",
}


@pytest.fixture(scope="module")
def prompts(engine: DashboardEngine) -> DashboardEngine:
    """Three prompts: a chat with two versions and moved labels, a long story, and one with a tag of its own."""
    first = {**CHAT, "parameters": {"max_tokens": 16}}
    brief = {"role": "system", "content": "Always be {{ tone }}, and brief."}
    second = {**CHAT, "messages": [brief, CHAT["messages"][1]]}
    engine.api(
        "POST", "/prompts", {"name": "greet", "body": first, "message": "First wording", "labels": ["production"]}
    )
    engine.api("POST", "/prompts", {"name": "greet", "body": second, "message": "Shorter"})
    engine.api("PUT", "/prompts/greet/labels/staging", {"version": 2, "reason": "Try it out"})
    story = {"template": LONG_TEXT, "parameters": {"max_tokens": 1500}}
    engine.api("POST", "/prompts", {"name": "story", "body": story})
    return engine


def open_page(page: Page, engine: DashboardEngine, path: str) -> None:
    page.goto(f"{engine.url}{path}")


def card(page: Page, title: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def write(page: Page, name: str, text: str) -> None:
    """Replace an editor's text."""
    page.get_by_role("textbox", name=name).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


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
    before = prompts.api("GET", "/prompts/greet?version=1")
    open_page(page, prompts, "/prompts/greet/edit?version=1")
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
    assert prompts.api("GET", "/prompts/greet?version=1")["body"] == before["body"]
    contents = [message["content"] for message in prompts.api("GET", "/prompts/greet")["body"]["messages"]]
    assert contents[:2] == ["Be {{ tone }} to {{ guest }}.", "Thanks!"]


def test_a_new_prompt_takes_no_name_that_can_not_be_or_is_taken(
    page: Page, prompts: DashboardEngine, faults: Faults
) -> None:
    faults.expect("409")
    before = prompts.api("GET", "/prompts/story")["number"]
    open_page(page, prompts, "/prompts/-/new")
    write(page, "The template", "Tell {{ tale }} again.")
    page.get_by_label("Name", exact=True).fill("my story!")
    expect(page.get_by_text("Use letters, digits and . _ - only", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Push version 1")).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("story")
    page.get_by_role("button", name="Push version 1").click()
    expect(page.get_by_role("alert")).to_contain_text("A prompt is named 'story' already; choose another name")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    assert_accessible(page, "editor-name-taken")
    assert prompts.api("GET", "/prompts/story")["number"] == before
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
    open_page(page, prompts, "/prompts/story/edit")
    write(page, "The template", "Something else")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Prompts").click()
    dialog = page.get_by_role("alertdialog", name="Leave without pushing?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("textbox", name="The template")).to_have_text("Something else")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Prompts").click()
    dialog.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Prompts", level=1)).to_be_visible()


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


def test_a_run_streams_and_its_address_shows_it_again(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/greet/run?version=2")
    page.get_by_label("count", exact=True).fill("2")
    page.get_by_label("names", exact=True).fill('["Ada", "Grace"]')
    page.get_by_label("tone (optional)").select_option("dry")
    expect(page.get_by_text("Greet Ada Grace 2 times.")).to_be_visible()
    assert_accessible(page, "run")
    page.get_by_role("button", name="Run version 2").click()
    expect(page.get_by_text("First token")).to_be_visible()
    expect(page.get_by_text("cut at max_tokens")).to_be_visible()
    assert_accessible(page, "run-done")
    page.wait_for_url(re.compile("execution="))
    execution = re.search(r"execution=([0-9a-f-]+)", page.url)
    assert execution is not None
    stored = prompts.api("GET", f"/executions/{execution[1]}")
    assert stored["inputs"]["value"]["variables"] == {"count": 2, "names": ["Ada", "Grace"], "tone": "dry"}
    assert (stored["output_tokens"], stored["artifact"]["number"]) == (8, 2)
    page.reload()
    expect(page.get_by_label("names", exact=True)).to_have_value(json.dumps(["Ada", "Grace"], indent=2))
    expect(page.get_by_text("First token")).to_be_visible()
    expect(page.get_by_text(stored["output"]["value"].strip()).first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Open the execution"))).to_have_attribute(
        "href", re.compile(execution[1])
    )


def test_wrong_values_are_named_before_anything_runs(page: Page, prompts: DashboardEngine, faults: Faults) -> None:
    faults.expect("status of 422")
    variables = quote(json.dumps({"count": 0, "names": []}))
    open_page(page, prompts, f"/prompts/greet/run?version=2&variables={variables}")
    expect(page.get_by_text(re.compile("does not fit its schema: count"))).to_be_visible()
    page.get_by_role("button", name="Run version 2").click()
    expect(page.get_by_role("alert")).to_contain_text("prompt.variable_invalid")
    page.get_by_label("names", exact=True).fill("[")
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    assert_accessible(page, "run-refused")


def test_a_run_is_cancelled_and_recorded_so(page: Page, prompts: DashboardEngine) -> None:
    open_page(page, prompts, "/prompts/story/run")
    page.get_by_role("button", name="Run version 1").click()
    expect(page.get_by_text("The run needs a value here.")).to_be_visible()
    hero = page.get_by_role("textbox", name="hero")
    expect(hero).to_be_focused()
    assert_accessible(page, "run-missing")
    page.get_by_label("Use empty text for hero").check()
    expect(page.get_by_text("The run needs a value here.")).to_have_count(0)
    hero.fill("a keeper")
    page.get_by_role("button", name="Run version 1").click()
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    output = page.locator("[aria-live=polite]", has_text=re.compile(r"\w{3}")).first
    expect(output).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You cancelled this run")).to_be_visible()
    assert_accessible(page, "run-cancelled")
    page.wait_for_function(
        """async ([url, key]) => {
            const answer = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
            return (await answer.json()).items[0].status === "cancelled";
        }""",
        arg=[
            "/api/v1/executions?kind=prompt_run&limit=1",
            json.loads(prompts.credentials.read_text())["api_key"],
        ],
    )


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
