"""Documents in the browser: adding, watching, reading, searching, removing."""

from __future__ import annotations

import io
import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect
from reportlab.pdfgen.canvas import Canvas

from tests.dashboard.conftest import (
    PHONE,
    TIMEOUT_MS,
    DashboardEngine,
    Faults,
    assert_accessible,
    stopped_workers,
)

pytestmark = pytest.mark.slow

SPEECH = "1941-franklin-d-roosevelt.pdf"
NOTE = "The lighthouse of Karsund was built in 1874 by Ingrid Solberg. It stands 41 metres high.\n"
INDEXED_MS = 90_000

expect.set_options(timeout=TIMEOUT_MS)


def make_pdf(pages: list[list[str]]) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a PDF, a note in a folder, a PDF that is cut off, and a hidden file."""
    whole = make_pdf([["First page."], ["The observatory of Tamsin found the comet Vell in 1931.", "Nobody knew why."]])
    (tmp_path / "comet.pdf").write_bytes(whole)
    (tmp_path / "broken.pdf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "lighthouse.md").write_text(NOTE)
    (tmp_path / "notes" / ".hidden.md").write_text("Not for others.")
    return tmp_path


@pytest.fixture
def collection() -> str:
    """The name of a collection that does not exist yet."""
    return f"journey-{uuid4().hex[:8]}"


def add(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").first.click()
    chooser.value.set_files([str(path) for path in paths])


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Documents", exact=True).get_by_role("row").filter(has_text=name)


def expect_state(page: Page, name: str, state: str) -> None:
    expect(row(page, name)).to_contain_text(state, timeout=INDEXED_MS)


def test_collections_are_listed_and_opened(page: Page) -> None:
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_role("link", name="handbook")).to_be_visible()
    assert_accessible(page, "documents")
    page.get_by_role("link", name="handbook").click()
    expect(page.get_by_role("heading", name="handbook", level=1)).to_be_visible()
    expect_state(page, SPEECH, "Indexed")
    assert page.title() == "handbook · MCP Engine"
    assert_accessible(page, "collection")


def test_files_are_added_and_their_jobs_outlive_a_reload(
    page: Page, engine: DashboardEngine, files: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents")
    page.get_by_role("button", name="New collection").click()
    page.get_by_role("textbox", name="Name").fill(collection)
    page.get_by_role("button", name="Choose files next").click()
    expect(page.get_by_role("heading", name="A new collection")).to_be_visible()
    with stopped_workers(engine):
        add(page, files / "comet.pdf", files / "broken.pdf")
        for name in ("comet.pdf", "broken.pdf"):
            expect(page.get_by_role("progressbar", name=f"Indexing {name}")).to_be_visible()
        page.reload()
        for name in ("comet.pdf", "broken.pdf"):
            expect(page.get_by_role("progressbar", name=f"Indexing {name}")).to_be_visible()
        expect(page.get_by_text("On the way: 2 documents")).to_be_visible()
    expect_state(page, "comet.pdf", "Indexed")
    expect_state(page, "broken.pdf", "can't be read as a PDF")
    expect(page.get_by_text("On the way")).to_have_count(0)
    assert_accessible(page, "documents-failed")
    expect(page.get_by_role("button", name="Retry broken.pdf")).to_have_count(0)
    page.get_by_role("button", name="Actions for broken.pdf").click()
    page.get_by_role("menuitem", name="Read it again").click()
    expect_state(page, "broken.pdf", "can't be read as a PDF")
    listed = engine.api("GET", f"/collections/{collection}/documents")["items"]
    broken = next(one["id"] for one in listed if one["name"] == "broken.pdf")
    page.goto(f"{engine.url}/documents/{collection}/{broken}")
    version = page.get_by_role("heading", name="This version").locator("xpath=ancestor::section[1]")
    expect(version.get_by_text("Failed", exact=True)).to_be_visible()
    with stopped_workers(engine):
        version.get_by_role("button", name="Read it again").click()
        expect(version.get_by_text("Waiting", exact=True)).to_be_visible()
        expect(version.get_by_role("button", name="Read it again")).to_have_count(0)
    expect(version.get_by_text("Failed", exact=True)).to_be_visible(timeout=30_000)
    assert_accessible(page, "document-failed")
    page.goto(f"{engine.url}/documents/{collection}")
    page.get_by_label("State").select_option("Failed")
    expect(row(page, "comet.pdf")).to_have_count(0)
    assert "state=failed" in page.url
    page.get_by_role("link", name="Ask it").click()
    page.get_by_role("textbox", name="Question").fill("When did the observatory of Tamsin find the comet Vell?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Citation 1: comet.pdf, version 1, page 2").click()
    viewer = page.get_by_role("complementary", name="Document")
    expect(viewer.locator("[data-highlight]").first).to_be_in_viewport()
    expect(viewer.get_by_role("img", name="Page 2 of 2")).to_be_in_viewport()
    page.set_viewport_size(PHONE)
    page.reload()
    expect(viewer.get_by_text("200 %")).to_be_visible()
    expect(viewer.locator("[data-highlight]").first).to_be_in_viewport()
    assert_accessible(page, "viewer-phone")


def test_a_dropped_file_is_added_and_an_empty_one_says_why(
    page: Page, engine: DashboardEngine, faults: Faults, collection: str
) -> None:
    faults.expect("status of 422")
    page.goto(f"{engine.url}/documents/{collection}")
    page.get_by_role("heading", name=collection, level=1).wait_for()
    dropped = page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "lighthouse.md", { type: "text/markdown" }));
            data.items.add(new File([], "empty.txt", { type: "text/plain" }));
            return data;
        }""",
        NOTE,
    )
    main = page.get_by_role("main").locator("> div")
    main.dispatch_event("dragenter", {"dataTransfer": dropped})
    expect(page.get_by_text(f"Drop files or folders to add them to {collection}")).to_be_visible()
    main.dispatch_event("drop", {"dataTransfer": dropped})
    expect_state(page, "lighthouse.md", "Indexed")
    expect(page.get_by_text("1 document, 1 passage", exact=True)).to_be_visible()
    expect(page.get_by_text("empty.txt is empty (0 bytes)")).to_be_visible()
    expect(page.get_by_text("Not added: 1 file", exact=True)).to_be_visible()
    page.get_by_role("button", name="Forget empty.txt").click()
    expect(page.get_by_text("On the way")).to_have_count(0)


