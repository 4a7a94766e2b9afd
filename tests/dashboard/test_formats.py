"""A sheet and slides in the browser: added, asked, and the row that answers marked where it stands."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, assert_accessible
from tests.rag.parsing.test_sheets import saved as saved_workbook
from tests.rag.parsing.test_sheets import workbook
from tests.rag.parsing.test_slides import saved as saved_slides
from tests.rag.parsing.test_slides import talk

pytestmark = pytest.mark.slow

INDEXED_MS = 90_000
ROWS = [[f"Port {number}", f"Keeper {chr(64 + number)}", 3 * number] for number in range(1, 26)]

expect.set_options(timeout=TIMEOUT_MS)


def test_a_row_of_a_sheet_answers_and_is_marked(page: Page, engine: DashboardEngine, tmp_path: Path) -> None:
    collection = f"formats-{uuid4().hex[:8]}"
    book = workbook(Ports=[["Port", "Harbour master", "Depth in metres"], *ROWS])
    (tmp_path / "ports.xlsx").write_bytes(saved_workbook(book))
    (tmp_path / "talk.pptx").write_bytes(saved_slides(talk()))
    page.goto(f"{engine.url}/documents/{collection}")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").first.click()
    chooser.value.set_files([str(tmp_path / "ports.xlsx"), str(tmp_path / "talk.pptx")])
    documents = page.get_by_role("region", name="Documents", exact=True)
    for name in ("ports.xlsx", "talk.pptx"):
        expect(documents.get_by_role("row").filter(has_text=name)).to_contain_text("Indexed", timeout=INDEXED_MS)
    page.goto(f"{engine.url}/ask?collection={collection}")
    page.get_by_role("textbox", name="Question").fill("What is the depth in metres of Port 17?")
    page.keyboard.press("Enter")
    marked = page.get_by_role("complementary", name="Document").locator("mark")
    expect(marked).to_have_text("Port: Port 17; Harbour master: Keeper Q; Depth in metres: 51")
    expect(marked).to_be_in_viewport()
    assert_accessible(page, "ask-sheet")
