"""Messages between the server and a parser process: JSON and one blob, each with its length before it.

A message is an 8-byte big-endian length, that many bytes of JSON, another length, and the blob. No
pickle: what a hijacked parser sends is data, and is checked as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any, cast

from mcp_engine import errors
from mcp_engine.errors import EngineError
from rag.parsing.parsed import PageSpan, ParsedDocument

LENGTH_BYTES = 8
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
    return message(header, blob)


def message(header: bytes, blob: bytes) -> Message:
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


def opened(message: Message) -> ParsedDocument:
    """Return the document of an answer, or raise the error it carries."""
    header = message.header
    if "error" in header:
        error = cast(dict[str, Any], header["error"])
        raise _ERRORS[error["kind"]](error["code"], error["message"], details=error["details"])
    return ParsedDocument(
        text=message.blob.decode(),
        media_type=header["media_type"],
        pages=tuple(PageSpan(*page) for page in header["pages"]),
        title=header["title"],
        parser=header["parser"],
        headings=tuple(header["headings"]),
    )


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES)
