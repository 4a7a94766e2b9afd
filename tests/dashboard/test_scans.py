"""A scan in the browser: added as a picture, asked, and highlighted where its text stands."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import TIMEOUT_MS, DashboardEngine, assert_accessible
from tests.rag.pictures import needs_ocr, picture, saved, scanned_pdf

pytestmark = [pytest.mark.slow, needs_ocr]

INDEXED_MS = 90_000
BELL = "The harbour bell of Rosvik was cast in 1802."

expect.set_options(timeout=TIMEOUT_MS)


def test_a_picture_and_a_scan_are_added_asked_and_highlighted(
    page: Page, engine: DashboardEngine, tmp_path: Path
) -> None:
    (tmp_path / "lighthouse.png").write_bytes(saved(picture(), "PNG"))
    (tmp_path / "bell.pdf").write_bytes(scanned_pdf("The first page has a text layer.", picture([BELL])))
    page.goto(f"{engine.url}/documents")
    page.get_by_role("button", name="New collection").click()
    collection = f"scans-{uuid4().hex[:8]}"
    page.get_by_role("textbox", name="Name").fill(collection)
    page.get_by_role("button", name="Choose files next").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").first.click()
    chooser.value.set_files([str(tmp_path / name) for name in ("lighthouse.png", "bell.pdf")])
    documents = page.get_by_role("region", name="Documents", exact=True)
    for name in ("lighthouse.png", "bell.pdf"):
        row = documents.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text("Indexed", timeout=INDEXED_MS)
    viewer = page.get_by_role("complementary", name="Document")
    for question, citation, shown, picture_name in (
        ("Who built the lighthouse of Karsund?", "lighthouse.png, version 1, page 1", "Page 1 of 1", "scan-picture"),
        ("When was the harbour bell of Rosvik cast?", "bell.pdf, version 1, page 2", "Page 2 of 2", "scan-pdf"),
    ):
        page.goto(f"{engine.url}/documents/{collection}")
        page.get_by_role("link", name="Ask it").click()
        page.get_by_role("textbox", name="Question").fill(question)
        page.keyboard.press("Enter")
        page.get_by_role("button", name=f"Citation 1: {citation}").click()
        expect(viewer.get_by_role("img", name=shown)).to_be_in_viewport()
        expect(viewer.locator("[data-highlight]").first).to_be_in_viewport()
        assert_accessible(page, picture_name)
