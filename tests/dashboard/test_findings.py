"""What the engine finds out about a collection, in the browser: duplicates, and answers that lost their support."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow

NOTE = "The lighthouse of Karsund was built in 1874 by Ingrid Solberg. It stands 41 metres high.\n"
CHANGED = NOTE.replace("Ingrid Solberg", "Astrid Lund")
QUESTION = "Who built the lighthouse of Karsund?"
FOUND_MS = 90_000


@pytest.fixture
def collection() -> str:
    return f"found-{uuid4().hex[:8]}"


def add(page: Page, folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.write_text(content)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").first.click()
    chooser.value.set_files([str(path)])
    documents = page.get_by_role("region", name="Documents", exact=True)
    expect(documents.get_by_role("row").filter(has_text=name)).to_contain_text("Indexed", timeout=FOUND_MS)
    expect(page.get_by_text("On the way")).to_have_count(0, timeout=FOUND_MS)


def findings(page: Page) -> Locator:
    return page.get_by_role("region", name="Found by the engine")


def test_duplicates_are_seen_side_by_side_and_one_is_taken_out(
    page: Page, engine: DashboardEngine, tmp_path: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    add(page, tmp_path, "tower.md", NOTE)
    expect(findings(page)).to_have_count(0)
    add(page, tmp_path, "copy.md", NOTE)
    expect(findings(page)).to_contain_text("Some documents repeat each other", timeout=FOUND_MS)
    findings(page).get_by_role("button", name="Show").click()
    assert "show=duplicates" in page.url
    expect(findings(page)).to_contain_text("The same file as tower.md")
    assert_accessible(page, "duplicates")
    page.get_by_role("link", name="copy.md side by side with tower.md").click()
    for part in ("First document", "Second document"):
        expect(page.get_by_role("region", name=part)).to_contain_text("Ingrid Solberg")
    assert_accessible(page, "side-by-side")
    documents = engine.api("GET", f"/collections/{collection}/documents")["items"]
    page.goto(f"{engine.url}/documents/{collection}/{documents[0]['id']}")
    page.get_by_role("link", name="1 other document").click()
    page.get_by_role("button", name="Remove copy.md from search").click()
    page.get_by_role("button", name="Remove from search", exact=True).click()
    expect(findings(page)).to_contain_text("No documents repeat each other")
    expect(page.get_by_role("region", name="Documents", exact=True)).not_to_contain_text("copy.md")


def test_an_answer_that_lost_its_support_is_shown_and_asked_again(
    page: Page, engine: DashboardEngine, tmp_path: Path, collection: str
) -> None:
    page.goto(f"{engine.url}/documents/{collection}")
    add(page, tmp_path, "tower.md", NOTE)
    given = engine.api("POST", "/ask", {"question": QUESTION, "collection": collection})
    assert not given["refused"]
    add(page, tmp_path, "tower.md", CHANGED)
    expect(findings(page)).to_contain_text("1 answer lost its support", timeout=FOUND_MS)
    findings(page).get_by_role("button", name="Show").click()
    expect(findings(page)).to_contain_text("was in version 1, is gone")
    assert_accessible(page, "lost-support")
    findings(page).get_by_role("button", name=re.compile("Open citation 1")).click()
    expect(page.get_by_role("complementary", name="Document")).to_contain_text("Ingrid Solberg")
    expect(findings(page).get_by_role("link", name=QUESTION)).to_have_attribute(
        "href", re.compile(given["execution_id"])
    )
    findings(page).get_by_role("button", name=f"Ask again: {QUESTION}").click()
    expect(page.get_by_role("heading", name="Ask", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Astrid Lund")
    page.goto(f"{engine.url}/documents/{collection}")
    expect(page.get_by_role("region", name="Documents", exact=True)).to_contain_text("tower.md")
    expect(findings(page)).to_have_count(0)
