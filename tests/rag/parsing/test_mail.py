from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import EngineError, InvalidInput
from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool


def message(subject: str = "The ferry", body: str | None = "It leaves at seven.\r\n\r\nAda\r\n") -> EmailMessage:
    made = EmailMessage()
    made["To"], made["From"] = "Ben Vane <ben@example.org>", "Ada Merrow <ada@example.org>"
    made["Date"], made["Subject"] = "Fri, 01 May 2026 10:00:00 +0000", subject
    if body is not None:
        made.set_content(body)
    return made


def read(source: EmailMessage | bytes) -> ParsedDocument:
    return parse(source if isinstance(source, bytes) else source.as_bytes(), filename="a.eml")


HEAD = "From: Ada Merrow <ada@example.org>\nTo: Ben Vane <ben@example.org>\nDate: Fri, 01 May 2026 10:00:00 +0000\n"


async def test_headers_are_lines_above_the_body(pool: ParserPool) -> None:
    document = await pool.parse(message().as_bytes(), filename="ferry.eml")
    assert document.text == f"{HEAD}Subject: The ferry\n\nIt leaves at seven.\n\nAda"
    assert (document.media_type, document.title) == ("message/rfc822", "The ferry")
    (header,) = document.stretches
    assert document.text[header.start : header.end] == f"{HEAD}Subject: The ferry"


def test_encoded_headers_and_bodies() -> None:
    made = message("Grüße 🚢", "Größe: 5 €\n")
    assert read(made).text.endswith("Subject: Grüße 🚢\n\nGröße: 5 €")
    latin = "Größe".encode("latin-1")
    raw = b"From: a\nTo: b\nSubject: Gr\xfc\xdfe =?x-none?q?y?=\nContent-Type: text/plain; charset=nothing\n\n" + latin
    assert read(raw).text == "From: a\nTo: b\nSubject: Grüße =?x-none?q?y?=\n\nGröße"


def test_html_is_read_when_there_is_no_plain_text() -> None:
    made = message(body=None)
    made.set_content(
        "<html><head><style>x</style></head><body><h1>Ferry</h1><p>At <b>seven</b>.</p></body></html>", "html"
    )
    document = read(made)
    assert document.text == f"{HEAD}Subject: The ferry\n\nFerry\n\nAt seven."
    assert [document.text[start:].split("\n")[0] for start in document.headings] == ["Ferry"]
    both = message(body="Plain.")
    both.add_alternative("<p>Not this.</p>", "html")
    assert read(both).text.endswith("\n\nPlain.")


def test_attachments_are_named_and_not_read() -> None:
    made = message()
    made.add_attachment(b"secret figures", maintype="application", subtype="pdf", filename="plan of  port.pdf")
    made.add_attachment("in a text", filename="notes.txt")
    made.add_attachment(message("Forwarded", "Read me not."))
    text = read(made).text
    assert text.endswith("Ada\n\nAttachments: plan of port.pdf, notes.txt, (message/rfc822)")
    assert "not." not in text
    assert "secret" not in text
    assert "in a text" not in text


@pytest.mark.parametrize(
    "content_type", ['multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x',
                     "application/pkcs7-mime; smime-type=enveloped-data"],
)  # fmt: skip
def test_an_encrypted_message_is_refused(content_type: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(f"From: a\nTo: b\nContent-Type: {content_type}\n\nMIAGCSqGSIb3\n".encode())
    assert caught.value.code == "document.encrypted"


def nested(depth: int) -> bytes:
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return f"From: a\nTo: b\nSubject: deep\n{opened}Content-Type: text/plain\n\ndeep".encode()


async def test_parts_nested_without_end_are_read_or_refused(pool: ParserPool) -> None:
    assert (await pool.parse(nested(3), filename="a.eml")).text.endswith("deep")
    with pytest.raises(EngineError) as caught:
        await pool.parse(nested(5_000), filename="a.eml")
    assert caught.value.code in ("document.corrupt", "document.parser_died")


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_header_are_read_or_refused(tail: bytes) -> None:
    start = b"From: a\nTo: b\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: "
    with suppress(InvalidInput):  # `document.corrupt`, never another error
        document = read(start + tail)
        assert document.text.startswith("From: a\nTo: b")
        for stretch in document.stretches:
            assert 0 <= stretch.start < stretch.end <= len(document.text)
