"""Messages between the server and a parser process: JSON and one blob, each with its length before it.

A message is an 8-byte big-endian length, that many bytes of JSON, another length, and the blob. No
pickle: what a hijacked parser sends is data, and is checked as such.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from io import BufferedIOBase
from typing import Any, TypeVar

from mcp_engine import errors
from mcp_engine.errors import EngineError
from rag.parsing.parsed import PAGE_BREAK, PageSpan, ParsedDocument, storable
from rag.parsing.recognised import RecognisedLine, RecognisedPage
from rag.parsing.viewed import Image, Mark, PageMarks, PageSize
from rag.stretches import Stretch

T = TypeVar("T")

LENGTH_BYTES = 8
EXIT_OUT_OF_MEMORY = 77
"""How a parser process ends that met its memory limit."""

MAX_HEADER_BYTES = 16 * 1024 * 1024
MAX_BLOB_BYTES = 1024 * 1024 * 1024

_ERRORS = {
    kind.__name__: kind for kind in (errors.InvalidInput, errors.NotFound, errors.TooLarge, errors.UnsupportedMedia)
}
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Message:
    header: dict[str, Any]
    blob: bytes


def pack(message: Message) -> bytes:
    header = json.dumps(message.header).encode()
    return b"".join((_length(header), header, _length(message.blob), message.blob))


def read(stream: BufferedIOBase) -> Message | None:
    """Return the next message, or None when the other side has closed."""
    first = stream.read(LENGTH_BYTES)
    if len(first) < LENGTH_BYTES:
        return None
    header = stream.read(int.from_bytes(first))
    blob = stream.read(int.from_bytes(stream.read(LENGTH_BYTES)))
    return Message(json.loads(header), blob)


def document_message(document: ParsedDocument) -> Message:
    header = {
        "media_type": document.media_type,
        "pages": [(page.number, page.start, page.end) for page in document.pages],
        "title": document.title,
        "parser": document.parser,
        "headings": document.headings,
        "levels": document.levels,
        "unread": document.unread,
        "missed": document.missed,
        "stretches": [(stretch.start, stretch.end, stretch.kind) for stretch in document.stretches],
    }
    return Message(header, document.text.encode())


def error_message(error: EngineError) -> Message:
    kind = next((name for name, known in _ERRORS.items() if type(error) is known), "InvalidInput")
    return Message(
        {"error": {"kind": kind, "code": error.code, "message": error.message, "details": error.details}}, b""
    )


def sizes_message(sizes: Sequence[PageSize]) -> Message:
    return Message({"sizes": [(size.width, size.height) for size in sizes]}, b"")


def image_message(image: Image) -> Message:
    return Message({"width": image.width, "height": image.height}, image.png)


def marks_message(pages: Sequence[PageMarks]) -> Message:
    return Message({"pages": [asdict(page) for page in pages]}, b"")


def recognised_message(page: RecognisedPage) -> Message:
    return Message({"recogniser": page.recogniser, "lines": [asdict(line) for line in page.lines]}, b"")


Answer = Callable[[dict[str, Any], bytes], T]
"""Reads what an answer carries; raises ValueError, KeyError or TypeError when it is not what was asked for."""


def opened(header: bytes, blob: bytes, carried: Answer[T]) -> T:
    """Return what an answer carries, or raise the error in it.

    Raises:
        EngineError: what the parser said about the document.
        ConnectionAbortedError: when the answer is none, as only a parser that is out of control sends.
    """
    try:
        answer = json.loads(header)
        outcome = _error(answer["error"]) if "error" in answer else carried(answer, blob)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConnectionAbortedError("a parser process sent no proper answer") from error
    if isinstance(outcome, EngineError):
        raise outcome
    return outcome


def sizes(answer: dict[str, Any], _: bytes) -> list[PageSize]:
    found = enumerate(answer["sizes"], start=1)
    return [PageSize(number, _positive(width), _positive(height)) for number, (width, height) in found]


def image(answer: dict[str, Any], blob: bytes) -> Image:
    if not blob.startswith(_PNG):
        raise ValueError("no PNG")
    return Image(int(answer["width"]), int(answer["height"]), blob)


def recognised(answer: dict[str, Any], _: bytes) -> RecognisedPage:
    return RecognisedPage(tuple(_line(line) for line in answer["lines"]), str(answer["recogniser"]))


def marks(answer: dict[str, Any], _: bytes) -> list[PageMarks]:
    return [PageMarks(int(page["number"]), tuple(_mark(mark) for mark in page["marks"])) for page in answer["pages"]]


def _error(error: dict[str, Any]) -> EngineError:
    return _ERRORS[error["kind"]](str(error["code"]), str(error["message"]), details=error["details"])


def document(answer: dict[str, Any], blob: bytes) -> ParsedDocument:
    text = blob.decode()
    title = answer["title"]
    parsed = ParsedDocument(
        text=text,
        media_type=str(answer["media_type"]),
        pages=tuple(PageSpan(int(number), int(start), int(end)) for number, start, end in answer["pages"]),
        title=None if title is None else str(title),
        parser=str(answer["parser"]),
        headings=tuple(int(start) for start in answer["headings"]),
        stretches=tuple(_stretch(*stretch) for stretch in answer["stretches"]),
        levels=tuple(int(level) for level in answer["levels"]),
        unread=tuple(int(number) for number in answer["unread"]),
        missed=int(answer["missed"]),
    )
    for spans in (parsed.pages, parsed.stretches):
        _check_order([0, *(offset for span in spans for offset in (span.start, span.end)), len(text)])
    _check_order(list(parsed.headings))
    if parsed.levels and (len(parsed.levels) != len(parsed.headings) or min(parsed.levels) < 1):
        raise ValueError("headings without a level")
    if not {*parsed.unread} <= {page.number for page in parsed.pages}:
        raise ValueError("unread pages that there are not")
    if not 0 <= parsed.missed <= len(parsed.pages):
        raise ValueError("missed pages that there are not")
    if storable(text) != text:
        raise ValueError("text that can't be stored")
    return parsed


def _stretch(start: Any, end: Any, kind: Any) -> Stretch:
    if kind not in ("rows", "code"):
        raise ValueError("a stretch of no known kind")
    return Stretch(int(start), int(end), kind)


def _check_order(offsets: list[int]) -> None:
    if offsets != sorted(offsets):
        raise ValueError("offsets out of order")


def _mark(mark: dict[str, Any]) -> Mark:
    found = Mark(*(float(mark[side]) for side in ("left", "top", "width", "height")))
    if not all(0 <= share <= 1 for share in (found.left, found.top, found.width, found.height)):
        raise ValueError("a mark outside its page")
    return found


def _line(line: dict[str, Any]) -> RecognisedLine:
    sides = [float(line[side]) for side in ("left", "top", "right", "bottom")]
    found = RecognisedLine(str(line["text"]), *sides, goes_on=bool(line["goes_on"]))
    if not (0 <= found.left < found.right <= 1 and 0 <= found.top < found.bottom <= 1):
        raise ValueError("a line outside its page")
    if not found.text or storable(found.text) != found.text or PAGE_BREAK in found.text:
        raise ValueError("a line that can't be stored")
    return found


def _positive(length: Any) -> float:
    if not 0 < float(length) < math.inf:
        raise ValueError("a page without a size")
    return float(length)


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES)
