from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mcp_engine.errors import TooLarge
from rag.parsing import wire
from rag.parsing.parsed import PageSpan, ParsedDocument

DOCUMENT = ParsedDocument(
    "Eins.\fZwei 👋", "application/pdf", (PageSpan(1, 0, 5), PageSpan(2, 6, 12)), "T", "p/1", (0,)
)


def test_a_document_survives_the_way() -> None:
    stream = io.BytesIO(wire.pack(wire.document_message(DOCUMENT)))
    message = wire.read(stream)
    assert message is not None
    assert wire.opened(json.dumps(message.header).encode(), message.blob) == DOCUMENT
    assert wire.read(stream) is None


def test_an_error_survives_the_way() -> None:
    message = wire.error_message(TooLarge("document.too_much_text", "Split it.", details={"limit": 1}))
    with pytest.raises(TooLarge, match=r"Split it\.") as caught:
        wire.opened(json.dumps(message.header).encode(), b"")
    assert (caught.value.code, caught.value.details) == ("document.too_much_text", {"limit": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"pages": [[1, 5, 2]]},
        {"pages": [[1, 0, 99]]},
        {"pages": "x"},
        {"headings": [3, 1]},
        {"headings": None},
        {"error": {"kind": "SystemExit", "code": "x", "message": "", "details": {}}},
        {"error": []},
    ],
)
def test_an_improper_answer_is_no_document(change: dict[str, Any]) -> None:
    header = {**wire.document_message(DOCUMENT).header, **change}
    with pytest.raises(ConnectionAbortedError):
        wire.opened(json.dumps(header).encode(), DOCUMENT.text.encode())


@pytest.mark.parametrize(("header", "blob"), [(b"{", b""), (b"[]", b""), (b"{}", b""), (b'"error"', b"")])
def test_noise_is_no_document(header: bytes, blob: bytes) -> None:
    with pytest.raises(ConnectionAbortedError):
        wire.opened(header, blob)


@pytest.mark.parametrize("blob", [b"\xff\xfe", b"nul \0"])
def test_text_that_cannot_be_stored_is_no_document(blob: bytes) -> None:
    header = {**wire.document_message(DOCUMENT).header, "pages": [], "headings": []}
    with pytest.raises(ConnectionAbortedError):
        wire.opened(json.dumps(header).encode(), blob)
