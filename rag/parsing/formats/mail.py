"""EML: one e-mail message (RFC 5322 and MIME): its main headers and its body. Attachments are named, not read."""

from __future__ import annotations

import codecs
import email
import email.header
from collections.abc import Iterator
from contextlib import suppress
from email import policy
from email.message import EmailMessage, Message
from typing import cast

from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.detect import EML
from rag.parsing.formats.html import decoded_page, page_root, write_page
from rag.parsing.formats.plain import decode
from rag.parsing.formats.refusals import damaged, protected
from rag.parsing.parsed import ParsedDocument, storable

_WHAT = "an e-mail message"
_PARSER = "eml/2"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MAX_HEADER_CHARACTERS = 2_000
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


def parse_eml(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the headers From, To, Cc, Date and Subject as lines, the body, and the names of the attachments.

    The body is the plain text, or the HTML page when there is no plain text.

    Raises:
        TooLarge: `document.too_much_text`.
        InvalidInput: `document.corrupt`, `document.encrypted` (S/MIME, PGP).
    """
    try:
        message = email.message_from_bytes(content.lstrip(codecs.BOM_UTF8 + b"\r\n"), policy=policy.default)
        if message.get_content_type() in _ENCRYPTED and message.get_param("smime-type") != "signed-data":
            raise protected(filename, "encryption")
        blocks = BlockText(filename)
        subject = _write_headers(message, blocks)
        _write_body(message, filename, blocks)
        if names := [*_attachments(message)]:
            blocks.row(f"Attachments: {', '.join(names)}")
    except (RecursionError, LookupError, ValueError, AttributeError, TypeError) as error:
        raise damaged(filename, _WHAT) from error
    return ParsedDocument(
        storable(blocks.text()), EML, (), storable(subject) or None, _PARSER, tuple(blocks.headings), blocks.stretches,
        tuple(blocks.levels),
    )  # fmt: skip


def _write_headers(message: EmailMessage, blocks: BlockText) -> str:
    """Add the headers and return the subject."""
    found = {name: _header(message, name) for name in _HEADERS}
    for name, value in found.items():
        if value:
            blocks.row(f"{name}: {value}")
    blocks.close_block()
    return found["Subject"]


def _header(message: EmailMessage, wanted: str) -> str:
    """Return a header in one line.

    It is decoded from its source: the parser of the policy takes very long for hostile ones, and fails on some.
    """
    source = next((str(value) for name, value in message.raw_items() if name.lower() == wanted.lower()), "")
    source = decode(source.encode(errors="surrogateescape"))[:_MAX_HEADER_CHARACTERS]
    with suppress(ValueError, LookupError):  # what is encoded in no known way stays as it was sent
        source = str(email.header.make_header(email.header.decode_header(source)))
    return " ".join(source.split())


def _write_body(message: EmailMessage, filename: str, blocks: BlockText) -> None:
    plain = cast("Message | None", message.get_body(preferencelist=("plain",)))
    text = _decoded(plain).replace("\r\n", "\n") if plain is not None else ""
    if text.strip():
        blocks.verbatim(text)
        return
    page = cast("Message | None", message.get_body(preferencelist=("html",)))
    root = page_root(_decoded(page, is_page=True), filename=filename) if page is not None else None
    if root is not None:
        write_page(root, blocks)


def _decoded(part: Message, *, is_page: bool = False) -> str:
    """Return a part's characters, by the charset that it names when that is one."""
    payload = cast("bytes | None", part.get_payload(decode=True)) or b""
    charset = part.get_content_charset()
    if charset:
        with suppress(LookupError, UnicodeError):  # one that nobody knows is as none
            return storable(payload.decode(charset, errors="replace"))
    return decoded_page(payload) if is_page else decode(payload)


def _attachments(message: Message) -> Iterator[str]:
    """Yield the names of the parts that are files or other messages; without recursion, for parts nest as they like."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart":
            waiting += reversed(cast("list[Message]", part.get_payload()) if part.is_multipart() else [])
        elif part is not message and (part.get_filename() or part.get_content_type() == "message/rfc822"):
            yield _name(part)


def _name(part: Message) -> str:
    name = " ".join((part.get_filename() or "")[:_MAX_HEADER_CHARACTERS].split())
    return name or f"({part.get_content_type()})"
