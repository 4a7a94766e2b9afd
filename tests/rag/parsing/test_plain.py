from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.parsing.formats.dispatch import parse
from rag.parsing.formats.plain import decode, markdown_headings
from rag.parsing.parsed import storable

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(ANY_TEXT)
@settings(max_examples=100)
def test_utf8_comes_back_character_by_character(text: str) -> None:
    decoded = decode(text.encode())
    assert len(decoded) == len(text) or text.startswith("\ufeff")
    assert decoded == text.removeprefix("\ufeff").replace("\0", "\ufffd")


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_a_byte_order_mark_decides_and_is_dropped(bom: bytes, encoding: str) -> None:
    assert decode(bom + "שלום 👋 e\u0301".encode(encoding)) == "שלום 👋 e\u0301"


def test_without_a_mark_utf8_then_windows_1252_then_latin_1() -> None:
    assert decode("Grüße €".encode()) == "Grüße €"
    assert decode("Grüße €".encode("cp1252")) == "Grüße €"
    assert decode(b"\x81\xfc") == "\x81ü"


@given(st.text(st.characters(), max_size=50))
@settings(max_examples=100)
def test_storable_text_keeps_its_length_and_fits_postgresql(text: str) -> None:
    stored = storable(text)
    assert len(stored) == len(text)
    assert "\0" not in stored
    stored.encode()


def test_markdown_stays_as_it_was_written() -> None:
    source = "\ufeffIntro.\r\n\r\n# The *title* #\r\n\r\n```\n# no heading\n```\n\nSetext\n======\n\n| a |\n|---|\n"
    document = parse(source.encode(), filename="a.MD")
    assert document.text == source[1:]
    assert document.media_type == "text/markdown"
    assert document.title == "The *title*"
    assert [document.text[start:].split("\n")[0].strip() for start in document.headings] == [
        "# The *title* #",
        "Setext",
    ]


def test_a_paragraph_over_a_rule_and_an_unclosed_fence_are_no_headings() -> None:
    assert markdown_headings("One line.\nTwo lines.\n---\n\n```\n# code\nTitle\n===\n") == []


def test_plain_text_has_no_headings_and_no_title() -> None:
    document = parse(b"# not markdown", filename="a.txt")
    assert (document.text, document.media_type, document.title, document.headings) == (
        "# not markdown", "text/plain", None, (),
    )  # fmt: skip
