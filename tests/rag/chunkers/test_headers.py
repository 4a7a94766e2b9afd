"""What a chunk's embedding reads before its text."""

from __future__ import annotations

from hypothesis import given, settings

from rag.chunkers.headers import headers_of
from rag.chunkers.outline import Outline
from rag.chunkers.sentence_window import WindowChunker
from rag.parsing.formats.dispatch import parse
from rag.parsing.formats.plain import parse_markdown
from rag.parsing.parsed import ParsedDocument
from tests.rag.chunkers.cutting import PIECES, chunk

GUIDE = """# Guide

Before.

## Rates ##

Of rates.

### Winter

In winter.

Harbour
-------

Of the harbour.
"""


def headers(document: ParsedDocument) -> dict[str, str]:
    """Return the header of each sentence that is a chunk by itself."""
    chunks = WindowChunker(1, 1, 1000).cut(Outline.of(document, 1000))
    found = headers_of(document, chunks)
    return {document.text[one.start : one.end]: header for one, header in zip(chunks, found, strict=True)}


def test_a_header_is_the_path_of_headings_above() -> None:
    assert headers(parse(GUIDE.encode(), filename="a.md")) == {
        "# Guide": "",
        "Before.": "Guide",
        "## Rates ##": "Guide",
        "Of rates.": "Guide > Rates",
        "### Winter": "Guide > Rates",
        "In winter.": "Guide > Rates > Winter",
        "Harbour\n-------": "Guide",
        "Of the harbour.": "Guide > Harbour",
    }


def test_levels_come_from_the_markup_and_a_title_of_its_own_goes_first() -> None:
    page = b"<title>Ferries</title><h2>Rates</h2><p>Of rates.</p><h3>Winter</h3><p>Cold.</p><h2>Crew</h2><p>Ada.</p>"
    found = headers(parse(page, filename="a.html"))
    assert found["Cold."] == "Ferries > Rates > Winter"
    assert found["Ada."] == "Ferries > Crew"
    assert found["Crew"] == "Ferries"


def test_a_path_that_is_too_long_keeps_what_is_nearest() -> None:
    text = "".join(f"{'#' * level} {str(level) * 110}\n\n" for level in range(1, 7)) + "Text.\n"
    found = headers(parse(text.encode(), filename="a.md"))["Text."]
    assert len(found) <= 300
    assert found.endswith("6" * 110)
    assert not found.startswith("1")


def test_a_text_without_headings_has_none() -> None:
    assert set(headers(parse(b"One. Two.", filename="a.txt")).values()) == {""}


@given(PIECES)
@settings(max_examples=50)
def test_every_chunk_has_a_header_of_one_line(text: str) -> None:
    document = parse_markdown(f"x{text}".encode(errors="replace"))
    chunks = chunk(document, max_characters=200)
    found = headers_of(document, chunks)
    assert len(found) == len(chunks)
    assert all(len(one) <= 300 and "\n" not in one for one in found)
