"""Sources in the browser: added, watched, changed, removed; folders and repositories of the real engine."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, Faults, assert_accessible, stopped_workers
from tests.rag.connectors.test_git import Checkout

pytestmark = pytest.mark.slow

READ_MS = 60_000

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def collection() -> str:
    """The name of a collection that does not exist yet."""
    return f"sources-{uuid4().hex[:8]}"


@pytest.fixture
def folder(engine: DashboardEngine, collection: str) -> Path:
    folder = engine.sources / collection
    folder.mkdir()
    return folder


def open_sources(page: Page, engine: DashboardEngine, collection: str) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    page.get_by_role("tab", name="Sources").click()
    expect(page.get_by_role("heading", name="No source yet")).to_be_visible()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Sources").get_by_role("row").filter(has_text=name)


def details(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Details")


def act(page: Page, name: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=action).click()


def test_a_folder_is_added_watched_paused_changed_and_removed(
    page: Page, engine: DashboardEngine, collection: str, folder: Path
) -> None:
    (folder / "ferry.md").write_text("The ferry to Vane leaves at seven every morning.\n")
    (folder / "empty.md").write_text("")
    open_sources(page, engine, collection)
    assert_accessible(page, "sources-empty")
    page.get_by_role("button", name="Add a source").click()
    assert "source=new" in page.url
    expect(page.get_by_role("button", name="Add the source")).to_be_disabled()
    page.get_by_role("textbox", name="Name").fill("my handbook")
    expect(page.get_by_text("Still missing: name", exact=False)).to_be_visible()
    page.get_by_role("textbox", name="Name").fill("handbook")
    page.get_by_role("textbox", name="Path").fill(str(folder))
    page.get_by_role("textbox", name="Read again every").fill("1")
    page.get_by_role("combobox", name="Unit").select_option("seconds")
    expect(page.get_by_text("every 2 seconds at the most often")).to_be_visible()
    page.get_by_role("textbox", name="Read again every").fill("2")
    page.get_by_role("checkbox", name="Take out of search").check()
    assert_accessible(page, "source-add")
    with stopped_workers(engine):
        page.get_by_role("button", name="Add the source").click()
        expect(row(page, "handbook").get_by_role("progressbar", name="Reading handbook")).to_be_visible()
        page.reload()
        expect(row(page, "handbook").get_by_role("progressbar", name="Reading handbook")).to_be_visible()
        expect(details(page)).to_contain_text("waits for its turn")
        assert_accessible(page, "source-waiting")
    expect(row(page, "handbook")).to_contain_text("Not all read", timeout=READ_MS)
    failures = details(page).get_by_role("region", name="Could not be read")
    expect(failures).to_contain_text("empty.md is empty")
    expect(failures).to_contain_text("document.empty")
    (folder / "pier.md").write_text("The pier of Vane is 80 metres long.\n")
    expect(details(page)).to_contain_text("Documents2", timeout=READ_MS)
    page.wait_for_load_state("networkidle")
    assert_accessible(page, "source")
    details(page).get_by_role("button", name="Pause").click()
    expect(row(page, "handbook")).to_contain_text("Paused")
    expect(details(page)).to_contain_text("every 2 s, paused")
    details(page).get_by_role("button", name="Edit").click()
    assert "edit=true" in page.url
    page.reload()
    page.get_by_role("textbox", name="Prefix").fill("hand/")
    page.get_by_role("textbox", name="Leave out").fill("empty.md")
    assert_accessible(page, "source-edit")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Read it now").last.click()
    expect(details(page)).to_contain_text("2 added, 2 removed", timeout=READ_MS)
    expect(failures).to_have_count(0)
    page.get_by_role("tab", name="Documents").click()
    for name in ("hand/ferry.md", "hand/pier.md"):
        expect(
            page.get_by_role("region", name="Documents", exact=True).get_by_role("button", name=name, exact=True)
        ).to_be_visible()
    page.go_back()
    act(page, "handbook", "Resume its schedule")
    expect(row(page, "handbook").get_by_text("Paused")).to_have_count(0)
    page.get_by_role("region", name="Sources").focus()
    page.keyboard.press("Escape")
    expect(details(page)).to_have_count(0)
    page.keyboard.press("j")
    expect(details(page)).to_contain_text("every 2 s")
    act(page, "handbook", "Remove…")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Its 2 documents stay in search as they are.")
    dialog.get_by_role("checkbox", name="Take its 2 documents out of search too").check()
    assert_accessible(page, "source-remove")
    dialog.get_by_role("button", name="Remove it and its 2 documents").click()
    expect(page.get_by_role("heading", name="No source yet")).to_be_visible()
    assert engine.api("GET", f"/collections/{collection}/documents")["items"] == []


def test_a_repository_is_read_again_and_a_branch_that_is_none_says_so(
    page: Page, engine: DashboardEngine, collection: str, folder: Path
) -> None:
    checkout = Checkout(folder / "manual")
    checkout.commit(a="The mast of Karsund carries a red light.")
    open_sources(page, engine, collection)
    page.get_by_role("button", name="Add a source").click()
    page.get_by_role("combobox", name="Kind").select_option("git")
    page.get_by_role("textbox", name="Name").fill("manual")
    page.get_by_role("textbox", name="Url").fill(checkout.url)
    page.get_by_role("button", name="Add the source").click()
    expect(details(page)).to_contain_text("1 added", timeout=READ_MS)
    checkout.commit(b="The harbour of Karsund freezes in February.")
    details(page).get_by_role("button", name="Read it now").click()
    expect(details(page)).to_contain_text("1 added, 1 unchanged", timeout=READ_MS)
    expect(details(page).get_by_role("region", name="Earlier readings")).to_contain_text("1 added")
    details(page).get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name=re.compile("^Ref")).fill("nowhere")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Read it now").last.click()
    expect(row(page, "manual")).to_contain_text("Failed", timeout=READ_MS)
    expect(details(page)).to_contain_text("git said")
    expect(details(page)).to_contain_text("Documents2")
    page.wait_for_load_state("networkidle")
    assert_accessible(page, "source-failed")
    act(page, "manual", "Remove…")
    page.get_by_role("alertdialog").get_by_role("button", name="Remove the source").click()
    expect(page.get_by_text("The source manual is removed.")).to_be_visible()
    assert len(engine.api("GET", f"/collections/{collection}/documents")["items"]) == 2


def test_a_source_for_some_alone_says_for_whom_and_so_do_its_documents(
    page: Page, engine: DashboardEngine, collection: str, folder: Path
) -> None:
    crew = f"crew-{collection}"
    me = engine.api("GET", "/me")["principal"]
    engine.api("POST", "/groups", {"name": crew})
    engine.api("PUT", f"/groups/{crew}/members/{me['id']}")
    (folder / "plan.md").write_text("The crew meets at the pier at six.\n")
    open_sources(page, engine, collection)
    page.get_by_role("button", name="Add a source").click()
    page.get_by_role("textbox", name="Name").fill("plans")
    page.get_by_role("textbox", name="Path").fill(str(folder))
    page.get_by_role("radio", name="Only whom I choose").check()
    chosen = page.get_by_role("group", name="Who may read what it brings")
    expect(chosen.get_by_role("checkbox", name=me["name"], exact=True)).to_be_checked()
    chosen.get_by_role("checkbox", name=me["name"], exact=True).uncheck()
    chosen.get_by_role("checkbox", name=crew).check()
    chosen.scroll_into_view_if_needed()
    assert_accessible(page, "source-readers")
    page.get_by_role("button", name="Add the source").click()
    expect(details(page)).to_contain_text("1 added", timeout=READ_MS)
    expect(details(page)).to_contain_text(re.compile(f"Only for\\s*{crew}"))
    expect(details(page).get_by_role("img", name="Group")).to_be_visible()
    expect(row(page, "plans").get_by_role("img", name="Not for everyone")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert_accessible(page, "source-restricted")
    page.get_by_role("tab", name="Documents").click()
    document = page.get_by_role("region", name="Documents", exact=True).get_by_role("row").filter(has_text="plan.md")
    expect(document.get_by_role("img", name="Not for everyone")).to_be_visible()
    assert_accessible(page, "source-restricted-documents")


def test_a_place_that_is_refused_says_why_and_a_secret_is_never_shown(
    page: Page, engine: DashboardEngine, faults: Faults, collection: str
) -> None:
    faults.expect("status of 403")
    open_sources(page, engine, collection)
    page.get_by_role("button", name="Add a source").click()
    page.get_by_role("textbox", name="Name").fill("etc")
    page.get_by_role("textbox", name="Path").fill("/etc")
    page.get_by_role("button", name="Add the source").click()
    expect(page.get_by_role("alert")).to_contain_text("MCP_ENGINE_SOURCE_ROOTS")
    assert_accessible(page, "source-refused")
    page.get_by_role("combobox", name="Kind").select_option("git")
    page.get_by_role("textbox", name="Name").fill("private")
    page.get_by_role("textbox", name="Url").fill("https://93.184.215.14/x.git")
    page.get_by_role("textbox", name="Credential").fill("ghp_verysecret")
    page.get_by_role("checkbox", name="Read it now").uncheck()
    page.get_by_role("button", name="Add the source").click()
    expect(details(page)).to_contain_text("kept sealed, never shown")
    expect(row(page, "private")).to_contain_text("never")
    details(page).get_by_role("button", name="Edit").click()
    expect(page.get_by_role("textbox", name="Credential")).to_have_value("")
    page.get_by_role("textbox", name="Url").fill("https://93.184.215.15/y.git")
    expect(page.get_by_text(re.compile("it has to be entered again"))).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("checkbox", name="Forget the credential").check()
    page.get_by_role("button", name="Save").click()
    expect(details(page)).to_contain_text("https://93.184.215.15/y.git")
    assert "ghp_verysecret" not in page.content()
    [source] = engine.api("GET", f"/collections/{collection}/sources")["items"]
    assert source["has_credential"] is False
