from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import PAGE_BREAK
from rag.parsing.pool import ParserPool
from rag.sentences import split_sentences

MakePdf = Callable[..., bytes]


async def test_each_sentence_is_found_on_its_page(pool: ParserPool, make_pdf: MakePdf) -> None:
    pages = [[f"Page {page} says that the number is {page * 7}.", "It says no more."] for page in range(1, 5)]
    document = await pool.parse(make_pdf(pages, title="Four pages"), filename="four.pdf")
    assert document.media_type == "application/pdf"
    assert document.title == "Four pages"
    assert document.parser.startswith("pdfium/")
    assert [page.number for page in document.pages] == [1, 2, 3, 4]
    assert PAGE_BREAK.join(document.text[page.start : page.end] for page in document.pages) == document.text
    for number, lines in enumerate(pages, start=1):
        for line in lines[:1]:
            offset = document.text.index(line)
            assert document.page_at(offset) == document.page_at(offset + len(line) - 1) == number
    assert sum(document.text[s.start : s.end] == "It says no more." for s in split_sentences(document.text)) == 4


def test_lines_end_in_newlines_and_divided_words_are_joined(make_pdf: MakePdf) -> None:
    lines = [
        "Every pre-",
        "condition of this long-",
        "standing and well-known-",
        "to-all rule of the FIFA-",
        "Club holds.",
    ]
    text = parse(make_pdf([lines]), filename="a.pdf").text
    assert "\r" not in text
    assert "\ufffe" not in text
    assert "precondition" in text
    assert "well-known-to-all" in text
    assert "FIFA-Club" in text


async def test_500_pages(pool: ParserPool, make_pdf: MakePdf) -> None:
    raw = make_pdf([[f"This is page number {number}."] for number in range(1, 501)])
    document = await pool.parse(raw, filename="long.pdf")
    assert len(document.pages) == 500
    assert document.page_at(document.text.index("page number 437.")) == 437


async def test_a_password_is_asked_back(pool: ParserPool, make_pdf: MakePdf) -> None:
    raw = make_pdf([["Secret."]], encrypt=StandardEncryption("user-password"))
    with pytest.raises(InvalidInput, match="protected by a password") as caught:
        await pool.parse(raw, filename="locked.pdf")
    assert caught.value.code == "document.encrypted"


def test_a_pdf_that_only_forbids_printing_is_read(make_pdf: MakePdf) -> None:
    raw = make_pdf([["Readable by all."]], encrypt=StandardEncryption("", ownerPassword="owner", canPrint=0))
    assert "Readable by all." in parse(raw, filename="a.pdf").text


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_refused(make_pdf: MakePdf, kept: float) -> None:
    raw = make_pdf([[f"Sentence {number}."] for number in range(20)])
    with pytest.raises(InvalidInput) as caught:
        parse(raw[: int(len(raw) * kept)], filename="half.pdf")
    assert caught.value.code == "document.corrupt"


def test_damage_in_the_middle_is_refused_or_loses_no_page(make_pdf: MakePdf) -> None:
    raw = make_pdf([[f"Sentence {number}."] for number in range(20)])
    damaged = raw.replace(b"/Pages", b"/Pxges")
    with pytest.raises(InvalidInput) as caught:
        parse(damaged, filename="damaged.pdf")
    assert caught.value.code == "document.corrupt"
