"""Recognised lines become text in the order in which people read, and are found on their pages again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.parsing.formats.reading_order import Box, rows_of
from rag.parsing.parsed import PageSpan, ParsedDocument
from rag.parsing.recognised import RecognisedLine, RecognisedPage, marks, was_recognised, with_recognised


def line(text: str, top: float, *, left: float = 0.1, goes_on: bool = False) -> RecognisedLine:
    return RecognisedLine(text, left, top, left + 0.5, top + 0.02, goes_on)


def waiting(*texts: str) -> ParsedDocument:
    """Return a document whose pages without text wait for recognition."""
    spans: list[PageSpan] = []
    start = 0
    for number, text in enumerate(texts, start=1):
        spans.append(PageSpan(number, start, start + len(text)))
        start += len(text) + 1
    unread = tuple(number for number, text in enumerate(texts, start=1) if not text)
    return ParsedDocument("\f".join(texts), "application/pdf", tuple(spans), None, "pdfium/1", unread=unread)


def read(document: ParsedDocument, *lines: RecognisedLine) -> ParsedDocument:
    page = RecognisedPage(lines, "rapidocr/3.10.0")
    return with_recognised(document, dict.fromkeys(document.unread, page))


def test_lines_paragraphs_rows_and_divided_words() -> None:
    document = read(
        waiting(""), line("The light-", 0.1), line("house stands.", 0.125), line("Depth", 0.2, goes_on=True),
        line("12 m", 0.2, left=0.7),
    )  # fmt: skip
    assert document.text == "The lighthouse stands.\n\nDepth 12 m"
    assert [document.text[one.start : one.end] for one in document.lines] == [
        "The light", "house stands.", "Depth", "12 m"
    ]  # fmt: skip
    assert was_recognised(document.parser)
    assert not was_recognised("pdfium/1")


def test_a_hyphen_that_belongs_there_stays() -> None:
    document = read(waiting(""), line("Built 1870-", 0.1), line("1874 by Mary-", 0.125), line("Ann.", 0.15))
    assert document.text == "Built 1870-\n1874 by Mary-\nAnn."


def test_pages_that_have_a_text_keep_it_and_marks_stand_on_their_page() -> None:
    document = read(waiting("First page.", "", "Third page."), line("Second page.", 0.5))
    assert document.text == "First page.\fSecond page.\fThird page."
    assert [document.text[page.start : page.end] for page in document.pages] == document.text.split("\f")
    spans = [[page.number, page.start, page.end] for page in document.pages]
    (found,) = marks(document.lines, spans, 0, len(document.text))
    assert found.number == 2
    start = document.text.index("page.", 12)
    (part,) = marks(document.lines, spans, start, start + 5)[0].marks
    # Seven of its twelve characters stand before it.
    assert (round(part.left, 4), round(part.width, 4)) == (round(0.1 + 0.5 * 7 / 12, 4), round(0.5 * 5 / 12, 4))
    assert marks(document.lines, spans, 0, 11) == []


def box(text: str, left: float, top: float, width: float) -> Box:
    return Box(text, left, top, left + width, top + 20)


def test_columns_are_read_one_after_the_other_below_what_stands_across_them() -> None:
    prose = "a line of some words"
    boxes = [box("title across the page", 0, 0, 900)]
    for number in range(4):
        top = 40 + 30 * number
        boxes += [box(f"left {number} {prose}", 0, top, 400), box(f"right {number} {prose}", 500, top, 400)]
    order = [row[0].text.split(" a ")[0] for row in rows_of(boxes)]
    assert order == ["title across the page", *(f"left {n}" for n in range(4)), *(f"right {n}" for n in range(4))]


def test_a_table_is_read_row_by_row() -> None:
    cells = [((f"name {number}", 0), ("12 m", 500)) for number in range(4)]
    boxes = [box(text, x, 30 * number, 150) for number, row in enumerate(cells) for text, x in row]
    assert [[one.text for one in row] for row in rows_of(boxes)] == [[f"name {n}", "12 m"] for n in range(4)]


@given(st.lists(st.tuples(*[st.integers(0, 500)] * 4), max_size=40))
def test_no_line_is_lost_or_doubled_wherever_it_stands(places: list[tuple[int, int, int, int]]) -> None:
    boxes = [Box(str(n), x, y, x + w + 1, y + h + 1) for n, (x, y, w, h) in enumerate(places)]
    assert sorted(one.text for row in rows_of(boxes) for one in row) == sorted(one.text for one in boxes)
