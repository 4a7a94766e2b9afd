"""Text that was recognised in pictures (OCR): its lines, how they become a document's text, and what marks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.parsing.parsed import PAGE_BREAK, LineSpan, PageSpan, ParsedDocument
from rag.parsing.viewed import Mark, PageMarks

RECOGNISER = "rapidocr"
_PARAGRAPH_GAP = 0.9
"""Times a line's height: lines further apart begin a new paragraph."""


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """A line in reading order and its rectangle, in shares (0..1) of the page from the left and the top."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    goes_on: bool = False
    """Whether the next piece stands beside it in the same row."""


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """What was recognised on a page, and by what (name and version)."""

    lines: tuple[RecognisedLine, ...]
    recogniser: str


def was_recognised(parser: str) -> bool:
    """Return whether a document that this parser read holds recognised text."""
    return f"+{RECOGNISER}/" in parser


def with_recognised(document: ParsedDocument, found: Mapping[int, RecognisedPage]) -> ParsedDocument:
    """Return a document with the text of its pages that had none; `found` is by page number."""
    parts: list[str] = []
    pages: list[PageSpan] = []
    lines: list[LineSpan] = []
    start = 0
    for page in document.pages:
        text = document.text[page.start : page.end]
        if page.number in found:
            text, spans = _page_text(found[page.number].lines)
            lines += (replace(span, start=span.start + start, end=span.end + start) for span in spans)
        parts.append(text)
        pages.append(PageSpan(page.number, start, start + len(text)))
        start += len(text) + len(PAGE_BREAK)
    by = sorted({page.recogniser for page in found.values()})
    return replace(
        document, text=PAGE_BREAK.join(parts), pages=tuple(pages), lines=tuple(lines), unread=(),
        parser="+".join((document.parser, *by)),
    )  # fmt: skip


def marks(lines: Sequence[LineSpan], pages: Sequence[Sequence[int]], start: int, end: int) -> list[PageMarks]:
    """Return what `text[start:end]` covers of recognised lines, by page.

    Within a line each character counts as equally wide: recognition tells where a line stands, not a character.
    """
    found: list[PageMarks] = []
    for number, first, last in pages:
        on_it = tuple(_marks_of((line for line in lines if first <= line.start < last), start, end))
        if on_it:
            found.append(PageMarks(number, on_it))
    return found


def _marks_of(lines: Iterator[LineSpan], start: int, end: int) -> Iterator[Mark]:
    for line in lines:
        begin, finish = max(line.start, start), min(line.end, end)
        if begin >= finish:
            continue
        width = (line.right - line.left) / (line.end - line.start)
        yield Mark(line.left + (begin - line.start) * width, line.top, (finish - begin) * width, line.bottom - line.top)


def _page_text(lines: Sequence[RecognisedLine]) -> tuple[str, list[LineSpan]]:
    text, spans = "", list[LineSpan]()
    for place, line in enumerate(lines):
        after = lines[place + 1] if place + 1 < len(lines) else None
        words = line.text
        between = "" if after is None else _between(line, after)
        if after is not None and between == "\n" and _is_divided(words, after.text):
            words, between = words[:-1], ""
        spans.append(LineSpan(len(text), len(text) + len(words), line.left, line.top, line.right, line.bottom))
        text += words + between
    return text, spans


def _between(line: RecognisedLine, after: RecognisedLine) -> str:
    if line.goes_on:
        return " "
    return "\n\n" if after.top - line.bottom > _PARAGRAPH_GAP * (line.bottom - line.top) else "\n"


def _is_divided(words: str, after: str) -> bool:
    """Return whether a word goes on in the next line behind its hyphen."""
    return len(words) > 1 and words[-1] == "-" and words[-2].islower() and after[0].islower()
