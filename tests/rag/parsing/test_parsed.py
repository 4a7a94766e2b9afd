from __future__ import annotations

from rag.parsing.parsed import PageSpan, ParsedDocument


def test_page_at() -> None:
    document = ParsedDocument(
        "ab\f\fcd", "application/pdf", (PageSpan(1, 0, 2), PageSpan(2, 3, 3), PageSpan(3, 4, 6)), None, "p"
    )
    assert [document.page_at(offset) for offset in range(6)] == [1, 1, 1, 2, 3, 3]


def test_a_format_without_pages_has_none() -> None:
    assert ParsedDocument("ab", "text/plain", (), None, "p").page_at(1) is None