def test_a_folder_keeps_its_paths_and_leaves_hidden_files_out(
    page: Page, engine: DashboardEngine, files: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a folder").first.click()
    chooser.value.set_files(str(files))
    expect_state(page, "notes/lighthouse.md", "Indexed")
    expect(page.get_by_text(".hidden.md")).to_have_count(0)


def test_a_pdf_is_read_page_by_page(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/documents/handbook")
    page.get_by_role("button", name=SPEECH, exact=True).click()
    expect(page.get_by_role("img", name="Page 1 of 9")).to_be_visible()
    assert_accessible(page, "viewer")
    page.get_by_label("Page, of 9").fill("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="Page 7 of 9")).to_be_in_viewport()
    expect(page.get_by_role("img", name="Page 1 of 9")).to_have_count(0)
    page.get_by_role("button", name="Larger").click()
    expect(page.get_by_text("125 %")).to_be_visible()
    opened = re.search("document=([0-9a-f-]+)", page.url)
    assert opened is not None
    document = opened[1]
    page.get_by_text("Text", exact=True).click()
    text = page.get_by_role("region", name=f"Text of {SPEECH}")
    expect(text).to_contain_text("Congress")
    pages = engine.api("GET", f"/documents/{document}/versions/1/pages")["pages"]
    query = f"start={pages[6]['start']}&end={pages[6]['start'] + 50}"
    seventh = engine.api("GET", f"/documents/{document}/versions/1/text?{query}")["text"].split("\n")[0].strip()
    expect(text).to_contain_text(seventh)
    assert "view=text" in page.url
    page.get_by_role("button", name="Open as a page").click()
    expect(page.get_by_role("heading", name=SPEECH, level=1)).to_be_visible()
    expect(page.get_by_text("application/pdf")).to_be_visible()
    assert_accessible(page, "document")


def test_j_and_k_step_through_the_list_and_escape_closes(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/documents/handbook?name=docs")
    first, second = (page.get_by_role("row").nth(place).get_by_role("button").first for place in (1, 2))
    names = [button.inner_text() for button in (first, second)]
    assert names[0] != names[1]
    first.click()
    expect(page.get_by_role("heading", name=names[0])).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name=names[1])).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name=names[0])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Document")).to_have_count(0)


def test_a_search_shows_scores_and_opens_the_passage_highlighted(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/documents/handbook")
    page.get_by_label("Search in all passages").fill("freedom from fear and from want")
    page.keyboard.press("Enter")
    found = page.get_by_role("list", name="Passages, best first")
    expect(found).to_contain_text("relevance")
    found.get_by_role("button", name=SPEECH).first.click()
    viewer = page.get_by_role("complementary", name="Document")
    expect(viewer.locator("[data-highlight]").first).to_be_in_viewport()
    assert_accessible(page, "search")
    address = page.url
    page.reload()
    expect(viewer.locator("[data-highlight]").first).to_be_in_viewport()
    assert page.url == address


def test_a_document_is_removed_and_another_erased(
    page: Page, engine: DashboardEngine, files: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    add(page, files / "comet.pdf", files / "notes" / "lighthouse.md")
    expect_state(page, "comet.pdf", "Indexed")
    expect_state(page, "lighthouse.md", "Indexed")
    page.get_by_role("button", name="Actions for comet.pdf").click()
    page.get_by_role("menuitem", name="Remove from search").click()
    page.get_by_role("button", name="Remove from search").click()
    expect(row(page, "comet.pdf")).to_have_count(0)
    page.get_by_role("button", name="Actions for lighthouse.md").click()
    page.get_by_role("menuitem", name="Erase its content").click()
    assert_accessible(page, "erase")
    page.get_by_label("Reason").fill("The keeper asked for it.")
    page.get_by_role("button", name="Erase for good").click()
    expect(row(page, "lighthouse.md")).to_have_count(0)
    page.goto(f"{engine.url}/documents/{collection}?removed=true")
    expect(row(page, "comet.pdf")).to_contain_text("Removed from search")
    expect(row(page, "lighthouse.md")).to_contain_text("Erased")
    page.get_by_role("button", name="comet.pdf", exact=True).click()
    expect(page.get_by_text("search does not find it any more")).to_be_visible()


def test_documents_have_metadata_by_which_they_are_asked(
    page: Page, engine: DashboardEngine, tmp_path: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    page.get_by_role("button", name="Metadata of files that you add").click()
    page.get_by_role("textbox", name="Key 1").fill("year of")
    page.get_by_role("textbox", name="Value 1").fill("2024")
    expect(page.get_by_text("Up to 64 letters, digits")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("textbox", name="Key 1").fill("year")
    page.get_by_role("button", name="Add a key").click()
    page.get_by_role("textbox", name="Key 2").fill("team")
    page.get_by_role("textbox", name="Value 2").fill("ops")
    assert_accessible(page, "metadata-new-files")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Metadata of files that you add")).to_have_text("Metadata (2)")
    path = tmp_path / "tower.md"
    path.write_text(NOTE)
    add(page, path)
    expect_state(page, "tower.md", "Indexed")
    expect(row(page, "tower.md")).to_contain_text("team: ops · year: 2024")
    assert_accessible(page, "metadata-list")
    [document] = engine.api("GET", f"/collections/{collection}/documents")["items"]
    page.goto(f"{engine.url}/documents/{collection}/{document['id']}")
    page.get_by_role("button", name="Change the metadata").click()
    page.get_by_role("button", name="Remove team").click()
    page.get_by_role("textbox", name="Value 1").fill('"2024"')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The metadata of tower.md is changed.")).to_be_visible()
    assert engine.api("GET", f"/documents/{document['id']}/metadata") == {"year": "2024"}
    expect(page.get_by_role("definition").filter(has_text='"2024"')).to_be_visible()
    assert_accessible(page, "metadata-document")
    page.get_by_role("button", name="Change the metadata").click()
    page.get_by_role("button", name="Remove year").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("None. Searches and questions can be narrowed")).to_be_visible()


def test_versions_can_be_compared_by_stepping(
    page: Page, engine: DashboardEngine, tmp_path: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    path = tmp_path / "tower.md"
    for height in (41, 44):
        path.write_text(NOTE.replace("41", str(height)))
        add(page, path)
        expect(page.get_by_role("region", name="Documents", exact=True)).to_be_visible()
        expect(page.get_by_text("On the way")).to_have_count(0, timeout=INDEXED_MS)
        expect_state(page, "tower.md", "Indexed")
    page.get_by_role("button", name="tower.md", exact=True).click()
    text = page.get_by_role("region", name="Text of tower.md")
    expect(text).to_contain_text("44 metres")
    page.get_by_role("button", name=re.compile("Version 2")).click()
    page.get_by_role("menuitemradio", name=re.compile("^✓?1")).click()
    expect(text).to_contain_text("41 metres")


def test_a_phone_shows_the_document_over_the_list(page: Page, engine: DashboardEngine) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{engine.url}/documents/handbook")
    page.get_by_role("button", name=SPEECH, exact=True).click()
    expect(page.get_by_role("img", name="Page 1 of 9")).to_be_in_viewport()
    page.get_by_role("button", name="Close the document").click()
    expect(page.get_by_role("button", name=SPEECH, exact=True)).to_be_visible()


def test_what_is_open_is_downloaded_as_it_was_added(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/documents/handbook?name=roosevelt")
    page.get_by_role("button", name=f"Actions for {SPEECH}").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download the original").click()
    assert download.value.suggested_filename == SPEECH
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
