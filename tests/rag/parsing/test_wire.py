from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mcp_engine.errors import TooLarge
from rag.parsing import wire
from rag.parsing.parsed import PageSpan, ParsedDocument
from rag.parsing.recognised import RecognisedLine, RecognisedPage
from rag.parsing.viewed import Image, Mark, PageMarks, PageSize
from rag.stretches import Stretch

DOCUMENT = ParsedDocument(
    "Eins.\fZwei 👋", "application/pdf", (PageSpan(1, 0, 5), PageSpan(2, 6, 12)), "T", "p/1", (0,),
    (Stretch(1, 3, "rows"), Stretch(6, 8, "code")), (2,),
)  # fmt: skip

LINE = {"text": "A line.", "left": 0.1, "top": 0.2, "right": 0.5, "bottom": 0.25, "goes_on": False}


def test_a_document_survives_the_way() -> None:
    stream = io.BytesIO(wire.pack(wire.document_message(DOCUMENT)))
    message = wire.read(stream)
    assert message is not None
    assert wire.opened(json.dumps(message.header).encode(), message.blob, wire.document) == DOCUMENT
    assert wire.read(stream) is None


def test_an_error_survives_the_way() -> None:
    message = wire.error_message(TooLarge("document.too_much_text", "Split it.", details={"limit": 1}))
    with pytest.raises(TooLarge, match=r"Split it\.") as caught:
        wire.opened(json.dumps(message.header).encode(), b"", wire.document)
    assert (caught.value.code, caught.value.details) == ("document.too_much_text", {"limit": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"pages": [[1, 5, 2]]},
        {"unread": [7]},
        {"pages": [[1, 0, 99]]},
        {"pages": "x"},
        {"headings": [3, 1]},
        {"headings": None},
        {"levels": [1, 2]},
        {"levels": [0]},
        {"stretches": [[3, 1, "rows"]]},
        {"stretches": [[0, 2, "rows"], [1, 3, "rows"]]},
        {"stretches": [[0, 1, "prose"]]},
        {"stretches": [[0, 1]]},
        {"error": {"kind": "SystemExit", "code": "x", "message": "", "details": {}}},
        {"error": []},
    ],
)
def test_an_improper_answer_is_no_document(change: dict[str, Any]) -> None:
    header = {**wire.document_message(DOCUMENT).header, **change}
    with pytest.raises(ConnectionAbortedError):
        wire.opened(json.dumps(header).encode(), DOCUMENT.text.encode(), wire.document)


@pytest.mark.parametrize(("header", "blob"), [(b"{", b""), (b"[]", b""), (b"{}", b""), (b'"error"', b"")])
def test_noise_is_no_document(header: bytes, blob: bytes) -> None:
    with pytest.raises(ConnectionAbortedError):
        wire.opened(header, blob, wire.document)


@pytest.mark.parametrize("blob", [b"\xff\xfe", b"nul \0"])
def test_text_that_cannot_be_stored_is_no_document(blob: bytes) -> None:
    header = {**wire.document_message(DOCUMENT).header, "pages": [], "headings": [], "levels": []}
    with pytest.raises(ConnectionAbortedError):
        wire.opened(json.dumps(header).encode(), blob, wire.document)


def test_pages_survive_the_way() -> None:
    sizes = [PageSize(1, 595.5, 842.0), PageSize(2, 842.0, 595.5)]
    image = Image(2, 1, b"\x89PNG\r\n\x1a\nbytes")
    marks = [PageMarks(3, (Mark(0.1, 0.2, 0.5, 0.01),)), PageMarks(4, ())]
    assert carried(wire.sizes_message(sizes), wire.sizes) == sizes
    assert carried(wire.image_message(image), wire.image) == image
    assert carried(wire.marks_message(marks), wire.marks) == marks


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ({"width": 1, "height": 1}, wire.image),
        ({"sizes": [[0, 5]]}, wire.sizes),
        ({"sizes": [["nan", 5]]}, wire.sizes),
        ({"pages": [{"number": 1, "marks": [{"left": -1, "top": 0, "width": 1, "height": 1}]}]}, wire.marks),
        ({"pages": [{"number": 1, "marks": [{"left": 0}]}]}, wire.marks),
        ({"recogniser": "x", "lines": [{**LINE, "right": 1.5}]}, wire.recognised),
        ({"recogniser": "x", "lines": [{**LINE, "text": "a\0b"}]}, wire.recognised),
        ({"recogniser": "x", "lines": [{**LINE, "text": ""}]}, wire.recognised),
    ],
)
def test_what_is_no_page_is_refused(header: dict[str, Any], read: wire.Answer[Any]) -> None:
    with pytest.raises(ConnectionAbortedError):
        carried(wire.Message(header, b"<script>"), read)


def test_recognised_lines_survive_the_way() -> None:
    page = RecognisedPage((RecognisedLine("A line.", 0.1, 0.2, 0.5, 0.25, goes_on=True),), "rapidocr/3.10.0")
    assert carried(wire.recognised_message(page), wire.recognised) == page


def carried(message: wire.Message, read: wire.Answer[Any]) -> Any:
    return wire.opened(json.dumps(message.header).encode(), message.blob, read)
