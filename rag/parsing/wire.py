"""Messages between the server and a parser process: JSON and one blob, each with its length before it.

A message is an 8-byte big-endian length, that many bytes of JSON, another length, and the blob. No
pickle: what a hijacked parser sends is data, and is checked as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any

from mcp_engine import errors
from mcp_engine.errors import EngineError
from rag.parsing.parsed import PageSpan, ParsedDocument, storable

LENGTH_BYTES = 8
EXIT_OUT_OF_MEMORY = 77
"""How a parser process ends that met its memory limit."""

MAX_HEADER_BYTES = 16 * 1024 * 1024
MAX_BLOB_BYTES = 1024 * 1024 * 1024

_ERRORS = {kind.__name__: kind for kind in (errors.InvalidInput, errors.TooLarge, errors.UnsupportedMedia)}


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
    }
    return Message(header, document.text.encode())


def error_message(error: EngineError) -> Message:
    kind = next((name for name, known in _ERRORS.items() if type(error) is known), "InvalidInput")
    return Message(
        {"error": {"kind": kind, "code": error.code, "message": error.message, "details": error.details}}, b""
    )


def opened(header: bytes, blob: bytes) -> ParsedDocument:
    """Return the document of an answer, or raise the error it carries.

    Raises:
        EngineError: what the parser said about the document.
        ConnectionAbortedError: when the answer is none, as only a parser that is out of control sends.
    """
    try:
        answer = json.loads(header)
        if "error" in answer:
            outcome: ParsedDocument | EngineError = _error(answer["error"])
        else:
            outcome = _document(answer, blob.decode())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConnectionAbortedError("a parser process sent no proper answer") from error
    if isinstance(outcome, EngineError):
        raise outcome
    return outcome


def _error(error: dict[str, Any]) -> EngineError:
    return _ERRORS[error["kind"]](str(error["code"]), str(error["message"]), details=error["details"])


def _document(answer: dict[str, Any], text: str) -> ParsedDocument:
    title = answer["title"]
    document = ParsedDocument(
        text=text,
        media_type=str(answer["media_type"]),
        pages=tuple(PageSpan(int(number), int(start), int(end)) for number, start, end in answer["pages"]),
        title=None if title is None else str(title),
        parser=str(answer["parser"]),
        headings=tuple(int(start) for start in answer["headings"]),
    )
    offsets = [0, *(offset for page in document.pages for offset in (page.start, page.end)), len(text)]
    if offsets != sorted(offsets) or list(document.headings) != sorted(document.headings):
        raise ValueError("offsets out of order")
    if storable(text) != text:
        raise ValueError("text that can't be stored")
    return document


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES)
